package org.chagres.process;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.pipe.Pipe;

/**
 * Several children, of which each reads what the one before writes, as {@code a | b | c} in a shell.
 *
 * {@snippet class = "org.chagres.examples.ProcessChapter" region = "pipeline"}
 *
 * <p><b>Lifetime.</b> {@link #close()} closes all of them, as {@link ChildProcess#close()} does.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 */
public final class Pipeline implements AutoCloseable {
    private final List<ChildProcess> children;

    private Pipeline(List<ChildProcess> children) {
        this.children = List.copyOf(children);
    }

    /**
     * Starts all of them, with a pipe between each two. The input of the first and the output of the last are as their
     * builders say.
     *
     * @param commands at least one
     * @return the pipeline, which runs
     * @throws IOException as for {@link ChildProcessBuilder#start()}; those that were started before one that could not
     *     be are killed
     * @throws IllegalArgumentException if there is none, or one in the middle has its input or output redirected
     */
    public static Pipeline start(ChildProcessBuilder... commands) throws IOException {
        check(List.of(requireNonNull(commands, "commands")));
        List<ChildProcess> children = new ArrayList<>();
        Optional<Pipe> before = Optional.empty();
        boolean started = false;
        try {
            for (int i = 0; i < commands.length; i++) {
                ChildProcessBuilder command = commands[i].copy();
                before.ifPresent(pipe -> command.input(Redirect.take(pipe.source())));
                Optional<Pipe> next = i < commands.length - 1 ? Optional.of(Pipe.create()) : Optional.empty();
                next.ifPresent(pipe -> command.output(Redirect.take(pipe.sink())));
                Optional<Pipe> previous = before;
                before = next;
                try {
                    children.add(command.start());
                } finally {
                    previous.ifPresent(Pipe::close);
                }
            }
            started = true;
            return new Pipeline(children);
        } finally {
            if (!started) {
                before.ifPresent(Pipe::close);
                children.forEach(Pipeline::end);
            }
        }
    }

    private static void end(ChildProcess child) {
        try (child) {
            child.signal(Signal.SIGKILL);
        } catch (IOException notToBeSignalled) {
            // It has become another user's, and ends by its pipes.
        }
    }

    private static void check(List<ChildProcessBuilder> commands) {
        if (commands.isEmpty()) {
            throw new IllegalArgumentException("a pipeline has at least one command");
        }
        for (int i = 0; i < commands.size(); i++) {
            boolean input = i > 0 && commands.get(i).redirects().containsKey(ChildProcess.INPUT);
            boolean output =
                    i < commands.size() - 1 && commands.get(i).redirects().containsKey(ChildProcess.OUTPUT);
            if (input || output) {
                throw new IllegalArgumentException(
                        "the " + (input ? "input" : "output") + " of " + commands.get(i) + " is the pipeline's");
            }
        }
    }

    /**
     * The children.
     *
     * @return in the order of the commands
     */
    public List<ChildProcess> children() {
        return children;
    }

    /**
     * Waits until all have ended.
     *
     * @return how, in the order of the commands
     * @throws IOException as for {@link ChildProcess#await()}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public List<Termination> await() throws IOException, InterruptedException {
        return await(OpenDescriptor.FOREVER).orElseThrow();
    }

    /**
     * Waits until all have ended, for at most a time.
     *
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how, in the order of the commands; empty if the time was over
     * @throws IOException as for {@link ChildProcess#await()}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public Optional<List<Termination>> tryAwait(Duration timeout) throws IOException, InterruptedException {
        return await(Timeouts.nanos(timeout));
    }

    private Optional<List<Termination>> await(long nanos) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + nanos; // not looked at if there is none
        List<Termination> terminations = new ArrayList<>();
        for (ChildProcess child : children) {
            long rest = nanos == OpenDescriptor.FOREVER ? nanos : deadline - System.nanoTime();
            Optional<Termination> termination = child.tryAwait(Duration.ofNanos(rest));
            if (termination.isEmpty()) {
                return Optional.empty();
            }
            terminations.add(termination.get());
        }
        return Optional.of(List.copyOf(terminations));
    }

    /** Closes all children; those that run go on. */
    @Override
    public void close() {
        children.forEach(ChildProcess::close);
    }

    @Override
    public String toString() {
        return "Pipeline" + children;
    }
}
