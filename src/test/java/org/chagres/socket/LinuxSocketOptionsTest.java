package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.internal.syscall.SocketNumbers;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.LinuxSocketOption;
import org.chagres.internal.view.SocketOptions;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is set of a local socket is what the kernel says it has. */
@ExtendWith(LeakCheck.class)
class LinuxSocketOptionsTest {
    private Descriptor here;
    private Descriptor there;

    @BeforeEach
    void makeAPair() throws IOException {
        long pair =
                SocketCalls.socketpairEnds(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM | SocketCalls.SOCK_CLOEXEC, 0);
        assertThat(pair).isPositive();
        here = Descriptor.adopt((int) pair);
        there = Descriptor.adopt((int) (pair >>> Integer.SIZE));
    }

    @AfterEach
    void closeIt() {
        here.close();
        there.close();
    }

    // Through the kernel.

    private static List<SocketOption<?>> constants() {
        try {
            List<SocketOption<?>> constants = new ArrayList<>();
            for (Field field : LinuxSocketOptions.class.getFields()) {
                constants.add((SocketOption<?>) field.get(null));
            }
            return constants;
        } catch (IllegalAccessException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @ParameterizedTest
    @MethodSource("constants")
    void theKernelKnowsEveryOption(SocketOption<?> option) throws IOException {
        if (!((LinuxSocketOption<?>) option).isReadable()) {
            assertThatIllegalArgumentException().isThrownBy(() -> get(option)).withMessage(option + " can only be set");
            return;
        }
        try {
            assertThat(get(option)).isInstanceOf(option.type());
        } catch (ErrnoException unknown) {
            assertUnknownHere(option, unknown);
        }
    }

    @SuppressWarnings("unchecked") // as their type says
    private static List<SocketOption<Boolean>> switches() {
        return constants().stream()
                .filter(option -> option.type() == Boolean.class && ((LinuxSocketOption<?>) option).isWritable())
                .filter(option -> option != LinuxSocketOptions.SO_LOCK_FILTER) // which cannot be turned back
                .map(option -> (SocketOption<Boolean>) option)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("switches")
    void aSwitchThatIsTurnedIsAsItWasTurned(SocketOption<Boolean> aSwitch) throws IOException {
        try {
            boolean before = get(aSwitch);
            set(aSwitch, !before);
            assertThat(get(aSwitch)).isEqualTo(!before);
            set(aSwitch, before);
            assertThat(get(aSwitch)).isEqualTo(before);
        } catch (ErrnoException unknown) {
            assertUnknownHere(aSwitch, unknown);
        }
    }

    private static void assertUnknownHere(SocketOption<?> option, ErrnoException unknown) {
        if (unknown.errno() == Errno.EOPNOTSUPP) {
            assertThat(option.name()).isIn("SO_REUSEPORT", "SO_TXREHASH", "SO_ZEROCOPY"); // not of local sockets
        } else {
            assertThat(unknown.errno()).isEqualTo(Errno.ENOPROTOOPT);
            assertThat(option.name())
                    .isIn(
                            "SO_BUF_LOCK",
                            "SO_NETNS_COOKIE",
                            "SO_PASSPIDFD",
                            "SO_PASSRIGHTS",
                            "SO_PEERSEC",
                            "SO_PREFER_BUSY_POLL",
                            "SO_RCVMARK",
                            "SO_RCVPRIORITY",
                            "SO_RESERVE_MEM",
                            "SO_TXREHASH");
        }
    }

    @Test
    void aFilterOnceLockedRemainsSo() throws IOException {
        set(LinuxSocketOptions.SO_LOCK_FILTER, true);
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> set(LinuxSocketOptions.SO_LOCK_FILTER, false))
                .satisfies(refused -> assertThat(refused.errno()).isEqualTo(Errno.EPERM));
        assertThat(get(LinuxSocketOptions.SO_LOCK_FILTER)).isTrue();
    }

    @Test
    void whatCanOnlyBeAskedIsNotSet() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> set(LinuxSocketOptions.SO_TYPE, 1))
                .withMessage("SO_TYPE can only be asked");
    }

    @Test
    void buffersAreDoubledByTheKernel() throws IOException {
        set(LinuxSocketOptions.SO_SNDBUF, 10_000);
        assertThat(get(LinuxSocketOptions.SO_SNDBUF)).isEqualTo(20_000);
        set(LinuxSocketOptions.SO_RCVBUF, 10_000);
        assertThat(get(LinuxSocketOptions.SO_RCVBUF)).isEqualTo(20_000);
        set(LinuxSocketOptions.SO_SNDBUF, 0);
        assertThat(get(LinuxSocketOptions.SO_SNDBUF)).isEqualTo(4608);
        set(LinuxSocketOptions.SO_RCVBUF, 0);
        assertThat(get(LinuxSocketOptions.SO_RCVBUF)).isEqualTo(2304);
    }

