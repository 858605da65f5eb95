package org.chagres.waiting;

import static org.chagres.waiting.Blocked.Call.PPOLL;
import static org.chagres.waiting.Blocked.Call.READ;
import static org.chagres.waiting.Blocked.Call.READV;
import static org.chagres.waiting.Blocked.Call.WRITE;
import static org.chagres.waiting.Blocked.Call.WRITEV;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.chagres.pipe.Pipe;

/** A pipe that has nothing to read, or no room to write. */
final class PipeScene implements Scene {
    /** The call. */
    @FunctionalInterface
    interface Call {
        Object on(Pipe pipe, MemorySegment memory, Duration timeout) throws Exception;
    }

    private final TestPipe pipe = new TestPipe();
    private final boolean reading;
    private final Call call;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(2);

    private PipeScene(boolean reading, Call call) {
        this.reading = reading;
        this.call = call;
        if (!reading) {
            pipe.fill();
        }
    }

    static PipeScene empty(Call call) {
        return new PipeScene(true, call);
    }

    static PipeScene full(Call call) {
        return new PipeScene(false, call);
    }

    PipeScene madeNonBlocking() {
        pipe.makeNonBlocking();
        return this;
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        return call.on(pipe.pipe(), memory, timeout);
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        // Once it is closed, the number may be another's.
        return reading
                ? pipe.pipe().source().isOpen() && Blocked.isIn(attempt, pipe.sourceNumber(), READ, READV, PPOLL)
                : pipe.pipe().sink().isOpen() && Blocked.isIn(attempt, pipe.sinkNumber(), WRITE, WRITEV, PPOLL);
    }

    @Override
    public void event() {
        if (reading) {
            pipe.put();
        } else {
            pipe.drain();
        }
    }

    @Override
    public String state() {
        return pipe.countBytes() + " bytes";
    }

    @Override
    public void closeResource(int which) {
        if (reading) {
            pipe.pipe().source().close();
        } else {
            pipe.pipe().sink().close();
        }
    }

    @Override
    public void close() {
        pipe.close();
        // The arena goes with the collector's help alone if a call still has its memory.
        arena.close();
    }
}
