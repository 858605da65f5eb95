package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.chagres.testing.CProgram;
import org.junit.jupiter.api.Test;

/** Each accessor reads its own field: C fills the structs with a different number in each, all bits of a sign set. */
class StructsTest {
    private static final String DUMP = """
            #include <stdio.h>
            #include <string.h>
            #include <sys/ipc.h>
            #include <sys/shm.h>
            static void dump(const void *bytes, size_t size) {
                for (size_t i = 0; i < size; i++) printf("%02x", ((const unsigned char *) bytes)[i]);
                puts("");
            }
            """;

    @Test
    void shmidDsIsReadAsCWritesIt() {
        String source = DUMP + """
                int main(void) {
                    struct shmid_ds ds;
                    memset(&ds, 0x55, sizeof ds);
                    ds.shm_perm.__key = 0xf0000001;
                    ds.shm_perm.uid = 0xf0000002;
                    ds.shm_perm.gid = 0xf0000003;
                    ds.shm_perm.cuid = 0xf0000004;
                    ds.shm_perm.cgid = 0xf0000005;
                    ds.shm_perm.mode = 0x1e6;
                    ds.shm_perm.__seq = 0xf007;
                    ds.shm_segsz = 0x7000000000000008;
                    ds.shm_atime = 0x7000000000000009;
                    ds.shm_dtime = 0x700000000000000a;
                    ds.shm_ctime = 0x700000000000000b;
                    ds.shm_cpid = 12;
                    ds.shm_lpid = 13;
                    ds.shm_nattch = 0x700000000000000e;
                    dump(&ds, sizeof ds);
                    return 0;
                }
                """;
        try (CProgram program = CProgram.compile(source);
                Arena arena = Arena.ofConfined()) {
            ShmidDs read = new ShmidDs(bytes(program, arena));

            assertThat(read.perm().key()).isEqualTo(0xf0000001);
            assertThat(read.perm().uid()).isEqualTo(0xf0000002L);
            assertThat(read.perm().gid()).isEqualTo(0xf0000003L);
            assertThat(read.perm().cuid()).isEqualTo(0xf0000004L);
            assertThat(read.perm().cgid()).isEqualTo(0xf0000005L);
            assertThat(read.perm().mode()).isEqualTo(0x1e6);
            assertThat(read.perm().seq()).isEqualTo(0xf007);
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
        String source = DUMP + """
                int main(void) {
                    struct shmid_ds ds;
                    memset(&ds, 0, sizeof ds);
                    ds.shm_perm.uid = 0xf0000002;
                    ds.shm_perm.gid = 0xf0000003;
                    ds.shm_perm.mode = 0x1e6;
                    dump(&ds, sizeof ds);
                    return 0;
                }
                """;
        try (CProgram program = CProgram.compile(source);
                Arena arena = Arena.ofConfined()) {
            ShmidDs written = ShmidDs.allocate(arena);
            written.perm().setOwner(0xf0000002, 0xf0000003);
            written.perm().setMode(0x1e6);

            assertThat(written.segment().mismatch(bytes(program, arena))).isEqualTo(-1);
        }
    }

    @Test
    void limitsAreReadAsCWritesThem() {
        String source = DUMP + """
                int main(void) {
                    struct shminfo info;
                    memset(&info, 0x55, sizeof info);
                    info.shmmax = 0xf000000000000001;
                    info.shmmin = 0xf000000000000002;
                    info.shmmni = 0xf000000000000003;
                    info.shmall = 0xf000000000000004;
                    dump(&info, sizeof info);
                    return 0;
                }
                """;
        try (CProgram program = CProgram.compile(source);
                Arena arena = Arena.ofConfined()) {
            ShmLimits read = new ShmLimits(bytes(program, arena));

            assertThat(read.shmmax()).isEqualTo(0xf000000000000001L);
            assertThat(read.shmmin()).isEqualTo(0xf000000000000002L);
            assertThat(read.shmmni()).isEqualTo(0xf000000000000003L);
            assertThat(read.shmall()).isEqualTo(0xf000000000000004L);
        }
    }

    @Test
    void usageIsReadAsCWritesIt() {
        String source = DUMP + """
                int main(void) {
                    struct shm_info info;
                    memset(&info, 0x55, sizeof info);
                    info.used_ids = 0x70000001;
                    info.shm_tot = 0x7000000000000002;
                    info.shm_rss = 0x7000000000000003;
                    info.shm_swp = 0x7000000000000004;
                    info.swap_attempts = 0x7000000000000005;
                    info.swap_successes = 0x7000000000000006;
                    dump(&info, sizeof info);
                    return 0;
                }
                """;
        try (CProgram program = CProgram.compile(source);
                Arena arena = Arena.ofConfined()) {
            ShmUsage read = new ShmUsage(bytes(program, arena));

            assertThat(read.usedIds()).isEqualTo(0x70000001);
            assertThat(read.shmTot()).isEqualTo(0x7000000000000002L);
            assertThat(read.shmRss()).isEqualTo(0x7000000000000003L);
            assertThat(read.shmSwp()).isEqualTo(0x7000000000000004L);
            assertThat(read.swapAttempts()).isEqualTo(0x7000000000000005L);
            assertThat(read.swapSuccesses()).isEqualTo(0x7000000000000006L);
        }
    }

    private static MemorySegment bytes(CProgram program, Arena arena) {
        byte[] bytes = HexFormat.of().parseHex(program.run().output().strip());
        MemorySegment segment = arena.allocate(bytes.length, Long.BYTES);
        segment.copyFrom(MemorySegment.ofArray(bytes));
        return segment;
    }
}