    @Test
    void buffersBeyondTheLimitAreCutOrForced() throws IOException {
        // in one read: a second one finds the file at its end, and readString has a first one of one byte
        int limit = Integer.parseInt(
                Files.readAllLines(Path.of("/proc/sys/net/core/wmem_max")).getFirst());
        assumeTrue(limit < 1 << 28, "the limit is too high to go beyond it");
        int beyond = limit + 10_000;
        set(LinuxSocketOptions.SO_SNDBUF, beyond);
        assertThat(get(LinuxSocketOptions.SO_SNDBUF)).isEqualTo(Math.max(limit * 2, 4608));
        try {
            set(LinuxSocketOptions.SO_SNDBUFFORCE, beyond);
            assertThat(get(LinuxSocketOptions.SO_SNDBUF)).isEqualTo(beyond * 2);
        } catch (ErrnoException unprivileged) {
            assertThat(unprivileged.errno()).isEqualTo(Errno.EPERM);
            assertThat(unprivileged).hasMessageContaining("CAP_NET_ADMIN");
        }
    }

    @Test
    void numbersOfTheSocketAreThoseOfC() throws IOException {
        assertThat(get(LinuxSocketOptions.SO_DOMAIN)).isEqualTo(1);
        assertThat(get(LinuxSocketOptions.SO_TYPE)).isEqualTo(1);
        assertThat(get(LinuxSocketOptions.SO_PROTOCOL)).isZero();
        assertThat(get(LinuxSocketOptions.SO_SNDLOWAT)).isOne();
        assertThat(get(LinuxSocketOptions.SO_ACCEPTCONN)).isFalse();
        assertThat(get(LinuxSocketOptions.SO_ERROR)).isEmpty();
    }

    @Test
    void theErrorThatIsPendingIsTakenAway() throws Exception {
        here.write(new byte[1]);
        there.close(); // with something unread, which its peer gets to know
        assertThat(get(LinuxSocketOptions.SO_ERROR)).contains(Errno.ECONNRESET);
        assertThat(get(LinuxSocketOptions.SO_ERROR)).isEmpty();
    }

