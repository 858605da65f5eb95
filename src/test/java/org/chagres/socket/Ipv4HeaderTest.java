package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.util.HexFormat;
import org.chagres.testing.CProgram;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers as bytes, with those of C and Python; no packet is sent. */
class Ipv4HeaderTest {
    private static final Inet4Address HERE = (Inet4Address) InetSockets.address("192.0.2.1");
    private static final Inet4Address THERE = (Inet4Address) InetSockets.address("203.0.113.200");

    /** Writes a {@code struct iphdr} with two words of options. */
    private static final String WRITES = """
            #include <arpa/inet.h>
            #include <netinet/ip.h>
            #include <stdio.h>
            #include <string.h>

            int main(void) {
                unsigned char bytes[28] = {0};
                struct iphdr header = {
                    .ihl = 7, .version = 4, .tos = 0xb8, .tot_len = htons(1234), .id = htons(0xcafe),
                    .frag_off = htons(IP_DF | IP_MF | 185), .ttl = 7, .protocol = 253, .check = htons(0xabcd),
                    .saddr = inet_addr("192.0.2.1"), .daddr = inet_addr("203.0.113.200")
                };
                memcpy(bytes, &header, sizeof header);
                memcpy(bytes + 20, "\\001\\001\\001\\001\\007\\003\\004\\000", 8);
                for (int i = 0; i < 28; i++) {
                    printf("%02x", bytes[i]);
                }
                return 0;
            }
            """;

    /** Tells the fields of a header in hexadecimal. */
    private static final String READS = """
            import socket, struct, sys
            bytes = bytes.fromhex(sys.argv[1])
            fields = struct.unpack('!BBHHHBBH4s4s', bytes[:20])
            first, tos, total, id, fragment, ttl, protocol, check, source, to = fields
            print(first >> 4, (first & 15) * 4, tos, total, id, fragment >> 13, (fragment & 8191) * 8, ttl, protocol,
                  check, socket.inet_ntoa(source), socket.inet_ntoa(to), bytes[20:].hex() or '-')
            """;

    private static Ipv4Header parse(String hex) {
        return Ipv4Header.parse(MemorySegment.ofArray(HexFormat.of().parseHex(hex)));
    }

    @Test
    void everyFieldIsWhereCWritesIt() {
        try (CProgram program = CProgram.compile(WRITES)) {
            Ipv4Header header = parse(program.run().output());
            assertThat(header.byteSize()).isEqualTo(28);
            assertThat(header.typeOfService()).isEqualTo(0xb8);
            assertThat(header.totalLength()).isEqualTo(1234);
            assertThat(header.identification()).isEqualTo(0xcafe);
            assertThat(header.isDontFragment()).isTrue();
            assertThat(header.hasMoreFragments()).isTrue();
            assertThat(header.fragmentOffset()).isEqualTo(1480);
            assertThat(header.timeToLive()).isEqualTo(7);
            assertThat(header.protocol()).isEqualTo(253);
            assertThat(header.checksum()).isEqualTo(0xabcd);
            assertThat(header.isChecksumRight()).isFalse();
            assertThat(header.source()).isEqualTo(HERE);
            assertThat(header.destination()).isEqualTo(THERE);
            assertThat(header.options()).containsExactly(1, 1, 1, 1, 7, 3, 4, 0);
            assertThat(header.toBytes()).hasSize(28);

            Ipv4Header made = Ipv4Header.of(253, THERE)
                    .source(HERE)
                    .typeOfService(0xb8)
                    .totalLength(1234)
                    .identification(0xcafe)
                    .fragment(1480, true)
                    .dontFragment(true)
                    .timeToLive(7)
                    .options(new byte[] {1, 1, 1, 1, 7, 3, 4});
            assertThat(made.checksum()).isZero();
            assertThat(made.withChecksum().isChecksumRight()).isTrue();
            byte[] expected = header.toBytes();
            expected[10] = 0;
            expected[11] = 0;
            assertThat(made.toBytes()).isEqualTo(expected);
        }
    }

