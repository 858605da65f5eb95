package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Byte order, addresses as text, ports by name and interfaces, against what C says of them. */
@ExtendWith(LeakCheck.class)
class InetTest {
    private static final Path SERVICES = Path.of("/etc/services");

    /** What people write, and what they should not. */
    private static final List<String> TEXTS = List.of(
            "127.0.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "256.0.0.1",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.",
            ".1.2.3",
            "1..2.3",
            "01.2.3.4",
            "1.2.3.04",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "2130706433",
            "0x7f000001",
            "127.1",
            " 127.0.0.1",
            "127.0.0.1 ",
            "127.0.0.1\n",
            "+1.2.3.4",
            "-1.2.3.4",
            "1.2.3.4/8",
            "1.2.3.4:80",
            "",
            "localhost",
            "a.b.c.d",
            "1.2.3.a",
            "999.1.1.1",
            "1.2.3.1000",
            "00.0.0.0",
            "0.0.0.00",
            "::",
            "::1",
            "1::",
            ":1",
            "1:",
            ":::",
            "::1::",
            "1::2::3",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1::3:4:5:6:7:8",
            "fe80::1%lo",
            "fe80::1%1",
            "[::1]",
            "::ffff:1.2.3.4",
            "::1.2.3.4",
            "::ffff:1.2.3",
            "::ffff:1.2.3.256",
            "1:2:3:4:5:6:1.2.3.4",
            "1:2:3:4:5:6:7:1.2.3.4",
            "1.2.3.4::",
            "00001::",
            "0001::",
            "12345::",
            "g::",
            "FFFF::AbCd",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "::ffff:0:0",
            "0:0:0:0:0:0:0:0",
            "::0001",
            "2001:db8::/32",
            "::1 ",
            " ::1",
            "::127.0.0.01",
            "1:2:3:4:5:6:7:",
            "::1:",
            "::%",
            "%",
            "*",
            ".",
            "1.2.3.4%lo",
            "\u0661.2.3.4");

    private static final String PTON = """
            #include <arpa/inet.h>
            #include <stdio.h>

            /* Of each argument, in each family: what it is, in bytes and as text, or that it is refused. */
            int main(int argc, char **argv) {
                int families[2] = {AF_INET, AF_INET6};
                for (int i = 1; i < argc; i++) {
                    for (int f = 0; f < 2; f++) {
                        unsigned char bytes[16];
                        char text[INET6_ADDRSTRLEN];
                        if (inet_pton(families[f], argv[i], bytes) != 1) {
                            puts("refused");
                            continue;
                        }
                        for (int b = 0; b < (f == 0 ? 4 : 16); b++) printf("%02x", bytes[b]);
                        printf(" %s\\n", inet_ntop(families[f], bytes, text, sizeof text));
                    }
                }
                return 0;
            }
            """;

    private static final String ORDER = """
            #include <arpa/inet.h>
            #include <stdio.h>
            #include <stdlib.h>

            int main(int argc, char **argv) {
                for (int i = 1; i < argc; i++) {
                    unsigned long n = strtoul(argv[i], 0, 10);
                    printf("%u %u\\n", htons(n), ntohs(n));
                    printf("%u %u\\n", htonl(n), ntohl(n));
                }
                return 0;
            }
            """;

    // The order of bytes.

    @Test
    void numbersAreTurnedAsCDoes() {
        List<Integer> numbers = List.of(0, 1, 80, 255, 256, 258, 0x1234, 32767, 32768, 65280, 65535);
        List<String> ours = numbers.stream()
                .flatMap(n -> Stream.of(Inet.htons(n) + " " + Inet.ntohs(n), Inet.htonl(n) + " " + Inet.ntohl(n)))
                .toList();

        try (CProgram program = CProgram.compile(ORDER)) {
            assertThat(program.run(numbers.toArray()).output().lines()).isEqualTo(ours);
        }
    }

