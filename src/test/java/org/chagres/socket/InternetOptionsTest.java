package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.chagres.socket.InternetSockets.TCP4;
import static org.chagres.socket.InternetSockets.TCP6;
import static org.chagres.socket.InternetSockets.UDP4;
import static org.chagres.socket.InternetSockets.UDP6;
import static org.chagres.socket.InternetSockets.get;
import static org.chagres.socket.InternetSockets.set;
import static org.chagres.socket.InternetSockets.setAndAsked;
import static org.chagres.socket.IpSocketOptions.*;
import static org.chagres.socket.Ipv6SocketOptions.*;
import static org.chagres.socket.LinuxSocketOptions.*;
import static org.chagres.socket.TcpSocketOptions.*;
import static org.chagres.socket.UdpSocketOptions.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Field;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.internal.view.LinuxSocketOption;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Options of TCP and UDP sockets, of both families, as the kernel takes, changes and refuses them. */
@ExtendWith(LeakCheck.class)
class InternetOptionsTest {
    /** Those that kernels since 5.4 added, or that depend on how one was built. */
    private static final Set<String> NOT_EVERYWHERE = Set.of(
            "IP_LOCAL_PORT_RANGE",
            "IP_RECVERR_RFC4884",
            "IPV6_RECVERR_RFC4884",
            "SO_BUF_LOCK",
            "SO_INCOMING_NAPI_ID",
            "SO_NETNS_COOKIE",
            "SO_PASSPIDFD",
            "SO_PASSRIGHTS",
            "SO_PEERSEC",
            "SO_PREFER_BUSY_POLL",
            "SO_RCVMARK",
            "SO_RCVPRIORITY",
            "SO_RESERVE_MEM",
            "SO_TXREHASH",
            "TCP_DELACK_MAX_US",
            "TCP_RTO_MAX_MS",
            "TCP_RTO_MIN_US");

    private static Errno errno(ThrowingCallable call) {
        ErrnoException failure = catchThrowableOfType(ErrnoException.class, call);
        assertThat(failure).as("a failure").isNotNull();
        return failure.errno();
    }

    /** RawSocketTest has those. */
    private static final Set<String> OF_RAW_SOCKETS =
            Set.of("IP_HDRINCL", "IP_NODEFRAG", "IPV6_CHECKSUM", "IPV6_HDRINCL");

