package org.chagres.benchmarks;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import org.chagres.memory.SharedMemory;

/**
 * One of two processes that call and answer each other in shared memory, without the kernel: {@code server|client CPU
 * SHMID}. Twin: {@code pairs/spin.c}.
 *
 * <pre>
 *     0              64
 *     +------+-------+------+-------+
 *     | ping |       | pong |       |   how many times the client has called, the server has answered
 *     +------+-------+------+-------+
 * </pre>
 */
final class SpinPair {
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final long PING = 0;
    private static final long PONG = 64;

    private final MemorySegment region;
    private long count;

    private SpinPair(MemorySegment region) {
        this.region = region;
    }

    public static void main(String[] arguments) throws Throwable {
        try (SharedMemory memory = SharedMemory.open(Integer.parseInt(arguments[2]))) {
            SpinPair peer = new SpinPair(memory.segment());
            PairPeer.serve(Integer.parseInt(arguments[1]), arguments[0].equals("server") ? peer::answer : peer::call);
        }
    }

    private long call(long n) {
        for (long i = 0; i < n; i++) {
            count++;
            LONG.setRelease(region, PING, count);
            await(PONG);
        }
        return count;
    }

    private long answer(long n) {
        for (long i = 0; i < n; i++) {
            count++;
            await(PING);
            LONG.setRelease(region, PONG, count);
        }
        return count;
    }

    private void await(long offset) {
        while ((long) LONG.getAcquire(region, offset) != count) {
            Thread.onSpinWait();
        }
    }
}
