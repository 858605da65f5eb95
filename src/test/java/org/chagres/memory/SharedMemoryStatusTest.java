package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.memory.TestSegment.isRoot;
import static org.chagres.memory.TestSegment.row;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Set;
import org.chagres.IpcKey;
import org.chagres.IpcPermissions;
import org.chagres.testing.Kernel.IpcRow;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernel tells of a segment, and how that is changed. */
@ExtendWith(LeakCheck.class)
class SharedMemoryStatusTest {

    @Nested
    class Status {
        @Test
        void hasWhatTheKernelLists() throws IOException {
            try (TestSegment segment = TestSegment.withRandomKey(5000)) {
                SharedMemory.open(segment.id()).close();
                try (SharedMemory memory = SharedMemory.open(segment.id())) {
                    SharedMemoryStatus status = memory.status();
                    IpcRow row = row(segment.id());
                    assertThat(status.id()).isEqualTo(segment.id());
                    assertThat((long) status.key().value()).isEqualTo(row.get("key"));
                    assertThat(status.byteSize()).isEqualTo(row.get("size"));
                    assertThat((long) status.creatorPid()).isEqualTo(row.get("cpid"));
                    assertThat((long) status.lastPid()).isEqualTo(row.get("lpid"));
                    assertThat(status.attachCount())
                            .isEqualTo(row.get("nattch"))
                            .isEqualTo(1);
                    assertThat(status.permissions().ownerUid()).isEqualTo(row.get("uid"));
                    assertThat(status.permissions().ownerGid()).isEqualTo(row.get("gid"));
                    assertThat(status.permissions().creatorUid()).isEqualTo(row.get("cuid"));
                    assertThat(status.permissions().creatorGid()).isEqualTo(row.get("cgid"));
                    assertThat(status.lastAttached()).contains(Instant.ofEpochSecond(row.get("atime")));
                    assertThat(status.lastDetached()).contains(Instant.ofEpochSecond(row.get("dtime")));
                    assertThat(status.lastChanged()).isEqualTo(Instant.ofEpochSecond(row.get("ctime")));
                    assertThat(status.markedForRemoval()).isFalse();
                    assertThat(status.locked()).isFalse();
                }
            }
        }

