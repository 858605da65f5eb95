package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.chagres.Errno;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Entries by name and number, against what Python says of the same questions. No name server is asked. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class NetworkDatabaseTest {
    private static final String PYTHON = """
            import socket, sys
            def ask(call, *words):
                try:
                    print(call(*words))
                except OSError:
                    print('none')
            for line in sys.stdin if len(sys.argv) == 1 else sys.argv[1:]:
                kind, *words = line.split(' ')
                if kind == 'service': ask(socket.getservbyname, *words)
                if kind == 'port': ask(socket.getservbyport, int(words[0]), *words[1:])
                if kind == 'protocol': ask(socket.getprotobyname, *words)
                if kind == 'host': ask(socket.gethostbyname_ex, *words)
            """;

    private static final int EMFILE = 24;
    private static final int ERANGE = 34;

    private static void assumeServices() {
        assumeTrue(Files.exists(Path.of("/etc/services")), "no services database");
    }

    private static void assumeProtocols() {
        assumeTrue(Files.exists(Path.of("/etc/protocols")), "no protocols database");
    }

    private static LookupError errorOf(Lookup<?> lookup) {
        return catchThrowableOfType(LookupException.class, lookup::look).error();
    }

    @FunctionalInterface
    private interface Lookup<T> {
        T look() throws Exception;

        /** What it answers, or that there is none. */
        static String words(Lookup<?> lookup) throws Exception {
            try {
                return lookup.look().toString();
            } catch (LookupException none) {
                return "none";
            }
        }
    }

    @Test
    void everyServiceAndProtocolIsTheOneThatPythonFinds() throws Exception {
        Run.assumeInstalled("python3");
        List<String> asked = new ArrayList<>(List.of("python3", "-c", PYTHON));
        List<String> ours = new ArrayList<>();
        List<ServiceEntry> services;
        try (Stream<ServiceEntry> all = NetworkDatabase.services()) {
            services = all.toList();
        }
        for (ServiceEntry one : services) {
            List<String> names = new ArrayList<>(one.aliases());
            names.add(one.name());
            for (String name : names) {
                asked.add("service " + name + " " + one.protocol());
                ours.add(Lookup.words(() -> Inet.port(name, one.protocol())));
                asked.add("service " + name);
                ours.add(Lookup.words(() -> NetworkDatabase.service(name).port()));
            }
            asked.add("port " + one.port() + " " + one.protocol());
            ours.add(Lookup.words(
                    () -> NetworkDatabase.service(one.port(), one.protocol()).name()));
            asked.add("port " + one.port());
            ours.add(Lookup.words(() -> NetworkDatabase.service(one.port()).name()));
        }
        List<ProtocolEntry> protocols;
        try (Stream<ProtocolEntry> all = NetworkDatabase.protocols()) {
            protocols = all.toList();
        }
        for (ProtocolEntry one : protocols) {
            List<String> names = new ArrayList<>(one.aliases());
            names.add(one.name());
            for (String name : names) {
                asked.add("protocol " + name);
                ours.add(Lookup.words(() -> NetworkDatabase.protocol(name).number()));
            }
        }
        for (String unknown : List.of("nosuchname", "80", "HTTP", "")) {
            asked.addAll(List.of("service " + unknown, "service " + unknown + " tcp", "protocol " + unknown));
            ours.add(Lookup.words(() -> NetworkDatabase.service(unknown).port()));
            ours.add(Lookup.words(() -> NetworkDatabase.service(unknown, "tcp").port()));
            ours.add(Lookup.words(() -> NetworkDatabase.protocol(unknown).number()));
        }

        assertThat(ours).isEqualTo(Run.command(asked, Map.of()).output().lines().toList());
    }

    @Test
    void aHostHasAllItsNamesAndAddresses() throws Exception {
        Run run = inFiles("""
                127.0.0.1 localhost
                192.0.2.7 seven.test also.seven seven
                192.0.2.8 seven.test eight
                2001:db8::7 seven.test
                ::1 ip6-localhost ip6-loopback
                """, Hosts.class);

        assertThat(run.output().lines())
                .containsExactly(
                        "HostEntry[name=seven.test, aliases=[also.seven, seven, eight],"
                                + " addresses=[/192.0.2.7, /192.0.2.8]]",
                        // only one of the lines has that name
                        "HostEntry[name=seven.test, aliases=[also.seven, seven], addresses=[/192.0.2.7]]",
                        "HostEntry[name=seven.test, aliases=[], addresses=[/2001:db8:0:0:0:0:0:7]]",
                        "HostEntry[name=seven.test, aliases=[eight], addresses=[/192.0.2.8]]",
                        "HostEntry[name=seven.test, aliases=[], addresses=[/2001:db8:0:0:0:0:0:7]]",
                        "EAI_NONAME",
                        "EAI_NONAME",
                        // of IPv4, a line each, and the loopback address of IPv6 as that of IPv4
                        "HostEntry[name=localhost, aliases=[], addresses=[/127.0.0.1]]",
                        "HostEntry[name=seven.test, aliases=[also.seven, seven], addresses=[/192.0.2.7]]",
                        "HostEntry[name=seven.test, aliases=[eight], addresses=[/192.0.2.8]]",
                        "HostEntry[name=ip6-localhost, aliases=[ip6-loopback], addresses=[/127.0.0.1]]");
    }

    /** With a file of hosts, of which a name may have several lines, and none of anything else. */
    private static Run inFiles(String hosts, Class<?> program) {
        return Run.inNamespace(
                """
                folder=$(mktemp -d)
                trap 'umount /etc; rm -r "$folder"' EXIT
                printf '%s' "$HOSTS" > "$folder/hosts"
                printf 'hosts: files\\nnetworks: files\\n' > "$folder/nsswitch.conf"
                echo 'multi on' > "$folder/host.conf"
                mount --bind "$folder" /etc
                "$@"
                """,
                Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), program),
                Map.of("HOSTS", hosts, "LC_ALL", "C.UTF-8"));
    }

    /** Prints what it finds of hosts. */
    static final class Hosts {
        private Hosts() {}

        public static void main(String[] arguments) throws Exception {
            print(() -> NetworkDatabase.host("seven.test", StandardProtocolFamily.INET));
            print(() -> NetworkDatabase.host("seven", StandardProtocolFamily.INET));
            print(() -> NetworkDatabase.host("seven.test", StandardProtocolFamily.INET6));
            print(() -> NetworkDatabase.host(InetAddress.ofLiteral("192.0.2.8")));
            print(() -> NetworkDatabase.host(InetAddress.ofLiteral("2001:db8::7")));
            print(() -> NetworkDatabase.host("nosuch.test", StandardProtocolFamily.INET));
            print(() -> NetworkDatabase.host(InetAddress.ofLiteral("192.0.2.99")));
            try (Stream<HostEntry> hosts = NetworkDatabase.hosts()) {
                hosts.forEach(System.out::println);
            }
        }

        static void print(Lookup<?> lookup) throws Exception {
            try {
                System.out.println(lookup.look());
            } catch (LookupException failure) {
                System.out.println(failure.error());
            }
        }
    }

    @Test
    void aHostOfBothFamiliesIsFoundByItsAliasWithEachTypeOfSocket() {
        Run run = inFiles("""
                192.0.2.7 seven.test seven
                2001:db8::7 seven.test seven
                """, Alias.class);

        List<String> expected = new ArrayList<>();
        for (String numbers : List.of("1 6", "2 17", "3 0")) {
            expected.add("10 " + numbers + " 2001:db8:0:0:0:0:0:7 4711");
            expected.add("2 " + numbers + " 192.0.2.7 4711");
        }
        expected.add("canonical [seven.test]");
        assertThat(run.output().lines()).containsExactlyInAnyOrderElementsOf(expected);
    }

    /** Prints the addresses that a host has by its alias. */
    static final class Alias {
        private Alias() {}

        public static void main(String[] arguments) throws Exception {
            List<AddressInfo> found = AddressQuery.of("seven", "4711")
                    .with(AddressFlag.CANONICAL_NAME)
                    .lookup();
            for (AddressInfo one : found) {
                InetSocketAddress address = one.address();
                System.out.println(one.family() + " " + one.type() + " " + one.protocol() + " "
                        + address.getAddress().getHostAddress() + " " + address.getPort());
            }
            System.out.println("canonical "
                    + found.stream()
                            .flatMap(one -> one.canonicalName().stream())
                            .toList());
        }
    }

    /** In the encoding that the domain name system has for them, and back. */
    @Test
    void aHostMayHaveOtherCharactersThanAscii() {
        Run run = inFiles("192.0.2.9 xn--bcher-kva.test\n", International.class);

        List<String> lines = run.output().lines().toList();
        assumeTrue(!lines.getFirst().equals("EAI_IDN_ENCODE"), "no libidn2, or no locale with such characters");
        assertThat(lines)
                .containsExactly(
                        "/192.0.2.9",
                        "as it is EAI_NONAME",
                        "canonical xn--bcher-kva.test",
                        "canonical b\\u00fccher.test");
    }

    /** Prints what it finds of a host with an umlaut. */
    static final class International {
        private International() {}

        public static void main(String[] arguments) throws Exception {
            AddressQuery host = AddressQuery.of("b\u00fccher.test").type(SocketType.STREAM);
            AddressQuery international = host.with(AddressFlag.INTERNATIONAL_NAME);
            Hosts.print(() -> international.lookup().getFirst().address().getAddress());
            System.out.print("as it is ");
            Hosts.print(host::lookup);
            AddressQuery named = international.with(AddressFlag.CANONICAL_NAME);
            for (AddressQuery query : List.of(named, named.with(AddressFlag.INTERNATIONAL_CANONICAL_NAME))) {
                System.out.print("canonical ");
                Hosts.print(() ->
                        query.lookup().getFirst().canonicalName().orElseThrow().replace("\u00fc", "\\u00fc"));
            }
        }
    }

    @Test
    void withoutFilesNothingIsThereAndThatIsSaid() {
        assertThat(inFiles("", Nothing.class).output().lines())
                .containsExactly(
                        "0 0 0 0",
                        "getservbyport_r: EAI_SERVICE (-8), looking up the service of port 80 over tcp; no such service;"
                                + " there is no services database (/etc/services; Debian has it in package netbase)",
                        "getprotobyname_r: EAI_NONAME (-2), looking up protocol tcp; no such protocol;"
                                + " there is no protocols database (/etc/protocols; Debian has it in package netbase)",
                        "EAI_NONAME",
                        "EAI_NONAME");
    }

    /** Prints what it finds where there is nothing. */
    static final class Nothing {
        private Nothing() {}

        public static void main(String[] arguments) throws Exception {
            try (Stream<HostEntry> hosts = NetworkDatabase.hosts();
                    Stream<NetworkEntry> networks = NetworkDatabase.networks();
                    Stream<ProtocolEntry> protocols = NetworkDatabase.protocols();
                    Stream<ServiceEntry> services = NetworkDatabase.services()) {
                System.out.println(Stream.of(hosts, networks, protocols, services)
                        .map(Stream::count)
                        .map(String::valueOf)
                        .reduce((some, more) -> some + " " + more)
                        .orElseThrow());
            }
            try {
                NetworkDatabase.service(80, "tcp");
            } catch (LookupException failure) {
                System.out.println(failure.getMessage());
            }
            try {
                NetworkDatabase.protocol("tcp");
            } catch (LookupException failure) {
                System.out.println(failure.getMessage());
            }
            Hosts.print(() -> NetworkDatabase.network("loopback"));
            Hosts.print(() -> NetworkDatabase.host("localhost.test", StandardProtocolFamily.INET));
        }
    }

    @Test
    void aNetworkIsFoundByItsNameAndByItsNumber() throws Exception {
        List<NetworkEntry> networks;
        try (Stream<NetworkEntry> all = NetworkDatabase.networks()) {
            networks = all.toList();
        }
        assumeTrue(!networks.isEmpty(), "no networks");
        for (NetworkEntry one : networks) {
            assertThat(NetworkDatabase.network(one.name())).isEqualTo(one);
            assertThat(NetworkDatabase.network(one.address())).isEqualTo(one);
            assertThat(NetworkDatabase.tryNetwork(one.name(), Duration.ofMinutes(1)))
                    .hasValue(one);
            assertThat(NetworkDatabase.tryNetwork(one.address(), Duration.ofMinutes(1)))
                    .hasValue(one);
        }
    }

    @Test
    void anAddressInNumbersIsItsOwnHost() throws Exception {
        HostEntry host = NetworkDatabase.host("192.0.2.1", StandardProtocolFamily.INET);

        assertThat(host).isEqualTo(new HostEntry("192.0.2.1", List.of(), List.of(InetAddress.ofLiteral("192.0.2.1"))));
        assertThat(NetworkDatabase.tryHost("::1", StandardProtocolFamily.INET6, Duration.ofMinutes(1))
                        .orElseThrow()
                        .addresses())
                .containsExactly(InetAddress.ofLiteral("::1"));
    }

    @Test
    void withNoTimeNothingIsLookedUp() throws Exception {
        assertThat(NetworkDatabase.tryHost("127.0.0.1", StandardProtocolFamily.INET, Duration.ZERO))
                .isEmpty();
        assertThat(NetworkDatabase.tryHost(InetAddress.getLoopbackAddress(), Duration.ofSeconds(-1)))
                .isEmpty();
        assertThat(NetworkDatabase.tryNetwork("loopback", Duration.ZERO)).isEmpty();
        assertThat(NetworkDatabase.tryNetwork(InetAddress.ofLiteral("127.0.0.0"), Duration.ZERO))
                .isEmpty();
    }

    // What is refused.

    @ParameterizedTest
    @ValueSource(ints = {-1, 65536, Integer.MAX_VALUE, Integer.MIN_VALUE, 65536 + 80})
    void noPortIsRefused(int port) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NetworkDatabase.service(port))
                .withMessageContaining(Integer.toString(port));
        assertThatIllegalArgumentException().isThrownBy(() -> NetworkDatabase.service(port, "tcp"));
    }

    @Test
    void whatIsNoNameOrFamilyIsRefused() {
        String zero = "a\0b";
        assertThatIllegalArgumentException().isThrownBy(() -> NetworkDatabase.service(zero));
        assertThatIllegalArgumentException().isThrownBy(() -> NetworkDatabase.service("http", zero));
        assertThatIllegalArgumentException().isThrownBy(() -> NetworkDatabase.service(80, zero));
        assertThatIllegalArgumentException().isThrownBy(() -> NetworkDatabase.protocol(zero));
        assertThatIllegalArgumentException().isThrownBy(() -> NetworkDatabase.network(zero));
        assertThatIllegalArgumentException().isThrownBy(() -> NetworkDatabase.host(zero, StandardProtocolFamily.INET));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NetworkDatabase.host("localhost", StandardProtocolFamily.UNIX));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NetworkDatabase.network(InetAddress.ofLiteral("::1")))
                .withMessageContaining("IPv4");
    }

    @Test
    void nullsAreRefused() {
        for (Lookup<?> lookup : List.<Lookup<?>>of(
                () -> NetworkDatabase.service(null),
                () -> NetworkDatabase.service(null, "tcp"),
                () -> NetworkDatabase.service("http", null),
                () -> NetworkDatabase.service(80, null),
                () -> NetworkDatabase.protocol(null),
                () -> NetworkDatabase.network((String) null),
                () -> NetworkDatabase.network((InetAddress) null),
                () -> NetworkDatabase.host(null),
                () -> NetworkDatabase.host(null, StandardProtocolFamily.INET),
                () -> NetworkDatabase.host("localhost", null),
                () -> NetworkDatabase.tryServices(null),
                () -> NetworkDatabase.services((ListingOption) null),
                () -> new ServiceEntry(null, List.of(), 1, "tcp"),
                () -> new ServiceEntry("one", null, 1, "tcp"),
                () -> new ServiceEntry("one", List.of(), 1, null),
                () -> new ProtocolEntry(null, List.of(), 1),
                () -> new NetworkEntry("one", List.of(), null),
                () -> new HostEntry("one", List.of(), null))) {
            assertThatNullPointerException().isThrownBy(lookup::look);
        }
    }

    @Test
    void anEntryIsNotChangedByTheListsItWasMadeOf() {
        List<String> aliases = new ArrayList<>(List.of("www"));
        ServiceEntry entry = new ServiceEntry("http", aliases, 80, "tcp");
        aliases.add("more");

        assertThat(entry.aliases()).containsExactly("www").isUnmodifiable();
    }

    // What can go wrong.

    @Test
    void moreMemoryIsGivenAsLongAsItIsAskedFor() throws Exception {
        assumeServices();
        List<Long> sizes = new ArrayList<>();
        ScriptedAnswers.Answer more = arguments -> {
            sizes.add(arguments[4]);
            return ERANGE;
        };
        try (ScriptedAnswers script = ScriptedAnswers.to("getservbyname_r", more, more, more)) {
            assertThat(NetworkDatabase.service("http", "tcp").port()).isEqualTo(80);
            assertThat(script.remaining()).isZero();
        }
        assertThat(sizes).containsExactly(1024L, 2048L, 4096L);
    }

    @Test
    void anEntryThatNoMemoryHoldsIsTold() {
        ScriptedAnswers.Answer[] always = Collections.nCopies(100, (ScriptedAnswers.Answer) arguments -> ERANGE)
                .toArray(ScriptedAnswers.Answer[]::new);
        try (ScriptedAnswers script = ScriptedAnswers.to("getprotobynumber_r", always)) {
            assertThatExceptionOfType(LookupException.class)
                    .isThrownBy(() -> NetworkDatabase.protocol(6))
                    .satisfies(failure -> assertThat(failure.errno()).hasValue(Errno.ERANGE));
            assertThat(script.remaining()).isGreaterThan(50);
        }
    }

    @Test
    void anErrorOfTheKernelIsToldWithItsNumber() {
        try (ScriptedAnswers script = ScriptedAnswers.to("getservbyport_r", arguments -> EMFILE)) {
            assertThatExceptionOfType(LookupException.class)
                    .isThrownBy(() -> NetworkDatabase.service(80, "tcp"))
                    .satisfies(failure -> {
                        assertThat(failure.error()).isEqualTo(LookupError.EAI_SYSTEM);
                        assertThat(failure.errno()).hasValue(Errno.EMFILE);
                        assertThat(failure.call()).isEqualTo("getservbyport_r");
                    })
                    .withMessageContaining("EMFILE (24), looking up the service of port 80 over tcp");
            assertThat(script.remaining()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0, EAI_NONAME",
        "1, 2, EAI_NONAME",
        "2, 11, EAI_AGAIN",
        "3, 111, EAI_FAIL",
        "4, 0, EAI_NODATA",
        "-1, 24, EAI_SYSTEM",
        "0, 24, EAI_SYSTEM",
        "0, 0, EAI_NONAME",
    })
    void whatTheResolverSaysBecomesAnErrorOfLookups(int hostError, int answer, LookupError expected) {
        try (ScriptedAnswers script = ScriptedAnswers.toThreads(
                thread -> thread.getName().startsWith("chagres-lookup-"), "getnetbyname_r", arguments -> {
                    MemorySegment.ofAddress(arguments[5])
                            .reinterpret(Integer.BYTES)
                            .set(ValueLayout.JAVA_INT, 0, hostError);
                    return answer;
                })) {
            assertThat(errorOf(() -> NetworkDatabase.network("some"))).isEqualTo(expected);
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void theErrorOfAnEntryComesOutOfTheStream() throws Exception {
        assumeProtocols();
        try (Stream<ProtocolEntry> protocols = NetworkDatabase.protocols();
                ScriptedAnswers script = ScriptedAnswers.to(
                        "getprotoent_r", arguments -> ScriptedAnswers.ASK_THE_KERNEL, arguments -> EMFILE)) {
            assertThatExceptionOfType(UncheckedIOException.class)
                    .isThrownBy(protocols::toList)
                    .satisfies(failure -> assertThat(((LookupException) failure.getCause()).errno())
                            .hasValue(Errno.EMFILE))
                    .withMessageContaining("getprotoent_r");
            assertThat(script.remaining()).isZero();
        }
        try (Stream<ProtocolEntry> again = NetworkDatabase.protocols()) {
            assertThat(again.findFirst()).isPresent();
        }
    }

    // Threads.

    @ParameterizedTest
    @EnumSource
    void everyThreadGetsItsOwnAnswer(ThreadKind kind) throws Exception {
        assumeServices();
        assumeProtocols();
        Map<String, Integer> ports = Map.of("http", 80, "https", 443, "ssh", 22, "domain", 53);
        Map<String, Integer> numbers = Map.of("tcp", 6, "udp", 17, "icmp", 1, "ip", 0);
        List<FutureTask<Integer>> wrong = new ArrayList<>();
        for (int thread = 0; thread < 8; thread++) {
            wrong.add(kind.start(() -> {
                int failures = 0;
                for (int i = 0; i < 25; i++) {
                    for (Map.Entry<String, Integer> port : ports.entrySet()) {
                        failures +=
                                NetworkDatabase.service(port.getKey(), "tcp").port() == port.getValue() ? 0 : 1;
                        failures += NetworkDatabase.service(port.getValue(), "tcp")
                                        .name()
                                        .equals(port.getKey())
                                ? 0
                                : 1;
                    }
                    for (Map.Entry<String, Integer> number : numbers.entrySet()) {
                        failures += NetworkDatabase.protocol(number.getKey()).number() == number.getValue() ? 0 : 1;
                        failures += NetworkDatabase.protocol(number.getValue())
                                        .name()
                                        .equals(number.getKey())
                                ? 0
                                : 1;
                    }
                    String host = "192.0.2." + i;
                    failures += NetworkDatabase.host(host, StandardProtocolFamily.INET)
                                    .name()
                                    .equals(host)
                            ? 0
                            : 1;
                }
                return failures;
            }));
        }
        for (FutureTask<Integer> one : wrong) {
            assertThat(one.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isZero();
        }
    }
}