    @Test
    void thePeerIsWhoMadeThePair() throws IOException {
        assertThat(get(LinuxSocketOptions.SO_PEERCRED)).isEqualTo(Credentials.ofThisProcess());
        String groups = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("Groups:"))
                .findFirst()
                .orElseThrow()
                .substring("Groups:".length())
                .strip();
        List<Long> expected = groups.isEmpty()
                ? List.of()
                : Pattern.compile(" ").splitAsStream(groups).map(Long::valueOf).toList();
        assertThat(get(LinuxSocketOptions.SO_PEERGROUPS)).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void whereNoSecurityModuleHasLabelsNobodyHasOne() throws IOException {
        Path own = Path.of("/proc/self/attr/current");
        assumeTrue(!hasContent(own), () -> "a security module has labels: " + own + " tells one");
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> get(LinuxSocketOptions.SO_PEERSEC))
                .satisfies(failure -> assertThat(failure.errno()).isEqualTo(Errno.ENOPROTOOPT))
                .withMessageContaining("asking SO_PEERSEC of ");
    }

    private static boolean hasContent(Path file) {
        try {
            return Files.readAllBytes(file).length > 0;
        } catch (IOException noModule) {
            return false;
        }
    }

    @Test
    void aSocketThatIsNotConnectedHasNoPeer() throws IOException {
        try (Descriptor alone = Descriptor.adopt(
                SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM | SocketCalls.SOCK_CLOEXEC, 0))) {
            OpenDescriptor open = DescriptorView.of(alone);
            assertThat(SocketOptions.get(open, LinuxSocketOptions.SO_PEERCRED))
                    .isEqualTo(new Credentials(0, 0xFFFF_FFFFL, 0xFFFF_FFFFL));
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> SocketOptions.get(open, LinuxSocketOptions.SO_PEERGROUPS))
                    .withMessageContaining("getsockopt: ENODATA (61), asking SO_PEERGROUPS of ")
                    .withMessageContaining("not connected");
        }
    }

    // Times.

    @Test
    void aTimeOutComesBackRoundedUpAndNeverBecomesNone() throws IOException {
        assertThat(get(LinuxSocketOptions.SO_RCVTIMEO)).isZero();
        for (SocketOption<Duration> option : List.of(LinuxSocketOptions.SO_RCVTIMEO, LinuxSocketOptions.SO_SNDTIMEO)) {
            for (Duration time : List.of(Duration.ofNanos(1), Duration.ofMillis(1500), Duration.ofNanos(999_999_999))) {
                set(option, time);
                assertThat(get(option)).isBetween(time, time.plusMillis(10));
            }
            set(option, Duration.ZERO);
            assertThat(get(option)).isZero();
            set(option, Duration.ofSeconds(Long.MAX_VALUE, 999_999_999)); // as long as it gets, which is for ever
            assertThat(get(option)).isZero();
        }
    }

    @Test
    void lingeringIsInSecondsRoundedUp() throws IOException {
        assertThat(get(LinuxSocketOptions.SO_LINGER)).isEmpty();
        set(LinuxSocketOptions.SO_LINGER, Optional.of(Duration.ZERO));
        assertThat(get(LinuxSocketOptions.SO_LINGER)).contains(Duration.ZERO);
        set(LinuxSocketOptions.SO_LINGER, Optional.of(Duration.ofMillis(1001)));
        assertThat(get(LinuxSocketOptions.SO_LINGER)).contains(Duration.ofSeconds(2));
        set(LinuxSocketOptions.SO_LINGER, Optional.empty());
        assertThat(get(LinuxSocketOptions.SO_LINGER)).isEmpty();
    }

    @Test
    void timesThatCannotBeAreRefusedBeforeTheKernelIsAsked() {
        Duration negative = Duration.ofNanos(-1);
        Duration endless = Duration.ofSeconds(Long.MAX_VALUE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> set(LinuxSocketOptions.SO_RCVTIMEO, negative))
                .withMessageContaining("negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> set(LinuxSocketOptions.SO_LINGER, Optional.of(negative)))
                .withMessageContaining("negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> set(LinuxSocketOptions.SO_LINGER, Optional.of(endless)))
                .withMessageContaining("too long");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> set(LinuxSocketOptions.SO_BUSY_POLL, endless))
                .withMessageContaining("too long");
    }

    // The JDK's, and bytes.

    @Test
    void thoseOfTheJdkThatNameTheSameAreTaken() throws IOException {
        set(StandardSocketOptions.SO_SNDBUF, 10_000);
        assertThat(get(StandardSocketOptions.SO_SNDBUF)).isEqualTo(20_000);
        assertThat(get(StandardSocketOptions.SO_LINGER)).isEqualTo(-1);
        set(StandardSocketOptions.SO_LINGER, 3);
        assertThat(get(LinuxSocketOptions.SO_LINGER)).contains(Duration.ofSeconds(3));
        set(StandardSocketOptions.SO_LINGER, -1);
        assertThat(get(LinuxSocketOptions.SO_LINGER)).isEmpty();
    }

    @Test
    void thoseOfTheJdkForOthersAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> get(StandardSocketOptions.IP_MULTICAST_IF))
                .withMessageContaining("IP_MULTICAST_IF");
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> get(StandardSocketOptions.TCP_NODELAY))
                .withMessageContaining("getsockopt: EOPNOTSUPP (95), asking TCP_NODELAY of ");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, 8})
    void anyOptionIsAskedAsItsBytes(int byteSize) throws IOException {
        byte[] bytes = SocketOptions.getRaw(
                DescriptorView.of(here), SocketNumbers.SOL_SOCKET, SocketNumbers.SO_TYPE, byteSize);
        assertThat(bytes).hasSize(Math.min(byteSize, 4));
        assertThat(bytes.length == 0 ? 1 : bytes[0]).isEqualTo((byte) 1);
    }

    @Test
    void anyOptionIsSetAsItsBytes() throws IOException {
        OpenDescriptor open = DescriptorView.of(here);
        SocketOptions.setRaw(open, SocketNumbers.SOL_SOCKET, SocketNumbers.SO_PASSCRED, new byte[] {1, 0, 0, 0});
        assertThat(get(LinuxSocketOptions.SO_PASSCRED)).isTrue();
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() ->
                        SocketOptions.setRaw(open, SocketNumbers.SOL_SOCKET, SocketNumbers.SO_PASSCRED, new byte[1]))
                .withMessageContaining("EINVAL")
                .withMessageContaining("to 1 bytes");
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> SocketOptions.getRaw(open, 500, 1, 4))
                .withMessageContaining("getsockopt: EOPNOTSUPP (95), asking option 1 of level 500 of ");
    }

    @Test
    void aSocketThatIsClosedHasNoOptions() {
        here.close();
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> get(LinuxSocketOptions.SO_TYPE));
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> set(LinuxSocketOptions.SO_SNDBUF, 1));
    }

    private <T> T get(SocketOption<T> option) throws IOException {
        return SocketOptions.get(DescriptorView.of(here), option);
    }

    private <T> void set(SocketOption<T> option, T value) throws IOException {
        SocketOptions.set(DescriptorView.of(here), option, value);
    }
}
