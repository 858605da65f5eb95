package org.chagres;

import static java.nio.file.StandardOpenOption.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.TestDescriptors.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.FileCalls;
import org.chagres.pipe.Pipe;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Status flags and access modes, which belong to the open file description and so to all who share it. */
@ExtendWith(LeakCheck.class)
class DescriptorFlagsTest {
    /** {@code O_ASYNC} of {@code fcntl.h}, that this library has no use for. */
    private static final int O_ASYNC = 020000;

    private static final int CHANGEABLE =
            FileCalls.O_APPEND | FileCalls.O_DIRECT | FileCalls.O_NOATIME | FileCalls.O_NONBLOCK;

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void writeAFile() throws IOException {
        file = Files.writeString(folder.resolve("file"), "content");
    }

    // Access.

    @Test
    void whetherItCanBeReadAndWrittenIsKnownBeforehand() throws Exception {
        assertAccess(true, false, READ);
        assertAccess(false, true, WRITE);
        assertAccess(true, true, READ, WRITE);
        assertAccess(false, true, APPEND);
        try (Pipe pipe = Pipe.create()) {
            assertAccess(true, false, pipe.source().descriptor());
            assertAccess(false, true, pipe.sink().descriptor());
        }
    }

    private void assertAccess(boolean readable, boolean writable, OpenOption... options) throws Exception {
        try (Descriptor descriptor = Descriptor.open(file, options)) {
            assertAccess(readable, writable, descriptor);
        }
    }

    private static void assertAccess(boolean readable, boolean writable, Descriptor descriptor) throws Exception {
        assertThat(descriptor.isReadable()).as("%s is readable", descriptor).isEqualTo(readable);
        assertThat(descriptor.isWritable()).as("%s is writable", descriptor).isEqualTo(writable);
        for (ThreadKind kind : ThreadKind.values()) {
            if (!readable) {
                assertRefused(
                        Errno.EBADF, Running.start(kind, () -> read(descriptor)).failure());
            }
            if (!writable) {
                assertRefused(
                        Errno.EBADF,
                        Running.start(kind, () -> descriptor.write(text("x"))).failure());
            }
        }
    }

    // Flags.

