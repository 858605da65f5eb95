package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.reflect.Field;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.internal.syscall.LookupNumbers;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses and names looked up, against what Python says of the same questions. No name server is asked. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class AddressLookupTest {
    /** Lines of HOST|SERVICE|FAMILY|TYPE|PROTOCOL|FLAGS, where - is for none, are each answered by one line. */
    private static final String ADDRESSES = """
            import socket, sys
            for line in sys.argv[1:]:
                host, service, family, type, protocol, flags = line.split('|')
                try:
                    found = socket.getaddrinfo(None if host == '-' else host, None if service == '-' else service,
                                               int(family), int(type), int(protocol), int(flags))
                    words = []
                    for f, t, p, name, address in found:
                        a = address[0]
                        if a.startswith('::ffff:'): a = a[7:]
                        scope = address[3] if f == socket.AF_INET6 else 0
                        words.append('%d %d %d %s %d %d %s' % (f, t, p, a.split('%')[0], address[1], scope, name))
                    print('; '.join(words))
                except socket.gaierror as e:
                    print('error', e.errno, e.strerror)
            """;

    /** Lines of ADDRESS|PORT|SCOPE|FLAGS. */
    private static final String NAMES = """
            import socket, sys
            for line in sys.argv[1:]:
                host, port, scope, flags = line.split('|')
                address = (host, int(port), 0, int(scope)) if ':' in host else (host, int(port))
                try:
                    print(*socket.getnameinfo(address, int(flags)))
                except socket.gaierror as e:
                    print('error', e.errno, e.strerror)
            """;

    private record Case(
            String host, String service, AddressQuery query, int family, int type, int protocol, int flags) {
        String line() {
            return String.join("|", host, service, "" + family, "" + type, "" + protocol, "" + flags);
        }

        static Case of(String host, String service) {
            AddressQuery query = host.equals("-")
                    ? AddressQuery.ofService(service)
                    : service.equals("-") ? AddressQuery.of(host) : AddressQuery.of(host, service);
            return new Case(host, service, query, 0, 0, 0, 0);
        }

        Case inet() {
            return new Case(host, service, query.family(StandardProtocolFamily.INET), 2, type, protocol, flags);
        }

        Case inet6() {
            return new Case(host, service, query.family(StandardProtocolFamily.INET6), 10, type, protocol, flags);
        }

        Case unix() {
            return new Case(host, service, query.family(StandardProtocolFamily.UNIX), 1, type, protocol, flags);
        }

        Case type(SocketType wanted, int number) {
            return new Case(host, service, query.type(wanted), family, number, protocol, flags);
        }

        Case stream() {
            return type(SocketType.STREAM, 1);
        }

        Case protocol(int wanted) {
            return new Case(host, service, query.protocol(wanted), family, type, wanted, flags);
        }

        Case with(AddressFlag flag, int bit) {
            return new Case(host, service, query.with(flag), family, type, protocol, flags | bit);
        }

        Case numeric() {
            return with(AddressFlag.NUMERIC_HOST, 4);
        }
    }

    private static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (String host : List.of(
                "127.0.0.1",
                "::1",
                "0.0.0.0",
                "::",
                "255.255.255.255",
                "127.1",
                "0x7f.1",
                "2130706433",
                "010.1.1.1",
                "fe80::1%lo",
                "fe80::1%1",
                "::1%lo",
                "fe80::1%nosuchdevice",
                "fe80::1",
                "::ffff:192.0.2.1",
                "2001:db8::5",
                "256.1.1.1",
                "[::1]",
                "nowhere",
                " 127.0.0.1",
                "127.0.0.1 ",
                "",
                "1.2.3.4.5")) {
            Case one = Case.of(host, "-").numeric();
            cases.add(one);
            cases.add(one.inet());
            cases.add(one.inet6());
            cases.add(one.stream());
            cases.add(one.with(AddressFlag.CANONICAL_NAME, 2));
            cases.add(one.inet6().with(AddressFlag.V4_MAPPED, 8));
            cases.add(one.inet6().with(AddressFlag.V4_MAPPED, 8).with(AddressFlag.ALL, 16));
        }
        for (String service : List.of("80", "0", "65535", "http", "https", "domain", "tftp", "nosuchservice", "0080")) {
            Case one = Case.of("127.0.0.1", service).numeric();
            cases.add(one);
            cases.add(one.stream());
            cases.add(one.type(SocketType.DATAGRAM, 2));
            cases.add(one.type(SocketType.RAW, 3));
            cases.add(one.type(SocketType.SEQUENCED_PACKET, 5));
            cases.add(one.with(AddressFlag.NUMERIC_SERVICE, 1024));
            Case none = Case.of("-", service);
            cases.add(none);
            cases.add(none.stream());
            cases.add(none.with(AddressFlag.PASSIVE, 1));
            cases.add(none.stream().with(AddressFlag.PASSIVE, 1).inet6());
            cases.add(none.with(AddressFlag.CANONICAL_NAME, 2));
        }
        Case web = Case.of("127.0.0.1", "80").numeric();
        cases.addAll(List.of(
                web.protocol(6),
                web.protocol(17),
                web.protocol(132),
                web.protocol(4711),
                web.protocol(-1),
                web.stream().protocol(17),
                web.unix(),
                web.stream().inet(),
                web.with(AddressFlag.ADDRESS_CONFIGURED, 32),
                Case.of("localhost", "http"),
                Case.of("localhost", "80").stream(),
                Case.of("localhost", "80").stream().inet(),
                Case.of("localhost", "-").inet().with(AddressFlag.CANONICAL_NAME, 2),
                Case.of("127.0.0.1", "http").stream(),
                Case.of("::1", "http").stream()));
        return cases;
    }

    @Test
    void addressesAreThoseThatPythonFinds() throws Exception {
        Run.assumeInstalled("python3");
        List<Case> cases = cases();
        List<String> ours = new ArrayList<>();
        for (Case one : cases) {
            ours.add(one.line() + " -> " + words(one.query()));
        }
        List<String> command = new ArrayList<>(List.of("python3", "-c", ADDRESSES));
        cases.forEach(one -> command.add(one.line()));

        List<String> told = Run.command(command, Map.of()).output().lines().toList();

        assertThat(told).hasSameSizeAs(cases);
        List<String> theirs = new ArrayList<>();
        for (int i = 0; i < told.size(); i++) {
            theirs.add(cases.get(i).line() + " -> " + told.get(i));
        }
        assertThat(ours).isEqualTo(theirs);
        assertThat(ours)
                .anyMatch(line -> line.contains("error"))
                .anyMatch(line -> line.contains(" 2 1 6 127.0.0.1 80"));
    }

    private static String words(AddressQuery query) throws InterruptedException {
        try {
            return query.lookup().stream().map(AddressLookupTest::words).collect(Collectors.joining("; "));
        } catch (LookupException failure) {
            return words(failure);
        }
    }

    private static String words(AddressInfo one) {
        InetAddress address = one.address().getAddress();
        int scope = address instanceof Inet6Address six ? six.getScopeId() : 0;
        return "%d %d %d %s %d %d %s"
                .formatted(
                        one.family(),
                        one.type(),
                        one.protocol(),
                        Inet.ntop(address.getAddress()),
                        one.address().getPort(),
                        scope,
                        one.canonicalName().orElse(""));
    }

    private static String words(LookupException failure) {
        String text = failure.getMessage().substring(failure.getMessage().lastIndexOf("; ") + 2);
        return "error " + failure.number() + " " + text;
    }

    @Test
    void namesAreThoseThatPythonFinds() throws Exception {
        Run.assumeInstalled("python3");
        List<String> lines = new ArrayList<>();
        List<String> ours = new ArrayList<>();
        Map<NameFlag, Integer> bits = Map.of(
                NameFlag.NUMERIC_HOST, 1,
                NameFlag.NUMERIC_SERVICE, 2,
                NameFlag.NO_DOMAIN, 4,
                NameFlag.NAME_REQUIRED, 8,
                NameFlag.DATAGRAM, 16);
        List<List<NameFlag>> combinations = List.of(
                List.of(NameFlag.NUMERIC_HOST),
                List.of(NameFlag.NUMERIC_HOST, NameFlag.NUMERIC_SERVICE),
                List.of(NameFlag.NUMERIC_HOST, NameFlag.DATAGRAM),
                List.of(NameFlag.NUMERIC_HOST, NameFlag.NAME_REQUIRED));
        for (String host : List.of("127.0.0.1", "::1", "0.0.0.0", "2001:db8::1", "fe80::1%1", "fe80::1%4711")) {
            for (int port : new int[] {0, 22, 80, 512, 514, 65535}) {
                for (List<NameFlag> flags : combinations) {
                    check(host, port, flags, bits, lines, ours);
                }
            }
        }
        check("127.0.0.1", 80, List.of(), bits, lines, ours); // from /etc/hosts
        check("127.0.0.1", 80, List.of(NameFlag.NAME_REQUIRED, NameFlag.NO_DOMAIN), bits, lines, ours);

        List<String> command = new ArrayList<>(List.of("python3", "-c", NAMES));
        command.addAll(lines);
        assertThat(ours)
                .isEqualTo(Run.command(command, Map.of()).output().lines().toList());
    }

    private static void check(
            String host,
            int port,
            List<NameFlag> flags,
            Map<NameFlag, Integer> bits,
            List<String> lines,
            List<String> ours)
            throws Exception {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(host), port);
        String scope = host.contains("%") ? host.substring(host.indexOf('%') + 1) : "0";
        int sum = flags.stream().mapToInt(bits::get).sum();
        lines.add(host.replaceAll("%.*", "") + "|" + port + "|" + scope + "|" + sum);
        try {
            NameInfo names = Inet.nameOf(address, flags.toArray(NameFlag[]::new));
            ours.add(names.host() + " " + names.service());
        } catch (LookupException failure) {
            ours.add(words(failure));
        }
    }

    // What it answers.

    @Test
    void anAddressKeepsItsInterface() throws Exception {
        int loopback = Inet.interfaceIndex("lo").orElseThrow();

        InetSocketAddress found = AddressQuery.of("fe80::1%lo", "80")
                .type(SocketType.STREAM)
                .with(AddressFlag.NUMERIC_HOST)
                .lookup()
                .getFirst()
                .address();

        assertThat(found.getPort()).isEqualTo(80);
        assertThat(((Inet6Address) found.getAddress()).getScopeId()).isEqualTo(loopback);
        assertThat(Inet.nameOf(found, NameFlag.NUMERIC_HOST).host()).isEqualTo("fe80::1%lo");
    }

    @Test
    void ipv4InTheFormOfIpv6IsToldAsIpv4WithTheOtherFamily() throws Exception {
        AddressInfo found = AddressQuery.of("192.0.2.9")
                .family(StandardProtocolFamily.INET6)
                .type(SocketType.STREAM)
                .with(AddressFlag.NUMERIC_HOST, AddressFlag.V4_MAPPED)
                .lookup()
                .getFirst();

        assertThat(found.family()).isEqualTo(10);
        assertThat(found.address().getAddress()).isInstanceOf(Inet4Address.class);
    }

    @Test
    void theNumbersOfAnAnswerMakeASocket() throws Exception {
        AddressInfo found = AddressQuery.of("127.0.0.1", "80")
                .type(SocketType.DATAGRAM)
                .with(AddressFlag.NUMERIC_HOST)
                .lookup()
                .getFirst();

        try (Descriptor socket = LowSocket.open(found.family(), found.type(), found.protocol())) {
            assertThat(socket.isOpen()).isTrue();
        }
    }

    @Test
    void aHostOfTheFileIsFoundByItsNameWithEachTypeOfSocket() throws Exception {
        assumeTrue(
                Files.readAllLines(Path.of("/etc/hosts")).stream()
                        .anyMatch(line -> line.matches("127\\.0\\.0\\.1\\s+localhost\\b.*")),
                "127.0.0.1 is not localhost in /etc/hosts");

        List<AddressInfo> found = AddressQuery.of("localhost", "7")
                .family(StandardProtocolFamily.INET)
                .with(AddressFlag.CANONICAL_NAME)
                .lookup();

        // Where ::1 is localhost as well, glibc has it stand for 127.0.0.1 once more.
        assertThat(found).extracting(AddressInfo::type).startsWith(1, 2, 3).containsOnly(1, 2, 3);
        assertThat(found).allSatisfy(one -> assertThat(one.address().toString()).isEqualTo("/127.0.0.1:7"));
        assertThat(found.getFirst().canonicalName()).hasValue("localhost");
        assertThat(found.getLast().canonicalName()).isEmpty();
    }

    @Test
    void aQueryIsNotChangedByItsMethods() throws Exception {
        AddressQuery query = AddressQuery.of("127.0.0.1", "80");
        query.type(SocketType.STREAM)
                .family(StandardProtocolFamily.INET6)
                .with(AddressFlag.NUMERIC_HOST)
                .protocol(6);

        assertThat(query.lookup()).hasSize(3);
        assertThat(query).hasToString("AddressQuery[host 127.0.0.1, service 80]");
        assertThat(AddressQuery.ofService("http")).hasToString("AddressQuery[no host, service http]");
    }

    // Errors.

    @Test
    void errorsHaveTheNumbersOfC() {
        for (LookupError error : LookupError.values()) {
            if (error != LookupError.UNKNOWN) {
                assertThat(error.number()).isEqualTo(number(error.name()));
                assertThat(LookupError.of(error.number())).isEqualTo(error);
            }
        }
        assertThat(Arrays.stream(LookupNumbers.class.getFields())
                        .map(Field::getName)
                        .filter(name -> name.startsWith("EAI_")))
                .containsExactlyInAnyOrderElementsOf(Stream.of(LookupError.values())
                        .map(Enum::name)
                        .filter(name -> name.startsWith("EAI_"))
                        .toList());
        assertThat(LookupError.of(-4711)).isEqualTo(LookupError.UNKNOWN);
        assertThat(LookupError.of(0)).isEqualTo(LookupError.UNKNOWN);
    }

    private static int number(String name) {
        try {
            return LookupNumbers.class.getField(name).getInt(null);
        } catch (ReflectiveOperationException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void eachErrorIsToldByItsNameAndItsText() {
        AddressQuery web = AddressQuery.of("127.0.0.1", "80").with(AddressFlag.NUMERIC_HOST);
        failsWith(LookupError.EAI_NONAME, AddressQuery.of("nowhere").with(AddressFlag.NUMERIC_HOST));
        failsWith(LookupError.EAI_NONAME, AddressQuery.of("127.0.0.1", "http").with(AddressFlag.NUMERIC_SERVICE));
        failsWith(LookupError.EAI_SERVICE, AddressQuery.of("127.0.0.1", "nosuchservice"));
        failsWith(LookupError.EAI_SERVICE, AddressQuery.of("127.0.0.1", "http").type(SocketType.RAW));
        failsWith(LookupError.EAI_FAMILY, web.family(StandardProtocolFamily.UNIX));
        failsWith(
                LookupError.EAI_SOCKTYPE, web.type(SocketType.SEQUENCED_PACKET).protocol(6));
        failsWith(
                LookupError.EAI_ADDRFAMILY,
                AddressQuery.of("::1").with(AddressFlag.NUMERIC_HOST).family(StandardProtocolFamily.INET));
        failsWith(LookupError.EAI_BADFLAGS, AddressQuery.ofService("80").with(AddressFlag.CANONICAL_NAME));

        assertThatExceptionOfType(LookupException.class)
                .isThrownBy(() -> AddressQuery.of("nowhere")
                        .with(AddressFlag.NUMERIC_HOST)
                        .lookup())
                .withMessageMatching("getaddrinfo: EAI_NONAME \\(-2\\), looking up host nowhere; .+");
    }

    private static void failsWith(LookupError error, AddressQuery query) {
        assertThatExceptionOfType(LookupException.class)
                .isThrownBy(query::lookup)
                .satisfies(failure -> {
                    assertThat(failure.error()).isEqualTo(error);
                    assertThat(failure.number()).isEqualTo(error.number());
                    assertThat(failure.errno()).isEmpty();
                    assertThat(failure.call()).isEqualTo("getaddrinfo");
                });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "UNKNOWN")
    void whateverCAnswersIsTold(LookupError error) {
        // A negative int, and not -errno, as the seam has it: -1 is a number of its own.
        try (ScriptedAnswers script =
                ScriptedAnswers.to("getaddrinfo", asked -> Integer.toUnsignedLong(error.number()))) {
            assertThatExceptionOfType(LookupException.class)
                    .isThrownBy(() -> AddressQuery.ofService("80").lookup())
                    .satisfies(failure -> assertThat(failure.error()).isEqualTo(error));
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void anErrorOfTheKernelIsToldWithItsNumber() {
        LookupException failure =
                new LookupException("getaddrinfo", -11, Errno.EMFILE.number(), "looking up host x", "System error");

        assertThat(failure.errno()).hasValue(Errno.EMFILE);
        assertThat(failure).hasMessage("getaddrinfo: EAI_SYSTEM (-11) EMFILE (24), looking up host x; System error");
    }

    @Test
    void aNameThatIsTooLongIsRefusedByC() {
        assertThatExceptionOfType(LookupException.class)
                .isThrownBy(() -> AddressQuery.of("a".repeat(70_000))
                        .with(AddressFlag.NUMERIC_HOST)
                        .lookup());
    }

    @ParameterizedTest
    @ValueSource(strings = {"65536", "65616", "-1", "+80", " 80", "99999999999999999999", "-65456"})
    void aNumberThatIsNoPortIsNotCut(String service) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressQuery.of("127.0.0.1", service))
                .withMessageContaining(service);
        assertThatIllegalArgumentException().isThrownBy(() -> AddressQuery.ofService(service));
    }

    @Test
    void textThatCWouldNotSeeAllOfIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> AddressQuery.of("localhost\0.example"));
        assertThatIllegalArgumentException().isThrownBy(() -> AddressQuery.of("localhost", "80\0"));
        assertThatNullPointerException().isThrownBy(() -> AddressQuery.of(null));
        assertThatNullPointerException().isThrownBy(() -> AddressQuery.of("localhost", null));
        assertThatNullPointerException().isThrownBy(() -> AddressQuery.ofService(null));
        assertThatNullPointerException()
                .isThrownBy(() -> AddressQuery.of("localhost").tryLookup(null));
    }

    @Test
    void theNameOfWhatWasNotLookedUpCannotBeLookedUp() {
        InetSocketAddress unresolved = InetSocketAddress.createUnresolved("somewhere.invalid", 80);

        assertThatIllegalArgumentException().isThrownBy(() -> Inet.nameOf(unresolved));
    }

    // Time.

    @Test
    void whatNeedsNoWaitingIsLookedUpInNoTime() throws Exception {
        AddressQuery numeric = AddressQuery.of("127.0.0.1", "80").with(AddressFlag.NUMERIC_HOST);
        for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
            assertThat(numeric.tryLookup(none))
                    .hasValueSatisfying(found -> assertThat(found).isNotEmpty());
            assertThat(AddressQuery.ofService("80").tryLookup(none)).isPresent();
            assertThat(Inet.tryNameOf(new InetSocketAddress("127.0.0.1", 80), none, NameFlag.NUMERIC_HOST))
                    .isPresent();
            assertThat(AddressQuery.of("127.0.0.1").tryLookup(none)).isEmpty();
            assertThat(Inet.tryNameOf(new InetSocketAddress("127.0.0.1", 80), none))
                    .isEmpty();
        }
    }

    @Test
    void anInterruptedThreadLooksNothingUp() {
        AddressQuery numeric = AddressQuery.of("127.0.0.1").with(AddressFlag.NUMERIC_HOST);

        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(numeric::lookup);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> numeric.tryLookup(Duration.ZERO));
    }
}
