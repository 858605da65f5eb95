package org.chagres.socket;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.SocketOption;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.chagres.internal.view.LinuxSocketOption;
import org.chagres.testing.Run;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every option that the manual or the headers name has a constant, or a reason why not. */
class OptionListsTest {
    private static final String MANUAL = "Linux man-pages 6.03";

    /** Whose headers the lists are of, by package. */
    private static final Map<String, String> HEADERS = Map.of("linux-libc-dev", "6.1.", "libc6-dev", "2.36-");

    private static final String FILTERS = "filters of packets are programs in the kernel, made by other means";
    private static final String WIDTHS = "the same in another width of time; the C library chooses";
    private static final String MEMBERSHIP = "an order with an address, not a property: methods join and leave groups";
    private static final String ROUTERS = "for programs of routers, which take packets out of their way: by number";
    private static final String IPSEC = "policies and keys of IPsec are made by other means";
    private static final String HEADERS_OF_PACKETS = "options in the headers of packets, which routers drop: by number";
    private static final String REPAIR = "for moving a connection to another host, with all that is in it";
    private static final String KEYS = "keys are bytes, with addresses in a struct: by number";

    /** What begins like an option and is none: values of options, and limits. */
    private static final Pattern NO_OPTION = Pattern.compile(String.join(
            "|",
            "IP_(PMTUDISC_.*|DEFAULT_.*|MSFILTER_SIZE|MAX_MEMBERSHIPS)",
            "MCAST_(EXCLUDE|INCLUDE)",
            "IPV6_(FL_.*|FLOWINFO_(FLOWLABEL|PRIORITY)|PRIORITY_.*|TLV_.*|PREFER_.*|PMTUDISC_.*)",
            "IPV6_RTHDR_(LOOSE|STRICT|TYPE_0)",
            "TCP_(MSS|MSS_.*|MAXWIN|MAX_WINSHIFT|SYNQ_HSIZE|RECEIVE_ZEROCOPY_.*|ENCAP_.*)",
            "TCP_(MD5SIG_(MAXKEYLEN|FLAG_.*)|REPAIR_(ON|OFF|OFF_NO_WP))",
            "TCP_(COOKIE_(MIN|MAX|PAIR_SIZE|IN_ALWAYS|OUT_NEVER)|S_DATA_(IN|OUT))",
            "UDP_ENCAP_.*"));

