package org.chagres.internal.resource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.testing.Garbage;

/** Started by {@link SafetyNetTest}: closes one piece of memory, forgets another, and waits for the collector. */
final class SafetyNetProbe {
    private static final MemorySegment GIVEN = Arena.global().allocate(64);
    private static final AtomicInteger UNMAPPED = new AtomicInteger();

    private SafetyNetProbe() {}

    public static void main(String[] arguments) {
        own("the closed one").close();
        closeTwice();
        forget();
        Garbage.collectUntil(() -> UNMAPPED.get() == 3);
        own("one more"); // when this one is collected, the log of the one before is written
        Garbage.collectUntil(() -> UNMAPPED.get() == 4);
        System.out.println("collected");
    }

    private static void forget() {
        own("the forgotten one");
    }

    private static void closeTwice() {
        ForeignMemory memory = own("the one closed twice");
        memory.close();
        memory.close();
    }

    private static ForeignMemory own(String name) {
        return ForeignMemory.own(GIVEN.address(), 64, false, memory -> UNMAPPED.incrementAndGet(), "", name);
    }
}
