package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;

/**
 * Touches mapped memory whose file has become shorter, in the ways that end a JVM, and in those that avoid it. Prints
 * what came of it, if it lives to do so.
 */
final class FaultingAccessProgram {
    private static final int BYTES = 4096;
    private static final int WARM_UPS = 200_000;
    private static final int ROUNDS = 50;
    private static final VarHandle INT = JAVA_INT.varHandle();

    private FaultingAccessProgram() {}

    private static MappedMemory create(Path file) throws IOException {
        return MappedMemory.create(file, BYTES);
    }

    private static void truncate(Path file, long byteSize) throws IOException {
        try (Descriptor descriptor = Descriptor.open(file, StandardOpenOption.WRITE)) {
            descriptor.truncate(byteSize);
        }
    }

    /** Ints widened to longs: what C2 makes of it HotSpot's handler of the signal cannot read. */
    private static long sum(MemorySegment ints) {
        long sum = 0;
        for (long i = 0; i < BYTES / JAVA_INT.byteSize(); i++) {
            sum += ints.getAtIndex(JAVA_INT, i);
        }
        return sum;
    }

    private static void widened(Path file) throws IOException {
        MappedMemory memory = create(file);
        for (int i = 0; i < WARM_UPS / 10; i++) { // each of many ints
            sum(memory.segment());
        }
        truncate(file, 0);
        try {
            sum(memory.segment());
            Thread.yield();
        } catch (InternalError late) {
            // which does not end the JVM
        }
        System.out.println("alive");
    }

    private static void widenedOfACopy(Path file) throws IOException {
        MappedMemory memory = create(file);
        MemorySegment copy = Arena.global().allocate(BYTES);
        for (int i = 0; i < WARM_UPS / 10; i++) {
            memory.get(0, copy);
            sum(copy);
        }
        truncate(file, 0);
        try {
            memory.get(0, copy);
            sum(copy);
        } catch (ErrnoException failure) {
            System.out.println(failure.errno());
        }
    }

    /** Not compiled: the entry for that has no guard. */
    private static void compareAndSet(Path file) throws IOException {
        MappedMemory memory = create(file);
        truncate(file, 0);
        try {
            INT.compareAndSet(memory.segment(), 0L, 0, 1);
            Thread.yield();
        } catch (InternalError fault) {
            // which does not end the JVM
        }
        System.out.println("alive");
    }

    /** Atomics cannot go by a copy: they need a file that nobody can make shorter. */
    private static void compareAndSetOfSealed() throws IOException {
        try (MemoryFile file = MemoryFile.create("sealed", BYTES)) {
            file.seal(Seal.SHRINK);
            MappedMemory memory = file.map();
            try {
                file.resize(0);
            } catch (ErrnoException refused) {
                System.out.println(refused.errno() + " " + INT.compareAndSet(memory.segment(), 0L, 0, 1));
            }
        }
    }

    @FunctionalInterface
    private interface Copy {
        void copy(MemorySegment from, MemorySegment into);
    }

    private static final MethodHandle GETPPID = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().find("getppid").orElseThrow(),
                    FunctionDescriptor.of(JAVA_INT));

    /** Whether the error is caught here. */
    private static boolean isCaughtPlainly(MemorySegment from, MemorySegment into) {
        try {
            MemorySegment.copy(from, 0, into, 0, BYTES);
            return false;
        } catch (InternalError fault) {
            return true;
        }
    }

    /** A call into native code and back: on its return the thread has to take what is pending. */
    private static boolean isCaughtWithACall(MemorySegment from, MemorySegment into) {
        try {
            MemorySegment.copy(from, 0, into, 0, BYTES);
            int ignored = (int) GETPPID.invokeExact();
            return false;
        } catch (InternalError fault) {
            return true;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static void caught(Path file) throws IOException {
        MappedMemory memory = create(file);
        MemorySegment copy = Arena.global().allocate(BYTES);
        for (int i = 0; i < WARM_UPS; i++) {
            isCaughtPlainly(memory.segment(), copy);
            isCaughtWithACall(memory.segment(), copy);
        }
        truncate(file, 0);
        int plainly = 0;
        int withACall = 0;
        for (int i = 0; i < ROUNDS; i++) {
            try {
                plainly += isCaughtPlainly(memory.segment(), copy) ? 1 : 0;
                Thread.yield();
            } catch (InternalError late) {
                // outside of the try that it belongs to
            }
            withACall += isCaughtWithACall(memory.segment(), copy) ? 1 : 0;
        }
        System.out.println(plainly + " " + withACall + " of " + ROUNDS);
    }

    public static void main(String[] arguments) throws IOException {
        Path file = Path.of(arguments[1]);
        switch (arguments[0]) {
            case "widened" -> widened(file);
            case "widenedOfACopy" -> widenedOfACopy(file);
            case "compareAndSet" -> compareAndSet(file);
            case "compareAndSetOfSealed" -> compareAndSetOfSealed();
            case "caught" -> caught(file);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }
}