    @Test
    void headerThatWasMadeIsWhatPythonReads() {
        Run.assumeInstalled("python3");
        Ipv4Header header = Ipv4Header.of(6, THERE)
                .source(HERE)
                .totalLength(65535)
                .identification(65535)
                .fragment(65528, false)
                .timeToLive(255)
                .withChecksum();
        assertThat(Run.command("python3", "-c", READS, HexFormat.of().formatHex(header.toBytes()))
                        .output()
                        .strip())
                .isEqualTo("4 20 0 65535 65535 0 65528 255 6 " + header.checksum() + " 192.0.2.1 203.0.113.200 -");
    }

    @Test
    void whatIsNotSaidIsTheKernelsToFillIn() {
        Ipv4Header header = Ipv4Header.of(17, THERE);
        assertThat(header.toBytes())
                .isEqualTo(HexFormat.of().parseHex("45000000" + "00000000" + "40110000" + "00000000" + "cb0071c8"));
    }

    /** A header that is in many textbooks. */
    @Test
    void checksumIsThatOfTheWholeHeader() {
        Ipv4Header header = parse("450000730000400040110000c0a80001c0a800c7");
        assertThat(header.isChecksumRight()).isFalse();
        assertThat(header.withChecksum().checksum()).isEqualTo(0xb861);
        assertThat(header.withChecksum().isChecksumRight()).isTrue();
        assertThat(header.withChecksum().withChecksum()).isEqualTo(header.withChecksum());
    }

    @Test
    void restOfAPacketIsNoneOfTheHeader() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment packet = arena.allocate(100).fill((byte) 0xff);
            packet.copyFrom(MemorySegment.ofArray(Ipv4Header.of(1, THERE).toBytes()));
            Ipv4Header header = Ipv4Header.parse(packet);
            assertThat(header).isEqualTo(Ipv4Header.of(1, THERE)).hasSameHashCodeAs(Ipv4Header.of(1, THERE));
            packet.fill((byte) 0);
            assertThat(header.destination()).isEqualTo(THERE); // a copy
            header.toBytes()[0] = 0;
            assertThat(header.toBytes()[0]).isEqualTo((byte) 0x45);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", // nothing
                "45", // cut
                "4500001400000000400100007f0000017f0000", // a byte less
                "6500001400000000400100007f0000017f000001", // version 6
                "4400001400000000400100007f0000017f000001", // a header of 16 bytes
                "4600001400000000400100007f0000017f000001" // options that are not there
            })
    void whatIsNoHeaderIsRefused(String hex) {
        assertThatIllegalArgumentException().isThrownBy(() -> parse(hex)).withMessageContaining("no header of IPv4");
    }

    @ParameterizedTest
    @CsvSource({"-1", "65536", "65535000"})
    void numbersThatDoNotFitAreRefused(int number) {
        Ipv4Header header = Ipv4Header.of(1, THERE);
        assertThatIllegalArgumentException().isThrownBy(() -> Ipv4Header.of(number, THERE));
        assertThatIllegalArgumentException().isThrownBy(() -> header.typeOfService(number));
        assertThatIllegalArgumentException().isThrownBy(() -> header.totalLength(number));
        assertThatIllegalArgumentException().isThrownBy(() -> header.identification(number));
        assertThatIllegalArgumentException().isThrownBy(() -> header.timeToLive(number));
        assertThatIllegalArgumentException().isThrownBy(() -> header.fragment(number, true));
    }

    @Test
    void otherWrongArgumentsAreRefused() {
        Ipv4Header header = Ipv4Header.of(1, THERE);
        assertThatIllegalArgumentException().isThrownBy(() -> header.fragment(7, true));
        assertThatIllegalArgumentException().isThrownBy(() -> header.options(new byte[41]));
        assertThat(header.options(new byte[40]).byteSize()).isEqualTo(Ipv4Header.MOST_BYTE_SIZE);
        assertThat(header.options(new byte[40]).options(new byte[0])).isEqualTo(header);
        assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> header.source(null));
        assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> Ipv4Header.of(1, null));
        assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> Ipv4Header.parse(null));
        assertThat(header)
                .hasToString("Ipv4Header[0.0.0.0 to 203.0.113.200, protocol 1, " + "450000000000000040010000"
                        + "00000000cb0071c8]");
    }
}
