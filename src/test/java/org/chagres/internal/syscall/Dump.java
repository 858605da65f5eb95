package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.chagres.testing.CProgram;

/** A struct as C fills it. */
final class Dump {
    private static final String PRELUDE = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/ipc.h>
            #include <sys/sem.h>
            #include <sys/shm.h>
            #include <sys/socket.h>
            static void dump(const void *bytes, size_t size) {
                for (size_t i = 0; i < size; i++) printf("%02x", ((const unsigned char *) bytes)[i]);
                puts("");
            }
            static void own(struct ipc_perm *perm) {
                perm->uid = 0xf0000002;
                perm->gid = 0xf0000003;
                perm->mode = 0x1e6;
            }
            static void fill(struct ipc_perm *perm) {
                own(perm);
                perm->__key = 0xf0000001;
                perm->cuid = 0xf0000004;
                perm->cgid = 0xf0000005;
                perm->__seq = 0xf007;
            }
            int main(void) {
                (void) own, (void) fill;
            """;

    private Dump() {}

    /**
     * What statements dump by {@code dump(&struct, size)}; they may {@code fill} permissions, or set the {@code own}
     * part alone.
     */
    static MemorySegment of(String statements, Arena arena) {
        try (CProgram program = CProgram.compile(PRELUDE + statements + "}")) {
            byte[] bytes = HexFormat.of().parseHex(program.run().output().strip());
            MemorySegment segment = arena.allocate(bytes.length, Long.BYTES);
            segment.copyFrom(MemorySegment.ofArray(bytes));
            return segment;
        }
    }

    /** Asserts what {@code fill} has set. */
    static void assertFilled(IpcPerm read) {
        assertThat(read.key()).isEqualTo(0xf0000001);
        assertThat(read.uid()).isEqualTo(0xf0000002L);
        assertThat(read.gid()).isEqualTo(0xf0000003L);
        assertThat(read.cuid()).isEqualTo(0xf0000004L);
        assertThat(read.cgid()).isEqualTo(0xf0000005L);
        assertThat(read.mode()).isEqualTo(0x1e6);
        assertThat(read.seq()).isEqualTo(0xf007);
    }

    /** Sets what {@code own} sets. */
    static void own(IpcPerm written) {
        written.setOwner(0xf0000002, 0xf0000003);
        written.setMode(0x1e6);
    }
}
