package org.chagres.internal.resource;

import static org.chagres.internal.resource.Waiter.*;
import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.ReadinessCalls.*;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.EpollEvents;

/**
 * Where virtual threads wait for descriptors: one epoll instance and one daemon thread for all, started when the first
 * must wait. A descriptor is watched for one event at a time (EPOLLONESHOT), and again as long as somebody waits for
 * it.
 */
final class Poller {
    private static final int EVENTS_AT_A_TIME = 256;

    private static final ConcurrentMap<Integer, Interest> INTERESTS = new ConcurrentHashMap<>();

    /** An answer: there is no poller, for want of a descriptor or a thread. */
    static final int NONE = CLOSED - 2;

    /** No events, not even a hang-up: only to be woken by a close. */
    static final int ONLY_A_CLOSE = Integer.MIN_VALUE;

    private Poller() {}

    /** The epoll instance with its thread. */
    private static final class Instance {
        private static volatile int number = NONE;

        /** Its descriptor, or {@link Poller#NONE} if there is no descriptor or no thread to be had now. */
        static int epoll() {
            return number != NONE ? number : create();
        }

        private static synchronized int create() {
            if (number == NONE) {
                int epoll = epoll_create1(EPOLL_CLOEXEC);
                if (epoll >= 0) {
                    try {
                        Thread.ofPlatform()
                                .daemon()
                                .name("chagres-poller")
                                .inheritInheritableThreadLocals(false)
                                .start(() -> keep(epoll));
                        number = epoll;
                    } catch (OutOfMemoryError noThread) {
                        DescriptorCalls.close(epoll);
                    }
                }
            }
            return number;
        }
    }

    /** A thread that waits. */
    private static final class Sleeper {
        final Thread thread = Thread.currentThread();
        volatile boolean ready;

        void wake() {
            ready = true;
            LockSupport.unpark(thread);
        }

