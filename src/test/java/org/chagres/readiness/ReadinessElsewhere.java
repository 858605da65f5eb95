package org.chagres.readiness;

import static org.chagres.Readiness.*;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.chagres.Descriptor;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.Redirection;
import org.chagres.StandardStream;
import org.chagres.pipe.Pipe;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;

/** What {@link ReadinessElsewhereTest} runs in processes of its own, which tell what they see, a line each. */
final class ReadinessElsewhere {
    private ReadinessElsewhere() {}

    /** Waits where there is one helper, or no signal. Argument: on which kind of thread. */
    static final class Waits {
        public static void main(String[] arguments) throws Exception {
            ThreadKind kind = ThreadKind.valueOf(arguments[0]);
            try (Pipe pipe = Pipe.create();
                    EventCounter full = EventCounter.create();
                    EventCounter other = EventCounter.create();
                    Epoll epoll = Epoll.create()) {
                full.add(Long.MAX_VALUE);
                full.add(Long.MAX_VALUE);
                // Somebody has the only helper for himself.
                Waiting<Boolean> occupier =
                        Waiting.start(ThreadKind.VIRTUAL, () -> full.tryAdd(1, Duration.ofMinutes(1)));
                occupier.awaitWaiting();

                Map<Pollable, Set<Readiness>> events = Map.of(pipe.source(), Set.of(READABLE), other, Set.of(READABLE));
                epoll.add(pipe.source(), Set.of(READABLE));
                epoll.add(other, Set.of(READABLE));
                for (Callable<Integer> wait : List.<Callable<Integer>>of(
                        () -> Pollable.poll(events).size(),
                        () -> Pollable.tryPoll(events, Duration.ofMinutes(1)).size(),
                        () -> epoll.await().size(),
                        () -> epoll.tryAwait(Duration.ofMinutes(1)).size())) {
                    System.out.println(ends(kind, wait, other));
                }
                System.out.println(end(kind, other::take, thread -> other.add(3)));
                System.out.println(end(kind, other::take, Thread::interrupt));
                System.out.println(end(kind, () -> full.tryAdd(1, Duration.ofMillis(30)), thread -> {}));
                System.out.println(end(kind, () -> full.tryAdd(1, Duration.ofMinutes(1)), Thread::interrupt));
                full.take();
                System.out.println("occupier: " + occupier.get());
            }
        }

        private static String ends(ThreadKind kind, Callable<?> wait, EventCounter other) throws Exception {
            String event = end(kind, wait, thread -> other.add(1));
            other.take();
            return event + ", " + end(kind, wait, Thread::interrupt);
        }
    }

    interface Step {
        void run(Thread thread) throws Exception;
    }

    /** What a wait comes to after something was done. */
    private static String end(ThreadKind kind, Callable<?> wait, Step step) throws Exception {
        Waiting<?> waiting = Waiting.start(kind, wait);
        step.run(waiting.thread());
        try {
            return waiting.get().toString();
        } catch (ExecutionException ended) {
            return ended.getCause().getClass().getSimpleName();
        }
    }

    /** Polls a TCP connection that is its standard input, while the other side does as the lines say. */
    static final class Connection {
        public static void main(String[] arguments) throws Exception {
            try (Descriptor socket = Descriptor.duplicateOf(0);
                    Epoll epoll = Epoll.create()) {
                epoll.add(socket, Set.of(URGENT, READ_HANG_UP));
                for (ThreadKind kind : ThreadKind.values()) {
                    System.out.println(told(kind, socket.poll(Set.of(WRITABLE))));
                }
                // The other side has sent a byte out of band.
                for (ThreadKind kind : ThreadKind.values()) {
                    System.out.println(told(
                            kind,
                            Waiting.start(kind, () -> socket.poll(Set.of(URGENT)))
                                    .get()));
                    System.out.println(told(kind, first(Waiting.start(kind, epoll::await))));
                }
                // A line in band tells it to shut down.
                socket.write("go on\n".getBytes(StandardCharsets.US_ASCII));
                for (ThreadKind kind : ThreadKind.values()) {
                    System.out.println(told(
                            kind,
                            Waiting.start(kind, () -> socket.poll(Set.of(READ_HANG_UP)))
                                    .get()));
                    epoll.modify(socket, Set.of(READ_HANG_UP));
                    System.out.println(told(kind, first(Waiting.start(kind, epoll::await))));
                }
            }
        }

        private static Set<Readiness> first(Waiting<List<Epoll.Event>> waiting) throws Exception {
            return waiting.get().getFirst().readiness();
        }

        private static String told(ThreadKind kind, Set<Readiness> readiness) {
            return kind + " " + (readiness.isEmpty() ? "none" : EnumSet.copyOf(readiness));
        }
    }

    /** Shares two counters with a child: it takes from its standard input, and adds to its standard error. */
    static final class Shared {
        public static void main(String[] arguments) throws Exception {
            try (EventCounter there = EventCounter.create();
                    EventCounter back = EventCounter.create();
                    Epoll epoll = Epoll.create()) {
                epoll.add(back, Set.of(READABLE));
                Process child = start(List.of(arguments), there, back);
                for (ThreadKind kind : ThreadKind.values()) {
                    for (long count : new long[] {1, 42, Long.MAX_VALUE}) {
                        there.add(count); // the child answers with half of it, and one
                        int ready = Waiting.start(kind, epoll::await).get().size();
                        long taken = Waiting.start(kind, back::take).get();
                        System.out.println(kind + " " + ready + " " + taken);
                    }
                }
                System.out.println("status " + child.waitFor());
            }
        }

        private static Process start(List<String> command, EventCounter input, EventCounter error) throws Exception {
            try (Redirection first = input.descriptor().redirect(StandardStream.INPUT);
                    Redirection second = error.descriptor().redirect(StandardStream.ERROR)) {
                System.out.println(first + " " + second);
                return new ProcessBuilder(command)
                        .redirectInput(ProcessBuilder.Redirect.INHERIT)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
            }
        }
    }
}
