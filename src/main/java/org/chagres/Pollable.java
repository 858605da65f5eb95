package org.chagres;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.Polls;
import org.chagres.readiness.EventCounter;
import org.chagres.socket.LinuxSocket;

/**
 * A resource with a file descriptor, which can become ready for something.
 *
 * <p><b>Waiting</b> ends when one of the events is there, when the thread is interrupted ({@link InterruptedException}:
 * the interrupted status is cleared, and the resources stay usable), when one of them is closed by another thread
 * ({@link java.nio.channels.AsynchronousCloseException}), and where a time is given when that is over. Being ready is
 * not kept: another thread or process may be faster. On virtual threads no carrier is blocked.
 *
 * <p><b>Lifetime.</b> {@link #close()} lets go of the descriptor. What was forgotten is closed by the garbage
 * collector.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * @see org.chagres.readiness.Epoll
 * @see <a href="https://man7.org/linux/man-pages/man2/poll.2.html">poll(2)</a>
 */
public sealed interface Pollable extends AutoCloseable permits ByteSource, ByteSink, EventCounter, LinuxSocket {

    /**
     * The descriptor of this resource, with all that can be done with any kind of descriptor. It is the same one:
     * closing either closes both.
     *
     * @return the same object each time
     */
    Descriptor descriptor();

    /**
     * Whether this has not been closed.
     *
     * @return {@code true} until {@link #close()}, or {@link Descriptor#release()}
     */
    default boolean isOpen() {
        return !DescriptorView.of(this).isClosed();
    }

    /**
     * Closes the descriptor ({@code close(2)}). Threads that wait get
     * {@link java.nio.channels.AsynchronousCloseException}; this method does not wait for them, and the last one to
     * leave closes the number. A second close does nothing.
     */
    @Override
    default void close() {
        DescriptorView.of(this).close();
    }

    /**
     * Waits until this is ready ({@code ppoll(2)}).
     *
     * @param events for what; none waits for a hang-up or an error
     * @return for what of it; a hang-up and an error too, if there is one
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed,
     *     {@link java.nio.channels.AsynchronousCloseException} if meanwhile; {@link ErrnoException} with the kernel's
     *     reason
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    default Set<Readiness> poll(Set<Readiness> events) throws IOException, InterruptedException {
        return Polls.poll(this, requireNonNull(events, "events"), OpenDescriptor.FOREVER);
    }

    /**
     * Waits until this is ready, for at most a time.
     *
     * @param events for what
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return for what of it; empty if the time was over
     * @throws IOException as for {@link #poll(Set)}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    default Set<Readiness> tryPoll(Set<Readiness> events, Duration timeout) throws IOException, InterruptedException {
        return Polls.poll(this, requireNonNull(events, "events"), Timeouts.nanos(timeout));
    }

    /**
     * Waits until one of several is ready ({@code ppoll(2)}). For many, and again and again,
     * {@link org.chagres.readiness.Epoll} costs less.
     *
     * @param events for what of each; none waits for its hang-up or error
     * @return those that are ready, and for what; the keys are those given
     * @throws IOException as for {@link #poll(Set)}, of any of them
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if there are none
     */
    static Map<Pollable, Set<Readiness>> poll(Map<? extends Pollable, Set<Readiness>> events)
            throws IOException, InterruptedException {
        return Polls.poll(requireNonNull(events, "events"), OpenDescriptor.FOREVER);
    }

    /**
     * Waits until one of several is ready, for at most a time.
     *
     * @param events for what of each
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return those that are ready, and for what; empty if the time was over
     * @throws IOException as for {@link #poll(Set)}, of any of them
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if there are none
     */
    static Map<Pollable, Set<Readiness>> tryPoll(Map<? extends Pollable, Set<Readiness>> events, Duration timeout)
            throws IOException, InterruptedException {
        return Polls.poll(requireNonNull(events, "events"), Timeouts.nanos(timeout));
    }
}