    enum Options {
        SOCKET(
                LinuxSocketOptions.class,
                "SO_",
                List.of("socket", "unix"),
                """
                SO_ACCEPTCONN SO_ATTACH_BPF SO_ATTACH_FILTER SO_ATTACH_REUSEPORT_CBPF SO_ATTACH_REUSEPORT_EBPF
                SO_BINDTODEVICE SO_BROADCAST SO_BSDCOMPAT SO_BUSY_POLL SO_DEBUG SO_DETACH_BPF SO_DETACH_FILTER
                SO_DOMAIN SO_DONTROUTE SO_ERROR SO_INCOMING_CPU SO_INCOMING_NAPI_ID SO_KEEPALIVE SO_LINGER
                SO_LOCK_FILTER SO_MARK SO_OOBINLINE SO_PASSCRED SO_PASSSEC SO_PEEK_OFF SO_PEERCRED SO_PEERSEC
                SO_PRIORITY SO_PROTOCOL SO_RCVBUF SO_RCVBUFFORCE SO_RCVLOWAT SO_RCVTIMEO SO_REUSEADDR SO_REUSEPORT
                SO_RXQ_OVFL SO_SELECT_ERR_QUEUE SO_SNDBUF SO_SNDBUFFORCE SO_SNDLOWAT SO_SNDTIMEO SO_TIMESTAMP
                SO_TIMESTAMPNS SO_TYPE
                """,
                List.of("asm-generic/socket.h"),
                """
                SO_ACCEPTCONN SO_ATTACH_BPF SO_ATTACH_FILTER SO_ATTACH_REUSEPORT_CBPF SO_ATTACH_REUSEPORT_EBPF
                SO_BINDTODEVICE SO_BINDTOIFINDEX SO_BPF_EXTENSIONS SO_BROADCAST SO_BSDCOMPAT SO_BUF_LOCK
                SO_BUSY_POLL SO_BUSY_POLL_BUDGET SO_CNX_ADVICE SO_COOKIE SO_DEBUG SO_DETACH_BPF SO_DETACH_FILTER
                SO_DETACH_REUSEPORT_BPF SO_DOMAIN SO_DONTROUTE SO_ERROR SO_GET_FILTER SO_INCOMING_CPU
                SO_INCOMING_NAPI_ID SO_KEEPALIVE SO_LINGER SO_LOCK_FILTER SO_MARK SO_MAX_PACING_RATE SO_MEMINFO
                SO_NETNS_COOKIE SO_NOFCS SO_NO_CHECK SO_OOBINLINE SO_PASSCRED SO_PASSSEC SO_PEEK_OFF SO_PEERCRED
                SO_PEERGROUPS SO_PEERNAME SO_PEERSEC SO_PREFER_BUSY_POLL SO_PRIORITY SO_PROTOCOL SO_RCVBUF
                SO_RCVBUFFORCE SO_RCVLOWAT SO_RCVMARK SO_RCVTIMEO SO_RCVTIMEO_NEW SO_RCVTIMEO_OLD SO_RESERVE_MEM
                SO_REUSEADDR SO_REUSEPORT SO_RXQ_OVFL SO_SECURITY_AUTHENTICATION SO_SECURITY_ENCRYPTION_NETWORK
                SO_SECURITY_ENCRYPTION_TRANSPORT SO_SELECT_ERR_QUEUE SO_SNDBUF SO_SNDBUFFORCE SO_SNDLOWAT
                SO_SNDTIMEO SO_SNDTIMEO_NEW SO_SNDTIMEO_OLD SO_TIMESTAMP SO_TIMESTAMPING SO_TIMESTAMPING_NEW
                SO_TIMESTAMPING_OLD SO_TIMESTAMPNS SO_TIMESTAMPNS_NEW SO_TIMESTAMPNS_OLD SO_TIMESTAMP_NEW
                SO_TIMESTAMP_OLD SO_TXREHASH SO_TXTIME SO_TYPE SO_WIFI_STATUS SO_ZEROCOPY
                """,
                "SO_PASSPIDFD SO_PASSRIGHTS SO_RCVPRIORITY",
                Map.ofEntries(
                        entry("SO_ATTACH_BPF", FILTERS),
                        entry("SO_ATTACH_FILTER", FILTERS),
                        entry("SO_ATTACH_REUSEPORT_CBPF", FILTERS),
                        entry("SO_ATTACH_REUSEPORT_EBPF", FILTERS),
                        entry("SO_BPF_EXTENSIONS", FILTERS),
                        entry("SO_BSDCOMPAT", "without effect since Linux 2.6"),
                        entry("SO_CNX_ADVICE", "an order, not a property: to look for another route"),
                        entry("SO_DEBUG", "makes the kernel log, where it was built for that"),
                        entry("SO_DETACH_BPF", FILTERS),
                        entry("SO_DETACH_FILTER", FILTERS),
                        entry("SO_DETACH_REUSEPORT_BPF", FILTERS),
                        entry("SO_GET_FILTER", FILTERS),
                        entry("SO_NOFCS", "of packet sockets on wireless interfaces"),
                        entry("SO_PEERNAME", "what getpeername(2) tells"),
                        entry("SO_RCVTIMEO_NEW", WIDTHS),
                        entry("SO_RCVTIMEO_OLD", WIDTHS),
                        entry("SO_SECURITY_AUTHENTICATION", "never had an effect"),
                        entry("SO_SECURITY_ENCRYPTION_NETWORK", "never had an effect"),
                        entry("SO_SECURITY_ENCRYPTION_TRANSPORT", "never had an effect"),
                        entry(
                                "SO_SELECT_ERR_QUEUE",
                                "without effect since Linux 4.16: an error in the queue is always told"),
                        entry("SO_SNDTIMEO_NEW", WIDTHS),
                        entry("SO_SNDTIMEO_OLD", WIDTHS),
                        entry(
                                "SO_TIMESTAMPING",
                                "times of network devices: a struct of flags, and answers as control messages alone"),
                        entry("SO_TIMESTAMPING_NEW", WIDTHS),
                        entry("SO_TIMESTAMPING_OLD", WIDTHS),
                        entry("SO_TIMESTAMPNS_NEW", WIDTHS),
                        entry("SO_TIMESTAMPNS_OLD", WIDTHS),
                        entry("SO_TIMESTAMP_NEW", WIDTHS),
                        entry("SO_TIMESTAMP_OLD", WIDTHS),
                        entry(
                                "SO_TXTIME",
                                "times at which to send: a struct, and control messages, for queues that are set up for it"),
                        entry("SO_WIFI_STATUS", "of packet sockets on wireless interfaces"))),

