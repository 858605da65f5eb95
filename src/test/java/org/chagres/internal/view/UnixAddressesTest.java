package org.chagres.internal.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.SockaddrUn;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.socket.UnixAddress;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Addresses in memory, as they are written and read; and through the kernel, which is the judge of both. */
@ExtendWith(LeakCheck.class)
class UnixAddressesTest {
    private final Arena arena = Arena.ofAuto();

    private static List<UnixAddress> addresses() {
        return List.of(
                UnixAddress.unnamed(),
                UnixAddress.abstractName(""),
                UnixAddress.abstractName("\0"),
                UnixAddress.abstractName("name"),
                UnixAddress.abstractName("name\0"),
                UnixAddress.abstractName(new byte[] {(byte) 0xff, 0, '/', -1}),
                UnixAddress.abstractName("x".repeat(107)),
                UnixAddress.of(Path.of("a")),
                UnixAddress.of(Path.of("@a")),
                UnixAddress.of(Path.of("/a/b c")),
                UnixAddress.of(Path.of("./a/../b")),
                UnixAddress.of(odd("/a/%FF%C3b")),
                UnixAddress.of(odd("/./%FF%C3b/%E6%97%A5").subpath(0, 3)),
                UnixAddress.of(Path.of("x".repeat(107))),
                UnixAddress.of(Path.of("x".repeat(108))));
    }

    /** Of bytes that need not be text. */
    private static Path odd(String path) {
        return Path.of(URI.create("file://" + path));
    }

    @ParameterizedTest
    @MethodSource("addresses")
    void whatIsWrittenIsReadAgain(UnixAddress address) {
        UnixAddresses.Written written = UnixAddresses.write(address, arena);

        assertThat(UnixAddresses.read(written.memory(), written.length())).isEqualTo(address);
        assertThat(UnixAddresses.read(written.memory().toArray(ValueLayout.JAVA_BYTE), written.length()))
                .isEqualTo(address);
        assertThat(new SockaddrUn(written.memory()).family()).isEqualTo(SocketCalls.AF_UNIX);
    }

    @Test
    void theLengthSaysWhatItIs() {
        assertThat(written(UnixAddress.unnamed())).hasSize(2);
        assertThat(written(UnixAddress.abstractName(""))).hasSize(3).endsWith(0);
        assertThat(written(UnixAddress.abstractName("ab"))).hasSize(5).endsWith(0, 'a', 'b');
        assertThat(written(UnixAddress.abstractName("x".repeat(107)))).hasSize(110);
        assertThat(written(UnixAddress.of(Path.of("ab")))).hasSize(5).endsWith('a', 'b', 0);
        assertThat(written(UnixAddress.of(Path.of("x".repeat(107)))))
                .hasSize(110)
                .endsWith('x', 0);
        assertThat(written(UnixAddress.of(Path.of("x".repeat(108)))))
                .hasSize(110)
                .endsWith('x', 'x');
        assertThat(written(UnixAddress.of(odd("/%FF")))).endsWith('/', 0xff, 0);
        assertThat(written(UnixAddress.of(odd("/%FF").subpath(0, 1))))
                .hasSize(4)
                .endsWith(0xff, 0);
    }

    @Test
    void aPathThatIsADirectoryNowIsWrittenWithoutASlash(@TempDir Path folder) throws Exception {
        Path directory = Path.of(URI.create(folder.toUri() + "%C3%A9"));
        assumeTrue(!directory.toString().contains("\ufffd"), "the locale has no letters but ASCII");
        Files.createDirectory(directory);
        assertThat(written(UnixAddress.of(directory))).endsWith('/', 0xc3, 0xa9, 0);
    }

    @Test
    void whatTheKernelTellsOfNoNameIsUnnamed() {
        SockaddrUn memory = SockaddrUn.allocate(arena);
        assertThat(UnixAddresses.read(memory.segment(), 0)).isEqualTo(UnixAddress.unnamed());
        memory.setFamily(SocketCalls.AF_UNIX);
        assertThat(UnixAddresses.read(memory.segment(), 2)).isEqualTo(UnixAddress.unnamed());
    }

