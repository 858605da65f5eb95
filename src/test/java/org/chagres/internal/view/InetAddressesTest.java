package org.chagres.internal.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import org.chagres.internal.syscall.SockaddrIn6;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.testing.CProgram;
import org.chagres.testing.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses as the kernel has them, against what C puts into the same structs. */
class InetAddressesTest {
    private static final String FILLS_AN_ADDRESS = """
            #include <arpa/inet.h>
            #include <netinet/in.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>

            /* FAMILY ADDRESS PORT SCOPE: the bytes of the struct. */
            int main(int argc, char **argv) {
                union { struct sockaddr_in four; struct sockaddr_in6 six; unsigned char bytes[28]; } u;
                memset(&u, 0, sizeof u);
                size_t length;
                if (strcmp(argv[1], "4") == 0) {
                    u.four.sin_family = AF_INET;
                    u.four.sin_port = htons(atoi(argv[3]));
                    if (inet_pton(AF_INET, argv[2], &u.four.sin_addr) != 1) return 1;
                    length = sizeof u.four;
                } else {
                    u.six.sin6_family = AF_INET6;
                    u.six.sin6_port = htons(atoi(argv[3]));
                    u.six.sin6_scope_id = atoi(argv[4]);
                    if (inet_pton(AF_INET6, argv[2], &u.six.sin6_addr) != 1) return 1;
                    length = sizeof u.six;
                }
                for (size_t i = 0; i < length; i++) printf("%02x", u.bytes[i]);
                return 0;
            }
            """;

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void addressesAreWrittenAsCWritesThem() throws Exception {
        try (CProgram program = CProgram.compile(FILLS_AN_ADDRESS)) {
            assertThat(written("127.0.0.1", 80, SocketCalls.AF_INET)).isEqualTo(output(program, 4, "127.0.0.1", 80, 0));
            assertThat(written("255.254.253.252", 65535, SocketCalls.AF_INET))
                    .isEqualTo(output(program, 4, "255.254.253.252", 65535, 0));
            assertThat(written("::1", 258, SocketCalls.AF_INET6)).isEqualTo(output(program, 6, "::1", 258, 0));
            assertThat(written("2001:db8:1:2:3:4:5:6", 40000, SocketCalls.AF_INET6))
                    .isEqualTo(output(program, 6, "2001:db8:1:2:3:4:5:6", 40000, 0));
            assertThat(written("fe80::2%1", 9, SocketCalls.AF_INET6)).isEqualTo(output(program, 6, "fe80::2", 9, 1));
            assertThat(written("192.0.2.7", 9, SocketCalls.AF_INET6))
                    .isEqualTo(output(program, 6, "::ffff:192.0.2.7", 9, 0));
        }
    }

    private static String output(CProgram program, Object... arguments) {
        Run run = program.run(arguments);
        return run.output();
    }

    private String written(String host, int port, int family) throws Exception {
        InetAddresses.Written written =
                InetAddresses.write(new InetSocketAddress(InetAddress.getByName(host), port), family, arena);
        return HexFormat.of()
                .formatHex(written.memory().asSlice(0, written.length()).toArray(ValueLayout.JAVA_BYTE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "::", "::1", "2001:db8::ff", "ff02::1"})
    void whatIsWrittenIsReadAgain(String host) throws Exception {
        for (int port : new int[] {0, 1, 80, 0x1234, 32768, 65535}) {
            InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(host), port);
            InetAddresses.Written written = InetAddresses.write(address, InetAddresses.family(address), arena);

            InetSocketAddress read = InetAddresses.read(written.memory(), written.length());

            assertThat(read).isEqualTo(address);
            assertThat(read.getAddress().getClass())
                    .isEqualTo(address.getAddress().getClass());
        }
    }

    @Test
    void aMappedAddressIsReadAsThatOfIpv4() throws Exception {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("192.0.2.1"), 7);
        InetAddresses.Written written = InetAddresses.write(address, SocketCalls.AF_INET6, arena);

