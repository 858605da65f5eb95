package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.Errno;
import org.chagres.ErrnoException;

/**
 * A thread uses mapped memory while another changes the mapping, many times. In a JVM of its own, as a mistake here
 * kills it.
 */
final class MappedMemoryRaces {
    private static final int ROUNDS = 400;
    private static final int BURST = 8;
    private static final int PAGE = 4096;
    private static final int BYTES = 4 * PAGE;
    private static final VarHandle LONG = JAVA_LONG.varHandle();
    private static final VarHandle INT = JAVA_INT.varHandle();

    @FunctionalInterface
    private interface Use {
        void of(MappedMemory memory) throws Exception;
    }

    @FunctionalInterface
    private interface Change {
        void of(MappedMemory memory, int round) throws Exception;
    }

    private final MemorySegment ours = Arena.global().allocate(BYTES);
    private final long[] addresses;
    private volatile MappedMemory memory;
    private volatile boolean over;
    private final AtomicInteger uses = new AtomicInteger();
    private final AtomicInteger refusals = new AtomicInteger();

    private MappedMemoryRaces() throws ErrnoException {
        try (MappedMemory room = MappedMemory.anonymous(4 * BYTES)) {
            long address = room.segment().address();
            addresses = new long[] {address, address + 2 * BYTES};
        }
    }

    private Map<String, Use> uses() {
        Map<String, Use> uses = new LinkedHashMap<>();
        uses.put("loop", mapped -> {
            MemorySegment segment = mapped.segment();
            for (long i = 0; i < segment.byteSize(); i += 64) {
                segment.get(JAVA_LONG, i);
            }
        });
        uses.put("set", mapped -> {
            MemorySegment segment = mapped.segment();
            for (long i = 0; i < segment.byteSize(); i += 64) {
                segment.set(JAVA_BYTE, i, (byte) 1);
            }
        });
        uses.put("copy", mapped -> ours.copyFrom(mapped.segment()));
        uses.put("fill", mapped -> mapped.segment().fill((byte) 1));
        uses.put("mismatch", mapped -> mapped.segment().mismatch(ours));
        uses.put("getAndAdd", mapped -> LONG.getAndAdd(mapped.segment(), 0L, 1L));
        uses.put("compareAndSet", mapped -> INT.compareAndSet(mapped.segment(), 0L, 0, 1));
        uses.put("buffer", mapped -> mapped.segment().asByteBuffer().put(0, new byte[PAGE]));
        uses.put("get", mapped -> mapped.get(0, ours.asSlice(0, PAGE)));
        uses.put("put", mapped -> mapped.put(0, ours.asSlice(0, PAGE)));
        uses.put("flush", mapped -> mapped.flush(FlushMode.SYNC, 0, PAGE));
        uses.put("advise", mapped -> mapped.advise(Advice.DONT_NEED, 0, PAGE));
        uses.put("lock", mapped -> {
            try {
                mapped.lockInMemory(0, PAGE);
            } catch (ErrnoException failure) {
                if (failure.errno() != Errno.ENOMEM) { // it may not be touched at all
                    throw failure;
                }
            }
            mapped.unlockFromMemory(0, PAGE);
        });
        uses.put("residentPages", mapped -> mapped.residentPages(0, PAGE));
        uses.put("all of it", mapped -> {
            mapped.flush();
            mapped.residentPages();
            mapped.unlockFromMemory();
        });
        uses.put("asking", mapped -> {
            mapped.byteSize();
            mapped.access();
            if (mapped.toString().isEmpty()) {
                throw new AssertionError();
            }
        });
        return uses;
    }

    private Map<String, Change> changes() {
        Map<String, Change> changes = new LinkedHashMap<>();
        changes.put("close", (mapped, round) -> {
            mapped.close();
            memory = MappedMemory.anonymous(BYTES);
        });
        changes.put("resize", (mapped, round) -> mapped.resize(round % 2 == 0 ? BYTES / 2 : BYTES));
        changes.put("protect", (mapped, round) -> mapped.protect(round % 2 == 0 ? Access.NONE : Access.READ_WRITE));
        changes.put("split", (mapped, round) -> {
            if (mapped.byteSize() == BYTES) {
                mapped.split(BYTES / 2).close();
            }
            mapped.resize(BYTES);
        });
        changes.put("moveTo", (mapped, round) -> {
            try {
                mapped.moveTo(addresses[round % 2]);
            } catch (ErrnoException taken) { // by whatever the JVM needed memory for
                if (taken.errno() != Errno.EEXIST) {
                    throw taken;
                }
            }
        });
        return changes;
    }

    private void race(String changeName, Change change, String useName, Use use) throws Exception {
        memory = MappedMemory.anonymous(BYTES);
        over = false;
        FutureTask<Void> user = new FutureTask<>(() -> {
            while (!over) {
                MappedMemory mapped = memory;
                try {
                    use.of(mapped);
                } catch (IllegalStateException changed) {
                    refusals.incrementAndGet();
                }
                if (uses.incrementAndGet() % BURST == 0) {
                    Thread.yield(); // on a busy machine the other would wait for its turn long
                }
            }
            return null;
        });
        new Thread(user).start();
        try {
            for (int round = 0; round < ROUNDS; round++) {
                int before = uses.get();
                while (uses.get() == before && !user.isDone()) { // each change meets a use
                    Thread.yield();
                }
                boolean done = false;
                while (!done) {
                    try {
                        change.of(memory, round);
                        done = true;
                    } catch (IllegalStateException inUse) {
                        Thread.yield(); // by a native call: as it says, again
                    } catch (ErrnoException failure) {
                        if (failure.errno() != Errno.EFAULT) { // a part is locked and the rest is not
                            throw failure;
                        }
                    }
                }
            }
        } finally {
            over = true;
            try {
                user.get();
            } catch (java.util.concurrent.ExecutionException failure) {
                System.out.println(useName + " while " + changeName + ": " + failure.getCause());
            }
            memory.close();
        }
    }

    public static void main(String[] arguments) throws Exception {
        MappedMemoryRaces races = new MappedMemoryRaces();
        for (Map.Entry<String, Change> change : races.changes().entrySet()) {
            for (Map.Entry<String, Use> use : races.uses().entrySet()) {
                races.race(change.getKey(), change.getValue(), use.getKey(), use.getValue());
            }
        }
        System.out.println("survived " + (races.refusals.get() > 0));
    }
}