        IP(
                IpSocketOptions.class,
                "(?:IP|MCAST)_",
                List.of("ip"),
                """
                IP_ADD_MEMBERSHIP IP_ADD_SOURCE_MEMBERSHIP IP_BIND_ADDRESS_NO_PORT IP_BLOCK_SOURCE
                IP_DROP_MEMBERSHIP IP_DROP_SOURCE_MEMBERSHIP IP_FREEBIND IP_HDRINCL IP_MSFILTER IP_MTU
                IP_MTU_DISCOVER IP_MULTICAST_ALL IP_MULTICAST_IF IP_MULTICAST_LOOP IP_MULTICAST_TTL IP_NODEFRAG
                IP_OPTIONS IP_ORIGDSTADDR IP_PASSSEC IP_PKTINFO IP_RCVDSTADDR IP_RECVERR IP_RECVIF IP_RECVOPTS
                IP_RECVORIGDSTADDR IP_RECVTOS IP_RECVTTL IP_RETOPTS IP_ROUTER_ALERT IP_TOS IP_TRANSPARENT IP_TTL
                IP_UNBLOCK_SOURCE
                """,
                List.of("linux/in.h", "bits/in.h"),
                """
                IP_ADD_MEMBERSHIP IP_ADD_SOURCE_MEMBERSHIP IP_BIND_ADDRESS_NO_PORT IP_BLOCK_SOURCE IP_CHECKSUM
                IP_DROP_MEMBERSHIP IP_DROP_SOURCE_MEMBERSHIP IP_FREEBIND IP_HDRINCL IP_IPSEC_POLICY
                IP_LOCAL_PORT_RANGE IP_MINTTL IP_MSFILTER IP_MTU IP_MTU_DISCOVER IP_MULTICAST_ALL IP_MULTICAST_IF
                IP_MULTICAST_LOOP IP_MULTICAST_TTL IP_NODEFRAG IP_OPTIONS IP_ORIGDSTADDR IP_PASSSEC IP_PKTINFO
                IP_PKTOPTIONS IP_PMTUDISC IP_PROTOCOL IP_RECVERR IP_RECVERR_RFC4884 IP_RECVFRAGSIZE IP_RECVOPTS
                IP_RECVORIGDSTADDR IP_RECVRETOPTS IP_RECVTOS IP_RECVTTL IP_RETOPTS IP_ROUTER_ALERT IP_TOS
                IP_TRANSPARENT IP_TTL IP_UNBLOCK_SOURCE IP_UNICAST_IF IP_XFRM_POLICY MCAST_BLOCK_SOURCE
                MCAST_JOIN_GROUP MCAST_JOIN_SOURCE_GROUP MCAST_LEAVE_GROUP MCAST_LEAVE_SOURCE_GROUP MCAST_MSFILTER
                MCAST_UNBLOCK_SOURCE
                """,
                "",
                Map.ofEntries(
                        entry("IP_ADD_MEMBERSHIP", MEMBERSHIP),
                        entry("IP_ADD_SOURCE_MEMBERSHIP", MEMBERSHIP),
                        entry("IP_BLOCK_SOURCE", MEMBERSHIP),
                        entry("IP_DROP_MEMBERSHIP", MEMBERSHIP),
                        entry("IP_DROP_SOURCE_MEMBERSHIP", MEMBERSHIP),
                        entry("IP_IPSEC_POLICY", IPSEC),
                        entry("IP_MSFILTER", MEMBERSHIP),
                        entry("IP_OPTIONS", HEADERS_OF_PACKETS),
                        entry("IP_ORIGDSTADDR", "another name of IP_RECVORIGDSTADDR"),
                        entry("IP_PKTOPTIONS", HEADERS_OF_PACKETS),
                        entry("IP_PMTUDISC", "another name of IP_MTU_DISCOVER"),
                        entry("IP_PROTOCOL", "what SO_PROTOCOL tells"),
                        entry("IP_RCVDSTADDR", "of other systems; Linux has IP_PKTINFO"),
                        entry("IP_RECVIF", "of other systems; Linux has IP_PKTINFO"),
                        entry("IP_RECVOPTS", HEADERS_OF_PACKETS),
                        entry("IP_RECVRETOPTS", HEADERS_OF_PACKETS),
                        entry("IP_RETOPTS", HEADERS_OF_PACKETS),
                        entry("IP_ROUTER_ALERT", ROUTERS),
                        entry("IP_UNBLOCK_SOURCE", MEMBERSHIP),
                        entry("IP_XFRM_POLICY", IPSEC),
                        entry("MCAST_BLOCK_SOURCE", MEMBERSHIP),
                        entry("MCAST_JOIN_GROUP", MEMBERSHIP),
                        entry("MCAST_JOIN_SOURCE_GROUP", MEMBERSHIP),
                        entry("MCAST_LEAVE_GROUP", MEMBERSHIP),
                        entry("MCAST_LEAVE_SOURCE_GROUP", MEMBERSHIP),
                        entry("MCAST_MSFILTER", MEMBERSHIP),
                        entry("MCAST_UNBLOCK_SOURCE", MEMBERSHIP))),

