package org.chagres.waiting;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.chagres.testing.Helpers;

/**
 * Whether a thread waits, seen from outside: of a platform thread the kernel tells which call it is in, of a virtual one
 * its stack where it is parked, and the kernel what a helper does for it.
 */
final class Blocked {
    private static final Path TASKS = Path.of("/proc/self/task");
    private static final boolean AARCH64 = System.getProperty("os.arch").equals("aarch64");

    /** Where no call has the descriptor as its first argument. */
    static final int ANY = -1;

    /** In which system call a thread can be, with its numbers on x86-64 and aarch64. */
    enum Call {
        READ(0, 63),
        WRITE(1, 64),
        READV(19, 65),
        WRITEV(20, 66),
        SENDFILE(40, 71),
        SPLICE(275, 76),
        TEE(276, 77),
        /** Where waits are sliced, and of what somebody made non-blocking. */
        PPOLL(271, 73),
        EPOLL_WAIT(232, 22),
        EPOLL_PWAIT(281, 22),
        OPENAT(257, 56),
        RECVFROM(45, 207),
        SENDTO(44, 206),
        RECVMSG(47, 212),
        SENDMSG(46, 211),
        RECVMMSG(299, 243),
        SENDMMSG(307, 269),
        ACCEPT4(288, 242),
        /** Of a descriptor that nobody else knows yet. */
        CONNECT(42, 203);

        private final String number;

        Call(int onX86, int onAarch64) {
            this.number = Integer.toString(AARCH64 ? onAarch64 : onX86);
        }

        /** Whether the first argument is the descriptor that is waited for. */
        private boolean isOfOneDescriptor() {
            return switch (this) {
                case READ, WRITE, READV, WRITEV, SENDFILE, SPLICE, TEE -> true;
                case RECVFROM, SENDTO, RECVMSG, SENDMSG, RECVMMSG, SENDMMSG, ACCEPT4 -> true;
                case PPOLL, EPOLL_WAIT, EPOLL_PWAIT, OPENAT, CONNECT -> false;
            };
        }
    }

    private Blocked() {}

    /** The kernel's number of the calling platform thread; asked of {@code /proc}, as {@code gettid} may be refused. */
    static String tid() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/thread-self"))
                    .getFileName()
                    .toString();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    /**
     * Whether an attempt waits now, or a helper for it.
     *
     * @param descriptor the first argument of those calls that work on one descriptor
     */
    static boolean isIn(Attempt attempt, int descriptor, Call... calls) {
        if (!attempt.thread().isVirtual()) {
            return isIn(TASKS.resolve(attempt.tid()), descriptor, calls);
        }
        List<String> frames = Arrays.stream(attempt.thread().getStackTrace())
                .map(StackTraceElement::getClassName)
                .toList();
        if (frames.stream().anyMatch(name -> name.endsWith(".Poller"))) {
            return true;
        }
        if (frames.isEmpty() || frames.stream().anyMatch(name -> name.endsWith(".Lines$Errand"))) {
            return isAnyHelperIn(descriptor, frames.isEmpty(), calls);
        }
        return isInLine(frames); // where no helper is to be had
    }

    /** Whether a virtual thread waits for what no poll tells, with a helper or at the cap. */
    static boolean isInLine(Thread thread) {
        return isInLine(Arrays.stream(thread.getStackTrace())
                .map(StackTraceElement::getClassName)
                .toList());
    }

    private static boolean isInLine(List<String> frames) {
        return frames.stream().anyMatch(name -> name.endsWith(".Lines"));
    }

    /** Whether it is between two tries, or any helper while it waits for one: where nothing in the kernel can wait. */
    static boolean isPausing(Attempt attempt) {
        StackTraceElement[] frames = attempt.thread().getStackTrace();
        return attempt.thread().isVirtual()
                ? isAnyOf(frames, ".Lines$Errand")
                        && Thread.getAllStackTraces().entrySet().stream()
                                .anyMatch(entry ->
                                        Helpers.isHelper(entry.getKey()) && isAnyOf(entry.getValue(), ".Pause"))
                : attempt.thread().getState() == Thread.State.TIMED_WAITING && isAnyOf(frames, ".Pause");
    }

    private static boolean isAnyOf(StackTraceElement[] frames, String type) {
        return Stream.of(frames).anyMatch(frame -> frame.getClassName().endsWith(type));
    }

    /** If for this descriptor only, calls that may be on behalf of others do not count. */
    private static boolean isAnyHelperIn(int descriptor, boolean forItOnly, Call... calls) {
        Call[] counted = Stream.of(calls)
                .filter(call -> !forItOnly || call.isOfOneDescriptor())
                .toArray(Call[]::new);
        try (Stream<Path> tasks = Files.list(TASKS)) {
            return counted.length > 0
                    && tasks.anyMatch(
                            task -> Helpers.isHelper(line(task.resolve("comm"))) && isIn(task, descriptor, counted));
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private static boolean isIn(Path task, int descriptor, Call... calls) {
        String[] words = line(task.resolve("syscall")).split(" ");
        return Stream.of(calls)
                .filter(call -> call.number.equals(words[0]))
                .anyMatch(call -> !call.isOfOneDescriptor() || words[1].equals("0x" + Integer.toHexString(descriptor)));
    }

    private static String line(Path file) {
        try {
            return Files.readString(file).trim();
        } catch (IOException gone) {
            return "";
        }
    }
}
