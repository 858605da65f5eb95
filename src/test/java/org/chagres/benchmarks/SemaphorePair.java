package org.chagres.benchmarks;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.chagres.internal.resource.SemaphoreWaits;
import org.chagres.internal.syscall.SemaphoreCalls;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.semaphore.SemaphoreSet;

/**
 * One of two processes that call and answer each other by two semaphores: {@code server|client CPU SEMID KIND}. Twin:
 * {@code pairs/semaphore.c}.
 */
final class SemaphorePair {
    static final int PING = 0;
    static final int PONG = 1;

    /** Who calls and answers, and how. Carriers and helpers inherit the main thread's CPU. */
    enum Kind {
        PLATFORM,
        CALLS,
        JNA,
        VIRTUAL,
        OFFLOADED
    }

    private SemaphorePair() {}

    public static void main(String[] arguments) throws Throwable {
        boolean server = arguments[0].equals("server");
        int id = Integer.parseInt(arguments[2]);
        PairPeer.serve(Integer.parseInt(arguments[1]), loop(Kind.valueOf(arguments[3]), server, id));
    }

    private static Loop loop(Kind kind, boolean server, int id) throws Exception {
        if (kind == Kind.JNA) {
            JnaSemaphore ping = new JnaSemaphore(id, PING);
            JnaSemaphore pong = new JnaSemaphore(id, PONG);
            return server ? n -> answer(n, ping, pong) : n -> call(n, ping, pong);
        }
        if (kind == Kind.CALLS) {
            return server ? n -> calls(n, id, take(PING), give(PONG)) : n -> calls(n, id, give(PING), take(PONG));
        }
        SemaphoreSet set = SemaphoreSet.open(id);
        return loop(kind, server, set.semaphore(PING), set.semaphore(PONG));
    }

    /** Also of two threads of one process. */
    static Loop loop(Kind kind, boolean server, ProcessSemaphore ping, ProcessSemaphore pong) {
        return switch (kind) {
            case PLATFORM -> server ? n -> answer(n, ping, pong) : n -> call(n, ping, pong);
            case VIRTUAL -> new VirtualLoop(server ? n -> answer(n, ping, pong) : n -> call(n, ping, pong));
            case OFFLOADED ->
                new VirtualLoop(server ? n -> answerOffloaded(n, ping, pong) : n -> callOffloaded(n, ping, pong));
            case CALLS, JNA -> throw new IllegalArgumentException(kind + " has no ProcessSemaphore");
        };
    }

    private static long call(long n, ProcessSemaphore ping, ProcessSemaphore pong) throws Exception {
        for (long i = 0; i < n; i++) {
            ping.release();
            pong.acquire();
        }
        return n;
    }

    private static long answer(long n, ProcessSemaphore ping, ProcessSemaphore pong) throws Exception {
        for (long i = 0; i < n; i++) {
            ping.acquire();
            pong.release();
        }
        return n;
    }

    private static long call(long n, JnaSemaphore ping, JnaSemaphore pong) throws Exception {
        for (long i = 0; i < n; i++) {
            ping.release();
            pong.acquire();
        }
        return n;
    }

    private static long answer(long n, JnaSemaphore ping, JnaSemaphore pong) throws Exception {
        for (long i = 0; i < n; i++) {
            ping.acquire();
            pong.release();
        }
        return n;
    }

    /** The system calls alone, as the library makes them. */
    private static long calls(long n, int id, long first, long second) {
        for (long i = 0; i < n; i++) {
            if (SemaphoreCalls.semopOne(id, first) < 0 || SemaphoreCalls.semopOne(id, second) < 0) {
                throw new AssertionError("id=" + id);
            }
        }
        return n;
    }

    private static long take(int number) {
        return SemaphoreWaits.operation(number, -1, false, false);
    }

    private static long give(int number) {
        return SemaphoreWaits.operation(number, 1, false, false);
    }

    private static long callOffloaded(long n, ProcessSemaphore ping, ProcessSemaphore pong) throws Exception {
        for (long i = 0; i < n; i++) {
            ping.release();
            Offload.acquire(pong);
        }
        return n;
    }

    private static long answerOffloaded(long n, ProcessSemaphore ping, ProcessSemaphore pong) throws Exception {
        for (long i = 0; i < n; i++) {
            Offload.acquire(ping);
            pong.release();
        }
        return n;
    }

    /** What one does about a blocking call on a virtual thread, without a library that knows of them. */
    private static final class Offload {
        private static final ExecutorService PLATFORM_THREADS =
                Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());

        static void acquire(ProcessSemaphore semaphore) throws InterruptedException, ExecutionException {
            PLATFORM_THREADS
                    .submit(() -> {
                        semaphore.acquire();
                        return true;
                    })
                    .get();
        }
    }
}
