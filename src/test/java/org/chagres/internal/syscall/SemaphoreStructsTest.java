package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each accessor reads its own field: C fills the structs with a different number in each, all bits of a sign set. */
class SemaphoreStructsTest {
    @Test
    void semidDsIsReadAsCWritesIt() {
        String source = """
                struct semid_ds ds;
                memset(&ds, 0x55, sizeof ds);
                fill(&ds.sem_perm);
                ds.sem_otime = 0x7000000000000008;
                ds.sem_ctime = 0x7000000000000009;
                ds.sem_nsems = 0x700000000000000a;
                dump(&ds, sizeof ds);
                """;
        try (Arena arena = Arena.ofConfined()) {
            SemidDs read = new SemidDs(Dump.of(source, arena));

            Dump.assertFilled(read.perm());
            assertThat(read.otime()).isEqualTo(0x7000000000000008L);
            assertThat(read.ctime()).isEqualTo(0x7000000000000009L);
            assertThat(read.nsems()).isEqualTo(0x700000000000000aL);
        }
    }

    @Test
    void ownerAndModeAreWrittenAsCReadsThem() {
        String source = """
                struct semid_ds ds;
                memset(&ds, 0, sizeof ds);
                own(&ds.sem_perm);
                dump(&ds, sizeof ds);
                """;
        try (Arena arena = Arena.ofConfined()) {
            SemidDs written = SemidDs.allocate(arena);
            Dump.own(written.perm());

            MemorySegment expected = Dump.of(source, arena);
            assertThat(written.segment().byteSize()).isGreaterThanOrEqualTo(expected.byteSize());
            assertThat(written.segment().asSlice(0, expected.byteSize()).mismatch(expected))
                    .isEqualTo(-1);
        }
    }

    @Test
    void seminfoIsReadAsCWritesIt() {
        String source = """
                struct seminfo info;
                memset(&info, 0x55, sizeof info);
                info.semmap = 0x70000001;
                info.semmni = 0x70000002;
                info.semmns = 0x70000003;
                info.semmnu = 0x70000004;
                info.semmsl = 0x70000005;
                info.semopm = 0x70000006;
                info.semume = 0x70000007;
                info.semusz = 0x70000008;
                info.semvmx = 0x70000009;
                info.semaem = 0x7000000a;
                dump(&info, sizeof info);
                """;
        try (Arena arena = Arena.ofConfined()) {
            SemInfo read = new SemInfo(Dump.of(source, arena));

            assertThat(read.semmni()).isEqualTo(0x70000002);
            assertThat(read.semmns()).isEqualTo(0x70000003);
            assertThat(read.semmsl()).isEqualTo(0x70000005);
            assertThat(read.semopm()).isEqualTo(0x70000006);
            assertThat(read.semusz()).isEqualTo(0x70000008);
            assertThat(read.semvmx()).isEqualTo(0x70000009);
            assertThat(read.semaem()).isEqualTo(0x7000000a);
            assertThat(SemInfo.allocate(arena).segment().byteSize())
                    .isEqualTo(read.segment().byteSize());
        }
    }

    /** An operation packed into a number, and several in an array, are the bytes that C gives the kernel. */
    @Test
    void sembufsAreWrittenAsCReadsThem() {
        String source = """
                struct sembuf three[3] = {
                    {.sem_num = 0, .sem_op = -1, .sem_flg = SEM_UNDO},
                    {.sem_num = 65535, .sem_op = -32768, .sem_flg = SEM_UNDO | IPC_NOWAIT},
                    {.sem_num = 0x1234, .sem_op = 0x5678, .sem_flg = 0},
                };
                dump(three, sizeof three);
                """;
        try (Arena arena = Arena.ofConfined()) {
            Sembufs written = Sembufs.allocate(arena, 3);
            written.set(0, SemaphoreCalls.sembuf(0, -1, SemaphoreCalls.SEM_UNDO));
            written.set(
                    1,
                    SemaphoreCalls.sembufWith(
                            SemaphoreCalls.sembuf(65535, -32768, SemaphoreCalls.SEM_UNDO), SemaphoreCalls.IPC_NOWAIT));
            written.set(2, SemaphoreCalls.sembuf(0x1234, 0x5678, 0));

            assertThat(written.count()).isEqualTo(3);
            assertThat(written.segment().mismatch(Dump.of(source, arena))).isEqualTo(-1);
        }
    }

    /** Each part stays in its own sixteen bits, whatever its sign. */
    @ParameterizedTest
    @CsvSource({"0, 0, 0", "65535, 0, 0", "0, -1, 0", "0, -32768, 0", "0, 32767, 0", "1, -1, -1"})
    void aPackedOperationHasNothingButItsParts(int number, int delta, int flags) {
        long packed = SemaphoreCalls.sembuf(number, delta, flags);

        assertThat(packed >>> 48).isZero();
        try (Arena arena = Arena.ofConfined()) {
            Sembufs two = Sembufs.allocate(arena, 2);
            two.set(0, packed);
            assertThat(two.segment().asSlice(6).toArray(ValueLayout.JAVA_BYTE))
                    .as("the next one")
                    .containsOnly(0);
        }
    }

    @Test
    void noOperationsHaveNoCount() {
        assertThat(Sembufs.NONE.count()).isZero();
    }
}
