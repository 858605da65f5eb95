package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.testing.CProgram;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** One segment, and programs that know nothing of Java. */
@ExtendWith(LeakCheck.class)
class SharedMemoryInteropTest {

    // C

    private static final StructLayout READING = MemoryLayout.structLayout(
            JAVA_INT.withName("station"),
            MemoryLayout.paddingLayout(4),
            JAVA_DOUBLE.withName("celsius"),
            JAVA_LONG.withName("when"),
            MemoryLayout.sequenceLayout(8, JAVA_BYTE).withName("unit"));

    private static long offset(String field) {
        return READING.byteOffset(PathElement.groupElement(field));
    }

    @Test
    void aStructGoesToACProgramAndBack() throws IOException {
        String source = """
                #include <stdio.h>
                #include <stdlib.h>
                #include <string.h>
                #include <sys/shm.h>

                struct reading { int station; double celsius; long when; char unit[8]; };

                int main(int argc, char **argv) {
                    struct reading *memory = shmat(atoi(argv[1]), NULL, 0);
                    if (memory == (void *) -1)
                        return 1;
                    printf("%d %.2f %ld %s\\n", memory->station, memory->celsius, memory->when, memory->unit);
                    memory->station++;
                    memory->celsius = -40.25;
                    memory->when = -1;
                    strcpy(memory->unit, "F");
                    return shmdt(memory);
                }
                """;
        try (TestSegment segment = TestSegment.ofBytes(READING.byteSize());
                SharedMemory attached = SharedMemory.open(segment.id());
                CProgram program = CProgram.compile(source)) {
            MemorySegment reading = attached.segment();
            reading.set(JAVA_INT, offset("station"), 4711);
            reading.set(JAVA_DOUBLE, offset("celsius"), 21.5);
            reading.set(JAVA_LONG, offset("when"), 1_234_567_890_123L);
            reading.setString(offset("unit"), "C");
            assertThat(program.run(segment.id()).output()).isEqualTo("4711 21.50 1234567890123 C\n");
            assertThat(reading.get(JAVA_INT, offset("station"))).isEqualTo(4712);
            assertThat(reading.get(JAVA_DOUBLE, offset("celsius"))).isEqualTo(-40.25);
            assertThat(reading.get(JAVA_LONG, offset("when"))).isEqualTo(-1);
            assertThat(reading.getString(offset("unit"))).isEqualTo("F");
        }
    }

    @Test
    void aKeyFromAFileIsTheOneACProgramMakes(@TempDir Path folder) throws IOException {
        String source = """
                #include <stdio.h>
                #include <sys/shm.h>

                int main(int argc, char **argv) {
                    key_t key = ftok(argv[1], 'S');
                    int id = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);
                    char *memory = shmat(id, NULL, 0);
                    if (key == -1 || id == -1 || memory == (void *) -1) {
                        perror("program");
                        return 1;
                    }
                    sprintf(memory, "made by C");
                    printf("%d %d\\n", key, id);
                    return 0;
                }
                """;
        try (CProgram program = CProgram.compile(source)) {
            String[] made = program.run(folder).output().strip().split(" ");
            try (TestSegment segment = TestSegment.of(Integer.parseInt(made[1]))) {
                IpcKey key = IpcKey.ofPath(folder, 'S');
                assertThat(key.value()).isEqualTo(Integer.parseInt(made[0]));
                try (SharedMemory memory = SharedMemory.open(key)) {
                    assertThat(memory.id()).isEqualTo(segment.id());
                    assertThat(memory.segment().getString(0)).isEqualTo("made by C");
                }
            }
        }
    }