    @Test
    void wholeWordsAreTurned() {
        assertThat(Inet.htonl(0x01020304L)).isEqualTo(0x04030201L);
        assertThat(Inet.htonl(0xffL)).isEqualTo(0xff000000L); // and has no sign
        assertThat(Inet.ntohl(0xffffffffL)).isEqualTo(0xffffffffL);
        assertThat(Inet.htons(0xff)).isEqualTo(0xff00);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 65536, 80 + 65536, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aNumberOfMoreThan16BitsIsNotCut(long number) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Inet.htons((int) number))
                .withMessageContaining(Long.toString(number));
        assertThatIllegalArgumentException().isThrownBy(() -> Inet.ntohs((int) number));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE})
    void aNumberOfMoreThan32BitsIsNotCut(long number) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Inet.htonl(number))
                .withMessageContaining(Long.toString(number));
        assertThatIllegalArgumentException().isThrownBy(() -> Inet.ntohl(number));
    }

    // Addresses as text.

    @Test
    void textsAreTakenRefusedAndWrittenAsCDoes() {
        List<String> texts = new ArrayList<>(TEXTS);
        Random random = new Random(8);
        for (int i = 0; i < 400; i++) {
            texts.add(mutated(TEXTS.get(random.nextInt(TEXTS.size())), random));
        }
        List<String> ours = new ArrayList<>();
        for (String text : texts) {
            ours.add(outcome(StandardProtocolFamily.INET, text));
            ours.add(outcome(StandardProtocolFamily.INET6, text));
        }

        try (CProgram program = CProgram.compile(PTON)) {
            assertThat(program.run(texts.toArray()).output().lines()).isEqualTo(ours);
        }
        assertThat(ours).contains("refused").anyMatch(line -> line.startsWith("7f000001"));
    }

    private static String mutated(String text, Random random) {
        String alphabet = "0123456789abcdef:.:.%g ";
        StringBuilder mutated = new StringBuilder(text);
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            int at = random.nextInt(mutated.length() + 1);
            if (random.nextBoolean() || at == mutated.length()) {
                mutated.insert(at, alphabet.charAt(random.nextInt(alphabet.length())));
            } else {
                mutated.deleteCharAt(at);
            }
        }
        return mutated.toString();
    }

    private static String outcome(StandardProtocolFamily family, String text) {
        try {
            byte[] bytes = Inet.pton(family, text);
            return HexFormat.of().formatHex(bytes) + " " + Inet.ntop(bytes);
        } catch (IllegalArgumentException refused) {
            return "refused";
        }
    }

    @Test
    void everyAddressIsReadAgainFromItsText() throws Exception {
        Random random = new Random(6);
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
            random.nextBytes(bytes);
            for (int zeros = random.nextInt(bytes.length); zeros > 0; zeros--) {
                bytes[random.nextInt(bytes.length)] = 0; // for the short forms
            }
            StandardProtocolFamily family =
                    bytes.length == 4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
            String text = Inet.ntop(bytes);

            assertThat(Inet.pton(family, text)).as(text).isEqualTo(bytes);
            assertThat(Inet.parse(text)).isEqualTo(InetAddress.getByAddress(bytes));
        }
    }

    @Test
    void aTextIsParsedAsWhateverFamilyItIsOf() {
        assertThat(Inet.parse("192.0.2.1")).isInstanceOf(Inet4Address.class);
        assertThat(Inet.parse("2001:db8::1")).isInstanceOf(Inet6Address.class);
        assertThat(Inet.parse("::ffff:192.0.2.1")).isEqualTo(Inet.parse("192.0.2.1"));
        assertThat(Inet.parse("127.0.0.1").toString()).isEqualTo("/127.0.0.1"); // without a name
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "localhost", "127.1", "fe80::1%lo", "1.2.3.4 "})
    void whatIsNoAddressIsNotParsed(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Inet.parse(text)).withMessage("no address: " + text);
    }

    @Test
    void aZeroCharacterDoesNotEndATextUnseen() {
        assertThatIllegalArgumentException().isThrownBy(() -> Inet.parse("127.0.0.1\0.example"));
        assertThatIllegalArgumentException().isThrownBy(() -> Inet.pton(StandardProtocolFamily.INET6, "::1\0"));
    }

    @Test
    void onlyFamiliesAndLengthsOfTheInternetAreTaken() {
        assertThatIllegalArgumentException().isThrownBy(() -> Inet.pton(StandardProtocolFamily.UNIX, "1.2.3.4"));
        for (int length : new int[] {0, 3, 5, 15, 17}) {
            assertThatIllegalArgumentException().isThrownBy(() -> Inet.ntop(new byte[length]));
        }
    }

    @Test
    void nullsAreRefused() {
        assertThatNullPointerException().isThrownBy(() -> Inet.parse(null));
        assertThatNullPointerException().isThrownBy(() -> Inet.pton(null, "::1"));
        assertThatNullPointerException().isThrownBy(() -> Inet.ntop(null));
        assertThatNullPointerException().isThrownBy(() -> Inet.port(null, "tcp"));
        assertThatNullPointerException().isThrownBy(() -> Inet.port("http", null));
        assertThatNullPointerException().isThrownBy(() -> Inet.interfaceIndex(null));
        assertThatNullPointerException().isThrownBy(() -> Inet.nameOf(null));
    }

    // Ports by name.

    @Test
    void portsOfServicesAreThoseOfTheDatabase() throws Exception {
        assumeTrue(Files.exists(SERVICES), "no services database: " + SERVICES);
        List<String[]> entries = Files.readAllLines(SERVICES).stream()
                .map(line -> line.replaceAll("#.*", "").strip().split("\\s+"))
                .filter(words -> words.length >= 2 && words[1].contains("/"))
                .toList();
        assertThat(entries).isNotEmpty();
        List<String> seen = new ArrayList<>();
        for (String[] words : entries) {
            String[] port = words[1].split("/"); // NUMBER/PROTOCOL
            for (int i = 0; i < words.length; i++) { // its name, and others behind the port
                if (i != 1 && !seen.contains(words[i] + "/" + port[1])) { // the first one counts
                    seen.add(words[i] + "/" + port[1]);
                    assertThat(Inet.port(words[i], port[1])).as(words[i]).isEqualTo(Integer.parseInt(port[0]));
                }
            }
        }
    }

    @Test
    void aPortIsFoundByAnotherNameOnAVirtualThreadToo() throws Exception {
        assumeTrue(Files.exists(SERVICES), "no services database: " + SERVICES);
        List<Integer> ports = new ArrayList<>();
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                ports.add(Inet.port("http", "tcp"));
            } catch (LookupException failure) {
                throw new AssertionError(failure);
            }
        });
        thread.join();

        assertThat(ports).containsExactly(80);
        assertThat(Inet.port("www", "tcp")).isEqualTo(80);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nosuchservice", "80", ""})
    void aServiceThatIsNotThereIsToldSo(String service) {
        assertThatExceptionOfType(LookupException.class)
                .isThrownBy(() -> Inet.port(service, "tcp"))
                .satisfies(failure -> {
                    assertThat(failure.error()).isEqualTo(LookupError.EAI_SERVICE);
                    assertThat(failure.errno()).isEmpty();
                })
                .withMessageContaining("service " + service + " over tcp");
        assertThatExceptionOfType(LookupException.class).isThrownBy(() -> Inet.port("http", "nosuchprotocol"));
    }

    @Test
    void withoutADatabaseThatIsSaid() {
        Run run = Run.inNamespace(
                "empty=$(mktemp -d); mount --bind \"$empty\" /etc; \"$@\"; umount /etc; rmdir \"$empty\"",
                Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), WithoutServices.class),
                Map.of());

        assertThat(run.output())
                .isEqualTo("getservbyname_r: EAI_SERVICE (-8), looking up service http over tcp;"
                        + " no such service; there is no services database (/etc/services; Debian has it in package"
                        + " netbase)\n");
    }

    /** Asks for a port where nobody knows any. */
    static final class WithoutServices {
        private WithoutServices() {}

        public static void main(String[] arguments) {
            try {
                System.out.println(Inet.port("http", "tcp"));
            } catch (LookupException failure) {
                System.out.println(failure.getMessage());
            }
        }
    }

    // Interfaces.

    @Test
    void interfacesAreThoseOfTheKernel() throws Exception {
        List<Inet.Interface> kernels = new ArrayList<>();
        try (Stream<Path> all = Files.list(Path.of("/sys/class/net"))) {
            for (Path one : all.filter(Files::isDirectory).toList()) {
                kernels.add(new Inet.Interface(
                        Integer.parseInt(
                                Files.readString(one.resolve("ifindex")).strip()),
                        one.getFileName().toString()));
            }
        }

        assertThat(Inet.interfaces())
                .containsExactlyInAnyOrderElementsOf(kernels)
                .isSortedAccordingTo((a, b) -> a.index() - b.index());
        for (Inet.Interface one : kernels) {
            assertThat(Inet.interfaceIndex(one.name())).hasValue(one.index());
            assertThat(Inet.interfaceName(one.index())).hasValue(one.name());
        }
    }

    @Test
    void whatIsNoInterfaceHasNeitherIndexNorName() throws Exception {
        assertThat(Inet.interfaceIndex("nosuchdevice")).isEmpty();
        assertThat(Inet.interfaceIndex("")).isEmpty();
        assertThat(Inet.interfaceIndex("a name of many more characters than fit"))
                .isEmpty();
        assertThat(Inet.interfaceName(0)).isEmpty();
        assertThat(Inet.interfaceName(-1)).isEmpty();
        assertThat(Inet.interfaceName(Integer.MAX_VALUE)).isEmpty();
    }
}
