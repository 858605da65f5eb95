package org.chagres.process;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.chagres.ByteSink;
import org.chagres.ByteSource;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Child;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.Transfers;
import org.chagres.pipe.PipeSink;
import org.chagres.pipe.PipeSource;

/**
 * A child process of this one, started by {@link #command} or {@link #shell}.
 *
 * {@snippet class = "org.chagres.examples.ProcessChapter" region = "sort"}
 *
 * <p><b>What it gets</b> is what it is told to have, and nothing else of this process: no other descriptor, no blocked
 * and no ignored signal.
 *
 * <p><b>Waiting</b> for its end ends when it has ended, when the thread is interrupted ({@link InterruptedException}:
 * the interrupted status is cleared, and the child goes on), when {@link #close()} is called by another thread
 * ({@link AsynchronousCloseException}), and where a time is given when that is over. On virtual threads no carrier is
 * blocked. It is waited for by its own descriptor: no status of children that others started is taken, nor this one by
 * {@link Process}.
 *
 * <p><b>Lifetime.</b> {@link #close()} closes our ends of its pipes, and lets go of the child: one that runs goes on,
 * and when it ends the library sees to it that no zombie is left. The same happens to one that was forgotten. To end
 * it, {@link #signal} it.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/posix_spawn.3.html">posix_spawn(3)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/wait.2.html">waitid(2)</a>
 */
public final class ChildProcess implements AutoCloseable {
    private static final String SHELL = "/bin/sh";

    static final int INPUT = 0;
    static final int OUTPUT = 1;
    static final int ERROR = 2;

    private final List<String> arguments;
    private final Child child;
    private final Map<Integer, ByteSource> sources;
    private final Map<Integer, ByteSink> sinks;
    private final Conversation conversation = new Conversation(this);

    ChildProcess(List<String> arguments, Child child, Map<Integer, ByteSource> sources, Map<Integer, ByteSink> sinks) {
        this.arguments = arguments;
        this.child = child;
        this.sources = Map.copyOf(sources);
        this.sinks = Map.copyOf(sinks);
    }

    /**
     * A program to start.
     *
     * @param program its path; without a slash it is looked for in {@code PATH}
     * @param arguments its arguments, exactly; no shell looks at them
     * @return a builder, to say more or to {@link ChildProcessBuilder#start}
     * @throws IllegalArgumentException if {@code program} is empty
     */
    public static ChildProcessBuilder command(String program, String... arguments) {
        List<String> all = new ArrayList<>();
        all.add(requireNonNull(program, "program"));
        all.addAll(List.of(requireNonNull(arguments, "arguments")));
        return new ChildProcessBuilder(all);
    }

    /**
     * A line for the shell to start (<code>/bin/sh -c</code>). Never put into it what others may have written: it is a
     * program.
     *
     * @param line the line
     * @return a builder, to say more or to {@link ChildProcessBuilder#start}
     */
    public static ChildProcessBuilder shell(String line) {
        return command(SHELL, "-c", "--", requireNonNull(line, "line"));
    }

    /**
     * Its process number, for people to read: once it has been waited for another process may get it.
     *
     * @return positive
     */
    public int pid() {
        return child.pid();
    }

    /**
     * Our end of the pipe to its input.
     *
     * @return to be written to
     * @throws IllegalStateException if {@link ChildProcessBuilder#input} was not {@link Redirect#pipe()}
     */
    public PipeSink input() {
        return (PipeSink) sink(INPUT);
    }

    /**
     * Our end of the pipe from its output.
     *
     * @return to be read from
     * @throws IllegalStateException if {@link ChildProcessBuilder#output} was not {@link Redirect#pipe()}
     */
    public PipeSource output() {
        return (PipeSource) source(OUTPUT);
    }

    /**
     * Our end of the pipe from its errors.
     *
     * @return to be read from
     * @throws IllegalStateException if {@link ChildProcessBuilder#error} was not {@link Redirect#pipe()}
     */
    public PipeSource error() {
        return (PipeSource) source(ERROR);
    }

    /**
     * Our end of a pipe that the child writes to.
     *
     * @param number the child's number
     * @return to be read from
     * @throws IllegalStateException if it is no such pipe
     */
    public ByteSource source(int number) {
        ByteSource source = sources.get(number);
        if (source == null) {
            throw new IllegalStateException("descriptor " + number + " of " + this + " is no pipe to read from here");
        }
        return source;
    }

    /**
     * Our end of a pipe that the child reads from.
     *
     * @param number the child's number
     * @return to be written to
     * @throws IllegalStateException if it is no such pipe
     */
    public ByteSink sink(int number) {
        ByteSink sink = sinks.get(number);
        if (sink == null) {
            throw new IllegalStateException("descriptor " + number + " of " + this + " is no pipe to write to here");
        }
        return sink;
    }

    Optional<ByteSource> findSource(int number) {
        return Optional.ofNullable(sources.get(number));
    }

    Optional<ByteSink> findSink(int number) {
        return Optional.ofNullable(sinks.get(number));
    }