    @Test
    void theStatusIsWhatACProgramIsTold() throws IOException {
        String source = """
                #include <stdio.h>
                #include <stdlib.h>
                #include <sys/shm.h>

                int main(int argc, char **argv) {
                    struct shmid_ds d;
                    if (shmctl(atoi(argv[1]), IPC_STAT, &d) == -1)
                        return 1;
                    printf("%d %u %u %u %u %o %u %zu %lu %d %d %ld %ld %ld\\n", d.shm_perm.__key, d.shm_perm.uid,
                           d.shm_perm.gid, d.shm_perm.cuid, d.shm_perm.cgid, (unsigned) d.shm_perm.mode,
                           (unsigned) d.shm_perm.__seq, d.shm_segsz, d.shm_nattch, d.shm_cpid, d.shm_lpid, d.shm_atime,
                           d.shm_dtime, d.shm_ctime);
                    return 0;
                }
                """;
        try (TestSegment segment = TestSegment.withRandomKey(5000);
                SharedMemory memory = SharedMemory.open(segment.id());
                CProgram program = CProgram.compile(source)) {
            memory.setPermissions(PosixFilePermissions.fromString("rw-r-----"));
            memory.lockInMemory();
            SharedMemoryStatus status = memory.status();
            int mode = 02640;
            assertThat(program.run(segment.id()).output().strip().split(" "))
                    .containsExactly(
                            Integer.toString(status.key().value()),
                            Long.toString(status.permissions().ownerUid()),
                            Long.toString(status.permissions().ownerGid()),
                            Long.toString(status.permissions().creatorUid()),
                            Long.toString(status.permissions().creatorGid()),
                            Integer.toOctalString(mode),
                            Integer.toString(status.permissions().sequence()),
                            Long.toString(status.byteSize()),
                            Long.toString(status.attachCount()),
                            Integer.toString(status.creatorPid()),
                            Integer.toString(status.lastPid()),
                            Long.toString(status.lastAttached()
                                    .map(Instant::getEpochSecond)
                                    .orElse(0L)),
                            Long.toString(status.lastDetached()
                                    .map(Instant::getEpochSecond)
                                    .orElse(0L)),
                            Long.toString(status.lastChanged().getEpochSecond()));
        }
    }

    // Python

    private static final String PYTHON_PRELUDE = """
            import ctypes, struct, sys
            libc = ctypes.CDLL(None, use_errno=True)
            libc.shmat.restype = ctypes.c_void_p
            libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
            libc.shmdt.argtypes = [ctypes.c_void_p]
            libc.shmget.argtypes = [ctypes.c_int, ctypes.c_size_t, ctypes.c_int]
            def attach(id):
                address = libc.shmat(id, None, 0)
                if address in (None, ctypes.c_void_p(-1).value):
                    sys.exit("shmat: errno %d" % ctypes.get_errno())
                return address
            """;

    private static String python(String script, Object... arguments) {
        String python = Files.isExecutable(Path.of("/usr/bin/python3")) ? "/usr/bin/python3" : "python3";
        Assumptions.assumeTrue(python.startsWith("/") || Run.isInstalled(python), "python3 is not installed");
        return run(List.of(python, "-c", PYTHON_PRELUDE + script), arguments);
    }

    private static String run(List<String> start, Object... arguments) {
        List<String> command = new ArrayList<>(start);
        for (Object argument : arguments) {
            command.add(String.valueOf(argument));
        }
        return Run.command(command, Map.of()).output().strip();
    }

