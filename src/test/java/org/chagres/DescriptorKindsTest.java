package org.chagres;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.file.StandardOpenOption.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.TestDescriptors.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousCloseException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Descriptors that this library has no factory for, opened by C or by name: all of them are read and written, waited
 * for, interrupted and closed in the same way, on both kinds of threads. What a thread that must not block can do is
 * different for each: some drivers know a call that does not wait, some do not.
 */
@ExtendWith(LeakCheck.class)
class DescriptorKindsTest {
    // Of time.h, sys/inotify.h and sys/socket.h.
    private static final int CLOCK_MONOTONIC = 1;
    private static final int IN_CREATE = 0x100;
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_DGRAM = 2;

    /** Byte size of a {@code sigset_t}. */
    private static final int SIGNALS = 128;

    private final Arena arena = Arena.ofAuto();

    @TempDir
    private Path folder;

    // What expires, happens or is counted.

    @ParameterizedTest
    @EnumSource
    void aTimerIsWaitedForAndCounts(ThreadKind kind) throws Exception {
        try (Descriptor timer = Descriptor.adopt(call("timerfd_create", CLOCK_MONOTONIC, 0))) {
            MemorySegment count = arena.allocate(JAVA_LONG);
            assertThat(Running.run(kind, () -> timer.tryRead(count, Duration.ZERO)))
                    .isZero();
            assertThat(Running.run(kind, () -> timer.tryRead(count, Duration.ofMillis(2))))
                    .isZero();
            Running<Long> reader = Running.start(kind, () -> timer.read(count)).untilWaiting();
            start(timer, 5_000_000);
            assertThat(reader.get()).isEqualTo(8);
            assertThat(count.get(JAVA_LONG, 0)).isEqualTo(1);
            assertEndsByInterruptAndClose(kind, timer);
        }
    }

