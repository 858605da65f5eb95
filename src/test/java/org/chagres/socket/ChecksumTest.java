package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The checksum of the Internet, of bytes alone and with the addresses. */
class ChecksumTest {
    private static final InetAddress V4 = InetSockets.address("192.0.2.1");
    private static final InetAddress V6 = InetSockets.address("2001:db8::1");

    /** Of each argument, with RFC 1071's own words: add, fold, invert. */
    private static final String PYTHON = """
            import sys
            for text in sys.argv[1:]:
                data = bytes.fromhex(text.strip('-'))
                data += b'\\0' * (len(data) % 2)
                total = sum(data[i] << 8 | data[i + 1] for i in range(0, len(data), 2))
                while total >> 16:
                    total = (total & 0xffff) + (total >> 16)
                print(~total & 0xffff)
            """;

    private static MemorySegment bytes(String hex) {
        return MemorySegment.ofArray(HexFormat.of().parseHex(hex));
    }

    @ParameterizedTest
    @CsvSource({
        "'', 65535",
        "00, 65535",
        "0000, 65535",
        "ffff, 0",
        "ff, 255",
        "0001f203f4f5f6f7, 8717", // of RFC 1071: the sum is ddf2
        "0001f203f4f5f6, 8964", // and of it without the last byte
        "450000730000400040110000c0a80001c0a800c7, 47201", // b861
        "45000073000040004011b861c0a80001c0a800c7, 0",
        "0800000000010001, 63485",
    })
    void knownVectors(String hex, int checksum) {
        assertThat(Inet.checksum(bytes(hex))).isEqualTo(checksum);
    }

    @Test
    void isWhatPythonReckons() {
        Run.assumeInstalled("python3");
        Random random = new Random(1071);
        List<byte[]> all = new ArrayList<>();
        for (int length = 0; length < 70; length++) {
            byte[] one = new byte[length];
            random.nextBytes(one);
            all.add(one);
        }
        byte[] ones = new byte[20_000];
        java.util.Arrays.fill(ones, (byte) -1);
        all.add(ones);
        List<String> command = new ArrayList<>(List.of("python3", "-c", PYTHON));
        all.forEach(one -> command.add("-" + HexFormat.of().formatHex(one)));

        List<Integer> reckoned = Run.command(command, Map.of())
                .output()
                .lines()
                .map(Integer::valueOf)
                .toList();
        assertThat(all.stream()
                        .map(one -> Inet.checksum(MemorySegment.ofArray(one)))
                        .toList())
                .isEqualTo(reckoned);
        assertThat(all.stream().map(ChecksumTest::ofUnalignedNative).toList()).isEqualTo(reckoned);
    }

    private static int ofUnalignedNative(byte[] one) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment odd = arena.allocate(one.length + 2L).asSlice(1, one.length);
            return Inet.checksum(odd.copyFrom(MemorySegment.ofArray(one)));
        }
    }

    @Test
    void withAddressesIsThatOfThePseudoHeaderBefore() {
        Run.assumeInstalled("python3");
        HexFormat hex = HexFormat.of();
        String payload = "80000000cafe0001616263";
        String before4 = hex.formatHex(V4.getAddress()) + "7f000001" + "0011" + "000b";
        String before6 = hex.formatHex(V6.getAddress()) + "0".repeat(31) + "1" + "0000000b" + "0000003a";
        assertThat(Run.command("python3", "-c", PYTHON, before4 + payload, before6 + payload)
                        .output()
                        .lines()
                        .collect(Collectors.joining(" ")))
                .isEqualTo(Inet.checksum(V4, InetSockets.address("127.0.0.1"), 17, bytes(payload)) + " "
                        + Inet.checksum(V6, InetSockets.address("::1"), 58, bytes(payload)));
    }

    /** Memory that is not there, so that nothing but the length is looked at before it is refused. */
    @Test
    void wrongArgumentsAreRefused() {
        MemorySegment none = bytes("");
        assertThatIllegalArgumentException().isThrownBy(() -> Inet.checksum(V4, V6, 17, none));
        assertThatIllegalArgumentException().isThrownBy(() -> Inet.checksum(V4, V4, -1, none));
        assertThatIllegalArgumentException().isThrownBy(() -> Inet.checksum(V4, V4, 256, none));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Inet.checksum(V4, V4, 17, MemorySegment.NULL.reinterpret(1L << 32)));
        assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> Inet.checksum(null));
        Arena closed = Arena.ofConfined();
        MemorySegment gone = closed.allocate(2);
        closed.close();
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> Inet.checksum(gone));
    }
}
