package org.chagres.waiting;

import static org.chagres.waiting.Blocked.Call.PPOLL;
import static org.chagres.waiting.Blocked.Call.SENDFILE;
import static org.chagres.waiting.Blocked.Call.SPLICE;
import static org.chagres.waiting.Blocked.Call.TEE;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.chagres.Descriptor;
import org.chagres.Pollable;
import org.chagres.pipe.PipeSink;
import org.chagres.pipe.PipeSource;

/** Two pipes, or a file and a pipe: what goes from one to the other waits for bytes, or for room. */
final class SpliceScene implements Scene {
    /** How much goes at most. */
    static final int BYTES = 2;

    /** The call, from pipe to pipe. */
    @FunctionalInterface
    interface Call {
        Object on(PipeSource from, PipeSink to, Duration timeout) throws Exception;
    }

    /** The call, from a file to a pipe. */
    @FunctionalInterface
    interface FileCall {
        Object on(Descriptor from, PipeSink to, Duration timeout) throws Exception;
    }

    private final TestPipe from = new TestPipe();
    private final TestPipe to = new TestPipe();
    private final Pollable source;
    private final boolean forRoom;
    private final FileCall call;

    private SpliceScene(Pollable source, boolean forRoom, Call call, FileCall fileCall) {
        this.forRoom = forRoom;
        if (source == null) {
            this.source = from.pipe().source();
            this.call = (file, sink, timeout) -> call.on(from.pipe().source(), sink, timeout);
        } else {
            this.source = source;
            this.call = fileCall;
        }
        if (forRoom) {
            from.put();
            to.fill();
        }
    }

    /** The first pipe is empty. */
    static SpliceScene forBytes(Call call) {
        return new SpliceScene(null, false, call, null);
    }

    /** The second pipe is full. */
    static SpliceScene forRoom(Call call) {
        return new SpliceScene(null, true, call, null);
    }

    /** The pipe is full; a file always has its bytes. */
    static SpliceScene ofFile(FileCall call) {
        try {
            return new SpliceScene(
                    Descriptor.open(Path.of(System.getProperty("java.home"), "release")), true, null, call);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    SpliceScene madeNonBlocking() {
        from.makeNonBlocking();
        to.makeNonBlocking();
        return this;
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        return call.on(source.descriptor(), to.pipe().sink(), timeout);
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        return Blocked.isIn(attempt, from.sourceNumber(), SPLICE, TEE, PPOLL)
                || Blocked.isIn(attempt, to.sinkNumber(), SENDFILE);
    }

    @Override
    public void event() {
        if (forRoom) {
            to.drain();
        } else {
            from.put();
        }
    }

    @Override
    public String state() {
        return from.countBytes() + " and " + to.countBytes() + " bytes";
    }

    @Override
    public int closable() {
        return 2;
    }

    @Override
    public void closeResource(int which) {
        (which == 0 ? source : to.pipe().sink()).close();
    }

    @Override
    public void close() {
        source.close();
        from.close();
        to.close();
    }
}
