package org.chagres.pipe;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/** The forms in which a thread reads or writes and may wait. */
enum TransferForm {
    PLAIN,
    TIMED,
    FULLY;

    static TransferForm of(int number) {
        return values()[number % values().length];
    }

    long read(PipeSource source, Duration time, MemorySegment into) throws IOException, InterruptedException {
        return switch (this) {
            case PLAIN -> source.read(into);
            case TIMED -> source.tryRead(into, time);
            case FULLY -> {
                source.readFully(into);
                yield into.byteSize();
            }
        };
    }

    long write(PipeSink sink, Duration time, MemorySegment from) throws IOException, InterruptedException {
        return switch (this) {
            case PLAIN -> sink.write(from);
            case TIMED -> sink.tryWrite(from, time);
            case FULLY -> {
                sink.writeFully(from);
                yield from.byteSize();
            }
        };
    }
}
