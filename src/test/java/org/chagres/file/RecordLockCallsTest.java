package org.chagres.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.LockCalls;
import org.chagres.internal.syscall.LockInTheWay;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the kernel answers to calls that the public methods do not make. */
@ExtendWith(LeakCheck.class)
class RecordLockCallsTest {
    private static final int UNKNOWN = 999;

    @TempDir
    private Path folder;

    private record Row(String call, int answer, Errno expected) {}

    @Test
    void wrongArgumentsAreRefused() throws Exception { // flock02, fcntl13
        Path path = Files.createFile(folder.resolve("file"));
        List<Row> rows = new ArrayList<>();
        int number = TestLocks.open(path).release();
        try (Descriptor again = Descriptor.adopt(number)) {
            int exclusive = LockCalls.F_WRLCK;
            rows.add(new Row("closed", LockCalls.flock(-1, LockCalls.LOCK_SH), Errno.EBADF));
            rows.add(new Row("no mode", LockCalls.flock(number, 0), Errno.EINVAL));
            rows.add(new Row("time alone", LockCalls.flock(number, LockCalls.LOCK_NB), Errno.EINVAL));
            rows.add(new Row(
                    "both modes",
                    LockCalls.flock(number, LockCalls.LOCK_SH | LockCalls.LOCK_EX | LockCalls.LOCK_NB),
                    Errno.EINVAL));
            rows.add(new Row("unknown command", LockCalls.setLock(number, UNKNOWN, exclusive, 0, 0), Errno.EINVAL));
            rows.add(
                    new Row("unknown type", LockCalls.setLock(number, LockCalls.F_SETLK, UNKNOWN, 0, 0), Errno.EINVAL));
            rows.add(new Row(
                    "before the file", LockCalls.setLock(number, LockCalls.F_SETLK, exclusive, -1, 0), Errno.EINVAL));
            rows.add(new Row(
                    "beyond 63 bits",
                    LockCalls.setLock(number, LockCalls.F_SETLK, exclusive, 2, Long.MAX_VALUE),
                    Errno.EOVERFLOW));
            MemorySegment ofNoWhence = Arena.ofAuto().allocate(32); // l_type and l_whence are in front
            ofNoWhence.set(ValueLayout.JAVA_SHORT, 0, (short) exclusive);
            ofNoWhence.set(ValueLayout.JAVA_SHORT, Short.BYTES, (short) UNKNOWN);
            rows.add(new Row(
                    "from nowhere",
                    DescriptorCalls.fcntl(number, LockCalls.F_SETLK, ofNoWhence.address()),
                    Errno.EINVAL));
            rows.add(new Row("closed", LockCalls.setLock(-1, LockCalls.F_SETLK, exclusive, 0, 0), Errno.EBADF));
            rows.add(new Row(
                    "closed",
                    LockCalls.getLock(-1, LockCalls.F_GETLK, exclusive, 0, 0, new LockInTheWay()),
                    Errno.EBADF));
            rows.add(new Row(
                    "asked of nothing",
                    LockCalls.getLock(number, LockCalls.F_GETLK, LockCalls.F_UNLCK, 0, 0, new LockInTheWay()),
                    Errno.EINVAL));
            assertThat(again.isOpen()).isTrue();
        }
        assertThat(rows)
                .allSatisfy(row ->
                        assertThat(Errno.of(-row.answer())).as(row.call()).isEqualTo(row.expected()));
        assertThat(TestLocks.of(path)).isEmpty();
    }

    /** From before a lock on bytes 2 to 7 into it, from within beyond it, around it, and beside it. */
    @ParameterizedTest
    @CsvSource({"0, 5, 5 7", "0, 2, 2 7", "5, 20, 2 4", "8, 20, 2 7", "0, 20, ", "4, 0, 2 3", "0, 0, "})
    void unlockingBeyondALockCutsWhatIsWithin(long start, long length, String left) throws Exception {
        for (int command : new int[] {LockCalls.F_SETLK, LockCalls.F_OFD_SETLK}) {
            for (int type : new int[] {LockCalls.F_RDLCK, LockCalls.F_WRLCK}) {
                Path path = Files.createTempFile(folder, "file", null);
                int number = TestLocks.open(path).release();
                try (Descriptor again = Descriptor.adopt(number)) {
                    assertThat(LockCalls.setLock(number, command, type, 2, 6)).isZero();
                    assertThat(LockCalls.setLock(number, command, LockCalls.F_UNLCK, start, length))
                            .isZero();
                    String lock = (command == LockCalls.F_SETLK ? "POSIX" : "OFDLCK")
                            + (type == LockCalls.F_RDLCK ? " READ " : " WRITE ");
                    assertThat(TestLocks.of(path)).isEqualTo(left == null ? List.of() : List.of(lock + left));
                    assertThat(again.isOpen()).isTrue();
                }
                assertThat(TestLocks.of(path)).isEmpty();
            }
        }
    }

    @Test
    void anAskedForRangeThatIsFreeStaysAsItWasAskedFor() throws Exception {
        Path path = Files.createFile(folder.resolve("file"));
        int number = TestLocks.open(path).release();
        try (Descriptor again = Descriptor.adopt(number)) {
            LockInTheWay found = new LockInTheWay();
            assertThat(LockCalls.getLock(number, LockCalls.F_GETLK, LockCalls.F_WRLCK, 7, 5, found))
                    .isZero();
            assertThat(found.type()).isEqualTo(LockCalls.F_UNLCK);
            assertThat(found.start()).isEqualTo(7);
            assertThat(found.length()).isEqualTo(5);
            assertThat(found.pid()).isZero();
            assertThat(again.isOpen()).isTrue();
        }
    }
}
