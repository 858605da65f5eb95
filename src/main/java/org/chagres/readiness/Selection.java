package org.chagres.readiness;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.chagres.ErrnoException;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.Polls;

/**
 * Which resources of three sets are ready: to read, to write, and for what is exceptional, as {@code select(2)} tells
 * it. It is made by {@code ppoll(2)}, so that numbers of 1024 and more are as good as others, and the sets that are
 * given stay as they are.
 *
 * {@snippet class = "org.chagres.examples.DescriptorChapter" region = "select"}
 *
 * <p><b>A hang-up and an error</b> make a resource ready in each set that has it, as the call it is there for would not
 * wait, but tell. {@code select(2)} keeps quiet about a hang-up to writers, and about both to those who ask for what is
 * exceptional; a poll cannot, and what is told nowhere would be polled for again and again.
 *
 * <p><b>Waiting</b> and <b>thread-safety</b> are as of {@link Pollable#poll(Map)}, which tells more. {@link Epoll} costs
 * less for many resources.
 *
 * @param readable those of the readers that have bytes to read, or are at the end
 * @param writable those of the writers that have room for some bytes
 * @param exceptional those of the third set that have urgent data
 * @see <a href="https://man7.org/linux/man-pages/man2/select.2.html">select(2)</a>
 */
public record Selection(Set<Pollable> readable, Set<Pollable> writable, Set<Pollable> exceptional) {
    /** Keeps copies of the sets, in their order. */
    public Selection {
        readable = copy(requireNonNull(readable, "readable"));
        writable = copy(requireNonNull(writable, "writable"));
        exceptional = copy(requireNonNull(exceptional, "exceptional"));
    }

    private static Set<Pollable> copy(Set<Pollable> set) {
        return Collections.unmodifiableSet(new LinkedHashSet<>(List.copyOf(set)));
    }

    /**
     * Waits until at least one is ready.
     *
     * @param readers those that are to be read
     * @param writers those that are to be written
     * @param exceptional those of which urgent data is expected
     * @return those that are ready
     * @throws ErrnoException {@code EINVAL} if they are more than this process may have open files
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if one is closed;
     *     {@link java.nio.channels.AsynchronousCloseException} if meanwhile
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if there are none in any set
     */
    public static Selection select(
            Set<? extends Pollable> readers, Set<? extends Pollable> writers, Set<? extends Pollable> exceptional)
            throws IOException, InterruptedException {
        return select(readers, writers, exceptional, OpenDescriptor.FOREVER);
    }

    /**
     * Waits until at least one is ready, for at most a time.
     *
     * @param readers those that are to be read
     * @param writers those that are to be written
     * @param exceptional those of which urgent data is expected
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return those that are ready; none if the time was over
     * @throws IOException as for {@link #select}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException as for {@link #select}
     */
    public static Selection trySelect(
            Set<? extends Pollable> readers,
            Set<? extends Pollable> writers,
            Set<? extends Pollable> exceptional,
            Duration timeout)
            throws IOException, InterruptedException {
        return select(readers, writers, exceptional, Timeouts.nanos(timeout));
    }

    private static Selection select(
            Set<? extends Pollable> readers,
            Set<? extends Pollable> writers,
            Set<? extends Pollable> exceptional,
            long nanos)
            throws IOException, InterruptedException {
        // Copies, as the sets may be changed meanwhile.
        List<Pollable> toRead = List.copyOf(requireNonNull(readers, "readers"));
        List<Pollable> toWrite = List.copyOf(requireNonNull(writers, "writers"));
        List<Pollable> other = List.copyOf(requireNonNull(exceptional, "exceptional"));
        Map<Pollable, Set<Readiness>> events = new LinkedHashMap<>();
        expect(Readiness.READABLE, toRead, events);
        expect(Readiness.WRITABLE, toWrite, events);
        expect(Readiness.URGENT, other, events);
        Map<Pollable, Set<Readiness>> ready = Polls.poll(events, nanos);
        return new Selection(
                those(toRead, Readiness.READABLE, ready),
                those(toWrite, Readiness.WRITABLE, ready),
                those(other, Readiness.URGENT, ready));
    }

    private static void expect(Readiness what, List<Pollable> of, Map<Pollable, Set<Readiness>> events) {
        for (Pollable one : of) {
            events.computeIfAbsent(one, none -> EnumSet.noneOf(Readiness.class)).add(what);
        }
    }

    private static Set<Pollable> those(List<Pollable> of, Readiness what, Map<Pollable, Set<Readiness>> ready) {
        Set<Readiness> telling = EnumSet.of(what, Readiness.HANG_UP, Readiness.ERROR);
        Set<Pollable> found = new LinkedHashSet<>();
        for (Pollable one : of) {
            if (!Collections.disjoint(ready.getOrDefault(one, Set.of()), telling)) {
                found.add(one);
            }
        }
        return found;
    }

    /**
     * Whether nothing is ready: the time was over.
     *
     * @return whether all three sets are empty
     */
    public boolean isEmpty() {
        return readable.isEmpty() && writable.isEmpty() && exceptional.isEmpty();
    }
}
