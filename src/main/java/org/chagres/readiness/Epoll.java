package org.chagres.readiness;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.chagres.ErrnoException;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.internal.resource.EpollSet;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.Polls;
import org.chagres.internal.view.Transfers;

/**
 * A set of resources, of which it can be waited for any to be ready: what it costs to wait depends on how many are
 * ready, not on how many are in the set.
 *
 * {@snippet class = "org.chagres.examples.DescriptorChapter" region = "epoll"}
 *
 * <p><b>Lifetime.</b> {@link #close()} closes the set and none of what is in it. A resource that is closed leaves the
 * set. The set keeps what is in it from being collected.
 *
 * <p><b>Waiting</b> ends when one is ready, when the thread is interrupted ({@link InterruptedException}: the
 * interrupted status is cleared, and the set stays usable), when {@link #close()} is called by another thread
 * ({@link java.nio.channels.AsynchronousCloseException}), and where a time is given when that is over. On virtual
 * threads no carrier is blocked.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread, also while others wait: what is added then is
 * waited for.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/epoll.7.html">epoll(7)</a>
 */
public final class Epoll implements AutoCloseable {
    private final EpollSet set;

    /**
     * Something that is ready.
     *
     * @param source what: the object that was added
     * @param readiness for what
     */
    public record Event(Pollable source, Set<Readiness> readiness) {
        /** Keeps a copy of the set. */
        public Event {
            requireNonNull(source, "source");
            readiness = Set.copyOf(requireNonNull(readiness, "readiness"));
        }
    }

    private Epoll(EpollSet set) {
        this.set = set;
    }

    /**
     * Makes an empty set ({@code epoll_create1(2)}), close-on-exec.
     *
     * @return the set
     * @throws ErrnoException {@code EMFILE} if this process, or {@code ENFILE} if the system, has as many open files as
     *     it may
     */
    public static Epoll create() throws ErrnoException {
        int number = EpollSet.create();
        if (number < 0) {
            throw new ErrnoException("epoll_create1", -number, "making an epoll set");
        }
        return new Epoll(EpollSet.own(number));
    }

    /**
     * Adds a resource ({@code EPOLL_CTL_ADD}).
     *
     * @param what the resource
     * @param events what to wait for; a hang-up and an error are told in any case
     * @param options how to tell
     * @throws ErrnoException {@code EEXIST} if it is in the set; {@code EPERM} if it is a regular file or a directory,
     *     which are always ready; {@code ENOSPC} if this user's limit is reached
     *     (<code>/proc/sys/fs/epoll/max_user_watches</code>); {@code EINVAL} if the options do not go together
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if the set or the resource is
     *     closed
     */
    public void add(Pollable what, Set<Readiness> events, EpollOption... options) throws IOException {
        int bits = bits(events, options);
        Transfers.checked(
                set.add(DescriptorView.of(requireNonNull(what, "what")), bits, what),
                "epoll_ctl",
                () -> "adding " + what + " for " + events + " " + List.of(options) + " to " + this);
    }

    /**
     * Changes what is waited for, and how it is told ({@code EPOLL_CTL_MOD}). A one-shot resource is armed again.
     *
     * @param what a resource of the set
     * @param events what to wait for from now on
     * @param options how to tell
     * @throws ErrnoException {@code ENOENT} if it is not in the set; {@code EINVAL} if it was added as exclusive, or is
     *     to be
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if the set or the resource is
     *     closed
     */
    public void modify(Pollable what, Set<Readiness> events, EpollOption... options) throws IOException {
        int bits = bits(events, options);
        Transfers.checked(
                set.modify(DescriptorView.of(requireNonNull(what, "what")), bits),
                "epoll_ctl",
                () -> "changing " + what + " to " + events + " " + List.of(options) + " in " + this);
    }

    /**
     * Takes a resource out ({@code EPOLL_CTL_DEL}). Not needed before it is closed.
     *
     * @param what a resource of the set
     * @throws ErrnoException {@code ENOENT} if it is not in the set
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if the set or the resource is
     *     closed
     */
    public void remove(Pollable what) throws IOException {
        Transfers.checked(
                set.remove(DescriptorView.of(requireNonNull(what, "what"))),
                "epoll_ctl",
                () -> "taking " + what + " out of " + this);
    }

    /**
     * How many resources are in the set.
     *
     * @return 0 or more
     */
    public int size() {
        return set.size();
    }

    /**
     * Waits until at least one is ready ({@code epoll_wait(2)}).
     *
     * @return those that are, a few hundred at most; the others are told next time
     * @throws java.nio.channels.ClosedChannelException if closed; {@link java.nio.channels.AsynchronousCloseException}
     *     if meanwhile
     * @throws IOException that, or {@link ErrnoException} with the kernel's reason
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public List<Event> await() throws IOException, InterruptedException {
        return await(OpenDescriptor.FOREVER);
    }

    /**
     * Waits until at least one is ready, for at most a time.
     *
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return those that are, a few hundred at most; empty if the time was over
     * @throws IOException as for {@link #await()}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public List<Event> tryAwait(Duration timeout) throws IOException, InterruptedException {
        return await(Timeouts.nanos(timeout));
    }

    private List<Event> await(long nanos) throws IOException, InterruptedException {
        List<EpollSet.Ready> ready = new ArrayList<>();
        int answer = set.await(ready, nanos);
        if (answer < 0) {
            Transfers.noneInTime(answer, "epoll_wait", () -> "waiting for one of " + this);
        }
        return ready.stream()
                .map(one -> new Event((Pollable) one.attachment(), Polls.readiness(one.events())))
                .toList();
    }

    private static int bits(Set<Readiness> events, EpollOption... options) {
        int bits = Polls.bits(requireNonNull(events, "events"));
        for (EpollOption option : requireNonNull(options, "options")) {
            bits |= switch (option) {
                case EDGE_TRIGGERED -> EpollSet.EDGE_TRIGGERED;
                case ONE_SHOT -> EpollSet.ONE_SHOT;
                case EXCLUSIVE -> EpollSet.EXCLUSIVE;
            };
        }
        return bits;
    }

    /**
     * Whether the set has not been closed.
     *
     * @return {@code true} until {@link #close()}
     */
    public boolean isOpen() {
        return !set.isClosed();
    }

    /**
     * Closes the set. Threads that wait get {@link java.nio.channels.AsynchronousCloseException}, and this method does
     * not wait for them. What is in it stays open. A second close does nothing.
     */
    @Override
    public void close() {
        set.close();
    }

    @Override
    public String toString() {
        return set.toString();
    }
}