    /**
     * Waits until it has ended ({@code waitid(2)}).
     *
     * @return how; the same each time
     * @throws java.nio.channels.ClosedChannelException if closed;
     *     {@link AsynchronousCloseException} if meanwhile
     * @throws ErrnoException {@code ECHILD} if other code of this process waited for it and has the status
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public Termination await() throws IOException, InterruptedException {
        return termination(child.await(OpenDescriptor.FOREVER));
    }

    /**
     * Waits until it has ended, for at most a time.
     *
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how; empty if the time was over
     * @throws IOException as for {@link #await()}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public Optional<Termination> tryAwait(Duration timeout) throws IOException, InterruptedException {
        long answer = child.await(Timeouts.nanos(timeout));
        return answer == OpenDescriptor.TIMED_OUT ? Optional.empty() : Optional.of(termination(answer));
    }

    private Termination termination(long answer) throws IOException {
        if (answer == Child.LOST) {
            throw new ErrnoException(
                    "waitid", Errno.ECHILD.number(), "waiting for " + this, "other code of this process waited for it");
        }
        if (answer < 0) {
            throw Transfers.failure(answer, "waitid", "waiting for " + this);
        }
        return Child.hasExited(answer)
                ? new Termination.Exited(Child.status(answer))
                : new Termination.Signaled(new Signal(Child.status(answer)), Child.hasDumped(answer));
    }

    /**
     * Sends it a signal ({@code pidfd_send_signal(2)}); never to another process that got its number.
     *
     * @param signal which
     * @return whether it was there to get it: {@code false} once it has been waited for
     * @throws ErrnoException {@code EPERM} if it has become another user's
     * @throws IOException that
     */
    public boolean signal(Signal signal) throws IOException {
        return sent(child.signal(requireNonNull(signal, "signal").number()), signal, "");
    }

    /**
     * Sends a signal to the process group that it leads, itself included.
     *
     * @param signal which
     * @return whether it was there to get it: {@code false} once it has been waited for, even if others of its group
     *     still run, and if it leads no group
     * @throws ErrnoException {@code EPERM} if none of them may be sent it
     * @throws IOException that
     * @see ChildProcessBuilder#newProcessGroup()
     */
    public boolean signalGroup(Signal signal) throws IOException {
        return sent(child.signalGroup(requireNonNull(signal, "signal").number()), signal, "the group of ");
    }

    private boolean sent(int answer, Signal signal, String whom) throws IOException {
        if (answer == OpenDescriptor.WAS_CLOSED || (answer < 0 && Errno.of(-answer) == Errno.ESRCH)) {
            return false;
        }
        Transfers.checked(answer, "pidfd_send_signal", () -> "sending " + signal + " to " + whom + this);
        return true;
    }

    /**
     * For standard streams: further pipes are neither read nor closed. Writes all of its input and closes that, reads
     * all of its output and its errors, as far as those are pipes, all at once so that neither side waits for the other
     * for ever, and waits until it has ended. A child that does not read its input to the end is no error.
     *
     * @param input what to write; none if its input is no pipe
     * @return how it ended, and what it wrote
     * @throws IOException as for reading, writing and {@link #await()}
     * @throws InterruptedException if the thread is interrupted, or was when it came here; {@code communicate} can be
     *     called again, with no input, and goes on
     * @throws IllegalStateException if there is input, and its input is no pipe
     */
    public Completed communicate(byte[] input) throws IOException, InterruptedException {
        return communicate(input, Long.MAX_VALUE);
    }

    /**
     * Does as {@link #communicate(byte[])}, up to a limit of what it may write.
     *
     * @param input what to write
     * @param limit how many bytes of output and errors together at most
     * @return how it ended, and what it wrote
     * @throws IOException as for {@link #communicate(byte[])}; if the child writes more than {@code limit}: it goes on,
     *     and can be gone on with
     * @throws InterruptedException as for {@link #communicate(byte[])}
     * @throws IllegalStateException as for {@link #communicate(byte[])}
     */
    public Completed communicate(byte[] input, long limit) throws IOException, InterruptedException {
        return conversation.goOn(input, checked(limit), OpenDescriptor.FOREVER).orElseThrow();
    }

    /**
     * Does as {@link #communicate(byte[])}, for at most a time.
     *
     * @param input what to write
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how it ended, and what it wrote; empty if the time was over: nothing is lost, call again with no input
     * @throws IOException as for {@link #communicate(byte[])}
     * @throws InterruptedException as for {@link #communicate(byte[])}
     * @throws IllegalStateException as for {@link #communicate(byte[])}
     */
    public Optional<Completed> tryCommunicate(byte[] input, Duration timeout) throws IOException, InterruptedException {
        return tryCommunicate(input, Long.MAX_VALUE, timeout);
    }

    /**
     * Does as {@link #communicate(byte[], long)}, for at most a time.
     *
     * @param input what to write
     * @param limit how many bytes of output and errors together at most
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how it ended, and what it wrote; empty if the time was over: nothing is lost, call again with no input
     * @throws IOException as for {@link #communicate(byte[], long)}
     * @throws InterruptedException as for {@link #communicate(byte[])}
     * @throws IllegalArgumentException if {@code limit} is negative
     * @throws IllegalStateException as for {@link #communicate(byte[])}
     */
    public Optional<Completed> tryCommunicate(byte[] input, long limit, Duration timeout)
            throws IOException, InterruptedException {
        return conversation.goOn(input, checked(limit), Timeouts.nanos(timeout));
    }

    private static long checked(long limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("a limit is 0 or more, not " + limit);
        }
        return limit;
    }

    /**
     * Whether this has not been closed.
     *
     * @return {@code true} until {@link #close()}
     */
    public boolean isOpen() {
        return !child.isClosed();
    }

    /**
     * Closes our ends of its pipes and lets go of it: see above. Threads that wait get
     * {@link AsynchronousCloseException}; this method does not wait. A second close does nothing.
     */
    @Override
    public void close() {
        closePipes();
        child.close();
    }

    /** Any of them could keep the child from its end. */
    void closePipes() {
        sources.values().forEach(ByteSource::close);
        sinks.values().forEach(ByteSink::close);
    }

    @Override
    public String toString() {
        return "ChildProcess[pid=" + child.pid() + ", " + Launch.words(arguments) + "]";
    }
}
