package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.ReadinessCalls.*;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.chagres.internal.syscall.PollFds;

/** Waiting until one of several descriptors is ready, once. */
public final class Polling {
    private Polling() {}

    /**
     * Waits for at most so long. Fills {@code ready} with what each is ready for; answers how many are for anything, or
     * as {@link OpenDescriptor} does.
     *
     * @param events what to wait for of each, in the words of {@link Readinesses}
     */
    public static int await(OpenDescriptor[] descriptors, int[] events, int[] ready, long nanos)
            throws InterruptedException {
        return await(new AnyGate(descriptors), descriptors, events, ready, nanos);
    }

    /** The same behind a gate. */
    static int await(Gate any, OpenDescriptor[] descriptors, int[] events, int[] ready, long nanos)
            throws InterruptedException {
        Interruption.check();
        try (Users users = new Users(descriptors);
                Arena arena = Arena.ofConfined()) {
            if (!users.useAll()) {
                return OpenDescriptor.WAS_CLOSED;
            }
            PollFds polled = PollFds.allocate(arena, descriptors.length);
            int[] numbers = new int[descriptors.length];
            for (int i = 0; i < descriptors.length; i++) {
                numbers[i] = descriptors[i].number();
                polled.set(i, numbers[i], events[i]);
            }
            int answer = nanos > 0 && !Thread.currentThread().isVirtual()
                    ? block(any, polled, nanos)
                    : park(any, polled, numbers, events, nanos);
            for (int i = 0; i < ready.length; i++) {
                ready[i] = answer > 0 ? polled.ready(i) : 0;
                answer = (ready[i] & POLLNVAL) != 0 ? -EBADF : answer; // of a name only (O_PATH)
            }
            return answer;
        }
    }

    private static int block(Gate gate, PollFds polled, long nanos) throws InterruptedException {
        Waiter waiter = Waiter.enter(gate, nanos);
        try {
            int answer;
            do {
                answer = waiter.refusal();
                if (answer == 0) {
                    answer = pollFor(polled, waiter.nanosForCall());
                    answer = answer == 0 ? Waiter.TIMED_OUT : answer;
                }
            } while (waiter.goesOnAfter(answer));
            return answer;
        } finally {
            waiter.leave();
        }
    }

    private static int park(Gate gate, PollFds polled, int[] numbers, int[] events, long nanos)
            throws InterruptedException {
        long deadline = System.nanoTime() + nanos; // not looked at if there is none
        int[] watched = Arrays.stream(events).map(bits -> bits | POLLERR).toArray(); // none would watch for no hang-up
        while (true) {
            int answer = pollFor(polled, 0);
            if (answer != 0 && answer != -EINTR) {
                return answer;
            }
            long rest = nanos == Waiter.FOREVER ? Waiter.FOREVER : deadline - System.nanoTime();
            if (nanos <= 0 || rest <= 0) {
                return Waiter.TIMED_OUT;
            }
            answer = Poller.await(gate, numbers, watched, rest);
            if (answer == Poller.NONE) {
                return onHelper(gate, polled, rest);
            }
            if (answer < 0) {
                return answer;
            }
        }
    }

    /** Where one of them is of a kind that epoll does not take. */
    private static int onHelper(Gate gate, PollFds polled, long nanos) throws InterruptedException {
        Lines.Call call = new Lines.Call() {
            @Override
            public int attempt() {
                int answer = pollFor(polled, 0);
                return answer == 0 || answer == -EINTR ? Waiter.TIMED_OUT : answer;
            }

            @Override
            public int await(Gate errand, long rest) throws InterruptedException {
                return block(errand, polled, rest);
            }
        };
        return new Lines().await(gate, call, call, nanos);
    }
}
