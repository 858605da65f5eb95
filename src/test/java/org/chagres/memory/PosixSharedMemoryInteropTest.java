package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.util.List;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One object, and programs that know nothing of Java. */
@ExtendWith(LeakCheck.class)
class PosixSharedMemoryInteropTest {
    /** Else its helper unlinks at the end what this process only opened. */
    private static final String UNTRACKED = """
            import sys
            from multiprocessing import resource_tracker, shared_memory
            resource_tracker.register = lambda *arguments: None
            resource_tracker.unregister = lambda *arguments: None
            """;

    private static final String C_PEER = """
            #include <fcntl.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/mman.h>
            #include <sys/stat.h>
            #include <unistd.h>

            int main(int argc, char **argv) {
                size_t size = atoi(argv[2]);
                int fd = shm_open(argv[1], size ? O_RDWR | O_CREAT | O_EXCL : O_RDWR, 0600);
                struct stat file;
                if (fd < 0 || (size && ftruncate(fd, size) < 0) || fstat(fd, &file) < 0) {
                    perror(argv[1]);
                    return 1;
                }
                char *memory = mmap(NULL, file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
                if (memory == MAP_FAILED) {
                    perror("mmap");
                    return 1;
                }
                printf("%ld %o %s\\n", (long) file.st_size, (unsigned) file.st_mode, memory);
                strcpy(memory, "from C");
                return argc > 3 ? shm_unlink(argv[1]) : 0;
            }
            """;

    @AfterAll
    static void noNameOfOursIsLeft() {
        assertThat(TestObject.names())
                .filteredOn(name -> name.startsWith(TestObject.prefix()))
                .isEmpty();
    }

    private static Peer python(String script, String name) {
        Run.assumeInstalled("python3");
        return Peer.start(List.of("python3", "-W", "ignore", "-c", UNTRACKED + script, name));
    }

    @Test
    void pythonOpensWhatJavaMade() throws Exception {
        try (TestObject object = TestObject.unused();
                PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 5000)) {
            memory.segment().setString(100, "from Java");
            try (Peer python = python("""
                    shared = shared_memory.SharedMemory(sys.argv[1])
                    print(shared.size, bytes(shared.buf[100:109]).decode(), flush=True)
                    shared.buf[4996:5000] = (4711).to_bytes(4, sys.byteorder)
                    shared.close()
                    """, object.name())) {
                assertThat(python.hear()).isEqualTo("5000 from Java");
                assertThat(python.end()).isZero();
            }
            assertThat(memory.segment().get(JAVA_INT, 4996)).isEqualTo(4711);
            assertThat(object.path()).exists();
        }
    }

    @Test
    void javaOpensWhatPythonMade() throws Exception {
        try (TestObject object = TestObject.unused();
                Peer python = python("""
                        shared = shared_memory.SharedMemory(sys.argv[1], create=True, size=5000)
                        shared.buf[4990:4996] = b"Python"
                        print("made", flush=True)
                        sys.stdin.readline()
                        print(bytes(shared.buf[:4]).decode(), flush=True)
                        sys.stdin.readline()
                        shared.close()
                        shared.unlink()
                        """, object.name())) {
            assertThat(python.hear()).isEqualTo("made");
            try (PosixSharedMemory memory = PosixSharedMemory.open(object.name())) {
                assertThat(memory.byteSize()).isEqualTo(5000);
                assertThat(memory.created()).isFalse();
                assertThat(memory.segment().getString(4990)).isEqualTo("Python");
                memory.segment().setString(0, "Java");
                assertThat(python.ask("look")).isEqualTo("Java");
                python.tell("unlink");
                assertThat(python.end()).isZero();
                assertThat(object.path()).doesNotExist();
                assertThat(memory.segment().getString(4990)).isEqualTo("Python");
            }
        }
    }

    @Test
    void pythonsExclusiveCreateAndOursKeepEachOtherOut() throws Exception {
        try (TestObject object = TestObject.unused();
                PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 16);
                Peer python = python("""
                        try:
                            shared_memory.SharedMemory(sys.argv[1], create=True, size=16)
                        except FileExistsError:
                            print("exists")
                        """, object.name())) {
            assertThat(python.hear()).isEqualTo("exists");
            assertThat(python.end()).isZero();
            assertThat(memory.byteSize()).isEqualTo(16);
        }
    }

    @Test
    void aListOfPythonsIsReadInPlace() throws Exception {
        try (TestObject object = TestObject.unused();
                Peer python = python("""
                        numbers = shared_memory.ShareableList([4711, -815], name=sys.argv[1])
                        print("made", flush=True)
                        sys.stdin.readline()
                        print(numbers[1], flush=True)
                        """, object.name())) {
            assertThat(python.hear()).isEqualTo("made");
            try (PosixSharedMemory memory = PosixSharedMemory.open(object.name())) {
                // its layout: how many, one more offset than that, then eight bytes each
                long first = 8 * (1 + 3);
                ValueLayout.OfLong number = ValueLayout.JAVA_LONG;
                assertThat(memory.segment().get(number, 0)).isEqualTo(2);
                assertThat(memory.segment().get(number, first)).isEqualTo(4711);
                memory.segment().set(number, first + 8, 47);
                assertThat(python.ask("look")).isEqualTo("47");
            }
            assertThat(python.end()).isZero();
        }
    }

    @Test
    void aProgramInCOpensWhatJavaMade() throws Exception {
        try (CProgram program = CProgram.compile(C_PEER);
                TestObject object = TestObject.unused();
                PosixSharedMemory memory = PosixSharedMemory.create(object.name(), 5000)) {
            memory.segment().setString(0, "from Java");
            assertThat(program.run("/" + object.name(), 0, "unlink").output()).isEqualTo("5000 100600 from Java\n");
            assertThat(memory.segment().getString(0)).isEqualTo("from C");
            assertThat(object.path()).doesNotExist();
        }
    }

    @Test
    void javaOpensAndUnlinksWhatAProgramInCMade() throws Exception {
        try (CProgram program = CProgram.compile(C_PEER);
                TestObject object = TestObject.unused()) {
            assertThat(program.run("/" + object.name(), 5000).output()).isEqualTo("5000 100600 \n");
            try (PosixSharedMemory memory = PosixSharedMemory.openOrCreate(object.name(), 5000)) {
                assertThat(memory.created()).isFalse();
                assertThat(memory.segment().getString(0)).isEqualTo("from C");
                assertThat(memory.segment().get(JAVA_BYTE, 4999)).isZero();
                memory.unlink();
            }
            assertThat(Files.exists(object.path())).isFalse();
        }
    }
}