        IPV6(
                Ipv6SocketOptions.class,
                "IPV6_",
                List.of("ipv6"),
                """
                IPV6_ADDRFORM IPV6_ADD_MEMBERSHIP IPV6_AUTHHDR IPV6_DROP_MEMBERSHIP IPV6_DSTOPTS IPV6_FLOWINFO
                IPV6_HOPLIMIT IPV6_HOPOPTS IPV6_MTU IPV6_MTU_DISCOVER IPV6_MULTICAST_HOPS IPV6_MULTICAST_IF
                IPV6_MULTICAST_LOOP IPV6_PKTINFO IPV6_RECVERR IPV6_RECVPKTINFO IPV6_ROUTER_ALERT IPV6_RTHDR
                IPV6_UNICAST_HOPS IPV6_V6ONLY
                """,
                List.of("linux/in6.h", "bits/in.h"),
                """
                IPV6_2292DSTOPTS IPV6_2292HOPLIMIT IPV6_2292HOPOPTS IPV6_2292PKTINFO IPV6_2292PKTOPTIONS
                IPV6_2292RTHDR IPV6_ADDRFORM IPV6_ADDR_PREFERENCES IPV6_ADD_MEMBERSHIP IPV6_AUTHHDR
                IPV6_AUTOFLOWLABEL IPV6_CHECKSUM IPV6_DONTFRAG IPV6_DROP_MEMBERSHIP IPV6_DSTOPTS IPV6_FLOWINFO
                IPV6_FLOWINFO_SEND IPV6_FLOWLABEL_MGR IPV6_FREEBIND IPV6_HDRINCL IPV6_HOPLIMIT IPV6_HOPOPTS
                IPV6_IPSEC_POLICY IPV6_JOIN_ANYCAST IPV6_JOIN_GROUP IPV6_LEAVE_ANYCAST IPV6_LEAVE_GROUP
                IPV6_MINHOPCOUNT IPV6_MTU IPV6_MTU_DISCOVER IPV6_MULTICAST_ALL IPV6_MULTICAST_HOPS IPV6_MULTICAST_IF
                IPV6_MULTICAST_LOOP IPV6_NEXTHOP IPV6_ORIGDSTADDR IPV6_PATHMTU IPV6_PKTINFO IPV6_RECVDSTOPTS
                IPV6_RECVERR IPV6_RECVERR_RFC4884 IPV6_RECVFRAGSIZE IPV6_RECVHOPLIMIT IPV6_RECVHOPOPTS
                IPV6_RECVORIGDSTADDR IPV6_RECVPATHMTU IPV6_RECVPKTINFO IPV6_RECVRTHDR IPV6_RECVTCLASS
                IPV6_ROUTER_ALERT IPV6_ROUTER_ALERT_ISOLATE IPV6_RTHDR IPV6_RTHDRDSTOPTS IPV6_RXDSTOPTS
                IPV6_RXHOPOPTS IPV6_TCLASS IPV6_TRANSPARENT IPV6_UNICAST_HOPS IPV6_UNICAST_IF IPV6_USE_MIN_MTU
                IPV6_V6ONLY IPV6_XFRM_POLICY
                """,
                "",
                Map.ofEntries(
                        entry("IPV6_2292DSTOPTS", "of RFC 2292, which RFC 3542 replaced"),
                        entry("IPV6_2292HOPLIMIT", "of RFC 2292, which RFC 3542 replaced"),
                        entry("IPV6_2292HOPOPTS", "of RFC 2292, which RFC 3542 replaced"),
                        entry("IPV6_2292PKTINFO", "of RFC 2292, which RFC 3542 replaced"),
                        entry("IPV6_2292PKTOPTIONS", "of RFC 2292, which RFC 3542 replaced"),
                        entry("IPV6_2292RTHDR", "of RFC 2292, which RFC 3542 replaced"),
                        entry("IPV6_ADDRFORM", "makes an IPv4 socket of it, which its type here would not know"),
                        entry("IPV6_ADD_MEMBERSHIP", MEMBERSHIP),
                        entry("IPV6_AUTHHDR", "the kernel does not have it"),
                        entry("IPV6_DROP_MEMBERSHIP", MEMBERSHIP),
                        entry("IPV6_DSTOPTS", HEADERS_OF_PACKETS),
                        entry("IPV6_FLOWLABEL_MGR", "leases flow labels, by a struct of its own"),
                        entry("IPV6_HOPLIMIT", "the name of a control message"),
                        entry("IPV6_HOPOPTS", HEADERS_OF_PACKETS),
                        entry("IPV6_IPSEC_POLICY", IPSEC),
                        entry("IPV6_JOIN_ANYCAST", MEMBERSHIP),
                        entry("IPV6_JOIN_GROUP", MEMBERSHIP),
                        entry("IPV6_LEAVE_ANYCAST", MEMBERSHIP),
                        entry("IPV6_LEAVE_GROUP", MEMBERSHIP),
                        entry("IPV6_NEXTHOP", "the kernel does not have it"),
                        entry("IPV6_ORIGDSTADDR", "another name of IPV6_RECVORIGDSTADDR"),
                        entry("IPV6_PATHMTU", "IPV6_MTU tells it, and the rest are the addresses of the socket"),
                        entry("IPV6_PKTINFO", "the name of a control message"),
                        entry("IPV6_RECVDSTOPTS", HEADERS_OF_PACKETS),
                        entry("IPV6_RECVHOPOPTS", HEADERS_OF_PACKETS),
                        entry("IPV6_RECVRTHDR", HEADERS_OF_PACKETS),
                        entry("IPV6_ROUTER_ALERT", ROUTERS),
                        entry("IPV6_ROUTER_ALERT_ISOLATE", ROUTERS),
                        entry("IPV6_RTHDR", HEADERS_OF_PACKETS),
                        entry("IPV6_RTHDRDSTOPTS", HEADERS_OF_PACKETS),
                        entry("IPV6_RXDSTOPTS", HEADERS_OF_PACKETS),
                        entry("IPV6_RXHOPOPTS", HEADERS_OF_PACKETS),
                        entry("IPV6_USE_MIN_MTU", "the kernel does not have it"),
                        entry("IPV6_XFRM_POLICY", IPSEC))),