    /** Once, after that time. */
    private void start(Descriptor timer, long nanos) {
        MemorySegment times = arena.allocate(4 * 8);
        times.setAtIndex(JAVA_LONG, 3, nanos);
        assertThat(call("timerfd_settime", number(timer), 0, times.address(), 0))
                .isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aSignalDescriptorIsWaitedFor(ThreadKind kind) throws Exception {
        MemorySegment none = arena.allocate(SIGNALS);
        try (Descriptor signals = Descriptor.adopt(call("signalfd", -1, none.address(), 0))) {
            MemorySegment into = arena.allocate(128);
            assertThat(Running.run(kind, () -> signals.tryRead(into, Duration.ZERO)))
                    .isZero();
            assertThat(Running.run(kind, () -> signals.tryRead(into, Duration.ofMillis(2))))
                    .isZero();
            assertEndsByInterruptAndClose(kind, signals);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anInotifyDescriptorTellsWhatHappensInAFolder(ThreadKind kind) throws Exception {
        try (Descriptor events = Descriptor.adopt(call("inotify_init1", 0))) {
            assertThat(call(
                            "inotify_add_watch",
                            number(events),
                            arena.allocateFrom(folder.toString()).address(),
                            IN_CREATE))
                    .isPositive();
            MemorySegment event = arena.allocate(256);
            assertThat(Running.run(kind, () -> events.tryRead(event, Duration.ZERO)))
                    .isZero();
            Running<Long> reader = Running.start(kind, () -> events.read(event)).untilWaiting();
            Files.createFile(folder.resolve("new"));
            assertThat(reader.get()).isEqualTo(16 + 16); // the name is padded
            assertThat(event.get(JAVA_INT, 4)).isEqualTo(IN_CREATE);
            assertThat(event.getString(16)).isEqualTo("new");
            assertThat(events.available()).isZero();
            assertEndsByInterruptAndClose(kind, events);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anEventCounterOfOtherCodeIsReadAndWritten(ThreadKind kind) throws Exception {
        try (Descriptor counter = Descriptor.adopt(call("eventfd", 0, 0))) {
            MemorySegment number = arena.allocate(JAVA_LONG);
            Running<Long> reader =
                    Running.start(kind, () -> counter.read(number)).untilWaiting();
            MemorySegment three = arena.allocateFrom(JAVA_LONG, 3);
            assertThat(Running.run(kind, () -> counter.write(three))).isEqualTo(8);
            assertThat(reader.get()).isEqualTo(8);
            assertThat(number.get(JAVA_LONG, 0)).isEqualTo(3);
            assertThat(Running.start(kind, () -> counter.read(arena.allocate(4)))
                            .failure())
                    .hasMessageStartingWith("read: EINVAL");
            assertEndsByInterruptAndClose(kind, counter);
        }
    }

    // Sockets.

    @ParameterizedTest
    @EnumSource
    void aStreamSocketIsReadAndWrittenAndItsEndIsTold(ThreadKind kind) throws Exception {
        Descriptor[] pair = socketPair(SOCK_STREAM);
        try (Descriptor one = pair[0];
                Descriptor other = pair[1]) {
            Running<String> reader = Running.start(kind, () -> read(one)).untilWaiting();
            Running.run(kind, () -> other.write(text("come")));
            assertThat(reader.get()).isEqualTo("come");
            Running.run(kind, () -> one.write(text("back")));
            assertThat(other.available()).isEqualTo(4);

            assertThat(Running.run(kind, () -> fill(one))).isPositive();
            Running<Long> writer =
                    Running.start(kind, () -> one.write(text("x"))).untilWaiting();
            Running<Void> drain = Running.start(kind, () -> drain(other));
            assertThat(writer.get()).isEqualTo(1);
            drain.get();
            assertEndsByInterruptAndClose(kind, one);
            assertThat(Running.run(kind, () -> read(other))).isEmpty();
            // SIGPIPE would have ended a C program.
            assertThat(Running.start(kind, () -> other.write(text("x"))).failure())
                    .hasMessageStartingWith("write: EPIPE (32)");
        }
    }

    /** Until there is no room. */
    private long fill(Descriptor descriptor) throws Exception {
        MemorySegment much = arena.allocate(1 << 16);
        long all = 0;
        for (long count = 1; count > 0; all += count) {
            count = descriptor.tryWrite(much, Duration.ZERO);
        }
        while (descriptor.tryWrite(text("x"), Duration.ZERO) > 0) {
            all++;
        }
        return all;
    }

    /** Until there is nothing. */
    private Void drain(Descriptor descriptor) throws Exception {
        MemorySegment much = arena.allocate(1 << 16);
        while (descriptor.tryRead(much, Duration.ofMillis(50)) > 0) {}
        return null;
    }

    @ParameterizedTest
    @EnumSource
    void aDatagramSocketKeepsItsMessagesApart(ThreadKind kind) throws Exception {
        Descriptor[] pair = socketPair(SOCK_DGRAM);
        try (Descriptor one = pair[0];
                Descriptor other = pair[1]) {
            Running.run(kind, () -> one.write(text("first")));
            Running.run(kind, () -> one.write(List.of(text("sec"), text("ond"))));
            assertThat(Running.run(kind, () -> read(other))).isEqualTo("first");
            assertThat(Running.run(kind, () -> read(other))).isEqualTo("second");
            assertEndsByInterruptAndClose(kind, other);
        }
    }

    private Descriptor[] socketPair(int type) throws IOException {
        MemorySegment numbers = arena.allocate(JAVA_INT, 2);
        assertThat(call("socketpair", AF_UNIX, type, 0, numbers.address())).isZero();
        return new Descriptor[] {
            Descriptor.adopt(numbers.getAtIndex(JAVA_INT, 0)), Descriptor.adopt(numbers.getAtIndex(JAVA_INT, 1))
        };
    }

    // Terminals.

    @ParameterizedTest
    @EnumSource
    void aTerminalIsReadLineByLine(ThreadKind kind) throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/ptmx")), "no terminals here");
        try (Descriptor keyboard = Descriptor.open(Path.of("/dev/ptmx"), READ, WRITE);
                Descriptor terminal = DescriptorPrograms.terminalOf(keyboard)) {
            assertThat(Running.run(kind, () -> terminal.tryRead(text("x"), Duration.ZERO)))
                    .isZero();
            Running<String> reader = Running.start(kind, () -> read(terminal)).untilWaiting();
            Running.run(kind, () -> keyboard.write(text("typed")));
            assertThat(Running.run(kind, () -> read(keyboard))).as("the echo").isEqualTo("typed");
            reader.untilWaiting();
            Running.run(kind, () -> keyboard.write(text("\n")));
            assertThat(reader.get()).isEqualTo("typed\n");

            Running.run(kind, () -> terminal.write(text("shown\n")));
            StringBuilder screen = new StringBuilder();
            while (!screen.toString().endsWith("shown\r\n")) {
                screen.append(Running.run(kind, () -> read(keyboard)));
            }
            assertEndsByInterruptAndClose(kind, terminal);
        }
    }

    // What never waits.

    @ParameterizedTest
    @EnumSource
    void devicesThatNeverWaitAreReadAndWritten(ThreadKind kind) throws Exception {
        try (Descriptor zero = Descriptor.open(Path.of("/dev/zero"), READ, WRITE);
                Descriptor nothing = Descriptor.open(Path.of("/dev/null"), READ, WRITE);
                Descriptor random = Descriptor.open(Path.of("/dev/random"))) {
            MemorySegment memory = arena.allocate(64).fill((byte) 1);
            assertThat(Running.run(kind, () -> zero.read(memory))).isEqualTo(64);
            assertThat(memory.mismatch(arena.allocate(64))).isEqualTo(-1);
            assertThat(Running.run(kind, () -> zero.write(memory))).isEqualTo(64);

            assertThat(Running.run(kind, () -> nothing.read(memory))).isEqualTo(-1);
            assertThat(Running.run(kind, () -> nothing.tryRead(memory, Duration.ZERO)))
                    .isEqualTo(-1);
            assertThat(Running.run(kind, () -> nothing.write(memory))).isEqualTo(64);
            assertThat(Running.run(kind, () -> nothing.tryWrite(memory, Duration.ZERO)))
                    .isEqualTo(64);

            assertThat(Running.run(kind, () -> random.read(memory))).isEqualTo(64);
            assertThat(memory.mismatch(arena.allocate(64))).as("not only zeros").isNotEqualTo(-1);
            assertThat(Running.run(kind, () -> random.tryRead(memory, Duration.ofSeconds(1))))
                    .isEqualTo(64);
        }
    }

    @ParameterizedTest
    @EnumSource
    void memoryFilesAndThoseOfTheKernelAreFiles(ThreadKind kind) throws Exception {
        try (Descriptor memory = Descriptor.adopt(callWithText("memfd_create", "memory", 0));
                Descriptor status = Descriptor.open(Path.of("/proc/self/status"))) {
            Running.run(kind, () -> memory.write(text("kept")));
            memory.setPosition(0);
            assertThat(Running.run(kind, () -> read(memory))).isEqualTo("kept");
            assertThat(Running.run(kind, () -> read(memory))).isEmpty();
            assertThat(Running.run(kind, () -> read(status))).startsWith("Name:");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatCannotBeReadSaysSo(ThreadKind kind) throws Exception {
        try (Descriptor epoll = Descriptor.adopt(call("epoll_create1", 0));
                Descriptor writer = Descriptor.open(Path.of("/dev/null"), WRITE)) {
            assertThat(Running.start(kind, () -> read(epoll)).failure()).hasMessageStartingWith("read: EINVAL (22)");
            assertThat(Running.start(kind, () -> read(writer)).failure()).hasMessageStartingWith("read: EBADF (9)");
        }
    }

    /** The contract of every wait, in short; the descriptor is closed by it. */
    private void assertEndsByInterruptAndClose(ThreadKind kind, Descriptor descriptor) throws Exception {
        MemorySegment into = arena.allocate(256);
        Running<Long> reader = Running.start(kind, () -> descriptor.read(into)).untilWaiting();
        reader.thread().interrupt();
        assertThat(reader.failure()).isExactlyInstanceOf(InterruptedException.class);
        assertThat(descriptor.isOpen()).isTrue();

        Running<Long> last = Running.start(kind, () -> descriptor.read(into)).untilWaiting();
        descriptor.close();
        assertThat(last.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
    }
}
