package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.inspect.SharedMemoryTable;
import org.chagres.memory.Access;
import org.chagres.memory.SharedMemory;
import org.chagres.memory.SharedMemoryStatus;

/** The tour's chapter on System V shared memory. */
final class SharedMemoryChapter implements Tour.Chapter {
    private static final int GREETING = 64; // where the text begins; the counter sits at 0

    /** Attaches through the C library, says what it reads, and answers in the same place. */
    private static final String PYTHON = """
            import ctypes, sys
            libc = ctypes.CDLL(None, use_errno=True)
            libc.shmat.restype = ctypes.c_void_p
            libc.shmdt.argtypes = [ctypes.c_void_p]
            id = libc.shmget(ctypes.c_int(int(sys.argv[1], 16)), ctypes.c_size_t(0), 0)
            memory = libc.shmat(id, None, 0)
            print(ctypes.string_at(memory + 64).decode())
            ctypes.memmove(memory + 64, b"Good morning from Python\\0", 25)
            libc.shmdt(memory)
            """;

    @Override
    public void walk(Tour tour) throws Exception {
        IpcKey key = IpcKey.random();
        try (SharedMemory memory =
                Tour.make(() -> SharedMemory.create(key, 4097), created -> () -> SharedMemory.remove(created.id()))) {
            walk(tour, key, memory);
        }
    }

    private void walk(Tour tour, IpcKey key, SharedMemory memory) throws Exception {
        tour.say("This process creates a segment of 4097 bytes, for its owner only, under the random key " + key + ".");
        tour.see("bytes to use (the kernel holds whole pages, we show what was asked for)", memory.byteSize(), 4097L);
        tour.see("permissions", memory.status().permissions().permissions().toString(), "[OWNER_READ, OWNER_WRITE]");
        SharedMemoryStatus row = SharedMemoryTable.segments().stream()
                .filter(segment -> segment.id() == memory.id())
                .findFirst()
                .orElseThrow();
        tour.see("attachments, says the kernel's table of segments", row.attachCount(), 1L);

        tour.say("Two more JVMs open it by its key, and each adds 1 to a counter in it 50000 times, both at once.");
        Process one = Tour.java(SharedCounter.class, "count", key, 50_000);
        Process two = Tour.java(SharedCounter.class, "count", key, 50_000);
        tour.see("the first ends well", Tour.output(one), "");
        tour.see("the second too", Tour.output(two), "");
        tour.see(
                "the counter here (atomic, so no count was lost)",
                memory.segment().get(JAVA_LONG, 0),
                100_000L);

        memory.segment().setString(GREETING, "Good morning from Java");
        if (Tour.isInstalled("python3")) {
            tour.say("A Python process attaches it through the C library, reads the greeting, and writes another.");
            tour.see("Python read", Tour.output(Tour.python(PYTHON, key)), "Good morning from Java");
            tour.see("Java reads", memory.segment().getString(GREETING), "Good morning from Python");
        } else {
            tour.say("(There is no python3 here, so no Python process joins.)");
        }

        tour.say("Attached read-only, a write is an exception; in C it would kill the process.");
        try (SharedMemory reader =
                SharedMemory.builder().access(Access.READ_ONLY).open(key)) {
            tour.see("a read", reader.segment().get(JAVA_LONG, 0), 100_000L);
            tour.see("a write", Tour.outcome(() -> reader.segment().set(JAVA_LONG, 0, 0)), "IllegalArgumentException");
        }

        tour.say("A JVM that is attached gets killed. The kernel detaches it, and removes nothing.");
        Process holder = Tour.java(SharedCounter.class, "hold", key);
        int said = holder.getInputStream().read(); // it prints a line once attached
        tour.see("it is attached", said >= 0 ? memory.status().attachCount() : -1L, 2L);
        holder.destroyForcibly().waitFor(); // kill -9, by its pid
        tour.see("attachments after the kill", memory.status().attachCount(), 1L);

        tour.say("This process removes the segment while it is attached.");
        memory.remove();
        tour.see(
                "opening it by its key",
                Tour.outcome(() -> SharedMemory.open(key).close()),
                "ENOENT");
        tour.see(
                "its status",
                memory.status().markedForRemoval() ? "marked for removal" : "as before",
                "marked for removal");
        tour.see("its memory is still here", memory.segment().get(JAVA_LONG, 0), 100_000L);
        memory.close();
        tour.see(
                "using it after close",
                Tour.outcome(() -> memory.segment().get(JAVA_LONG, 0)),
                "IllegalStateException");
        tour.see("segments of ours that are left", left(memory.id()), 0L);
    }

    private static long left(int id) throws ErrnoException {
        return SharedMemoryTable.segments().stream()
                .filter(segment -> segment.id() == id)
                .count();
    }
}