        TCP(
                TcpSocketOptions.class,
                "TCP_",
                List.of("tcp"),
                """
                TCP_CONGESTION TCP_CORK TCP_DEFER_ACCEPT TCP_FASTOPEN TCP_FASTOPEN_CONNECT TCP_INFO TCP_KEEPCNT
                TCP_KEEPIDLE TCP_KEEPINTVL TCP_LINGER2 TCP_MAXSEG TCP_NODELAY TCP_QUICKACK TCP_SYNCNT
                TCP_USER_TIMEOUT TCP_WINDOW_CLAMP
                """,
                List.of("linux/tcp.h", "netinet/tcp.h"),
                """
                TCP_CC_INFO TCP_CM_INQ TCP_CONGESTION TCP_COOKIE_TRANSACTIONS TCP_CORK TCP_DEFER_ACCEPT TCP_FASTOPEN
                TCP_FASTOPEN_CONNECT TCP_FASTOPEN_KEY TCP_FASTOPEN_NO_COOKIE TCP_INFO TCP_INQ TCP_KEEPCNT
                TCP_KEEPIDLE TCP_KEEPINTVL TCP_LINGER2 TCP_MAXSEG TCP_MD5SIG TCP_MD5SIG_EXT TCP_NODELAY
                TCP_NOTSENT_LOWAT TCP_QUEUE_SEQ TCP_QUICKACK TCP_REPAIR TCP_REPAIR_OPTIONS TCP_REPAIR_QUEUE
                TCP_REPAIR_WINDOW TCP_SAVED_SYN TCP_SAVE_SYN TCP_SYNCNT TCP_THIN_DUPACK TCP_THIN_LINEAR_TIMEOUTS
                TCP_TIMESTAMP TCP_TX_DELAY TCP_ULP TCP_USER_TIMEOUT TCP_WINDOW_CLAMP TCP_ZEROCOPY_RECEIVE
                """,
                "TCP_DELACK_MAX_US TCP_RTO_MAX_MS TCP_RTO_MIN_US",
                Map.ofEntries(
                        entry("TCP_CC_INFO", "a struct that each algorithm has of its own"),
                        entry("TCP_CM_INQ", "the name of a control message"),
                        entry("TCP_COOKIE_TRANSACTIONS", "gone since Linux 3.10"),
                        entry("TCP_FASTOPEN_KEY", KEYS),
                        entry("TCP_MD5SIG", KEYS),
                        entry("TCP_MD5SIG_EXT", KEYS),
                        entry("TCP_QUEUE_SEQ", REPAIR),
                        entry("TCP_REPAIR", REPAIR),
                        entry("TCP_REPAIR_OPTIONS", REPAIR),
                        entry("TCP_REPAIR_QUEUE", REPAIR),
                        entry("TCP_REPAIR_WINDOW", REPAIR),
                        entry("TCP_SAVED_SYN", "bytes that are there once: by number"),
                        entry("TCP_THIN_DUPACK", "without effect since Linux 4.17"),
                        entry("TCP_TIMESTAMP", REPAIR),
                        entry("TCP_ZEROCOPY_RECEIVE", "not an option but a way to receive, into mapped memory"))),

