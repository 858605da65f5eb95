package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.testing.Answers.refusing;

import java.io.EOFException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.generated.Linux;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Objects of the POSIX name space: created, opened, unlinked, closed. */
@ExtendWith(LeakCheck.class)
class PosixSharedMemoryTest {
    @AfterAll
    static void noNameOfOursIsLeft() {
        assertThat(TestObject.names())
                .filteredOn(name -> name.startsWith(TestObject.prefix()))
                .isEmpty();
    }

    private static ErrnoException refused(Errno errno, ThrowingCallable call) {
        ErrnoException failure = catchThrowableOfType(ErrnoException.class, call);
        assertThat(failure).isNotNull();
        assertThat(failure.errno()).isEqualTo(errno);
        return failure;
    }

    @Nested
    class Creating {
        @ParameterizedTest
        @ValueSource(longs = {1, 4095, 4096, 4097, 1_000_000})
        void givesZerosOfTheSizeAskedFor(long byteSize) throws Exception {
            try (TestObject object = TestObject.unused();
                    PosixSharedMemory memory = PosixSharedMemory.create(object.name(), byteSize)) {
                assertThat(Files.size(object.path())).isEqualTo(byteSize);
                assertThat(memory.byteSize()).isEqualTo(byteSize);
                assertThat(memory.segment().byteSize()).isEqualTo(byteSize);
                assertThat(memory.descriptor().byteSize()).isEqualTo(byteSize);
                assertThat(memory.segment().toArray(JAVA_BYTE)).containsOnly(0);
                assertThat(memory.created()).isTrue();
                assertThat(memory.name()).isEqualTo(object.name());
                assertThat(memory.isOpen()).isTrue();
                assertThat(memory.memory().sharing()).isEqualTo(Sharing.SHARED);
            }
        }

        /** Not as it is touched: then it would be too late to say no. */
        @Test
        void hasItsMemoryAtOnce() throws Exception {
            try (TestObject object = TestObject.unused();
                    PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 1 << 20)) {
                assertThat(Run.command("stat", "-c", "%b", object.path().toString())
                                .output())
                        .isEqualTo((1 << 20) / 512 + "\n");
                assertThat(memory.isOpen()).isTrue();
            }
        }

