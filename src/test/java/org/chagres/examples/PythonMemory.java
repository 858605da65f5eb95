package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.memory.Access;
import org.chagres.memory.MappedMemory;
import org.chagres.memory.MemoryFile;
import org.chagres.memory.PageSize;
import org.chagres.memory.PosixSharedMemory;
import org.chagres.memory.Seal;
import org.chagres.memory.SharedMemory;

/**
 * Memory that a Python program shares, looks at, or must not change. {@code PythonMemory shm|shmcreate NAME} does what
 * {@code multiprocessing.shared_memory} does, {@code sealed} has a memory file that any process of the user may open,
 * {@code lock PAGES} keeps memory from being swapped out, {@code attach ID} counts in a System V segment. Each step
 * prints a word, and those that wait do so for a line on the standard input.
 */
public final class PythonMemory {
    private static final int TIMES = 100_000;

    private PythonMemory() {}

    // @start region="open"
    static String answer(String name) throws IOException {
        try (PosixSharedMemory memory = PosixSharedMemory.open(name)) {
            String text = memory.segment().getString(100);
            memory.segment().setString(200, "java");
            return text;
        }
    }
    // @end

    static void create(String name) throws IOException {
        // @start region="create"
        try (PosixSharedMemory memory = PosixSharedMemory.create(name, 4096)) {
            memory.segment().setString(0, "from uut");
            step("created"); // Python's SharedMemory(name) finds it
            memory.unlink(); // it outlives its processes otherwise
        }
        // @end
    }

    static void sealed() throws IOException, InterruptedException {
        try (MemoryFile file = MemoryFile.create("sealed", 0)) {
            // @start region="sealed"
            file.descriptor().writeFully("s".repeat(4096).getBytes(UTF_8));
            file.seal(Seal.SHRINK, Seal.GROW, Seal.WRITE); // from here on it is what it is, for everybody
            // @end
            int number = file.descriptor().duplicate().release(); // to be opened as /proc/PID/fd/NUMBER
            try (Descriptor shown = Descriptor.adopt(number)) {
                step("fd " + number);
                print(outcome(() -> shown.writeAt(MemorySegment.ofArray(new byte[] {'x'}), 0)));
                print(outcome(() -> file.resize(8192)));
                print(outcome(() -> file.map().close()));
            }
            try (MappedMemory memory = file.map(Access.READ_ONLY)) {
                print("readable " + (char) memory.segment().get(JAVA_BYTE, 0));
            }
        }
    }

    static void lock(int pages) throws IOException {
        try (MappedMemory memory = MappedMemory.anonymous((long) pages * PageSize.bytes())) {
            memory.lockInMemory();
            step("locked");
            memory.unlockFromMemory();
            step("unlocked");
        }
    }

    static void attach(int id) throws IOException {
        VarHandle counter = JAVA_LONG.varHandle();
        try (SharedMemory memory = SharedMemory.open(id)) {
            print((long) counter.getVolatile(memory.segment(), 0L));
            for (int i = 0; i < TIMES; i++) {
                counter.getAndAdd(memory.segment(), 0L, 1L);
            }
        }
    }

    private interface Call {
        void make() throws IOException, InterruptedException;
    }

    /** The name of the errno. */
    private static String outcome(Call call) throws IOException, InterruptedException {
        try {
            call.make();
            return "allowed";
        } catch (ErrnoException failure) {
            return failure.errno().name();
        }
    }

    private static void print(Object text) {
        System.out.println(text);
    }

    /** Says how far it is, and waits for a line. */
    private static void step(String text) throws IOException {
        print(text);
        int read;
        do {
            read = System.in.read();
        } while (read != '\n' && read != -1);
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        String role = arguments.length == 0 ? "" : arguments[0];
        if (arguments.length != (role.equals("sealed") ? 1 : 2)) {
            usage();
        }
        switch (role) {
            case "shm" -> {
                print(answer(arguments[1]));
                print("written");
            }
            case "shmcreate" -> create(arguments[1]);
            case "sealed" -> sealed();
            case "lock" -> lock(Integer.parseInt(arguments[1]));
            case "attach" -> attach(Integer.parseInt(arguments[1]));
            default -> usage();
        }
    }

    private static void usage() {
        System.err.println("usage: PythonMemory shm NAME | shmcreate NAME | sealed | lock PAGES | attach ID");
        System.exit(2);
    }
}