    @Test
    void aLengthBeyondTheStructIsThatOfAFullPath() {
        UnixAddress full = UnixAddress.of(Path.of("x".repeat(108)));
        MemorySegment memory = UnixAddresses.write(full, arena).memory();
        assertThat(UnixAddresses.read(memory, 111)).isEqualTo(full);
        assertThat(UnixAddresses.read(memory, 4711)).isEqualTo(full);
        assertThat(UnixAddresses.read(memory.asSlice(0, 110), 111)).isEqualTo(full);
    }

    @Test
    void aPathEndsAtItsZeroOrAtTheLength() {
        SockaddrUn memory = SockaddrUn.allocate(arena);
        memory.segment().fill((byte) 'x');
        memory.setFamily(SocketCalls.AF_UNIX);
        assertThat(UnixAddresses.read(memory.segment(), 5)).isEqualTo(UnixAddress.of(Path.of("xxx")));
        memory.segment().set(ValueLayout.JAVA_BYTE, 4, (byte) 0);
        assertThat(UnixAddresses.read(memory.segment(), 110)).isEqualTo(UnixAddress.of(Path.of("xx")));
    }

    @Test
    void anAddressOfAnotherFamilyIsRefused() {
        SockaddrUn memory = SockaddrUn.allocate(arena);
        memory.setFamily(SocketCalls.AF_INET6);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UnixAddresses.read(memory.segment(), 28))
                .withMessageContaining("family 10");
    }

    // The kernel binds to what was written, and tells it back.

    @Test
    void theKernelReadsAbstractNamesAsTheyWereWritten() {
        String own = "chagres-" + ProcessHandle.current().pid();
        for (String name : List.of(own, own + "\0", own + "/\0\u00e9", own + "x".repeat(107 - own.length()))) {
            UnixAddress address = UnixAddress.abstractName(name);
            assertThat(boundTo(address)).isEqualTo(address);
        }
    }

    @Test
    void theKernelChoosesANameForTheUnnamedAddress() {
        assertThat(boundTo(UnixAddress.unnamed()).toString()).matches("@[0-9a-f]{5}");
    }

    @Test
    void theKernelTellsPathsOfEveryLengthAsTheyAre(@TempDir Path folder) throws Exception {
        int room = 108 - folder.toString().length() - 1;
        assumeTrue(room > 8, "the path of the temporary folder is too long: " + folder);
        for (int count : List.of(1, room - 2, room - 1, room)) {
            Path path = folder.resolve("x".repeat(count));
            UnixAddress address = UnixAddress.of(path);
            assertThat(boundTo(address)).isEqualTo(address);
            assertThat(path).exists();
            Files.delete(path);
        }
    }

    @Test
    void theKernelTellsPathsThatAreNoTextAsTheyAre(@TempDir Path folder) throws Exception {
        Path path = Path.of(URI.create(folder.toUri() + "a%FF%C3"));
        UnixAddress address = UnixAddress.of(path);
        try {
            assertThat(boundTo(address)).isEqualTo(address);
            try (var files = Files.list(folder)) {
                assertThat(files).containsExactly(path);
            }
        } finally {
            Files.delete(path);
        }
    }

    /** What the kernel tells of a socket that was bound. */
    private UnixAddress boundTo(UnixAddress address) {
        UnixAddresses.Written written = UnixAddresses.write(address, arena);
        int socket = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM | SocketCalls.SOCK_CLOEXEC, 0);
        assertThat(socket).isNotNegative();
        try {
            assertThat(SocketCalls.bind(socket, written.memory(), written.length()))
                    .isZero();
            MemorySegment told = SockaddrUn.allocate(arena).segment();
            int length = SocketCalls.socketName(socket, told);
            assertThat(length).isPositive();
            return UnixAddresses.read(told, length);
        } finally {
            DescriptorCalls.close(socket);
        }
    }

    /** As unsigned numbers. */
    private int[] written(UnixAddress address) {
        UnixAddresses.Written written = UnixAddresses.write(address, arena);
        MemorySegment bytes = written.memory().asSlice(0, written.length());
        int[] numbers = new int[(int) bytes.byteSize()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, i));
        }
        return numbers;
    }
}
