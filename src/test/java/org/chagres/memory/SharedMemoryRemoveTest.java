package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.memory.TestSegment.exists;
import static org.chagres.memory.TestSegment.row;

import java.io.IOException;
import java.nio.file.attribute.PosixFilePermissions;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is left after remove(), and for how long. */
@ExtendWith(LeakCheck.class)
class SharedMemoryRemoveTest {

    @Nested
    class Removing {
        private static final int SHM_DEST = 01000;

        @Test
        void aSegmentNobodyIsAttachedToEndsItAtOnce() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemory.remove(segment.id());
                assertThat(exists(segment.id())).isFalse();
            }
        }

        @Test
        void leavesTheMemoryToThoseWhoAreAttached() throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                memory.segment().set(JAVA_INT, 0, 4711);
                memory.remove();
                assertThat(exists(segment.id())).isTrue();
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        }

        @Test
        void freesTheKeyAtOnce() throws IOException {
            IpcKey key = IpcKey.random();
            try (SharedMemory first = SharedMemory.create(key, 4096);
                    TestSegment ofFirst = TestSegment.of(first.id())) {
                first.remove();
                assertThatThrownBy(() -> SharedMemory.open(key))
                        .isInstanceOfSatisfying(
                                ErrnoException.class,
                                failure -> assertThat(failure.errno()).isEqualTo(Errno.ENOENT));
                try (SharedMemory second = SharedMemory.create(key, 4096);
                        TestSegment ofSecond = TestSegment.of(second.id())) {
                    second.segment().set(JAVA_INT, 0, 4711);
                    assertThat(ofSecond.id()).isNotEqualTo(ofFirst.id());
                    assertThat(row(ofSecond.id()).get("key")).isEqualTo(key.value());
                    assertThat(first.segment().get(JAVA_INT, 0))
                            .as("the first one's memory")
                            .isZero();
                }
            }
        }

        @Test
        void isSeenInTheStatusWhileAttached() throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.random(), 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                memory.remove();
                assertThat(row(segment.id()).mode()).isEqualTo(SHM_DEST | 0600);
                SharedMemoryStatus status = memory.status();
                assertThat(status.markedForRemoval()).isTrue();
                assertThat(status.key()).isEqualTo(IpcKey.PRIVATE);
                assertThat(status.permissions().permissions()).isEqualTo(PosixFilePermissions.fromString("rw-------"));
            }
        }

        @Test
        void letsTheIdentifierAttachUntilTheLastHasDetached() throws IOException {
            try (TestSegment segment = TestSegment.withRandomKey(4096)) {
                SharedMemory memory = SharedMemory.open(segment.id());
                memory.segment().set(JAVA_INT, 0, 4711);
                memory.remove();
                try (SharedMemory late = SharedMemory.open(segment.id())) {
                    memory.close();
                    assertThat(late.segment().get(JAVA_INT, 0)).isEqualTo(4711);
                }
                assertThat(exists(segment.id())).isFalse();
                assertThatThrownBy(() -> SharedMemory.open(segment.id()))
                        .isInstanceOfSatisfying(
                                ErrnoException.class,
                                failure -> assertThat(failure.errno()).isIn(Errno.EINVAL, Errno.EIDRM));
            }
        }

        @Test
        void againChangesNothing() throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.random(), 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                memory.remove();
                memory.remove();
                assertThat(row(segment.id()).mode()).isEqualTo(SHM_DEST | 0600);
                assertThat(Kernel.attachCount(segment.id())).isEqualTo(1);
            }
        }

        @Test
        void isNotWhatCloseDoes() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemory.open(segment.id()).close();
                assertThat(exists(segment.id())).isTrue();
            }
        }
    }
}