    private static List<LinuxSocketOption<?>> constants(Class<?>... classes) {
        List<LinuxSocketOption<?>> constants = new ArrayList<>();
        try {
            for (Class<?> each : classes) {
                for (Field field : each.getFields()) {
                    if (!OF_RAW_SOCKETS.contains(field.getName())) {
                        constants.add((LinuxSocketOption<?>) field.get(null));
                    }
                }
            }
            return constants;
        } catch (IllegalAccessException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static List<LinuxSocketOption<?>> optionsOf(InternetSockets kind) {
        List<LinuxSocketOption<?>> options = constants(
                LinuxSocketOptions.class,
                IpSocketOptions.class,
                kind.isTcp() ? TcpSocketOptions.class : UdpSocketOptions.class);
        if (kind.isIpv6()) {
            options.addAll(constants(Ipv6SocketOptions.class));
        }
        return options;
    }

    // Every one.

    private static Stream<Arguments> optionsOfAll() {
        return Stream.of(InternetSockets.values())
                .flatMap(kind -> optionsOf(kind).stream()
                        .filter(LinuxSocketOption::isReadable)
                        .map(option -> Arguments.of(kind, option)));
    }

    @ParameterizedTest
    @MethodSource("optionsOfAll")
    void theKernelKnowsEveryOption(InternetSockets kind, LinuxSocketOption<?> option) throws Exception {
        try (Descriptor socket = kind.open()) {
            assertThat(get(socket, option)).isInstanceOf(option.type());
        } catch (ErrnoException failure) {
            switch (failure.errno()) {
                case ENOTCONN -> assertThat(option.name()).isIn("IP_MTU", "IPV6_MTU");
                case ENODATA -> assertThat(option.name()).isEqualTo("SO_PEERGROUPS");
                case EOPNOTSUPP ->
                    assertThat(option.name())
                            .isIn("SO_PASSCRED", "SO_PASSPIDFD", "SO_PASSRIGHTS", "SO_PASSSEC", "SO_TXREHASH");
                default -> {
                    assertThat(failure.errno()).isEqualTo(Errno.ENOPROTOOPT);
                    assertThat(NOT_EVERYWHERE).contains(option.name());
                }
            }
        }
    }

    private static Stream<Arguments> switches() {
        Set<String> elsewhere = Set.of(
                "SO_LOCK_FILTER", // cannot be turned back
                "SO_OOBINLINE",
                "IP_TRANSPARENT", // the next four by a privilege
                "IPV6_TRANSPARENT",
                "SO_PREFER_BUSY_POLL",
                "SO_RCVMARK",
                "TCP_FASTOPEN_CONNECT"); // as the system is set up
        return optionsOfAll()
                .filter(arguments -> arguments.get()[1] instanceof LinuxSocketOption<?> option
                        && option.type() == Boolean.class
                        && option.isWritable()
                        && !elsewhere.contains(option.name()));
    }

    @ParameterizedTest
    @MethodSource("switches")
    void aSwitchThatIsTurnedIsAsItWasTurned(InternetSockets kind, SocketOption<Boolean> aSwitch) throws Exception {
        try (Descriptor socket = kind.open()) {
            boolean before = get(socket, aSwitch);
            assertThat(setAndAsked(socket, aSwitch, !before)).isEqualTo(!before);
            assertThat(setAndAsked(socket, aSwitch, before)).isEqualTo(before);
        } catch (ErrnoException failure) {
            switch (failure.errno()) {
                case EOPNOTSUPP ->
                    assertThat(aSwitch.name())
                            .isIn("SO_PASSCRED", "SO_PASSPIDFD", "SO_PASSRIGHTS", "SO_PASSSEC", "SO_TXREHASH");
                case EINVAL -> assertThat(kind + aSwitch.name()).matches("TCP.IP_RECVFRAGSIZE");
                default -> {
                    assertThat(failure.errno()).isEqualTo(Errno.ENOPROTOOPT);
                    assertThat(NOT_EVERYWHERE).contains(aSwitch.name());
                }
            }
        }
    }

    // Numbers and their ranges.

    private static Stream<Arguments> numbers() {
        return Stream.of(
                Arguments.of(UDP4, IP_TOS, 255, 255),
                Arguments.of(TCP4, IP_TOS, 0xB9, 0xB8), // TCP keeps the bits of ECN to itself
                Arguments.of(UDP4, IP_TTL, 1, 1),
                Arguments.of(UDP4, IP_TTL, 255, 255),
                Arguments.of(TCP4, IP_MINTTL, 255, 255),
                Arguments.of(UDP4, IP_MULTICAST_TTL, 255, 255),
                Arguments.of(UDP4, IP_MULTICAST_TTL, 0, 0),
                Arguments.of(UDP4, IP_MULTICAST_TTL, -1, 1),
                Arguments.of(UDP4, IP_UNICAST_IF, 1, 1),
                Arguments.of(UDP6, IPV6_UNICAST_IF, 1, 1),
                Arguments.of(UDP6, IPV6_UNICAST_HOPS, 0, 0),
                Arguments.of(UDP6, IPV6_MULTICAST_HOPS, -1, 1),
                Arguments.of(UDP6, IPV6_MULTICAST_HOPS, 255, 255),
                Arguments.of(UDP6, IPV6_MULTICAST_IF, 1, 1),
                Arguments.of(UDP6, IPV6_TCLASS, 255, 255),
                Arguments.of(TCP6, IPV6_TCLASS, 0xB9, 0xB8),
                Arguments.of(UDP6, IPV6_TCLASS, -1, 0),
                Arguments.of(TCP6, IPV6_MINHOPCOUNT, 255, 255),
                Arguments.of(UDP6, IPV6_ADDR_PREFERENCES, 2, 0x402), // the other group as it was
                Arguments.of(TCP4, TCP_MAXSEG, 1000, 1000),
                Arguments.of(TCP4, TCP_KEEPCNT, 127, 127),
                Arguments.of(TCP4, TCP_SYNCNT, 127, 127),
                Arguments.of(TCP4, TCP_WINDOW_CLAMP, 1, 1152), // half of the least receive buffer
                Arguments.of(TCP4, TCP_WINDOW_CLAMP, 60_000, 60_000),
                Arguments.of(TCP6, TCP_NOTSENT_LOWAT, 16_384, 16_384),
                Arguments.of(TCP4, TCP_FASTOPEN, 5, 5),
                Arguments.of(UDP4, UDP_SEGMENT, 65_535, 65_535),
                Arguments.of(UDP6, UDP_SEGMENT, 0, 0),
                Arguments.of(UDP4, SO_BINDTOIFINDEX, 1, 1),
                Arguments.of(TCP4, SO_INCOMING_CPU, 0, 0),
                Arguments.of(TCP4, SO_BUF_LOCK, 3, 3));
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void numbersAreAsTheyWereSetOrAsTheKernelChangedThem(
            InternetSockets kind, SocketOption<Integer> option, int value, int told) throws Exception {
        try (Descriptor socket = kind.open()) {
            assertThat(setAndAsked(socket, option, value)).isEqualTo(told);
        } catch (ErrnoException unknown) {
            assertThat(unknown.errno()).isEqualTo(Errno.ENOPROTOOPT);
            assertThat(NOT_EVERYWHERE).contains(option.name());
        }
    }

    private static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of(UDP4, IP_TTL, 0, Errno.EINVAL),
                Arguments.of(UDP4, IP_TTL, 256, Errno.EINVAL),
                Arguments.of(TCP4, IP_MINTTL, 256, Errno.EINVAL),
                Arguments.of(UDP4, IP_MULTICAST_TTL, 256, Errno.EINVAL),
                Arguments.of(TCP4, IP_MULTICAST_TTL, 1, Errno.EINVAL),
                Arguments.of(UDP4, IP_UNICAST_IF, 0x7FFF_FFFF, Errno.EADDRNOTAVAIL),
                Arguments.of(UDP6, IPV6_UNICAST_HOPS, 256, Errno.EINVAL),
                Arguments.of(UDP6, IPV6_MULTICAST_HOPS, 256, Errno.EINVAL),
                Arguments.of(TCP6, IPV6_MULTICAST_HOPS, 1, Errno.ENOPROTOOPT),
                Arguments.of(UDP6, IPV6_MULTICAST_IF, 0x7FFF_FFFF, Errno.ENODEV),
                Arguments.of(UDP6, IPV6_TCLASS, 256, Errno.EINVAL),
                Arguments.of(UDP6, IPV6_MTU, 1279, Errno.EINVAL),
                Arguments.of(UDP6, IPV6_ADDR_PREFERENCES, 3, Errno.EINVAL),
                Arguments.of(TCP6, IPV6_MINHOPCOUNT, 256, Errno.EINVAL),
                Arguments.of(TCP4, TCP_MAXSEG, 87, Errno.EINVAL),
                Arguments.of(TCP4, TCP_MAXSEG, 32_768, Errno.EINVAL),
                Arguments.of(TCP4, TCP_KEEPCNT, 0, Errno.EINVAL),
                Arguments.of(TCP4, TCP_KEEPCNT, 128, Errno.EINVAL),
                Arguments.of(TCP4, TCP_SYNCNT, 0, Errno.EINVAL),
                Arguments.of(TCP4, TCP_SYNCNT, 128, Errno.EINVAL),
                Arguments.of(TCP4, TCP_FASTOPEN, -1, Errno.EINVAL),
                Arguments.of(UDP4, UDP_SEGMENT, -1, Errno.EINVAL),
                Arguments.of(UDP4, UDP_SEGMENT, 65_536, Errno.EINVAL),
                Arguments.of(TCP4, SO_BINDTOIFINDEX, -1, Errno.EINVAL),
                Arguments.of(UDP4, TCP_KEEPCNT, 1, Errno.ENOPROTOOPT),
                Arguments.of(TCP4, UDP_SEGMENT, 1, Errno.ENOPROTOOPT),
                Arguments.of(UDP4, IPV6_TCLASS, 1, Errno.ENOPROTOOPT));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void numbersThatCannotBeAreRefused(InternetSockets kind, SocketOption<Integer> option, int value, Errno errno)
            throws Exception {
        try (Descriptor socket = kind.open()) {
            assertThat(errno(() -> set(socket, option, value))).isEqualTo(errno);
        }
    }

    @Test
    void whatTheKernelWouldCutOffIsRefusedBeforehand() throws Exception {
        try (Descriptor socket = UDP4.open()) {
            for (int value : new int[] {-1, 256}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> set(socket, IP_TOS, value))
                        .withMessage("the value is 0 to 255, not " + value);
            }
            assertThat(get(socket, IP_TOS)).isZero();
        }
    }

    @Test
    void optionsOfOneFamilyAreNotAskedOfTheOther() throws Exception {
        try (Descriptor four = UDP4.open()) {
            assertThat(errno(() -> get(four, IPV6_V6ONLY))).isEqualTo(Errno.EOPNOTSUPP);
        }
        try (Descriptor six = UDP6.open()) {
            assertThat(setAndAsked(six, IP_TTL, 7)).isEqualTo(7);
            assertThat(get(six, IPV6_UNICAST_HOPS)).isNotEqualTo(7);
        }
    }

    @Test
    void ipv6AloneIsChosenBeforeTheSocketIsBound() throws Exception {
        try (Descriptor socket = TCP6.open();
                Arena arena = Arena.ofConfined()) {
            assertThat(setAndAsked(socket, IPV6_V6ONLY, true)).isTrue();
            assertThat(TCP6.bind(LocalSockets.number(socket), arena)).isZero();
            assertThat(errno(() -> set(socket, IPV6_V6ONLY, false))).isEqualTo(Errno.EINVAL);
        }
    }

    @Test
    void wideNumbersOfTheSocketAreItsOwn() throws Exception {
        try (Descriptor one = UDP4.open();
                Descriptor other = TCP4.open()) {
            assertThat(get(one, SO_COOKIE)).isPositive().isNotEqualTo(get(other, SO_COOKIE));
            try {
                assertThat(get(one, SO_NETNS_COOKIE)).isPositive().isEqualTo(get(other, SO_NETNS_COOKIE));
            } catch (ErrnoException unknown) {
                assertThat(unknown.errno()).isEqualTo(Errno.ENOPROTOOPT);
            }
        }
    }

    @Test
    void aRateIsPositiveOrNone() throws Exception {
        try (Descriptor socket = TCP4.open()) {
            assertThat(get(socket, SO_MAX_PACING_RATE)).isEmpty();
            assertThat(setAndAsked(socket, SO_MAX_PACING_RATE, Optional.of(5_000_000_000L)))
                    .contains(5_000_000_000L);
            assertThat(get(socket, TCP_INFO).greatestPacingRate()).hasValue(5_000_000_000L);
            assertThat(setAndAsked(socket, SO_MAX_PACING_RATE, Optional.empty()))
                    .isEmpty();
            for (long none : new long[] {0, -1}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> set(socket, SO_MAX_PACING_RATE, Optional.of(none)));
            }
        }
    }

