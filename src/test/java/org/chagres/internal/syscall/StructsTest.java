package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** Each accessor reads its own field: C fills the structs with a different number in each, all bits of a sign set. */
class StructsTest {
    @Test
    void shmidDsIsReadAsCWritesIt() {
        String source = """
                struct shmid_ds ds;
                memset(&ds, 0x55, sizeof ds);
                fill(&ds.shm_perm);
                ds.shm_segsz = 0x7000000000000008;
                ds.shm_atime = 0x7000000000000009;
                ds.shm_dtime = 0x700000000000000a;
                ds.shm_ctime = 0x700000000000000b;
                ds.shm_cpid = 12;
                ds.shm_lpid = 13;
                ds.shm_nattch = 0x700000000000000e;
                dump(&ds, sizeof ds);
                """;
        try (Arena arena = Arena.ofConfined()) {
            ShmidDs read = new ShmidDs(Dump.of(source, arena));

            Dump.assertFilled(read.perm());
            assertThat(read.segsz()).isEqualTo(0x7000000000000008L);
            assertThat(read.atime()).isEqualTo(0x7000000000000009L);
            assertThat(read.dtime()).isEqualTo(0x700000000000000aL);
            assertThat(read.ctime()).isEqualTo(0x700000000000000bL);
            assertThat(read.cpid()).isEqualTo(12);
            assertThat(read.lpid()).isEqualTo(13);
            assertThat(read.nattch()).isEqualTo(0x700000000000000eL);
        }
    }

    @Test
    void ownerAndModeAreWrittenAsCReadsThem() {
        String source = """
                struct shmid_ds ds;
                memset(&ds, 0, sizeof ds);
                own(&ds.shm_perm);
                dump(&ds, sizeof ds);
                """;
        try (Arena arena = Arena.ofConfined()) {
            ShmidDs written = ShmidDs.allocate(arena);
            Dump.own(written.perm());

            assertThat(written.segment().mismatch(Dump.of(source, arena))).isEqualTo(-1);
        }
    }

    @Test
    void limitsAreReadAsCWritesThem() {
        String source = """
                struct shminfo info;
                memset(&info, 0x55, sizeof info);
                info.shmmax = 0xf000000000000001;
                info.shmmin = 0xf000000000000002;
                info.shmmni = 0xf000000000000003;
                info.shmall = 0xf000000000000004;
                dump(&info, sizeof info);
                """;
        try (Arena arena = Arena.ofConfined()) {
            ShmLimits read = new ShmLimits(Dump.of(source, arena));

            assertThat(read.shmmax()).isEqualTo(0xf000000000000001L);
            assertThat(read.shmmin()).isEqualTo(0xf000000000000002L);
            assertThat(read.shmmni()).isEqualTo(0xf000000000000003L);
            assertThat(read.shmall()).isEqualTo(0xf000000000000004L);
        }
    }

    @Test
    void usageIsReadAsCWritesIt() {
        String source = """
                struct shm_info info;
                memset(&info, 0x55, sizeof info);
                info.used_ids = 0x70000001;
                info.shm_tot = 0x7000000000000002;
                info.shm_rss = 0x7000000000000003;
                info.shm_swp = 0x7000000000000004;
                info.swap_attempts = 0x7000000000000005;
                info.swap_successes = 0x7000000000000006;
                dump(&info, sizeof info);
                """;
        try (Arena arena = Arena.ofConfined()) {
            ShmUsage read = new ShmUsage(Dump.of(source, arena));

            assertThat(read.usedIds()).isEqualTo(0x70000001);
            assertThat(read.shmTot()).isEqualTo(0x7000000000000002L);
            assertThat(read.shmRss()).isEqualTo(0x7000000000000003L);
            assertThat(read.shmSwp()).isEqualTo(0x7000000000000004L);
            assertThat(read.swapAttempts()).isEqualTo(0x7000000000000005L);
            assertThat(read.swapSuccesses()).isEqualTo(0x7000000000000006L);
        }
    }
}
