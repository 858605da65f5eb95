package org.chagres.testing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.internal.syscall.SockaddrIn;

/**
 * Lookups that take until they are let go, as by a name server that does not answer: those of a port of IPv4, in
 * numbers, that background threads make; they are then answered by the C library. Those of hosts and networks whose
 * name is that number, or whose address has it in its lower half, are answered that nobody has it. Several may be held
 * at a time; needs scripted answers, and no other library.
 */
public final class HeldLookups implements AutoCloseable {
    private static final int MOST_CALLS = 10_000;
    private static final long LOWER_HALF = 0xffff;

    /** What these functions answer where the result is null. */
    private static final long NOBODY = 0;

    private static final ConcurrentMap<String, HeldLookups> HELD = new ConcurrentHashMap<>();
    private static final AtomicInteger PORTS = new AtomicInteger(20_000);

    /** As long as any are held; guarded by the class. */
    private static final List<ScriptedAnswers> SCRIPTS = new ArrayList<>();

    private final int port = PORTS.getAndIncrement();
    private final CountDownLatch released = new CountDownLatch(1);
    private final AtomicInteger asked = new AtomicInteger();

    private HeldLookups() {}

    /** Holds those of a port that no other has. */
    public static HeldLookups create() {
        HeldLookups held = new HeldLookups();
        synchronized (HeldLookups.class) {
            if (HELD.isEmpty()) {
                long ask = ScriptedAnswers.ASK_THE_KERNEL;
                SCRIPTS.add(script("getaddrinfo", ask, arguments -> textAt(arguments[1])));
                SCRIPTS.add(script("getnameinfo", ask, arguments -> portAt(arguments[0])));
                SCRIPTS.add(script("gethostbyname2_r", NOBODY, arguments -> textAt(arguments[0])));
                SCRIPTS.add(script("gethostbyaddr_r", NOBODY, arguments -> endAt(arguments[0])));
                SCRIPTS.add(script("getnetbyname_r", NOBODY, arguments -> textAt(arguments[0])));
                SCRIPTS.add(script("getnetbyaddr_r", NOBODY, arguments -> Long.toString(arguments[0] & LOWER_HALF)));
            }
            HELD.put(Integer.toString(held.port), held);
        }
        return held;
    }

    private interface Port {
        String of(long[] arguments);
    }

    private static ScriptedAnswers script(String function, long answer, Port port) {
        ScriptedAnswers.Answer held = arguments -> {
            HeldLookups lookup = HELD.get(port.of(arguments));
            if (lookup == null) {
                return ScriptedAnswers.ASK_THE_KERNEL;
            }
            lookup.asked.getAndIncrement();
            awaitUninterrupted(lookup.released);
            return answer;
        };
        return ScriptedAnswers.toThreads(
                thread -> thread.getName().startsWith("chagres-lookup-"),
                function,
                Collections.nCopies(MOST_CALLS, held).toArray(ScriptedAnswers.Answer[]::new));
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException nobodyDoes) {
            throw new AssertionError(nobodyDoes);
        }
    }

    private static String textAt(long address) {
        return address == 0
                ? "0"
                : MemorySegment.ofAddress(address).reinterpret(Long.MAX_VALUE).getString(0);
    }

    private static String portAt(long address) {
        return Integer.toString(
                new SockaddrIn(MemorySegment.ofAddress(address).reinterpret(SockaddrIn.BYTE_SIZE)).port());
    }

    /** The last two bytes of an address of IPv4. */
    private static String endAt(long address) {
        MemorySegment end = MemorySegment.ofAddress(address + Short.BYTES).reinterpret(Short.BYTES);
        return Integer.toString(Short.toUnsignedInt(Short.reverseBytes(end.get(ValueLayout.JAVA_SHORT_UNALIGNED, 0))));
    }

    /** What to look up. */
    public int port() {
        return port;
    }

    /** How many are held, or were. */
    public int asked() {
        return asked.get();
    }

    /** Lets them go on, and those that come later. */
    public void release() {
        released.countDown();
    }

    @Override
    public void close() {
        release();
        synchronized (HeldLookups.class) {
            HELD.remove(Integer.toString(port));
            if (HELD.isEmpty()) {
                SCRIPTS.forEach(ScriptedAnswers::close);
                SCRIPTS.clear();
            }
        }
    }
}