    @Test
    void portsAreChosenFromTheRange() throws Exception {
        try (Descriptor socket = UDP4.open();
                Arena arena = Arena.ofConfined()) {
            String[] system = Files.readAllLines(Path.of("/proc/sys/net/ipv4/ip_local_port_range"))
                    .getFirst()
                    .split("\\s+");
            int last = Integer.parseInt(system[1]);
            PortRange range = new PortRange(last - 500, last - 400);
            try {
                assertThat(get(socket, IP_LOCAL_PORT_RANGE)).isEqualTo(new PortRange(0, 0));
                assertThat(setAndAsked(socket, IP_LOCAL_PORT_RANGE, range)).isEqualTo(range);
            } catch (ErrnoException unknown) {
                assumeTrue(unknown.errno() != Errno.ENOPROTOOPT, "before Linux 6.3");
                throw unknown;
            }
            assertThat(UDP4.bind(LocalSockets.number(socket), arena)).isZero();
            assertThat(InternetSockets.port(socket)).isBetween(range.first(), range.last());
        }
        assertThat(new PortRange(5, 0).last()).isZero();
        for (int[] none : new int[][] {{-1, 0}, {0, 65_536}, {6, 5}}) {
            assertThatIllegalArgumentException().isThrownBy(() -> new PortRange(none[0], none[1]));
        }
    }

