package org.chagres.readiness;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.Pollable;
import org.chagres.internal.resource.Buffers;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.Transfers;

/**
 * A bell to wake whoever waits, with a count of how often it was rung: an eventfd. Between threads, between processes
 * that share the descriptor, and in an {@link Epoll} beside other resources.
 *
 * {@snippet class = "org.chagres.examples.DescriptorChapter" region = "bell"}
 *
 * <p><b>Memory consistency effects.</b> What was done before {@link #add} is seen by those who {@link #take} it, in
 * this process as in another.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/eventfd.2.html">eventfd(2)</a>
 */
public final class EventCounter implements Pollable {
    private static final String KERNEL_NAME = "anon_inode:[eventfd]";

    private static final long MODERATE = 1L << 32;

    private final Descriptor descriptor;

    private EventCounter(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Makes a counter of 0, of which all is taken at once.
     *
     * @return the counter
     * @throws ErrnoException {@code EMFILE} if this process, or {@code ENFILE} if the system, has as many open files as
     *     it may
     */
    public static EventCounter create() throws ErrnoException {
        return create(0, false);
    }

    /**
     * Makes a counter of which one is taken at a time ({@code EFD_SEMAPHORE}).
     *
     * @param value to begin with
     * @return the counter
     * @throws ErrnoException as for {@link #create()}
     * @throws IllegalArgumentException if {@code value} is negative
     */
    public static EventCounter createSemaphore(int value) throws ErrnoException {
        return create(value, true);
    }

    private static EventCounter create(int value, boolean oneAtATime) throws ErrnoException {
        if (value < 0) {
            throw new IllegalArgumentException("a counter is 0 or more, not " + value);
        }
        int number = DescriptorObject.eventCounter(value, oneAtATime);
        if (number < 0) {
            throw new ErrnoException("eventfd", -number, "making an event counter");
        }
        return new EventCounter(DescriptorView.own(number, "EventCounter"));
    }

    /**
     * What a counter can do, of a descriptor that came from elsewhere: received, adopted, inherited. Whether one is
     * taken at a time was chosen where it was made.
     *
     * @param descriptor of an eventfd; it is the same one, and closing either closes both
     * @return the counter
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it is none, or <code>/proc</code> does not tell what it is
     */
    public static EventCounter of(Descriptor descriptor) throws IOException {
        if (!DescriptorView.kernelName(requireNonNull(descriptor, "descriptor")).equals(KERNEL_NAME)) {
            throw new IllegalArgumentException(descriptor + " is no event counter");
        }
        return new EventCounter(descriptor);
    }

    @Override
    public Descriptor descriptor() {
        return descriptor;
    }

    /**
     * Adds to the counter, and wakes those who wait for it. Waits only in the unlikely case that the counter would go
     * beyond 2<sup>64</sup> - 2.
     *
     * @param count how much, at least 1
     * @throws java.nio.channels.ClosedChannelException if closed; {@link java.nio.channels.AsynchronousCloseException}
     *     if meanwhile
     * @throws IOException that, or {@link ErrnoException} with the kernel's reason
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code count} is less than 1
     */
    public void add(long count) throws IOException, InterruptedException {
        transfer(count, OpenDescriptor.FOREVER);
    }

    /**
     * Adds as {@link #add} does, waiting for at most a time.
     *
     * @param count how much, at least 1
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return whether it was added; {@code false} if the time was over
     * @throws IOException as for {@link #add}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code count} is less than 1
     */
    public boolean tryAdd(long count, Duration timeout) throws IOException, InterruptedException {
        return transfer(count, Timeouts.nanos(timeout));
    }

    private boolean transfer(long count, long nanos) throws IOException, InterruptedException {
        if (count < 1) {
            throw new IllegalArgumentException("at least 1 is added, not " + count);
        }
        OpenDescriptor open = DescriptorView.of(this);
        MemorySegment memory = Buffers.take(Long.BYTES);
        try {
            memory.set(ValueLayout.JAVA_LONG, 0, count);
            // The kernel knows no write to a counter that does not wait, other than by a flag that all who share it
            // see.
            // A poll says whether there is room for 1: then there is for a moderate count too, short of 2^64.
            boolean mustNotBlock = nanos <= 0 || Thread.currentThread().isVirtual();
            if (mustNotBlock
                    && count <= MODERATE
                    && !Thread.currentThread().isInterrupted()
                    && open.writeIfRoom(memory) > 0) {
                return true;
            }
            return Transfers.write(open, memory, nanos) > 0;
        } finally {
            Buffers.give(memory);
        }
    }

    /**
     * Takes what the counter has, and leaves 0; or takes 1 of a semaphore. Waits until it is more than 0.
     *
     * @return what was taken; unsigned, if somebody added so much
     * @throws java.nio.channels.ClosedChannelException if closed; {@link java.nio.channels.AsynchronousCloseException}
     *     if meanwhile
     * @throws IOException that, or {@link ErrnoException} with the kernel's reason
     * @throws InterruptedException if the thread is interrupted, or was when it came here: nothing was taken
     */
    public long take() throws IOException, InterruptedException {
        return take(OpenDescriptor.FOREVER);
    }

    /**
     * Takes as {@link #take} does, waiting for at most a time.
     *
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return what was taken; 0 if the time was over
     * @throws IOException as for {@link #take}
     * @throws InterruptedException if the thread is interrupted, or was when it came here: nothing was taken
     */
    public long tryTake(Duration timeout) throws IOException, InterruptedException {
        return take(Timeouts.nanos(timeout));
    }

    private long take(long nanos) throws IOException, InterruptedException {
        MemorySegment memory = Buffers.take(Long.BYTES);
        try {
            return Transfers.read(DescriptorView.of(this), memory, nanos) > 0
                    ? memory.get(ValueLayout.JAVA_LONG, 0)
                    : 0;
        } finally {
            Buffers.give(memory);
        }
    }

    @Override
    public String toString() {
        return descriptor.toString();
    }
}