        @Test
        void closesAtTheStartOfAnotherProgram() throws Exception {
            try (TestObject object = TestObject.unused();
                    PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 1);
                    PosixSharedMemory other = PosixSharedMemory.open(object.name())) {
                for (PosixSharedMemory one : List.of(memory, other)) {
                    String flags = Files.readAllLines(
                                    Path.of("/proc/self/fdinfo/" + TestMemoryFiles.number(one.descriptor())))
                            .get(1)
                            .replaceFirst("flags:\\s+", "");
                    assertThat(Integer.parseInt(flags, 8) & Linux.O_CLOEXEC()).isNotZero();
                }
            }
        }

        @Test
        void needsAFreeName() throws Exception {
            try (TestObject object = TestObject.unused();
                    PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 10)) {
                memory.segment().setString(0, "Gatun");
                assertThat(refused(Errno.EEXIST, () -> PosixSharedMemory.create(object.name(), 20)))
                        .hasMessageContaining(object.name());
                assertThat(Files.size(object.path())).isEqualTo(10);
                assertThat(memory.segment().getString(0)).isEqualTo("Gatun");
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {0, -1, Long.MIN_VALUE})
        void needsASize(long byteSize) throws Exception {
            try (TestObject object = TestObject.unused()) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> PosixSharedMemory.create(object.name(), byteSize))
                        .withMessageContaining("not " + byteSize);
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> PosixSharedMemory.openOrCreate(object.name(), byteSize))
                        .withMessageContaining("not " + byteSize);
                assertThat(object.path()).doesNotExist();
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {1L << 50, Long.MAX_VALUE - 4096, Long.MAX_VALUE})
        void ofMoreThanThereIsLeavesNoName(long byteSize) throws Exception {
            Set<String> before = Kernel.descriptors();
            try (TestObject object = TestObject.unused()) {
                ErrnoException failure = catchThrowableOfType(
                        ErrnoException.class, () -> PosixSharedMemory.create(object.name(), byteSize));
                assertThat(failure.errno()).isIn(Errno.ENOSPC, Errno.EFBIG);
                assertThat(object.path()).doesNotExist();
            }
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }

        /** The second step undoes the first. */
        @Test
        void thatCannotBeMappedLeavesNoNameAndNoDescriptor() throws Exception {
            Set<String> before = Kernel.descriptors();
            try (TestObject object = TestObject.unused();
                    ScriptedAnswers script = ScriptedAnswers.to("mmap", refusing(Errno.ENOMEM))) {
                refused(Errno.ENOMEM, () -> PosixSharedMemory.create(object.name(), 4096));
                assertThat(script.remaining()).isZero();
                assertThat(object.path()).doesNotExist();
            }
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }

        @ParameterizedTest
        @ValueSource(strings = {"open", "fallocate", "linkat"})
        void thatFailsOnTheWayLeavesNoNameAndNoDescriptor(String call) throws Exception {
            Set<String> before = Kernel.descriptors();
            try (TestObject object = TestObject.unused();
                    ScriptedAnswers script = ScriptedAnswers.to(call, refusing(Errno.ENOMEM))) {
                refused(Errno.ENOMEM, () -> PosixSharedMemory.create(object.name(), 4096));
                assertThat(script.remaining()).isZero();
                assertThat(object.path()).doesNotExist();
            }
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }

        @Test
        void readOnlyMapsItSo() throws Exception {
            try (TestObject object = TestObject.unused();
                    PosixSharedMemory memory =
                            PosixSharedMemory.builder().access(Access.READ_ONLY).create(object.name(), 16)) {
                assertThat(memory.segment().isReadOnly()).isTrue();
                assertThat(memory.memory().access()).isEqualTo(Access.READ_ONLY);
                memory.descriptor().writeAt(TestMemoryFiles.bytes("x"), 0);
                assertThat(memory.segment().get(JAVA_BYTE, 0)).isEqualTo((byte) 'x');
            }
        }
    }

    @Nested
    class Opening {
        @Test
        void findsTheSameMemory() throws Exception {
            try (TestObject object = TestObject.unused();
                    PosixSharedMemory one = PosixSharedMemory.create(object.name(), 5000);
                    PosixSharedMemory other = PosixSharedMemory.open(object.name());
                    PosixSharedMemory reader =
                            PosixSharedMemory.builder().access(Access.READ_ONLY).open(object.name())) {
                one.segment().set(JAVA_INT, 4996, 4711);
                assertThat(other.segment().get(JAVA_INT, 4996)).isEqualTo(4711);
                assertThat(reader.segment().get(JAVA_INT, 4996)).isEqualTo(4711);
                assertThat(List.of(other.byteSize(), reader.byteSize())).containsOnly(5000L);
                assertThat(List.of(other.created(), reader.created())).containsOnly(false);
                assertThat(reader.segment().isReadOnly()).isTrue();
                assertThat(reader.descriptor().isWritable()).isFalse();
                refused(Errno.EACCES, () -> reader.memory().protect(Access.READ_WRITE));
            }
        }

        @Test
        void ofWhatIsNotThereIsToldSo() throws Exception {
            try (TestObject object = TestObject.unused()) {
                assertThat(refused(Errno.ENOENT, () -> PosixSharedMemory.open(object.name())))
                        .hasMessageContaining(object.name());
                refused(
                        Errno.ENOENT,
                        () -> PosixSharedMemory.builder()
                                .access(Access.READ_ONLY)
                                .open(object.name()));
                assertThat(object.path()).doesNotExist();
            }
        }

        @Test
        void ofAnEmptyOneIsTheEndOfTheFile() throws Exception {
            Set<String> before = Kernel.descriptors();
            try (TestObject object = TestObject.unused()) {
                Files.createFile(object.path());
                assertThatThrownBy(() -> PosixSharedMemory.open(object.name()))
                        .isInstanceOf(EOFException.class)
                        .hasMessageContaining(object.name());
                assertThatThrownBy(() -> PosixSharedMemory.openOrCreate(object.name(), 1))
                        .isInstanceOf(EOFException.class);
                assertThat(Files.size(object.path())).isZero();
            }
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }

        @Test
        void neverTruncates() throws Exception {
            try (TestObject object = TestObject.unused()) {
                Files.writeString(object.path(), "Gatun");
                try (PosixSharedMemory memory = PosixSharedMemory.openOrCreate(object.name(), 3)) {
                    assertThat(memory.byteSize()).isEqualTo(5);
                    assertThat(memory.created()).isFalse();
                    assertThat(memory.segment().get(JAVA_BYTE, 4)).isEqualTo((byte) 'n');
                }
                assertThat(Files.readString(object.path())).isEqualTo("Gatun");
            }
        }

        @Test
        void orCreatingCreatesWhereThereIsNone() throws Exception {
            try (TestObject object = TestObject.unused();
                    PosixSharedMemory memory = PosixSharedMemory.openOrCreate(object.name(), 4097)) {
                assertThat(memory.created()).isTrue();
                assertThat(Files.size(object.path())).isEqualTo(4097);
            }
        }

        @Test
        void orCreatingNeedsOneThatIsLargeEnough() throws Exception {
            Set<String> before = Kernel.descriptors();
            try (TestObject object = TestObject.unused();
                    PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 10)) {
                assertThatThrownBy(() -> PosixSharedMemory.openOrCreate(object.name(), 11))
                        .isInstanceOf(EOFException.class)
                        .hasMessageContaining(object.name())
                        .hasMessageContaining("10 bytes, not 11");
                assertThat(memory.byteSize()).isEqualTo(10);
                PosixSharedMemory.openOrCreate(object.name(), 10).close();
            }
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }

        @Test
        void goesOnAfterASignal() throws Exception {
            try (TestObject object = TestObject.unused();
                    PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 1);
                    ScriptedAnswers script =
                            ScriptedAnswers.to("shm_open", refusing(Errno.EINTR), refusing(Errno.EINTR))) {
                PosixSharedMemory.open(object.name()).close();
                assertThat(script.remaining()).isZero();
                assertThat(memory.isOpen()).isTrue();
            }
        }

        @Test
        void thatCannotBeMappedLeavesTheNameAndNoDescriptor() throws Exception {
            try (TestObject object = TestObject.unused();
                    PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 4096)) {
                Set<String> before = Kernel.descriptors();
                try (ScriptedAnswers script = ScriptedAnswers.to("mmap", refusing(Errno.ENOMEM))) {
                    refused(Errno.ENOMEM, () -> PosixSharedMemory.open(object.name()));
                    assertThat(script.remaining()).isZero();
                }
                assertThat(Kernel.descriptors()).isEqualTo(before);
                assertThat(object.path()).exists();
                assertThat(memory.isOpen()).isTrue();
            }
        }
    }

    @Nested
    class Names {
        @ParameterizedTest
        @ValueSource(strings = {"", "/", ".", "..", "/.", "/..", "//", "a/b", "/a/b", "//a", "a/", "../shm/a"})
        void withoutACharacterOrWithASlashInsideAreRefused(String name) {
            for (ThrowingCallable call : all(name)) {
                assertThatIllegalArgumentException().isThrownBy(call).withMessageContaining("\"" + name + "\"");
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"\0", "a\0", "/a\0b"})
        void withAZeroCharacterAreRefused(String name) {
            for (ThrowingCallable call : all(name)) {
                assertThatIllegalArgumentException().isThrownBy(call).withMessageContaining("zero character");
            }
        }

        @Test
        void areNeeded() {
            for (ThrowingCallable call : all(null)) {
                assertThatNullPointerException().isThrownBy(call);
            }
        }

        private static List<ThrowingCallable> all(String name) {
            return List.of(
                    () -> PosixSharedMemory.create(name, 1),
                    () -> PosixSharedMemory.open(name),
                    () -> PosixSharedMemory.openOrCreate(name, 1),
                    () -> PosixSharedMemory.unlink(name));
        }

        @Test
        void mayBeginWithASlashThatIsNoPartOfThem() throws Exception {
            try (TestObject object = TestObject.unused();
                    PosixSharedMemory memory = PosixSharedMemory.create("/" + object.name(), 1)) {
                assertThat(memory.name()).isEqualTo(object.name());
                assertThat(object.path()).exists();
                PosixSharedMemory.open(object.name()).close();
                PosixSharedMemory.open("/" + object.name()).close();
                PosixSharedMemory.unlink("/" + object.name());
                assertThat(object.path()).doesNotExist();
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {253, 254, 255})
        void mayHave255Bytes(int length) throws Exception {
            String prefix = TestObject.prefix();
            try (TestObject object = new TestObject(prefix + "n".repeat(length - prefix.length()));
                    PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 1)) {
                PosixSharedMemory.open("/" + object.name()).close();
                memory.unlink();
                assertThat(object.path()).doesNotExist();
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {256, 257, 300, 10_000})
        void mayNotHaveMore(int length) {
            for (ThrowingCallable call : all("n".repeat(length))) {
                refused(Errno.ENAMETOOLONG, call);
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {" ", "...", ".hidden", "a b", "new\nline", "%s", "x (deleted)"})
        void mayBeAnyOtherText(String rest) throws Exception {
            try (TestObject object = new TestObject(TestObject.prefix() + rest);
                    PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 1)) {
                assertThat(object.path()).exists();
                memory.unlink();
                assertThat(object.path()).doesNotExist();
            }
        }
    }

    @Nested
    class Unlinking {
        @Test
        void takesTheNameAndLeavesTheMemory() throws Exception {
            try (TestObject object = TestObject.unused();
                    PosixSharedMemory one = PosixSharedMemory.create(object.name(), 16);
                    PosixSharedMemory other = PosixSharedMemory.open(object.name())) {
                one.unlink();
                assertThat(object.path()).doesNotExist();
                one.segment().set(JAVA_INT, 0, 4711);
                assertThat(other.segment().get(JAVA_INT, 0)).isEqualTo(4711);
                other.descriptor().truncate(32);
                other.memory().resize(32);
                assertThat(other.byteSize()).isEqualTo(32);
                assertThat(one.descriptor().byteSize()).isEqualTo(32);
            }
        }

        @Test
        void frees() throws Exception {
            try (TestObject object = TestObject.unused();
                    PosixSharedMemory old = PosixSharedMemory.create(object.name(), 16)) {
                old.unlink();
                try (PosixSharedMemory young = PosixSharedMemory.create(object.name(), 32)) {
                    young.segment().set(JAVA_INT, 0, 4711);
                    assertThat(old.segment().get(JAVA_INT, 0)).isZero();
                    old.unlink(); // whatever has the name by now
                    assertThat(object.path()).doesNotExist();
                    refused(Errno.ENOENT, young::unlink);
                }
            }
        }

        @Test
        void ofWhatIsNotThereIsToldSo() throws Exception {
            try (TestObject object = TestObject.unused()) {
                assertThat(refused(Errno.ENOENT, () -> PosixSharedMemory.unlink(object.name())))
                        .hasMessageContaining(object.name())
                        .hasMessageContaining("shm_unlink");
            }
        }

        @Test
        void worksWhenClosed() throws Exception {
            try (TestObject object = TestObject.unused()) {
                PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 16);
                memory.close();
                assertThat(object.path()).exists();
                memory.unlink();
                assertThat(object.path()).doesNotExist();
            }
        }
    }

    @Nested
    class Closing {
        @Test
        void leavesTheObject() throws Exception {
            try (TestObject object = TestObject.unused()) {
                PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 16);
                MemorySegment segment = memory.segment();
                segment.set(JAVA_INT, 0, 4711);
                memory.close();
                memory.close();
                assertThat(memory.isOpen()).isFalse();
                assertThat(memory.descriptor().isOpen()).isFalse();
                assertThat(memory.toString()).contains(object.name()).endsWith("closed]");
                assertThatIllegalStateException().isThrownBy(() -> segment.get(JAVA_INT, 0));
                assertThatIllegalStateException()
                        .isThrownBy(() -> memory.memory().get(0, MemorySegment.ofArray(new byte[1])));
                assertThatThrownBy(() -> memory.descriptor().byteSize()).isInstanceOf(ClosedChannelException.class);
                assertThat(Kernel.mappings()).noneMatch(line -> line.contains(object.name()));
                try (PosixSharedMemory again = PosixSharedMemory.open(object.name())) {
                    assertThat(again.segment().get(JAVA_INT, 0)).isEqualTo(4711);
                }
            }
        }

        @Test
        void ofTheMappingAloneClosesTheRestLater() throws Exception {
            try (TestObject object = TestObject.unused()) {
                PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 16);
                memory.memory().close();
                assertThat(memory.isOpen()).isFalse();
                assertThat(memory.descriptor().isOpen()).isTrue();
                memory.close();
                assertThat(memory.descriptor().isOpen()).isFalse();
            }
        }
    }

    @Nested
    class Builder {
        @ParameterizedTest
        @EnumSource(
                names = {"READ_WRITE", "READ_ONLY"},
                mode = EnumSource.Mode.EXCLUDE)
        void refusesAccessThatNoOpenFileHas(Access access) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> PosixSharedMemory.builder().access(access))
                    .withMessageContaining(access.name());
        }

        @Test
        void needsArguments() {
            assertThatNullPointerException()
                    .isThrownBy(() -> PosixSharedMemory.builder().access(null));
            assertThatNullPointerException()
                    .isThrownBy(() -> PosixSharedMemory.builder().permissions(null));
        }

        @Test
        void mayBeUsedAgain() throws Exception {
            PosixSharedMemoryBuilder builder = PosixSharedMemory.builder();
            try (TestObject object = TestObject.unused();
                    TestObject another = TestObject.unused();
                    PosixSharedMemory one = builder.create(object.name(), 1);
                    PosixSharedMemory other = builder.access(Access.READ_ONLY).create(another.name(), 1)) {
                assertThat(one.memory().access()).isEqualTo(Access.READ_WRITE);
                assertThat(other.memory().access()).isEqualTo(Access.READ_ONLY);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void anyThreadMayUseItInterruptedOrNot(ThreadKind kind) throws Exception {
        try (TestObject object = TestObject.unused()) {
            kind.start(() -> {
                        Thread.currentThread().interrupt();
                        try (PosixSharedMemory memory = PosixSharedMemory.openOrCreate(object.name(), 16);
                                PosixSharedMemory again = PosixSharedMemory.open(object.name())) {
                            memory.segment().set(JAVA_INT, 0, 4711);
                            assertThat(again.segment().get(JAVA_INT, 0)).isEqualTo(4711);
                            memory.unlink();
                        }
                        assertThat(Thread.interrupted()).isTrue();
                        return null;
                    })
                    .get(60, TimeUnit.SECONDS);
        }
    }
}