        UDP(
                UdpSocketOptions.class,
                "UDP_",
                List.of("udp"),
                """
                UDP_CORK
                """,
                List.of("linux/udp.h", "netinet/udp.h"),
                """
                UDP_CORK UDP_ENCAP UDP_GRO UDP_NO_CHECK6_RX UDP_NO_CHECK6_TX UDP_SEGMENT
                """,
                "",
                Map.ofEntries(entry("UDP_ENCAP", "makes a tunnel of the kernel's of it"))),

        ICMP(
                IcmpSocketOptions.class,
                "(?=ICMP6?_FILTER\\b)",
                List.of("raw"),
                "ICMP_FILTER",
                List.of("linux/icmp.h", "netinet/icmp6.h"),
                "ICMP_FILTER ICMP6_FILTER",
                "",
                Map.of());

        final Class<?> constants;
        final Pattern name;
        final List<String> pages;
        final Set<String> inTheManual;
        final List<String> files;
        final Set<String> inTheHeaders;
        final Set<String> newer;
        final Map<String, String> withoutAConstant;

        Options(
                Class<?> constants,
                String prefix,
                List<String> pages,
                String inTheManual,
                List<String> files,
                String inTheHeaders,
                String newer,
                Map<String, String> withoutAConstant) {
            this.constants = constants;
            this.name = Pattern.compile("\\b" + prefix + "[A-Z0-9_]+\\b");
            this.pages = pages;
            this.inTheManual = words(inTheManual);
            this.files = files;
            this.inTheHeaders = words(inTheHeaders);
            this.newer = words(newer);
            this.withoutAConstant = withoutAConstant;
        }

