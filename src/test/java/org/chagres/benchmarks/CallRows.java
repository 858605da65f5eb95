package org.chagres.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.chagres.internal.syscall.ProcessCalls;

/** What a call costs by itself. */
final class CallRows {
    static final List<Row> ALL = List.of(
            new Row("call", "getpagesize(): enters no kernel, so what is left is the call", CallRows::call),
            new Row("call-jni", "the same call beside a native method's", CallRows::callBesideJni),
            new Row("syscall", "geteuid(): the shortest system call", CallRows::systemCall));

    private CallRows() {}

    private static List<Result> call(Comparison comparison, CLibrary c) throws Throwable {
        System.load(c.file().toString());
        Nop.useEveryArena();
        return comparison
                .add("C, by pointer", c.loop("loop_getpagesize"))
                .add("ProcessCalls.getpagesize", CallRows::pageSize, Goal.bytes(0))
                .add("C, int nop(int) by pointer", c.loop("loop_nop"))
                .add("linker alone, int nop(int)", Nop::plain)
                .add("linker alone, six longs and errno", Nop::canonical)
                .measure();
    }

    private static List<Result> callBesideJni(Comparison comparison, CLibrary c) throws Throwable {
        System.load(c.file().toString());
        Nop.useEveryArena();
        return comparison
                .add("JNI, int nop(int)", CallRows::jniNops)
                .add(
                        "ProcessCalls.getpagesize",
                        CallRows::pageSize,
                        Goal.ratio(2.2).andBytes(0))
                .measure();
    }

    private static List<Result> systemCall(Comparison comparison, CLibrary c) throws Throwable {
        return comparison
                .add("C, by pointer", c.loop("loop_geteuid"))
                .add("ProcessCalls.geteuid", CallRows::user, Goal.bytes(0))
                .measure();
    }

    private static long pageSize(long n) {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            sum += ProcessCalls.getpagesize();
        }
        return sum;
    }

    private static long user(long n) {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            sum += ProcessCalls.geteuid();
        }
        return sum;
    }

    private static long jniNops(long n) {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            sum += jniNop((int) (i & 0xff));
        }
        return sum;
    }

    private static native int jniNop(int value);

    /** The C library's function that does nothing, linked anew: found among what {@link System#load} loaded. */
    private static final class Nop {
        private static final MemorySegment ERRNO = Arena.global().allocate(JAVA_INT);
        private static final MemorySegment FUNCTION =
                SymbolLookup.loaderLookup().find("nop").orElseThrow();
        private static final MethodHandle PLAIN =
                Linker.nativeLinker().downcallHandle(FUNCTION, FunctionDescriptor.of(JAVA_INT, JAVA_INT));
        private static final MethodHandle CANONICAL = Linker.nativeLinker()
                .downcallHandle(
                        FUNCTION,
                        FunctionDescriptor.of(
                                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                        Linker.Option.captureCallState("errno"));

        /**
         * The linker's code learns which kinds of arena its segments are of, for all functions of the JVM together;
         * where it has seen one kind only it is faster than a program of some size would find it.
         */
        static void useEveryArena() throws Throwable {
            try (Arena confined = Arena.ofConfined();
                    Arena shared = Arena.ofShared()) {
                for (Arena arena : List.of(confined, shared, Arena.ofAuto(), Arena.global())) {
                    canonical(20_000, arena.allocate(JAVA_INT));
                }
            }
        }

        static long plain(long n) throws Throwable {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                sum += (int) PLAIN.invokeExact((int) (i & 0xff));
            }
            return sum;
        }

        static long canonical(long n) throws Throwable {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                sum += (int) (long) CANONICAL.invokeExact(ERRNO, i & 0xff, 0L, 0L, 0L, 0L, 0L);
            }
            return sum;
        }

        private static long canonical(long n, MemorySegment errno) throws Throwable {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                sum += (int) (long) CANONICAL.invokeExact(errno, i & 0xff, 0L, 0L, 0L, 0L, 0L);
            }
            return sum;
        }
    }
}