        /** 0 when it was woken. */
        int sleep(Gate gate, long nanos) throws InterruptedException {
            long deadline = nanos == FOREVER ? 0 : System.nanoTime() + nanos;
            while (!ready) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                if (gate.isClosed()) {
                    return CLOSED;
                }
                if (nanos == FOREVER) {
                    LockSupport.park(this);
                } else {
                    long rest = deadline - System.nanoTime();
                    if (rest <= 0) {
                        return TIMED_OUT;
                    }
                    LockSupport.parkNanos(this, rest);
                }
            }
            return 0;
        }
    }

    /** What one sleeper waits for at one descriptor. */
    private record Parked(Sleeper sleeper, int events) {}

    /** Who waits for one descriptor. */
    private static final class Interest {
        final ReentrantLock lock = new ReentrantLock();
        final List<Parked> parked = new ArrayList<>(); // guarded by lock
        boolean known; // to epoll; guarded by lock

        /** What epoll is to tell, once; guarded by lock. */
        int watched;

        /** As if all were ready. */
        void wakeAll() {
            lock.lock();
            try {
                for (Parked one : parked) {
                    one.sleeper.wake();
                }
                parked.clear();
            } finally {
                lock.unlock();
            }
        }

        /** Has epoll watch for events, besides those it watches for already; answers {@code >= 0} or {@code -errno}. */
        int watch(int descriptor, int events) {
            if (watched != 0 && (watched & events) == events) { // with no events a hang-up is to be told nonetheless
                return 0; // and it will be delivered to whoever is parked by then
            }
            int epoll = Instance.epoll();
            if (epoll == NONE) {
                return NONE;
            }
            int all = watched | events | EPOLLONESHOT;
            int answer = epollSet(epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, all, descriptor);
            if (answer >= 0) {
                known = true;
                watched = all;
            }
            return answer;
        }
    }

    /**
     * Parks the calling virtual thread until a descriptor is ready: 0 then; else {@link Waiter#CLOSED},
     * {@link Waiter#TIMED_OUT}, {@code -errno}, or {@link #NONE} where it has to be waited for in another way. The
     * caller keeps the descriptor from being closed.
     */
    static int await(Gate gate, int descriptor, int events, long nanos) throws InterruptedException {
        return await(gate, new int[] {descriptor}, new int[] {events}, nanos);
    }

    /** The same until one of several is ready. */
    static int await(Gate gate, int[] descriptors, int[] events, long nanos) throws InterruptedException {
        Sleeper self = new Sleeper();
        int joined = 0;
        try {
            while (joined < descriptors.length) {
                joined++;
                if (join(descriptors[joined - 1], new Parked(self, events[joined - 1])) < 0) {
                    return NONE; // epoll does not take files, or no more of anything: a helper will do
                }
            }
            return self.sleep(gate, nanos);
        } finally {
            for (int i = 0; i < joined && !(self.ready && joined == 1); i++) { // the waker took out the one it served
                part(descriptors[i], self);
            }
        }
    }

    private static int join(int descriptor, Parked one) {
        Interest interest = INTERESTS.get(descriptor); // computeIfAbsent may lock what others need
        if (interest == null) {
            interest = INTERESTS.computeIfAbsent(descriptor, number -> new Interest());
        }
        interest.lock.lock();
        try {
            interest.parked.add(one); // the events come through the same lock
            return one.events == ONLY_A_CLOSE ? 0 : interest.watch(descriptor, one.events);
        } finally {
            interest.lock.unlock();
        }
    }

    private static void part(int descriptor, Sleeper sleeper) {
        Interest interest = INTERESTS.get(descriptor);
        if (interest != null) {
            interest.lock.lock();
            try {
                interest.parked.removeIf(one -> one.sleeper == sleeper);
            } finally {
                interest.lock.unlock();
            }
        }
    }

    /** Wakes all who wait for a descriptor, to look at their gate. */
    static void wake(int descriptor) {
        Interest interest = INTERESTS.get(descriptor);
        if (interest != null) {
            interest.lock.lock();
            try {
                interest.parked.forEach(one -> LockSupport.unpark(one.sleeper.thread));
            } finally {
                interest.lock.unlock();
            }
        }
    }

    /** Before a descriptor is closed: epoll would go on to report it as long as any duplicate is open. */
    static void forget(int descriptor) {
        Interest interest = INTERESTS.remove(descriptor);
        if (interest != null) {
            interest.lock.lock();
            try {
                if (interest.known) {
                    epollSet(Instance.epoll(), EPOLL_CTL_DEL, descriptor, 0, 0);
                    interest.known = false;
                    interest.watched = 0;
                }
            } finally {
                interest.lock.unlock();
            }
        }
    }

    private static void keep(int epoll) {
        EpollEvents events = EpollEvents.allocate(Arena.ofAuto(), EVENTS_AT_A_TIME);
        while (true) {
            int count = epoll_wait(epoll, events.segment(), EVENTS_AT_A_TIME, -1);
            for (int i = 0; i < count; i++) { // none after EINTR
                Interest interest = INTERESTS.get(events.number(i));
                if (interest != null) {
                    try {
                        deliver(interest, events.number(i), events.events(i));
                    } catch (RuntimeException | Error failure) { // no memory, most likely: others rely on this thread
                        interest.wakeAll();
                    }
                }
            }
        }
    }

    private static void deliver(Interest interest, int descriptor, int events) {
        boolean all = (events & (EPOLLERR | EPOLLHUP)) != 0;
        interest.lock.lock();
        try {
            interest.watched = 0;
            int served = 0;
            int wanted = 0;
            boolean somebodyWaits = false;
            for (Iterator<Parked> each = interest.parked.iterator(); each.hasNext(); ) {
                Parked one = each.next();
                // One reader and one writer an event: if there is more, epoll says so again.
                boolean itsTurn = (one.events & events & ~served) != 0;
                if (one.events == ONLY_A_CLOSE) {
                    continue;
                }
                if (all || itsTurn) {
                    each.remove();
                    served |= one.events;
                    one.sleeper.wake();
                } else {
                    wanted |= one.events;
                    somebodyWaits = true;
                }
            }
            if (interest.known && somebodyWaits && interest.watch(descriptor, wanted) < 0) {
                interest.wakeAll(); // to try again themselves, as epoll will not tell
            }
        } finally {
            interest.lock.unlock();
        }
    }
}
