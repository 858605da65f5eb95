package org.chagres.waiting;

import static org.chagres.waiting.Blocked.Call.PPOLL;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.chagres.internal.syscall.ChildCalls;
import org.chagres.pipe.Pipe;
import org.chagres.process.ChildProcess;
import org.chagres.process.ChildProcessBuilder;
import org.chagres.process.Completed;
import org.chagres.process.Pipeline;
import org.chagres.process.Redirect;
import org.chagres.testing.Await;

/**
 * Children that end when their input does, which is a pipe held open here: the event is that they have ended. What
 * there is to take is their status, as long as they are zombies.
 */
final class ChildScene implements Scene {
    /** The call. */
    @FunctionalInterface
    interface Call<T> {
        Object on(T waiter, Duration timeout) throws Exception;
    }

    private final Pipe input;
    private final Waiting waiting;
    private final Event event;

    private enum Event {
        END_OF_INPUT,
        KILL
    }

    /** What the call is made on. */
    private interface Waiting extends AutoCloseable {
        Object await(Duration timeout) throws Exception;

        List<ChildProcess> children();

        @Override
        void close();
    }

    /** What makes it of a pipe that is open for writing until the event. */
    @FunctionalInterface
    private interface Start {
        Waiting from(Pipe input) throws IOException;
    }

    private ChildScene(Event event, Start start) {
        this.event = event;
        try {
            input = Pipe.create();
            waiting = start.from(input);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    /** Waits for one that ends by itself. */
    static Scene ofOne(Call<ChildProcess> call) {
        return new ChildScene(Event.END_OF_INPUT, input -> one(input, call));
    }

    /** Waits for one that is killed. */
    static Scene killed(Call<ChildProcess> call) {
        return new ChildScene(Event.KILL, input -> one(input, call));
    }

    private static Waiting one(Pipe input, Call<ChildProcess> call) throws IOException {
        ChildProcess child = countingBytes()
                .input(Redirect.take(input.source()))
                .output(Redirect.pipe())
                .start();
        return new Waiting() {
            @Override
            public Object await(Duration timeout) throws Exception {
                return call.on(child, timeout);
            }

            @Override
            public List<ChildProcess> children() {
                return List.of(child);
            }

            @Override
            public void close() {
                child.close();
            }
        };
    }

    /** Waits for two, of which the second ends when the first has. */
    static Scene ofPipeline(Call<Pipeline> call) {
        return new ChildScene(Event.END_OF_INPUT, input -> {
            Pipeline pipeline = Pipeline.start(
                    ChildProcess.command("cat").input(Redirect.take(input.source())),
                    countingBytes().output(Redirect.discard()));
            return new Waiting() {
                @Override
                public Object await(Duration timeout) throws Exception {
                    return call.on(pipeline, timeout);
                }

                @Override
                public List<ChildProcess> children() {
                    return pipeline.children();
                }

                @Override
                public void close() {
                    pipeline.close();
                }
            };
        });
    }

    /** Starts a child each time and waits for it, which nobody else sees. */
    static Scene ofBuilder(Call<ChildProcessBuilder> call) {
        return new ChildScene(
                Event.END_OF_INPUT, input -> new Builder(call, countingBytes().input(Redirect.share(input.source()))));
    }

    private record Builder(Call<ChildProcessBuilder> call, ChildProcessBuilder builder) implements Waiting {
        @Override
        public Object await(Duration timeout) throws Exception {
            return call.on(builder, timeout);
        }

        @Override
        public List<ChildProcess> children() {
            return List.of();
        }

        @Override
        public void close() {}
    }

    private static ChildProcessBuilder countingBytes() {
        return ChildProcess.command("wc", "-c");
    }

    /** What a child told and how it ended, in words. */
    static String words(Completed completed) {
        return completed.text().strip() + " " + completed.termination();
    }

    @Override
    public Object await(Duration timeout) throws Exception {
        return waiting.await(timeout);
    }

    @Override
    public boolean isWaiting(Attempt attempt) {
        return Blocked.isIn(attempt, Blocked.ANY, PPOLL);
    }

    @Override
    public void event() {
        switch (event) {
            case END_OF_INPUT -> input.sink().close();
            case KILL -> waiting.children().forEach(child -> ChildCalls.kill(child.pid(), ChildCalls.SIGKILL));
        }
        Await.until(() -> !state().contains("runs"), "the children have ended");
    }

    @Override
    public String state() {
        return waiting.children().stream().map(ChildScene::state).collect(Collectors.joining(", "));
    }

    private static String state(ChildProcess child) {
        try {
            String words = Files.readString(Path.of("/proc/" + child.pid() + "/stat"));
            return words.charAt(words.lastIndexOf(')') + 2) == 'Z' ? "zombie" : "runs";
        } catch (IOException waitedFor) {
            return "gone";
        }
    }

    @Override
    public void closeResource(int which) {
        waiting.close();
    }

    @Override
    public void close() {
        input.close();
        waiting.close();
        Await.until(() -> state().matches("(gone(, )?)*"), "the children are waited for");
    }
}