        private static Set<String> words(String text) {
            return Stream.of(text.strip().split("\\s+"))
                    .filter(word -> !word.isEmpty())
                    .collect(Collectors.toCollection(TreeSet::new));
        }

        Set<String> names() {
            return Arrays.stream(constants.getFields()).map(Field::getName).collect(Collectors.toSet());
        }

        Set<String> optionsIn(String text) {
            return name.matcher(text)
                    .results()
                    .map(MatchResult::group)
                    .filter(found -> !NO_OPTION.matcher(found).matches())
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyOptionHasAConstantOrAReason(Options options) {
        Set<String> listed = new TreeSet<>(options.inTheManual);
        listed.addAll(options.inTheHeaders);
        assertThat(options.newer).doesNotContainAnyElementsOf(listed);
        listed.addAll(options.newer);

        Set<String> answered = new TreeSet<>(options.withoutAConstant.keySet());
        assertThat(answered).doesNotContainAnyElementsOf(options.names());
        answered.addAll(options.names());
        assertThat(answered).isEqualTo(listed);
    }

    @ParameterizedTest
    @EnumSource
    void theListIsThatOfTheManual(Options options) throws IOException {
        Set<String> named = new TreeSet<>();
        for (String page : options.pages) {
            Path file = Path.of("/usr/share/man/man7/" + page + ".7.gz");
            assumeTrue(Files.exists(file), "there is no " + file);
            try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
                String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                assumeTrue(text.contains(MANUAL), "the list is of " + MANUAL);
                named.addAll(options.optionsIn(text.replaceAll("(?m)^\\.\\\\\".*$", ""))); // without comments
            }
        }
        assertThat(named).isEqualTo(options.inTheManual);
    }

    @ParameterizedTest
    @EnumSource
    void theListIsThatOfTheHeaders(Options options) throws IOException {
        Run.assumeInstalled("dpkg-query");
        for (Map.Entry<String, String> header : HEADERS.entrySet()) {
            Run installed = Run.command("dpkg-query", "--show", "--showformat=${Version}", header.getKey());
            assumeTrue(
                    installed.out().startsWith(header.getValue()),
                    "the list is of " + header.getKey() + " " + header.getValue());
        }
        Pattern definition = Pattern.compile("(?m)^#\\s*define\\s+(\\w+)");
        Set<String> defined = new TreeSet<>();
        for (String file : options.files) {
            String names = definition
                    .matcher(Files.readString(header(file)))
                    .results()
                    .map(match -> match.group(1))
                    .collect(Collectors.joining(" "));
            defined.addAll(options.optionsIn(names));
        }
        assertThat(defined).isEqualTo(options.inTheHeaders);
    }

    private static Path header(String file) {
        return Stream.of("/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu")
                .map(folder -> Path.of(folder, file))
                .filter(Files::exists)
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @EnumSource
    void constantsAreCalledAsTheirOptions(Options options) throws Exception {
        for (Field field : options.constants.getFields()) {
            LinuxSocketOption<?> option = (LinuxSocketOption<?>) field.get(null);
            assertThat(option.name()).isEqualTo(field.getName());
            assertThat(option).hasToString(field.getName());
        }
    }

    @ParameterizedTest
    @EnumSource
    void theTypeThatAnOptionTellsIsThatOfItsConstant(Options options) throws Exception {
        for (Field field : options.constants.getFields()) {
            Type declared = ((ParameterizedType) field.getGenericType()).getActualTypeArguments()[0];
            Type raw = declared instanceof ParameterizedType type ? type.getRawType() : declared;
            assertThat(((SocketOption<?>) field.get(null)).type())
                    .as(field.getName())
                    .isEqualTo(raw);
        }
    }
}