        assertThat(written.length()).isEqualTo(SockaddrIn6.BYTE_SIZE);
        assertThat(InetAddresses.read(written.memory(), written.length())).isEqualTo(address);
        assertThat(InetAddresses.read(written.memory(), written.length()).getAddress())
                .isInstanceOf(Inet4Address.class);
    }

    @Test
    void theInterfaceOfAnAddressIsKept() throws Exception {
        byte[] bytes = InetAddress.getByName("fe80::9").getAddress();
        InetSocketAddress address = new InetSocketAddress(Inet6Address.getByAddress("name", bytes, 4711), 5);
        InetAddresses.Written written = InetAddresses.write(address, SocketCalls.AF_INET6, arena);

        Inet6Address read = (Inet6Address)
                InetAddresses.read(written.memory(), written.length()).getAddress();

        assertThat(read.getScopeId()).isEqualTo(4711);
        assertThat(read.getHostAddress()).isEqualTo("fe80:0:0:0:0:0:0:9%4711");
    }

    @Test
    void anAddressWithoutInterfaceHasNone() throws Exception {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("2001:db8::1"), 5);
        InetAddresses.Written written = InetAddresses.write(address, SocketCalls.AF_INET6, arena);

        assertThat(InetAddresses.read(written.memory(), written.length())
                        .getAddress()
                        .getHostAddress())
                .isEqualTo("2001:db8:0:0:0:0:0:1"); // without %0
    }

    @Test
    void anAddressThatIsReadHasNoName() throws Exception {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("localhost"), 5);
        InetAddresses.Written written = InetAddresses.write(address, InetAddresses.family(address), arena);

        // With a name it would be that name in front of the slash, or in the answer of getHostString.
        InetSocketAddress read = InetAddresses.read(written.memory(), written.length());
        assertThat(read.toString()).startsWith("/");
        assertThat(read.getHostString()).isEqualTo(read.getAddress().getHostAddress());
    }

    @Test
    void anAddressOfIpv6IsRefusedForASocketOfIpv4() throws Exception {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("::1"), 80);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> InetAddresses.write(address, SocketCalls.AF_INET, arena))
                .withMessageContaining("socket is of IPv4");
    }

    @Test
    void aNameThatWasNotLookedUpIsRefused() {
        InetSocketAddress address = InetSocketAddress.createUnresolved("somewhere.invalid", 80);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> InetAddresses.write(address, SocketCalls.AF_INET, arena))
                .withMessageContaining("somewhere.invalid");
        assertThatIllegalArgumentException().isThrownBy(() -> InetAddresses.family(address));
    }

    @Test
    void aFamilyThatIsNotOfTheInternetIsRefused() {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 80);

        assertThatIllegalArgumentException().isThrownBy(() -> InetAddresses.write(address, SocketCalls.AF_UNIX, arena));
    }

    @Test
    void whatIsNoInternetAddressIsNotRead() {
        MemorySegment memory = arena.allocate(SockaddrIn6.BYTE_SIZE);
        assertThatIllegalArgumentException().isThrownBy(() -> InetAddresses.read(memory, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> InetAddresses.read(memory, 28));
        memory.set(ValueLayout.JAVA_SHORT, 0, (short) SocketCalls.AF_UNIX);
        assertThatIllegalArgumentException().isThrownBy(() -> InetAddresses.read(memory, 28));
        memory.set(ValueLayout.JAVA_SHORT, 0, (short) SocketCalls.AF_INET);
        assertThatIllegalArgumentException().isThrownBy(() -> InetAddresses.read(memory, 15));
        memory.set(ValueLayout.JAVA_SHORT, 0, (short) SocketCalls.AF_INET6);
        assertThatIllegalArgumentException().isThrownBy(() -> InetAddresses.read(memory, 27));
    }

    @Test
    void memoryOfTheHeapIsReadWhereverItBegins() throws Exception {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("2001:db8::1"), 65534);
        InetAddresses.Written written = InetAddresses.write(address, SocketCalls.AF_INET6, arena);
        byte[] bytes = new byte[written.length() + 1];
        MemorySegment.copy(written.memory(), ValueLayout.JAVA_BYTE, 0, bytes, 1, written.length());

        assertThat(InetAddresses.read(MemorySegment.ofArray(bytes).asSlice(1), written.length()))
                .isEqualTo(address);
    }
}