        @Test
        void saysTheSameOfAnIdentifierWithoutAttaching() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(5000)) {
                SharedMemoryStatus status = SharedMemory.status(segment.id());
                assertThat(status.attachCount()).isZero();
                assertThat(status.id()).isEqualTo(segment.id());
                assertThat(status.byteSize()).isEqualTo(5000);
            }
        }

        @Test
        void namesThisProcessAndThePresentTime() throws IOException {
            Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                SharedMemoryStatus status = SharedMemory.status(segment.id());
                Instant after = Instant.now();
                assertThat((long) status.creatorPid())
                        .isEqualTo(ProcessHandle.current().pid());
                assertThat((long) status.lastPid())
                        .isEqualTo(ProcessHandle.current().pid());
                // The kernel's clock of whole seconds may lag behind by a tick.
                assertThat(status.lastChanged()).isBetween(before.minusSeconds(1), after);
                assertThat(status.lastAttached().orElseThrow()).isBetween(before.minusSeconds(1), after);
            }
        }

        @Test
        void hasNoTimeOfADetachThatNeverWas() throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                assertThat(row(segment.id()).get("dtime")).isZero();
                assertThat(memory.status().lastDetached()).isEmpty();
            }
        }

        @Test
        void tellsWhenOwnerOrPermissionsWereLastChanged() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                Instant created = memory.status().lastChanged();
                Instant deadline = Instant.now().plus(Duration.ofSeconds(10));
                do {
                    memory.setPermissions(PosixFilePermissions.fromString("rw-------"));
                } while (memory.status().lastChanged().equals(created)
                        && Instant.now().isBefore(deadline));
                assertThat(memory.status().lastChanged()).isAfter(created);
                assertThat(memory.status().lastChanged().getEpochSecond())
                        .isEqualTo(row(segment.id()).get("ctime"));
            }
        }

        @Test
        void ofASegmentWithANegativeKeyHasThatKey() throws IOException {
            IpcKey key = IpcKey.of(IpcKey.random().value() | Integer.MIN_VALUE);
            try (SharedMemory memory = SharedMemory.create(key, 4096);
                    TestSegment segment = TestSegment.of(memory.id())) {
                assertThat(SharedMemory.status(segment.id()).key()).isEqualTo(key);
            }
        }
    }

    @Nested
    class OwnerAndPermissions {
        @Test
        void ownerIsAllThatANewOwnerChanges() throws IOException {
            assumeTrue(isRoot(), "only root may give a segment away");
            try (TestSegment segment = TestSegment.withRandomKey(4096);
                    SharedMemory memory = SharedMemory.builder().open(segment.id())) {
                memory.setPermissions(PosixFilePermissions.fromString("rw-r-----"));
                memory.setOwner(12345, 4294967294L);
                IpcRow row = row(segment.id());
                assertThat(row.get("uid")).isEqualTo(12345);
                assertThat(row.get("gid")).isEqualTo(4294967294L);
                assertThat(row.get("cuid")).isZero();
                assertThat(row.get("cgid")).isZero();
                assertThat(row.mode()).isEqualTo(0640);
                IpcPermissions told = memory.status().permissions();
                assertThat(told.ownerUid()).isEqualTo(12345);
                assertThat(told.ownerGid()).isEqualTo(4294967294L);
                assertThat(told.creatorUid()).isZero();
                assertThat(told.creatorGid()).isZero();
            }
        }

        @Test
        void permissionsAreAllThatNewPermissionsChange() throws IOException {
            try (TestSegment segment = TestSegment.withRandomKey(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                if (isRoot()) {
                    memory.setOwner(12345, 54321);
                }
                IpcRow before = row(segment.id());
                memory.setPermissions(PosixFilePermissions.fromString("rw-rw-r--"));
                IpcRow after = row(segment.id());
                assertThat(after.mode()).isEqualTo(0664);
                assertThat(after.get("uid")).isEqualTo(before.get("uid"));
                assertThat(after.get("gid")).isEqualTo(before.get("gid"));
                assertThat(after.get("key")).isEqualTo(before.get("key"));
            }
        }

        @Test
        void permissionsMayBeNoneAtAll() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.setPermissions(Set.of());
                assertThat(row(segment.id()).mode()).isZero();
            }
        }

        @Test
        void anAttachmentKeepsWhatItHasWhenPermissionsAreTakenAway() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.setPermissions(Set.of());
                memory.segment().set(JAVA_INT, 0, 4711);
                assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            }
        }

        @Test
        void executePermissionsAreRefusedBeforeTheKernelIsAsked() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                Set<PosixFilePermission> all = EnumSet.allOf(PosixFilePermission.class);
                WithoutTheKernel.assertRefused(() -> memory.setPermissions(all), "EXECUTE");
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {-1, 0xFFFF_FFFFL, Long.MAX_VALUE})
        void numbersThatAreNoUsersAreRefusedBeforeTheKernelIsAsked(long number) throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                WithoutTheKernel.assertRefused(() -> memory.setOwner(number, 0), "uid");
                WithoutTheKernel.assertRefused(() -> memory.setOwner(0, number), "gid");
            }
        }
    }

    @Nested
    class Locking {
        private static final int SHM_LOCKED = 02000;

        @Test
        void setsTheKernelsMarkAndUnlockingClearsIt() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.lockInMemory();
                assertThat(row(segment.id()).mode()).isEqualTo(SHM_LOCKED | 0600);
                assertThat(memory.status().locked()).isTrue();
                memory.unlockFromMemory();
                assertThat(row(segment.id()).mode()).isEqualTo(0600);
                assertThat(memory.status().locked()).isFalse();
            }
        }

        @Test
        void isNotAmongThePermissions() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.lockInMemory();
                assertThat(memory.status().permissions().permissions())
                        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            }
        }

        @Test
        void holdsForTheSegmentAndNotForTheAttachment() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096)) {
                try (SharedMemory memory = SharedMemory.open(segment.id())) {
                    memory.lockInMemory();
                }
                assertThat(row(segment.id()).mode() & SHM_LOCKED).isNotZero();
            }
        }

        @Test
        void excludesNobody() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.lockInMemory();
                try (SharedMemory other = SharedMemory.open(segment.id())) {
                    other.segment().set(JAVA_INT, 0, 4711);
                    assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
                }
            }
        }

        @Test
        void unlockingWhatIsNotLockedDoesNothing() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.unlockFromMemory();
                assertThat(row(segment.id()).mode()).isEqualTo(0600);
            }
        }

        @Test
        void isKeptByNewPermissions() throws IOException {
            try (TestSegment segment = TestSegment.ofBytes(4096);
                    SharedMemory memory = SharedMemory.open(segment.id())) {
                memory.lockInMemory();
                memory.setPermissions(PosixFilePermissions.fromString("rw-r--r--"));
                assertThat(row(segment.id()).mode()).isEqualTo(SHM_LOCKED | 0644);
            }
        }
    }
}