    @Test
    void aDatagramThatDoesNotFitIsCountedAsDropped() throws Exception {
        try (Descriptor socket = UDP4.open()) {
            InternetSockets.connectToItself(socket, UDP4);
            set(socket, SO_RCVBUF, 0); // the least
            MemorySegment datagram = MemorySegment.ofArray(new byte[1000]);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment bytes = arena.allocate(1000).copyFrom(datagram);
                for (int sent = 0; sent < 10; sent++) {
                    assertThat(SocketCalls.send(LocalSockets.number(socket), bytes, 1000, 0))
                            .isEqualTo(1000);
                }
                int taken = 0;
                while (SocketCalls.recv(LocalSockets.number(socket), bytes, 1000, SocketCalls.MSG_DONTWAIT) > 0) {
                    taken++;
                }
                SocketMemory memory = get(socket, SO_MEMINFO);
                assertThat(memory.drops()).isPositive().isEqualTo(10 - taken);
                assertThat(memory.receiveBuffer()).isEqualTo(2304);
                assertThat(memory.sendBuffer()).isEqualTo((long) get(socket, SO_SNDBUF));
            }
        }
    }

    // Times.

    private static Stream<Arguments> times() {
        return Stream.of(
                Arguments.of(TCP_KEEPIDLE, Duration.ofMillis(1001), Duration.ofSeconds(2)),
                Arguments.of(TCP_KEEPIDLE, Duration.ofSeconds(32_767), Duration.ofSeconds(32_767)),
                Arguments.of(TCP_KEEPINTVL, Duration.ofNanos(1), Duration.ofSeconds(1)),
                Arguments.of(TCP_USER_TIMEOUT, Duration.ofNanos(1), Duration.ofMillis(1)),
                Arguments.of(TCP_USER_TIMEOUT, Duration.ofMillis(Integer.MAX_VALUE), Duration.ofMillis(2_147_483_647)),
                Arguments.of(TCP_USER_TIMEOUT, Duration.ZERO, Duration.ZERO),
                Arguments.of(TCP_DEFER_ACCEPT, Duration.ofSeconds(2), Duration.ofSeconds(3)),
                Arguments.of(TCP_DEFER_ACCEPT, Duration.ZERO, Duration.ZERO),
                Arguments.of(TCP_TX_DELAY, Duration.ofNanos(1001), Duration.ofNanos(2000)),
                Arguments.of(TCP_RTO_MAX_MS, Duration.ofSeconds(1), Duration.ofSeconds(1)),
                Arguments.of(TCP_RTO_MIN_US, Duration.ofMillis(100), Duration.ofMillis(100)),
                Arguments.of(TCP_DELACK_MAX_US, Duration.ofMillis(100), Duration.ofMillis(100)));
    }

    @ParameterizedTest
    @MethodSource("times")
    void timesAreInTheUnitOfTheKernelRoundedUp(SocketOption<Duration> option, Duration time, Duration told)
            throws Exception {
        try (Descriptor socket = TCP4.open()) {
            assertThat(setAndAsked(socket, option, time)).isEqualTo(told);
        } catch (ErrnoException unknown) {
            assertThat(unknown.errno()).isEqualTo(Errno.ENOPROTOOPT);
            assertThat(NOT_EVERYWHERE).contains(option.name());
        }
    }

    @Test
    void timesOutOfRangeAreRefused() throws Exception {
        try (Descriptor socket = TCP4.open()) {
            assertThat(errno(() -> set(socket, TCP_KEEPIDLE, Duration.ZERO))).isEqualTo(Errno.EINVAL);
            assertThat(errno(() -> set(socket, TCP_KEEPIDLE, Duration.ofSeconds(32_768))))
                    .isEqualTo(Errno.EINVAL);
            assertThat(errno(() -> set(socket, TCP_KEEPINTVL, Duration.ofSeconds(32_768))))
                    .isEqualTo(Errno.EINVAL);
            for (SocketOption<Duration> option : List.of(TCP_KEEPIDLE, TCP_USER_TIMEOUT, TCP_TX_DELAY)) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> set(socket, option, Duration.ofNanos(-1)))
                        .withMessageContaining("negative");
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> set(socket, option, Duration.ofSeconds(Long.MAX_VALUE)))
                        .withMessageContaining("too long");
            }
        }
    }

    @Test
    void theTimeOfAClosedConnectionIsSetOrNoneOrTheSystems() throws Exception {
        try (Descriptor socket = TCP4.open()) {
            Optional<Duration> system = get(socket, TCP_LINGER2);
            assertThat(setAndAsked(socket, TCP_LINGER2, Optional.of(Duration.ofMillis(1500))))
                    .contains(Duration.ofSeconds(2));
            assertThat(setAndAsked(socket, TCP_LINGER2, Optional.empty())).isEmpty();
            assertThat(setAndAsked(socket, TCP_LINGER2, Optional.of(Duration.ZERO)))
                    .isEqualTo(system);
            assertThat(setAndAsked(socket, TCP_LINGER2, Optional.of(Duration.ofHours(1))))
                    .contains(Duration.ofSeconds(120));
        }
    }

    // Names, addresses, ways.

    @ParameterizedTest
    @EnumSource
    void aSocketIsBoundToAnInterfaceAndSetFree(InternetSockets kind) throws Exception {
        try (Descriptor socket = kind.open()) {
            assertThat(get(socket, SO_BINDTODEVICE)).isEmpty();
            assertThat(setAndAsked(socket, SO_BINDTODEVICE, "lo")).isEqualTo("lo");
            assertThat(get(socket, SO_BINDTOIFINDEX))
                    .isEqualTo(NetworkInterface.getByName("lo").getIndex());
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> set(socket, SO_BINDTODEVICE, "chagres-none"))
                    .withMessageContaining("ENODEV")
                    .withMessageContaining("there is no such network interface");
            try {
                assertThat(setAndAsked(socket, SO_BINDTODEVICE, "")).isEmpty();
            } catch (ErrnoException unprivileged) {
                assertThat(unprivileged.errno()).isEqualTo(Errno.EPERM);
            }
        }
    }

    @Test
    void aNameThatIsTooLongIsNotCutOff() throws Exception {
        try (Descriptor socket = TCP4.open()) {
            for (String none : List.of("0123456789abcdef", "lo\0", "éééééééé")) {
                for (SocketOption<String> option : List.of(SO_BINDTODEVICE, TCP_CONGESTION, TCP_ULP)) {
                    assertThatIllegalArgumentException()
                            .isThrownBy(() -> set(socket, option, none))
                            .withMessageContaining("at most 15 bytes");
                }
            }
            assertThat(errno(() -> set(socket, TCP_CONGESTION, "0123456789abcde")))
                    .isEqualTo(Errno.ENOENT);
        }
    }

    @Test
    void everyAlgorithmThatIsAllowedCanBeChosen() throws Exception {
        String allowed = Files.readAllLines(Path.of("/proc/sys/net/ipv4/tcp_allowed_congestion_control"))
                .getFirst();
        String system = Files.readAllLines(Path.of("/proc/sys/net/ipv4/tcp_congestion_control"))
                .getFirst();
        for (InternetSockets kind : List.of(TCP4, TCP6)) {
            try (Descriptor socket = kind.open()) {
                assertThat(get(socket, TCP_CONGESTION)).isEqualTo(system);
                for (String algorithm : allowed.split(" ")) {
                    assertThat(setAndAsked(socket, TCP_CONGESTION, algorithm)).isEqualTo(algorithm);
                }
            }
        }
    }

    @Test
    void aSocketHasNoProtocolOnTopAndNoneThatIsUnknown() throws Exception {
        try (Descriptor socket = TCP4.open()) {
            assertThat(get(socket, TCP_ULP)).isEmpty();
            assertThat(errno(() -> set(socket, TCP_ULP, "chagres"))).isIn(Errno.ENOENT, Errno.ENOPROTOOPT);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyWayOfFindingThePathIsTaken(InternetSockets kind) throws Exception {
        try (Descriptor socket = kind.open()) {
            for (PathMtuDiscovery way : PathMtuDiscovery.values()) {
                if (way == PathMtuDiscovery.UNKNOWN) {
                    assertThatIllegalArgumentException().isThrownBy(() -> set(socket, IP_MTU_DISCOVER, way));
                    continue;
                }
                assertThat(setAndAsked(socket, IP_MTU_DISCOVER, way)).isEqualTo(way);
                if (kind.isIpv6()) {
                    assertThat(setAndAsked(socket, IPV6_MTU_DISCOVER, way)).isEqualTo(way);
                }
            }
        }
    }

    @Test
    void theLongestPacketIsThatOfTheLoopback() throws Exception {
        for (InternetSockets kind : List.of(UDP4, UDP6)) {
            try (Descriptor socket = kind.open()) {
                SocketOption<Integer> option = kind == UDP4 ? IP_MTU : IPV6_MTU;
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> get(socket, option))
                        .withMessageContaining("ENOTCONN")
                        .withMessageContaining("not connected");
                InternetSockets.connectToItself(socket, kind);
                assertThat(get(socket, option)).isEqualTo(kind.longestOnTheLoopback());
            }
        }
    }

    @Test
    void theInterfaceOfGroupsIsNamedByItsAddress() throws Exception {
        try (Descriptor socket = UDP4.open()) {
            Inet4Address any = (Inet4Address) InetAddress.getByAddress(new byte[4]);
            Inet4Address loopback = (Inet4Address) InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
            assertThat(get(socket, IP_MULTICAST_IF)).isEqualTo(any);
            assertThat(setAndAsked(socket, IP_MULTICAST_IF, loopback)).isEqualTo(loopback);
            assertThat(setAndAsked(socket, IP_MULTICAST_IF, any)).isEqualTo(any);
            Inet4Address nobodys = (Inet4Address) InetAddress.getByAddress(new byte[] {(byte) 203, 0, 113, 9});
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> set(socket, IP_MULTICAST_IF, nobodys))
                    .withMessageContaining("EADDRNOTAVAIL")
                    .withMessageContaining("none of this host's");
        }
    }

    // Errors, privileges.

    @Test
    void theErrorOfAnEarlierDatagramIsTakenAway() throws Exception {
        try (Descriptor socket = UDP4.open();
                Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(32, Long.BYTES);
            int length;
            try (Descriptor gone = UDP4.open()) {
                assertThat(UDP4.bind(LocalSockets.number(gone), arena)).isZero();
                length = SocketCalls.socketName(LocalSockets.number(gone), address);
            }
            int number = LocalSockets.number(socket);
            assertThat(SocketCalls.connect(number, address, length)).isZero();
            assertThat(SocketCalls.send(number, arena.allocate(1), 1, 0)).isOne();
            assertThat(get(socket, SO_ERROR)).contains(Errno.ECONNREFUSED);
            assertThat(get(socket, SO_ERROR)).isEmpty();
        }
    }

    /** What an ordinary user may not. */
    static final class Unprivileged {
        private static <T> void tell(Descriptor socket, SocketOption<T> option, T value) throws IOException {
            try {
                set(socket, option, value);
                System.out.println(option + " " + get(socket, option));
            } catch (ErrnoException refused) {
                System.out.println(option + " " + refused.errno());
            }
        }

        public static void main(String[] arguments) throws IOException {
            try (Descriptor socket = LowSocket.open(2, 2, 0)) {
                tell(socket, IP_TRANSPARENT, true);
                tell(socket, SO_MARK, 1);
                tell(socket, SO_PREFER_BUSY_POLL, true);
                tell(socket, SO_BINDTODEVICE, "lo");
                tell(socket, SO_BINDTODEVICE, "");
            }
        }
    }

    @Test
    void whatNeedsAPrivilegeIsRefusedToAnOrdinaryUser() throws Exception {
        try (Peer peer = Peer.javaAs(65534, Unprivileged.class)) {
            assertThat(peer.hear()).isEqualTo("IP_TRANSPARENT EPERM");
            assertThat(peer.hear()).isEqualTo("SO_MARK EPERM");
            assertThat(peer.hear()).isIn("SO_PREFER_BUSY_POLL EPERM", "SO_PREFER_BUSY_POLL ENOPROTOOPT");
            assertThat(peer.hear()).isIn("SO_BINDTODEVICE lo", "SO_BINDTODEVICE EPERM"); // before Linux 5.7
            assertThat(peer.hear()).isIn("SO_BINDTODEVICE EPERM", "SO_BINDTODEVICE ");
        }
    }

    // The JDK's.

    /** By name: its module is none that this one reads. */
    @SuppressWarnings("unchecked") // whoever names one knows its type
    private static <T> SocketOption<T> extended(String name) {
        try {
            return (SocketOption<T>) Class.forName("jdk.net.ExtendedSocketOptions")
                    .getField(name)
                    .get(null);
        } catch (ReflectiveOperationException missing) {
            return Assumptions.abort("no such option of the JDK: " + missing);
        }
    }

    @Test
    void thoseOfTheJdkThatNameTheSameAreTaken() throws Exception {
        try (Descriptor socket = TCP4.open()) {
            set(socket, StandardSocketOptions.TCP_NODELAY, true);
            assertThat(get(socket, TCP_NODELAY)).isTrue();
            set(socket, StandardSocketOptions.SO_REUSEPORT, true);
            assertThat(get(socket, SO_REUSEPORT)).isTrue();
            set(socket, InternetOptionsTest.<Integer>extended("TCP_KEEPIDLE"), 11);
            set(socket, InternetOptionsTest.<Integer>extended("TCP_KEEPINTERVAL"), 12);
            set(socket, InternetOptionsTest.<Integer>extended("TCP_KEEPCOUNT"), 13);
            set(socket, InternetOptionsTest.<Boolean>extended("TCP_QUICKACK"), false);
            assertThat(get(socket, TCP_KEEPIDLE)).isEqualTo(Duration.ofSeconds(11));
            assertThat(get(socket, TCP_KEEPINTVL)).isEqualTo(Duration.ofSeconds(12));
            assertThat(get(socket, TCP_KEEPCNT)).isEqualTo(13);
            assertThat(get(socket, InternetOptionsTest.<Integer>extended("TCP_KEEPCOUNT")))
                    .isEqualTo(13);
            assertThat(get(socket, TCP_QUICKACK)).isFalse();
        }
    }

    @Test
    void thoseOfTheJdkThatAreTwoOptionsAreSetForBothFamilies() throws Exception {
        try (Descriptor four = UDP4.open();
                Descriptor six = UDP6.open()) {
            for (Descriptor socket : List.of(four, six)) {
                set(socket, StandardSocketOptions.IP_TOS, 0x28);
                set(socket, StandardSocketOptions.IP_MULTICAST_TTL, 3);
                set(socket, StandardSocketOptions.IP_MULTICAST_LOOP, false);
                assertThat(get(socket, StandardSocketOptions.IP_TOS)).isEqualTo(0x28);
                assertThat(get(socket, IP_TOS)).isEqualTo(0x28);
                assertThat(get(socket, IP_MULTICAST_TTL)).isEqualTo(3);
                assertThat(get(socket, IP_MULTICAST_LOOP)).isFalse();
            }
            assertThat(get(six, IPV6_TCLASS)).isEqualTo(0x28);
            assertThat(get(six, IPV6_MULTICAST_HOPS)).isEqualTo(3);
            assertThat(get(six, IPV6_MULTICAST_LOOP)).isFalse();
        }
    }

    @Test
    void thoseOfTheJdkThatAreNotKnownOrOfOthersAreRefused() throws Exception {
        SocketOption<Integer> stranger = new SocketOption<>() {
            @Override
            public String name() {
                return "TCP_KEEPIDLE";
            }

            @Override
            public Class<Integer> type() {
                return Integer.class;
            }
        };
        try (Descriptor socket = TCP4.open()) {
            for (SocketOption<?> option : List.of(
                    StandardSocketOptions.IP_MULTICAST_IF,
                    InternetOptionsTest.<Object>extended("IP_DONTFRAGMENT"),
                    InternetOptionsTest.<Object>extended("SO_PEERCRED"),
                    stranger)) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> get(socket, option))
                        .withMessageContaining(option.name());
            }
        }
    }

    // A second witness.

    /** Takes the descriptor of this process as its own, and tells options by the names that Python has for them. */
    private static final String WITNESS = """
            import ctypes, os, socket, sys
            libc = ctypes.CDLL(None, use_errno=True)
            pid = libc.syscall(434, int(sys.argv[1]), 0)
            number = libc.syscall(438, pid, int(sys.argv[2]), 0)
            if number < 0:
                sys.exit("pidfd_getfd: " + os.strerror(ctypes.get_errno()))
            there = socket.socket(fileno=number)
            for name in sys.argv[3:]:
                level = {"SO": socket.SOL_SOCKET, "IP": 0, "IPV6": 41, "TCP": 6, "UDP": 17}[name.split("_")[0]]
                option = getattr(socket, name, None)
                print(name, "absent" if option is None else there.getsockopt(level, option))
            """;

    private static Map<String, String> seenByPython(Descriptor socket, List<String> names) {
        Run.assumeInstalled("python3");
        List<String> command = new ArrayList<>(List.of(
                "python3",
                "-c",
                WITNESS,
                Long.toString(ProcessHandle.current().pid()),
                Integer.toString(LocalSockets.number(socket))));
        command.addAll(names);
        Run run = Run.command(command, Map.of());
        assumeTrue(run.status() == 0, () -> "no witness: " + run.err());
        return run.output()
                .lines()
                .map(line -> line.split(" "))
                .collect(Collectors.toMap(words -> words[0], words -> words[1]));
    }

    @Test
    void pythonSeesWhatWasSetOfTcp() throws Exception {
        try (Descriptor socket = TCP6.open()) {
            set(socket, TCP_NODELAY, true);
            set(socket, TCP_KEEPIDLE, Duration.ofSeconds(21));
            set(socket, TCP_KEEPINTVL, Duration.ofSeconds(22));
            set(socket, TCP_KEEPCNT, 23);
            set(socket, TCP_SYNCNT, 4);
            set(socket, TCP_LINGER2, Optional.of(Duration.ofSeconds(25)));
            set(socket, TCP_DEFER_ACCEPT, Duration.ofSeconds(7));
            set(socket, TCP_USER_TIMEOUT, Duration.ofMillis(2600));
            set(socket, TCP_NOTSENT_LOWAT, 27);
            set(socket, TCP_WINDOW_CLAMP, 28_000);
            set(socket, TCP_MAXSEG, 1029);
            set(socket, TCP_FASTOPEN, 2);
            set(socket, IPV6_V6ONLY, true);
            set(socket, IPV6_UNICAST_HOPS, 30);
            set(socket, SO_REUSEPORT, true);
            set(socket, SO_KEEPALIVE, true);
            assertThat(seenByPython(
                            socket,
                            List.of(
                                    "TCP_NODELAY",
                                    "TCP_KEEPIDLE",
                                    "TCP_KEEPINTVL",
                                    "TCP_KEEPCNT",
                                    "TCP_SYNCNT",
                                    "TCP_LINGER2",
                                    "TCP_DEFER_ACCEPT",
                                    "TCP_USER_TIMEOUT",
                                    "TCP_NOTSENT_LOWAT",
                                    "TCP_WINDOW_CLAMP",
                                    "TCP_MAXSEG",
                                    "TCP_FASTOPEN",
                                    "IPV6_V6ONLY",
                                    "IPV6_UNICAST_HOPS",
                                    "SO_REUSEPORT",
                                    "SO_KEEPALIVE")))
                    .containsAllEntriesOf(Map.ofEntries(
                            Map.entry("TCP_NODELAY", "1"),
                            Map.entry("TCP_KEEPIDLE", "21"),
                            Map.entry("TCP_KEEPINTVL", "22"),
                            Map.entry("TCP_KEEPCNT", "23"),
                            Map.entry("TCP_SYNCNT", "4"),
                            Map.entry("TCP_LINGER2", "25"),
                            Map.entry("TCP_DEFER_ACCEPT", "7"),
                            Map.entry("TCP_USER_TIMEOUT", "2600"),
                            Map.entry("TCP_NOTSENT_LOWAT", "27"),
                            Map.entry("TCP_WINDOW_CLAMP", "28000"),
                            Map.entry("TCP_MAXSEG", "1029"),
                            Map.entry("TCP_FASTOPEN", "2"),
                            Map.entry("IPV6_V6ONLY", "1"),
                            Map.entry("IPV6_UNICAST_HOPS", "30"),
                            Map.entry("SO_REUSEPORT", "1"),
                            Map.entry("SO_KEEPALIVE", "1")));
        }
    }

    @Test
    void pythonSeesWhatWasSetOfUdp() throws Exception {
        try (Descriptor socket = UDP6.open()) {
            set(socket, IP_TOS, 0x1C);
            set(socket, IP_TTL, 32);
            set(socket, IP_MULTICAST_TTL, 33);
            set(socket, IP_MULTICAST_LOOP, false);
            set(socket, IPV6_MULTICAST_HOPS, 34);
            set(socket, IPV6_MULTICAST_LOOP, false);
            set(socket, IPV6_TCLASS, 35);
            set(socket, IPV6_RECVTCLASS, true);
            set(socket, IPV6_DONTFRAG, true);
            List<String> names = List.of(
                    "IP_TOS",
                    "IP_TTL",
                    "IP_MULTICAST_TTL",
                    "IP_MULTICAST_LOOP",
                    "IPV6_MULTICAST_HOPS",
                    "IPV6_MULTICAST_LOOP",
                    "IPV6_TCLASS",
                    "IPV6_RECVTCLASS",
                    "IPV6_DONTFRAG");
            assertThat(seenByPython(socket, names))
                    .containsAllEntriesOf(Map.of(
                            "IP_TOS", "28",
                            "IP_TTL", "32",
                            "IP_MULTICAST_TTL", "33",
                            "IP_MULTICAST_LOOP", "0",
                            "IPV6_MULTICAST_HOPS", "34",
                            "IPV6_MULTICAST_LOOP", "0",
                            "IPV6_TCLASS", "35",
                            "IPV6_RECVTCLASS", "1",
                            "IPV6_DONTFRAG", "1"));
        }
    }
}