    @Test
    void pythonReadsAndWritesWhatJavaMade() throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(4096);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            memory.segment().setString(100, "from Java");
            String read = python("""
                    address = attach(libc.shmget(int(sys.argv[1]), 0, 0))
                    print(ctypes.string_at(address + 100).decode())
                    ctypes.memmove(address, struct.pack("<iq", 4711, -815), 12)
                    libc.shmdt(address)
                    """, segment.key().value());
            assertThat(read).isEqualTo("from Java");
            assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            assertThat(memory.segment().get(ValueLayout.JAVA_LONG_UNALIGNED, 4)).isEqualTo(-815);
        }
    }

    @Test
    void javaReadsByIdentifierWhatPythonMade() throws IOException {
        int id = Integer.parseInt(python("""
                id = libc.shmget(0, 5000, 0o1600)
                ctypes.memmove(attach(id) + 4992, struct.pack(">i", 4711), 4)
                print(id)
                """));
        try (TestSegment segment = TestSegment.of(id);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            assertThat(memory.byteSize()).isEqualTo(5000);
            assertThat(memory.segment().get(JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN), 4992))
                    .isEqualTo(4711);
        }
    }

    // Perl

    private static String perl(String script, Object... arguments) {
        Run.assumeInstalled("perl");
        return run(List.of("perl", "-e", script, "--"), arguments);
    }

    @Test
    void perlWritesAtAnyOffset() throws IOException {
        try (TestSegment segment = TestSegment.ofBytes(8);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            String write = "shmwrite($ARGV[0], $ARGV[1], $ARGV[2], length $ARGV[1]) or die $!";
            perl(write, segment.id(), "abcdefgh", 0);
            perl(write, segment.id(), "1234", 4);
            perl(write, segment.id(), "--", 1);
            assertThat(new String(memory.segment().toArray(JAVA_BYTE), StandardCharsets.US_ASCII))
                    .isEqualTo("a--d1234");
            assertThat(memory.segment().get(JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN), 1))
                    .isEqualTo('-' << 24 | '-' << 16 | 'd' << 8 | '1');
        }
    }

    @Test
    void perlFindsByKeyAndReadsWhatJavaWrote() throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(64);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            memory.segment().setString(8, "from Java");
            String script = """
                    defined(my $id = shmget($ARGV[0], 64, 0)) or die $!;
                    shmread($id, my $text, 8, 9) or die $!;
                    print "$id $text"
                    """;
            assertThat(perl(script, segment.key().value())).isEqualTo(segment.id() + " from Java");
        }
    }

    @Test
    void bigEndianBytesOfPerlAreReadAfterTheRemoval() throws IOException {
        String script = """
                defined(my $id = shmget(0, 4, 01600)) or die $!;
                shmwrite($id, pack("N", 0x12345678), 0, 4) or die $!;
                print $id
                """;
        try (TestSegment segment = TestSegment.of(Integer.parseInt(perl(script)));
                SharedMemory memory = SharedMemory.open(segment.id())) {
            memory.remove();
            assertThat(memory.byteSize()).isEqualTo(4);
            assertThat(memory.segment().get(JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN), 0))
                    .isEqualTo(0x12345678);
        }
    }

    // util-linux

    private static String ipcs(Object... arguments) {
        Run.assumeInstalled("ipcs");
        return run(List.of("ipcs"), arguments);
    }

    @Test
    void ipcsListsWhatJavaMade() throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(5000);
                SharedMemory memory = SharedMemory.open(segment.id())) {
            assertThat(ipcs("-m").lines().map(line -> line.split("\\s+")))
                    .anySatisfy(columns -> assertThat(columns)
                            .startsWith(segment.key().toString(), Integer.toString(segment.id()))
                            .endsWith("600", "5000", "1"));
            memory.remove();
            assertThat(ipcs("-m").lines().map(line -> line.split("\\s+")))
                    .anySatisfy(columns -> assertThat(columns)
                            .startsWith("0x00000000", Integer.toString(segment.id()))
                            .endsWith("600", "5000", "1", "dest"));
        }
    }

    @Test
    void ipcsShowsTheDetailsOfWhatJavaMade() throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(5000)) {
            assertThat(ipcs("-m", "-i", segment.id()))
                    .contains("shmid=" + segment.id())
                    .contains("bytes=5000")
                    .contains("nattch=0")
                    .contains("cpid=" + ProcessHandle.current().pid());
        }
    }

    @Test
    void ipcrmByIdentifierRemovesUnderAnAttachment() throws IOException {
        Run.assumeInstalled("ipcrm");
        try (SharedMemory memory = SharedMemory.create(IpcKey.random(), 4096);
                TestSegment segment = TestSegment.of(memory.id())) {
            run(List.of("ipcrm"), "-m", segment.id());
            memory.segment().set(JAVA_INT, 0, 4711);
            assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
            assertThat(memory.status().markedForRemoval()).isTrue();
        }
    }

    @Test
    void ipcrmByKeyRemovesWhatJavaMade() throws IOException {
        Run.assumeInstalled("ipcrm");
        try (TestSegment segment = TestSegment.withRandomKey(4096)) {
            run(List.of("ipcrm"), "-M", segment.key());
            assertThat(Kernel.sharedMemory(segment.id())).isEmpty();
            assertThatThrownBy(() -> SharedMemory.open(segment.key()))
                    .isInstanceOfSatisfying(
                            ErrnoException.class,
                            failure -> assertThat(failure.errno()).isEqualTo(Errno.ENOENT));
        }
    }

    @Test
    void ofWhatIpcmkMadeNobodyHasAttachedYet() throws IOException {
        Run.assumeInstalled("ipcmk");
        String made = run(List.of("ipcmk"), "-M", 5000, "-p", "0640");
        Matcher id = Pattern.compile("id: (\\d+)").matcher(made);
        assertThat(id.find()).as(made).isTrue();
        try (TestSegment segment = TestSegment.of(Integer.parseInt(id.group(1)))) {
            SharedMemoryStatus status = SharedMemory.status(segment.id());
            assertThat(status.lastAttached()).isEmpty();
            assertThat(status.lastDetached()).isEmpty();
            assertThat(status.lastPid()).isZero();
            assertThat(status.byteSize()).isEqualTo(5000);
            assertThat(PosixFilePermissions.toString(status.permissions().permissions()))
                    .isEqualTo("rw-r-----");
            try (SharedMemory memory = SharedMemory.open(status.key())) {
                assertThat(memory.id()).isEqualTo(segment.id());
            }
        }
    }
}