    @Test
    void theFlagsAreThoseThatItWasOpenedWith() throws Exception {
        try (Descriptor plain = Descriptor.open(file, READ, WRITE);
                Descriptor appending = Descriptor.open(file, APPEND);
                Descriptor synchronous = Descriptor.open(file, WRITE, SYNC)) {
            assertThat(plain.statusFlags()).isEmpty();
            assertThat(appending.statusFlags()).containsExactly(StatusFlag.APPEND);
            assertThat(synchronous.statusFlags()).as("SYNC cannot be changed").isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFlagIsSetAndCleared(StatusFlag flag) throws Exception {
        try (Descriptor descriptor = Descriptor.open(file, READ, WRITE)) {
            assumeTrue(flag != StatusFlag.DIRECT || hasDirectAccess(descriptor), "no direct access to files here");
            descriptor.setStatusFlags(Set.of(flag));
            assertThat(flags(descriptor) & CHANGEABLE).isEqualTo(bit(flag));
            assertThat(descriptor.statusFlags()).containsExactly(flag);
            descriptor.setStatusFlags(Set.of());
            assertThat(flags(descriptor) & CHANGEABLE).isZero();
            assertThat(descriptor.statusFlags()).isEmpty();
        }
    }

    private static boolean hasDirectAccess(Descriptor descriptor) throws IOException {
        try {
            descriptor.setStatusFlags(Set.of(StatusFlag.DIRECT));
            return true;
        } catch (ErrnoException refused) {
            return false;
        }
    }

    private static int bit(StatusFlag flag) {
        return switch (flag) {
            case APPEND -> FileCalls.O_APPEND;
            case DIRECT -> FileCalls.O_DIRECT;
            case NO_ACCESS_TIME -> FileCalls.O_NOATIME;
            case NON_BLOCKING -> FileCalls.O_NONBLOCK;
        };
    }

    @Test
    void severalFlagsReplaceThoseThatWereSet() throws Exception {
        try (Descriptor descriptor = Descriptor.open(file, APPEND)) {
            descriptor.setStatusFlags(EnumSet.of(StatusFlag.APPEND, StatusFlag.NON_BLOCKING));
            assertThat(flags(descriptor) & CHANGEABLE).isEqualTo(FileCalls.O_APPEND | FileCalls.O_NONBLOCK);
            descriptor.setStatusFlags(EnumSet.of(StatusFlag.NON_BLOCKING, StatusFlag.NO_ACCESS_TIME));
            assertThat(flags(descriptor) & CHANGEABLE).isEqualTo(FileCalls.O_NONBLOCK | FileCalls.O_NOATIME);
        }
    }

    @Test
    void whatIsNoFlagOfOursStays() throws Exception {
        try (Pipe pipe = Pipe.create();
                Descriptor synchronous = Descriptor.open(file, WRITE, SYNC)) {
            Descriptor source = pipe.source().descriptor();
            call("fcntl", number(source), DescriptorCalls.F_SETFL, O_ASYNC);
            source.setStatusFlags(Set.of(StatusFlag.NON_BLOCKING));
            source.setStatusFlags(Set.of());
            assertThat(flags(source) & (O_ASYNC | CHANGEABLE)).isEqualTo(O_ASYNC);

            int before = flags(synchronous);
            synchronous.setStatusFlags(Set.of(StatusFlag.APPEND));
            assertThat(flags(synchronous)).isEqualTo(before | FileCalls.O_APPEND);
            assertThat(synchronous.isReadable()).isFalse();
        }
    }

    @Test
    void theSetOfFlagsIsTheCallersToKeep() throws Exception {
        try (Descriptor descriptor = Descriptor.open(file, APPEND)) {
            Set<StatusFlag> flags = descriptor.statusFlags();
            assertThatThrownBy(() -> flags.add(StatusFlag.DIRECT)).isInstanceOf(UnsupportedOperationException.class);
            assertThatNullPointerException().isThrownBy(() -> descriptor.setStatusFlags(null));
            assertThat(descriptor.statusFlags()).isEqualTo(flags);
        }
    }

    @Test
    void appendModeTurnedOnAndOffDecidesWhereWritesGo() throws Exception {
        try (Descriptor descriptor = Descriptor.open(file, WRITE)) {
            descriptor.setStatusFlags(Set.of(StatusFlag.APPEND));
            descriptor.write(text(" ends"));
            descriptor.setStatusFlags(Set.of());
            descriptor.setPosition(0);
            descriptor.write(text("C"));
        }
        assertThat(file).hasContent("Content ends");
    }

    // Refused by the kernel.

    @Test
    void einvalIfTheFileSystemHasNoDirectAccess() throws Exception {
        try (Descriptor descriptor = Descriptor.open(Path.of("/proc/self/status"))) {
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> descriptor.setStatusFlags(Set.of(StatusFlag.DIRECT)))
                    .withMessage("fcntl: EINVAL (22), setting the flags [DIRECT] of " + descriptor);
            assertThat(descriptor.statusFlags()).isEmpty();
        }
    }

    @Test
    void epermIfTheFileIsAnotherUsersAndItsAccessTimeIsNotToChange() throws Exception {
        Path parent = Files.createTempDirectory("chagres-flags");
        Path ofRoot = Files.createFile(parent.resolve("file"));
        try {
            Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.setPosixFilePermissions(ofRoot, PosixFilePermissions.fromString("rw-r--r--"));
            try (Peer nobody = Peer.javaAs(65534, DescriptorPrograms.NoAccessTime.class, ofRoot)) {
                assertThat(nobody.hear()).isEqualTo("EPERM");
            }
        } finally {
            Files.delete(ofRoot);
            Files.delete(parent);
        }
    }

    @Test
    void epermIfAppendModeMayNotBeCleared() throws Exception {
        Run.assumeInstalled("chattr");
        Run chattr = Run.command("chattr", "+a", file.toString());
        assumeTrue(chattr.status() == 0, () -> "no file for appending only: " + chattr.err());
        try (Descriptor descriptor = Descriptor.open(file, APPEND)) {
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> descriptor.setStatusFlags(Set.of()))
                    .satisfies(refused -> assertThat(refused.errno()).isEqualTo(Errno.EPERM));
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> Descriptor.open(file, WRITE))
                    .satisfies(refused -> assertThat(refused.errno()).isEqualTo(Errno.EPERM));
        } finally {
            Run.command("chattr", "-a", file.toString()).output();
        }
    }

    // Other processes.

    /** A shell's: its standard input is a FIFO that it holds open for writing too, so that reading would wait. */
    @Test
    void anotherProcessThatSharesTheDescriptionHasTheFlagsToo() {
        Run run = inShell("mkfifo \"$1/in\"; exec 3<>\"$1/in\" <&3; shift; \"$@\"; cat <&3", "0", "NON_BLOCKING");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).contains("Resource temporarily unavailable");
    }

    @Test
    void appendModeSetForAnotherProcessHasItWriteToTheEnd() throws Exception {
        Run run = inShell("exec 3<>\"$1/file\" >&3; shift; \"$@\"; printf ' and more' >&3", "1", "APPEND");
        assertThat(run.status()).isZero();
        assertThat(file).hasContent("content and more");
    }

    private Run inShell(String script, Object... arguments) {
        List<String> command = new ArrayList<>(List.of("sh", "-euc", script, "sh", folder.toString()));
        command.addAll(Peer.javaCommand(
                List.of("--enable-native-access=ALL-UNNAMED"), DescriptorPrograms.SetFlags.class, arguments));
        return Run.command(command, Map.of());
    }

    /** This library does not wait by the grace of somebody who leaves the flag alone. */
    @ParameterizedTest
    @EnumSource
    void nonBlockingSetBySomebodyDoesNotChangeOurWaits(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create();
                Descriptor others = Descriptor.duplicateOf(number(pipe.source()))) {
            others.setStatusFlags(Set.of(StatusFlag.NON_BLOCKING));
            Running<String> reader =
                    Running.start(kind, () -> read(pipe.source())).untilWaiting();
            pipe.sink().write(text("come"));
            assertThat(reader.get()).isEqualTo("come");

            long start = System.nanoTime();
            Duration time = Duration.ofMillis(20);
            assertThat(Running.run(kind, () -> pipe.source().tryRead(text("x"), time)))
                    .isZero();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(time.toNanos());
            assertThat(Running.run(kind, () -> pipe.source().tryRead(text("x"), Duration.ZERO)))
                    .isZero();

            Running<String> interrupted =
                    Running.start(kind, () -> read(pipe.source())).untilWaiting();
            interrupted.thread().interrupt();
            assertThat(interrupted.failure()).isInstanceOf(InterruptedException.class);
            assertThat(others.statusFlags()).containsExactly(StatusFlag.NON_BLOCKING);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nonBlockingSetWhileAThreadWaitsDoesNotEndItsWait(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            Running<String> reader =
                    Running.start(kind, () -> read(pipe.source())).untilWaiting();
            pipe.source().descriptor().setStatusFlags(Set.of(StatusFlag.NON_BLOCKING));
            reader.thread().interrupt();
            assertThat(reader.failure()).isInstanceOf(InterruptedException.class);
            Running<String> again =
                    Running.start(kind, () -> read(pipe.source())).untilWaiting();
            pipe.source().descriptor().setStatusFlags(Set.of());
            pipe.sink().write(text("come"));
            assertThat(again.get()).isEqualTo("come");
        }
    }

    @ParameterizedTest
    @EnumSource
    void nonBlockingSetBySomebodyDoesNotCutWritesShort(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            pipe.sink().descriptor().setStatusFlags(Set.of(StatusFlag.NON_BLOCKING));
            int size = 3 * pipe.sink().capacity();
            Running<Void> writer = Running.start(kind, () -> {
                pipe.sink().writeFully(MemorySegment.ofArray(new byte[size]));
                return null;
            });
            writer.untilWaiting();
            pipe.source().readFully(new byte[size]);
            writer.get();
        }
    }

    /** What virtual threads write by must learn of it. */
    @ParameterizedTest
    @EnumSource
    void packetModeSetLaterHoldsOnBothKindsOfThreads(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            Running.run(kind, () -> pipe.sink().write(text("before")));
            assertThat(read(pipe.source())).isEqualTo("before");
            pipe.sink().descriptor().setStatusFlags(Set.of(StatusFlag.DIRECT));
            Running.run(kind, () -> pipe.sink().write(text("one")));
            Running.run(kind, () -> pipe.sink().write(text("two")));
            assertThat(read(pipe.source())).isEqualTo("one");
            assertThat(read(pipe.source())).isEqualTo("two");

            pipe.sink().descriptor().setStatusFlags(Set.of());
            Running.run(kind, () -> pipe.sink().write(text("one")));
            Running.run(kind, () -> pipe.sink().write(text(", two")));
            assertThat(read(pipe.source())).isEqualTo("one, two");
        }
    }

    private static void assertRefused(Errno errno, Throwable failure) {
        assertThat(failure)
                .isInstanceOfSatisfying(
                        ErrnoException.class,
                        refused -> assertThat(refused.errno()).isEqualTo(errno));
    }
}
