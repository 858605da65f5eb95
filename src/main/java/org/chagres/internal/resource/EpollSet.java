package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.ReadinessCalls.*;

import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import org.chagres.internal.syscall.EpollEvents;

/**
 * An epoll instance and the descriptors in it. A descriptor that is closed leaves by itself: the kernel would go on to
 * report it as long as a duplicate of it is open anywhere.
 */
public final class EpollSet {
    public static final int EDGE_TRIGGERED = EPOLLET;
    public static final int ONE_SHOT = EPOLLONESHOT;
    public static final int EXCLUSIVE = EPOLLEXCLUSIVE;

    private static final int NOBODY = 0;

    private final OpenDescriptor epoll;

    /** By the number the kernel knows them by: one of ours, so that what it reports late is not taken for another's. */
    private final ConcurrentMap<Integer, Member> members = new ConcurrentHashMap<>();

    /** Which number a descriptor has. */
    private final ConcurrentMap<OpenDescriptor, Integer> known = new ConcurrentHashMap<>();

    private final AtomicInteger numbers = new AtomicInteger();

    /** Who changes the set in two places, the kernel's and ours, does it alone. */
    private final ReentrantLock changes = new ReentrantLock();

    /** One descriptor in the set. */
    private record Member(OpenDescriptor descriptor, Object attachment, IntConsumer atEnd) {}

    /** What is ready, and for what. */
    public record Ready(Object attachment, int events) {}

    private EpollSet(OpenDescriptor epoll) {
        this.epoll = epoll;
    }

    /** Takes charge of an instance that {@link #create} made. */
    public static EpollSet own(int number) {
        return new EpollSet(OpenDescriptor.own(number, "Epoll"));
    }

    /** The number of a new instance, or {@code -errno}. */
    public static int create() {
        return epoll_create1(EPOLL_CLOEXEC);
    }

    /** Adds a descriptor; {@code -EEXIST} if it is in. */
    public int add(OpenDescriptor descriptor, int events, Object attachment) {
        int id = numbers.incrementAndGet();
        if (!descriptor.use()) {
            return OpenDescriptor.WAS_CLOSED;
        }
        changes.lock();
        try {
            IntConsumer atEnd = forgetting(new WeakReference<>(this), id);
            members.put(id, new Member(descriptor, attachment, atEnd)); // before: it may be ready at once
            int answer = epoll.ask(own -> epollSet(own, EPOLL_CTL_ADD, descriptor.number(), events, id));
            if (answer < 0) {
                members.remove(id);
                return answer;
            }
            known.put(descriptor, id);
            descriptor.atEnd(atEnd);
            return answer;
        } finally {
            changes.unlock();
            descriptor.unuse();
        }
    }

    /** Without a strong reference, so that a set nobody has any more can be collected. */
    private static IntConsumer forgetting(WeakReference<EpollSet> set, int id) {
        return number -> {
            EpollSet present = set.get();
            if (present != null && present.forget(id)) {
                present.epoll.ask(own -> epollSet(own, EPOLL_CTL_DEL, number, 0, 0));
            }
        };
    }

    private boolean forget(int id) {
        Member member = members.remove(id);
        if (member == null) {
            return false;
        }
        known.remove(member.descriptor);
        member.descriptor.notAtEnd(member.atEnd);
        return true;
    }

    /** Changes what is waited for; {@code -ENOENT} if it is not in. */
    public int modify(OpenDescriptor descriptor, int events) {
        changes.lock();
        try {
            int id = known.getOrDefault(descriptor, NOBODY);
            return descriptor.ask(number -> epoll.ask(own -> epollSet(own, EPOLL_CTL_MOD, number, events, id)));
        } finally {
            changes.unlock();
        }
    }

    /** Takes a descriptor out; {@code -ENOENT} if it is not in. */
    public int remove(OpenDescriptor descriptor) {
        changes.lock();
        try {
            int id = known.getOrDefault(descriptor, NOBODY);
            return descriptor.ask(number -> {
                int answer = epoll.ask(own -> epollSet(own, EPOLL_CTL_DEL, number, 0, 0));
                forget(id);
                return answer;
            });
        } finally {
            changes.unlock();
        }
    }

