package org.chagres.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.file.LockKind.FLOCK;
import static org.chagres.file.LockMode.SHARED;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.file.TestLocks.Other;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which lock keeps which out: every pair of kinds and modes, those of fcntl36 and flock among them. */
@ExtendWith(LeakCheck.class)
class RecordLockPairsTest {
    @TempDir
    private Path folder;

    static Stream<Arguments> pairs() {
        List<Arguments> pairs = new ArrayList<>();
        for (LockKind kind : LockKind.values()) {
            for (LockMode mode : LockMode.values()) {
                for (LockKind otherKind : LockKind.values()) {
                    for (LockMode otherMode : LockMode.values()) {
                        pairs.add(Arguments.of(kind, mode, otherKind, otherMode));
                    }
                }
            }
        }
        return pairs.stream();
    }

    @ParameterizedTest(name = "{0} {1} and {2} {3}")
    @MethodSource("pairs")
    void ofTwoProcessesOneKeepsTheOtherOutAsTheKernelHasIt(
            LockKind kind, LockMode mode, LockKind otherKind, LockMode otherMode) throws Exception {
        boolean strangers = (kind == FLOCK) != (otherKind == FLOCK);
        boolean conflict = !strangers && (mode != SHARED || otherMode != SHARED);
        Path path = Files.createFile(folder.resolve("file"));
        try (Descriptor file = TestLocks.open(path);
                Other other = TestLocks.other(path)) {
            RecordLockBuilder builder = RecordLock.builder(file).kind(kind);
            try (RecordLock lock = builder.tryLock(mode).orElseThrow()) {
                assertThat(other.tries(otherKind, otherMode)).isEqualTo(conflict ? "EAGAIN" : "ok");
                assertThat(lock.isOpen()).isTrue();
            }
            assertThat(other.tries(otherKind, otherMode)).isEqualTo("ok");
            assertThat(builder.tryLock(mode).isPresent()).isEqualTo(!conflict);
            if (kind != FLOCK) {
                assertThat(builder.holder(mode).isPresent()).isEqualTo(conflict);
            }
        }
    }

    @Test
    void ofTwoDescriptionsInOneProcessPosixAloneKeepsNobodyOut() throws Exception {
        Path path = Files.createFile(folder.resolve("file"));
        try (Descriptor file = TestLocks.open(path);
                Descriptor again = TestLocks.open(path)) {
            for (LockKind kind : LockKind.values()) {
                try (RecordLock lock = RecordLock.builder(file)
                        .kind(kind)
                        .tryLock(LockMode.EXCLUSIVE)
                        .orElseThrow()) {
                    RecordLockBuilder second = RecordLock.builder(again).kind(kind);
                    assertThat(second.tryLock(LockMode.EXCLUSIVE).isPresent()).isEqualTo(kind == LockKind.POSIX);
                    assertThat(lock.isOpen()).isTrue();
                }
            }
        }
    }
}
