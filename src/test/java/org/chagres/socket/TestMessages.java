package org.chagres.socket;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.chagres.internal.syscall.FileCalls;
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.testing.Await;
import org.chagres.testing.ThreadKind;

/**
 * What the tests of messages have in common: pairs of each type, what the kernel says of a number, and threads that
 * wait. Needs no library of assertions, as child JVMs have none.
 */
final class TestMessages {
    private TestMessages() {}

    /** The three types of sockets. */
    enum Kind {
        STREAM,
        SEQPACKET,
        DATAGRAM;

        SocketPair<? extends UnixSocket> pair() throws IOException {
            return switch (this) {
                case STREAM -> UnixStream.pair();
                case SEQPACKET -> UnixSeqPacket.pair();
                case DATAGRAM -> UnixDatagram.pair();
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** On the heap. */
    static MemorySegment room(int byteSize) {
        return MemorySegment.ofArray(new byte[byteSize]);
    }

    /** On the heap. */
    static MemorySegment bytes(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8));
    }

    static String text(MemorySegment memory, long byteSize) {
        return new String(memory.asSlice(0, byteSize).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    /** The number, as the text of a resource tells it. */
    static int number(Object resource) {
        return Integer.parseInt(resource.toString().replaceFirst("(?s).*fd=(\\d+).*", "$1"));
    }

    /** Opens nothing itself. */
    static boolean isOpen(int number) {
        return Files.exists(Path.of("/proc/self/fd/" + number), LinkOption.NOFOLLOW_LINKS);
    }

    /** What a number refers to: two are equal if they name the same file, eventfd or process. */
    static String file(Object resource) {
        Path link = Path.of("/proc/self/fd/" + number(resource));
        try {
            return Files.readSymbolicLink(link) + " " + Files.getAttribute(link, "unix:ino") + " "
                    + Files.readAllLines(Path.of("/proc/self/fdinfo/" + number(resource))).stream()
                            .filter(line -> line.startsWith("eventfd-id") || line.startsWith("Pid"))
                            .collect(Collectors.joining(" "));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static boolean isCloseOnExec(Object resource) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + number(resource)))) {
                if (line.startsWith("flags:")) {
                    return (Integer.parseInt(line.substring(6).strip(), 8) & FileCalls.O_CLOEXEC) != 0;
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        throw new AssertionError("no flags of " + resource);
    }

    /** A thread with a call on a socket, of which the kernel says whether it waits. */
    record Running<T>(Thread thread, AtomicInteger tid, FutureTask<T> task) {
        static <T> Running<T> start(ThreadKind kind, Callable<T> call) {
            AtomicInteger tid = new AtomicInteger();
            FutureTask<T> task = new FutureTask<>(() -> {
                tid.set(SignalCalls.gettid());
                return call.call();
            });
            return new Running<>(kind.builder().start(task), tid, task);
        }

        /** Runs something on a thread of that kind to its end. */
        static <T> T run(ThreadKind kind, Callable<T> call) throws Exception {
            return start(kind, call).get();
        }

        T get() throws Exception {
            return task.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }

        /** What it failed with. */
        Throwable failure() throws Exception {
            try {
                throw new AssertionError("no failure but " + get());
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

        private boolean waits() {
            if (thread.isVirtual()) {
                return thread.getState() != Thread.State.RUNNABLE
                        && Arrays.stream(thread.getStackTrace())
                                .map(StackTraceElement::getClassName)
                                .anyMatch(name -> name.contains(".Poller") || name.contains(".Lines"));
            }
            try {
                // sendmsg, recvmsg, recvmmsg, sendmmsg, sendto, recvfrom, ppoll: as x86-64 and aarch64 number them
                return Files.readString(Path.of("/proc/self/task/" + tid + "/syscall"))
                        .matches("(46|47|299|307|44|45|271|211|212|243|269|206|207|73) (?s:.*)");
            } catch (IOException notYet) {
                return false;
            }
        }
    }
}
