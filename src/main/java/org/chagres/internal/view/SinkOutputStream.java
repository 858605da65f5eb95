package org.chagres.internal.view;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.chagres.ByteSink;

/** A sink as a stream of the JDK's. */
public final class SinkOutputStream extends OutputStream {
    private final ByteSink sink;

    public SinkOutputStream(ByteSink sink) {
        this.sink = sink;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, from.length);
        try {
            sink.writeFully(MemorySegment.ofArray(from).asSlice(offset, length));
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw Transfers.interrupted(0, length);
        }
    }

    @Override
    public void close() {
        sink.close();
    }

    @Override
    public String toString() {
        return "OutputStream of " + sink;
    }
}