    /** How many are in. */
    public int size() {
        return members.size();
    }

    /** Waits for at most so long; adds what is ready to a list, and answers how many, or as {@link OpenDescriptor}. */
    public int await(List<Ready> ready, long nanos) throws InterruptedException {
        Interruption.check();
        if (!epoll.use()) {
            return OpenDescriptor.WAS_CLOSED;
        }
        MemorySegment memory = Buffers.take(Buffers.MEDIUM);
        try {
            EpollEvents events = new EpollEvents(memory);
            return nanos > 0 && !Thread.currentThread().isVirtual()
                    ? block(epoll, events, ready, nanos)
                    : park(events, ready, nanos);
        } finally {
            Buffers.give(memory);
            epoll.unuse();
        }
    }

    private int block(Gate gate, EpollEvents events, List<Ready> ready, long nanos) throws InterruptedException {
        Waiter waiter = Waiter.enter(gate, nanos);
        try {
            int answer;
            do {
                answer = waiter.refusal();
                if (answer == 0) {
                    answer = collect(events, ready, waiter.nanosForCall());
                }
            } while (waiter.goesOnAfter(answer));
            return answer;
        } finally {
            waiter.leave();
        }
    }

    /** epoll_wait(2) takes milliseconds, and its successor is younger than some C libraries: a poll has the time. */
    private int collect(EpollEvents events, List<Ready> ready, long nanos) {
        if (nanos == Waiter.FOREVER) {
            int count = collect(events, ready, -1);
            return count == 0 ? -EINTR : count; // of those that left meanwhile
        }
        int count = collect(events, ready, 0);
        if (count != 0) {
            return count;
        }
        int polled = pollOne(epoll.number(), POLLIN, nanos);
        if (polled <= 0) {
            return polled == 0 ? Waiter.TIMED_OUT : polled;
        }
        count = collect(events, ready, 0);
        return count == 0 ? -EINTR : count; // another thread was faster
    }

    private int collect(EpollEvents events, List<Ready> ready, int milliseconds) {
        int count = epoll_wait(epoll.number(), events.segment(), events.capacity(), milliseconds);
        int known = 0;
        for (int i = 0; i < count; i++) {
            Member member = members.get(events.number(i));
            if (member != null) {
                ready.add(new Ready(member.attachment, events.events(i)));
                known++;
            }
        }
        return count < 0 ? count : known;
    }

    private int park(EpollEvents events, List<Ready> ready, long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos; // not looked at if there is none
        while (true) {
            int count = collect(events, ready, 0);
            if (count != 0 && count != -EINTR) {
                return count;
            }
            long rest = nanos == Waiter.FOREVER ? Waiter.FOREVER : deadline - System.nanoTime();
            if (nanos <= 0 || rest <= 0) {
                return Waiter.TIMED_OUT;
            }
            int answer = Poller.await(epoll, epoll.number(), Readinesses.READABLE, rest);
            if (answer == Poller.NONE) {
                return onHelper(events, ready, rest);
            }
            if (answer < 0) {
                return answer;
            }
        }
    }

    private int onHelper(EpollEvents events, List<Ready> ready, long nanos) throws InterruptedException {
        Lines.Call call = new Lines.Call() {
            @Override
            public int attempt() {
                int count = collect(events, ready, 0);
                return count == 0 || count == -EINTR ? Waiter.TIMED_OUT : count;
            }

            @Override
            public int await(Gate gate, long rest) throws InterruptedException {
                List<Ready> found = new ArrayList<>();
                int count = block(gate, events, found, rest);
                ready.addAll(found);
                return count;
            }
        };
        return new Lines().await(epoll, call, call, nanos);
    }

    public boolean isClosed() {
        return epoll.isClosed();
    }

    public void close() {
        epoll.close();
        members.keySet().forEach(this::forget);
    }

    @Override
    public String toString() {
        return epoll.toString();
    }
}
