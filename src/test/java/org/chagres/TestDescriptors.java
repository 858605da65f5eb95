package org.chagres;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.internal.syscall.FileCalls;
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;
import org.chagres.testing.Patience;
import org.chagres.testing.ThreadKind;

/**
 * What the tests of descriptors have in common: what the kernel says of a number, numbers that other code opens, and
 * threads that wait. Needs no library of assertions, as child JVMs have none.
 */
final class TestDescriptors {
    private static final Linker LINKER = Linker.nativeLinker();

    /** Integers and pointers travel in the same registers, and a callee looks only at those that it declared. */
    private static final FunctionDescriptor SHAPE =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private TestDescriptors() {}

    /** The number, as the text of a resource tells it. */
    static int number(Object resource) {
        return Integer.parseInt(resource.toString().replaceFirst("(?s).*fd=(\\d+).*", "$1"));
    }

    /** What a number refers to, in the kernel's words; empty if it is not open. */
    static String target(int number) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number)).toString();
        } catch (IOException none) {
            return "";
        }
    }

    static String target(Object resource) {
        return target(number(resource));
    }

    /** Opens nothing itself. */
    static boolean isOpen(int number) {
        return Files.exists(Path.of("/proc/self/fd/" + number), LinkOption.NOFOLLOW_LINKS);
    }

    /** A line of {@code /proc/self/fdinfo}, such as {@code pos}, {@code flags} or {@code ino}. */
    static String info(int number, String name) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + number))) {
                if (line.startsWith(name + ":")) {
                    return line.substring(name.length() + 1).strip();
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        throw new AssertionError("no " + name + " of descriptor " + number);
    }

    /** Status flags, access mode and close-on-exec. */
    static int flags(int number) {
        return Integer.parseInt(info(number, "flags"), 8);
    }

    static int flags(Object resource) {
        return flags(number(resource));
    }

    static boolean isCloseOnExec(int number) {
        return (flags(number) & FileCalls.O_CLOEXEC) != 0;
    }

    /** How many descriptors of this process refer to that. */
    static long count(String target) {
        return Kernel.descriptors().stream()
                .filter(line -> line.endsWith(" -> " + target))
                .count();
    }

    /** A C function that the library has no use for; answers what it does, -1 for an error. */
    static int call(String function, long... arguments) {
        MemorySegment symbol = LINKER.defaultLookup().find(function).orElseThrow();
        long[] all = new long[5];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        try {
            return (int)
                    (long) LINKER.downcallHandle(symbol, SHAPE).invokeExact(all[0], all[1], all[2], all[3], all[4]);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** The same with a string as its first argument. */
    static int callWithText(String function, String text, long... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            long[] all = new long[arguments.length + 1];
            all[0] = arena.allocateFrom(text).address();
            System.arraycopy(arguments, 0, all, 1, arguments.length);
            return call(function, all);
        }
    }

    /** On the heap. */
    static MemorySegment text(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.US_ASCII));
    }

    static String text(MemorySegment memory, long byteSize) {
        return new String(memory.asSlice(0, byteSize).toArray(JAVA_BYTE), StandardCharsets.US_ASCII);
    }

    /** What one read gets; empty at the end. */
    static String read(ByteSource source) throws IOException, InterruptedException {
        MemorySegment memory = MemorySegment.ofArray(new byte[4096]);
        return text(memory, Math.max(0, source.read(memory)));
    }

    /** A thread with a call that may wait, of which the kernel says whether it does. */
    record Running<T>(ThreadKind kind, Thread thread, AtomicInteger tid, FutureTask<T> task) {
        private static final long PATIENCE_SECONDS = Patience.of(30);

        static <T> Running<T> start(ThreadKind kind, Callable<T> call) {
            AtomicInteger tid = new AtomicInteger();
            FutureTask<T> task = new FutureTask<>(call);
            Thread thread = kind.builder().start(() -> {
                tid.set(SignalCalls.gettid());
                task.run();
            });
            return new Running<>(kind, thread, tid, task);
        }

        /** Runs something on a thread of that kind to its end. */
        static <T> T run(ThreadKind kind, Callable<T> call) throws Exception {
            return start(kind, call).get();
        }

        T get() throws Exception {
            return task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        /** What it failed with. */
        Throwable failure() throws InterruptedException, TimeoutException {
            try {
                throw new AssertionError("no failure but " + task.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
            } catch (ExecutionException failed) {
                return failed.getCause();
            }
        }

        /** Returns once it waits. */
        Running<T> untilWaiting() {
            Await.until(() -> task.isDone() || waits(), () -> "it waits; " + thread.getState());
            if (task.isDone()) {
                throw new AssertionError("it did not wait: " + task);
            }
            return this;
        }

        /** Parked, or in a call of the library's that transfers or polls. */
        private boolean waits() {
            if (kind == ThreadKind.VIRTUAL) {
                return thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING;
            }
            try {
                return Files.readString(Path.of("/proc/self/task/" + tid + "/syscall"))
                        // read, write, sendto, recvfrom, ppoll: as x86-64 and aarch64 number them
                        .matches("(0|1|44|45|63|64|206|207|271|73) (?s:.*)");
            } catch (IOException notYet) {
                return false;
            }
        }
    }

    /** The lines of a text. */
    static List<String> lines(Path file) throws IOException {
        return Files.readAllLines(file, StandardCharsets.US_ASCII);
    }
}
