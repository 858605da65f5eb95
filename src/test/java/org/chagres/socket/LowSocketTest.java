package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.chagres.socket.LocalSockets.*;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.StatusFlag;
import org.chagres.internal.resource.Sockets;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sockets by number, which of the three numbers was wrong, and what is made of a descriptor of some kind. */
@ExtendWith(LeakCheck.class)
class LowSocketTest {
    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_RAW = 3;
    private static final int SOCK_SEQPACKET = 5;
    private static final int SOCK_NONBLOCK = 0x800; // x86-64 and aarch64

    @ParameterizedTest
    @CsvSource({
        "0, 1, 0, EAFNOSUPPORT, family",
        "1000, 1, 0, EAFNOSUPPORT, family",
        "-1, 1, 0, EAFNOSUPPORT, family",
        "1, 75, 0, EINVAL, type",
        "1, -1, 0, EINVAL, type",
        "1, 0, 0, ESOCKTNOSUPPORT, type",
        "1, 4, 0, ESOCKTNOSUPPORT, type",
        "1, 1, 17, EPROTONOSUPPORT, protocol",
        "1, 1, -1, EPROTONOSUPPORT, protocol",
        "2, 1, 17, EPROTONOSUPPORT, protocol",
        "2, 2, 6, EPROTONOSUPPORT, protocol",
        "2, 1, 1, EPROTONOSUPPORT, protocol"
    })
    void refusalSaysWhichOfTheThreeWasWrong(int family, int type, int protocol, Errno errno, String word) {
        long before = openSockets();
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> LowSocket.open(family, type, protocol))
                .satisfies(failure -> {
                    assertThat(failure.errno()).isEqualTo(errno);
                    assertThat(failure.call()).isEqualTo("socket");
                    assertThat(failure.hint().orElseThrow()).startsWith("it is the " + word);
                })
                .withMessageContaining("family " + family + ", type " + type + ", protocol " + protocol);
        assertThat(openSockets()).isEqualTo(before);
    }

    /** Made where the kernel has SCTP, else refused with the word of what it does not have. */
    @ParameterizedTest
    @CsvSource({
        "2, 1, 132, EPROTONOSUPPORT, protocol",
        "10, 1, 132, EPROTONOSUPPORT, protocol",
        "2, 5, 132, ESOCKTNOSUPPORT, type",
        "10, 5, 132, ESOCKTNOSUPPORT, type",
        "2, 5, 0, ESOCKTNOSUPPORT, type",
        "30, 5, 0, EAFNOSUPPORT, family" // TIPC
    })
    void sctpAndItsLikeAreMadeOrRefusedClearly(int family, int type, int protocol, Errno errno, String word)
            throws Exception {
        try (Descriptor socket = LowSocket.open(family, type, protocol)) {
            assertThat(socket.isOpen()).isTrue();
            assertOnly(-1, socket);
            assertThatIllegalArgumentException().isThrownBy(() -> TcpStream.of(socket));
            assertThatIllegalArgumentException().isThrownBy(() -> TcpListener.of(socket));
            assertThatIllegalArgumentException().isThrownBy(() -> UdpSocket.of(socket));
            assertThatIllegalArgumentException().isThrownBy(() -> RawSocket.of(socket));
        } catch (ErrnoException refused) {
            assertThat(refused.errno()).isEqualTo(errno);
            assertThat(refused.hint().orElseThrow()).startsWith("it is the " + word);
            assertThat(refused).hasMessageContaining("family " + family + ", type " + type + ", protocol " + protocol);
        } catch (Throwable failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void rawSocketsNeedAPrivilegeOrAProtocol() {
        boolean isRoot = Run.command("id", "-u").output().strip().equals("0");
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> LowSocket.open(AF_INET, SOCK_RAW, 0))
                .satisfies(failure -> assertThat(failure.errno())
                        .isIn(isRoot ? List.of(Errno.EPROTONOSUPPORT) : List.of(Errno.EPROTONOSUPPORT, Errno.EPERM)));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 0", "1, 2, 0", "1, 5, 0", "1, 2, 1", "2, 2, 17", "2, 1, 6", "2, 1, 0", "10, 2, 0"})
    void whatTheKernelHasIsMadeCloseOnExec(int family, int type, int protocol) throws Exception {
        try (Descriptor socket = LowSocket.open(family, type, protocol)) {
            assertThat(Run.command("sh", "-c", "ls -l /proc/$$/fd").output())
                    .doesNotContain("socket:[" + inode(socket) + "]");
            assertThat(socket.isReadable()).isTrue();
            assertThat(socket.isWritable()).isTrue();
            assertThat(socket.statusFlags()).isEmpty();
        }
    }

    @Test
    void flagsGoWithTheType() throws Exception {
        try (Descriptor socket = LowSocket.open(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
            assertThat(socket.statusFlags()).containsExactly(StatusFlag.NON_BLOCKING);
        }
    }

    /** The library makes pairs of local sockets alone; what the kernel says of others comes as it is. */
    @ParameterizedTest
    @CsvSource({
        "0, 1, 0, EAFNOSUPPORT",
        "1000, 1, 0, EAFNOSUPPORT",
        "-1, 1, 0, EAFNOSUPPORT",
        "1, 75, 0, EINVAL",
        "1, 4, 0, ESOCKTNOSUPPORT",
        "1, 1, 17, EPROTONOSUPPORT",
        "2, 1, 0, EOPNOTSUPP",
        "2, 2, 17, EOPNOTSUPP",
        "2, 1, 17, EPROTONOSUPPORT",
        "2, 2, 6, EPROTONOSUPPORT"
    })
    void pairsOfOthersAreRefusedAndLeaveNothing(int family, int type, int protocol, Errno errno) {
        long before = openSockets();
        assertThat(Sockets.pair(family, type, protocol)).isEqualTo(-errno.number());
        assertThat(openSockets()).isEqualTo(before);
    }

    @Test
    void pairsAreOfTheTypeThatTheyAreCalled() throws Throwable {
        try (var streams = UnixStream.pair();
                var packets = UnixSeqPacket.pair();
                var datagrams = UnixDatagram.pair()) {
            assertOnly(0, streams.first().descriptor(), streams.second().descriptor());
            assertOnly(1, packets.first().descriptor(), packets.second().descriptor());
            assertOnly(2, datagrams.first().descriptor(), datagrams.second().descriptor());
        }
    }

    // What is made of it.

    /** What a descriptor can be looked at as. */
    private static List<ThrowingCallable> forms(Descriptor descriptor) {
        return List.of(
                () -> UnixStream.of(descriptor),
                () -> UnixSeqPacket.of(descriptor),
                () -> UnixDatagram.of(descriptor),
                () -> UnixListener.of(descriptor),
                () -> UnixListener.ofSeqPacket(descriptor));
    }

    private static void assertOnly(int which, Descriptor... descriptors) throws Throwable {
        for (Descriptor descriptor : descriptors) {
            assertOnly(which, descriptor);
        }
    }

    private static void assertOnly(int which, Descriptor descriptor) throws Throwable {
        List<ThrowingCallable> forms = forms(descriptor);
        for (int i = 0; i < forms.size(); i++) {
            if (i == which) {
                forms.get(i).call();
            } else {
                assertThatIllegalArgumentException()
                        .as("form %d", i)
                        .isThrownBy(forms.get(i))
                        .withMessageContaining("local namespace");
            }
        }
        assertThat(descriptor.isOpen()).isTrue();
    }

    @Test
    void descriptorsAreTakenForWhatTheyAreAlone() throws Throwable {
        try (Descriptor stream = LowSocket.open(AF_UNIX, SOCK_STREAM, 0);
                Descriptor packets = LowSocket.open(AF_UNIX, SOCK_SEQPACKET, 0);
                Descriptor datagrams = LowSocket.open(AF_UNIX, SOCK_DGRAM, 0);
                Descriptor raw = LowSocket.open(AF_UNIX, SOCK_RAW, 0);
                UnixListener<UnixStream> listener = UnixListener.bind(UnixAddress.unnamed());
                UnixListener<UnixSeqPacket> packetListener = UnixListener.bindSeqPacket(UnixAddress.unnamed())) {
            assertOnly(0, stream);
            assertOnly(1, packets);
            assertOnly(2, datagrams);
            assertOnly(2, raw); // the kernel makes it one
            assertOnly(3, listener.descriptor());
            assertOnly(4, packetListener.descriptor());
        }
    }

    @Test
    void whatIsNoLocalSocketIsNone() throws Throwable {
        try (Descriptor file = Descriptor.open(Path.of("/dev/null"));
                Descriptor stream = LowSocket.open(AF_INET, SOCK_STREAM, 0);
                Descriptor datagrams = LowSocket.open(AF_INET, SOCK_DGRAM, 0)) {
            assertOnly(-1, file);
            assertOnly(-1, stream);
            assertOnly(-1, datagrams);
        }
    }

    @Test
    void whatIsClosedIsNone() throws Throwable {
        Descriptor closed = LowSocket.open(AF_UNIX, SOCK_STREAM, 0);
        closed.close();
        for (ThrowingCallable form : forms(closed)) {
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(form);
        }
    }

    @Test
    void closingEitherClosesBoth() throws IOException {
        Descriptor descriptor = LowSocket.open(AF_UNIX, SOCK_STREAM, 0);
        UnixStream stream = UnixStream.of(descriptor);
        assertThat(stream.descriptor()).isSameAs(descriptor);
        stream.close();
        assertThat(descriptor.isOpen()).isFalse();
    }

    /** Calls that need a peer. */
    @Test
    void socketThatWasNeverConnectedSaysSo() throws Exception {
        try (UnixStream stream = UnixStream.of(LowSocket.open(AF_UNIX, SOCK_STREAM, 0));
                UnixSeqPacket packets = UnixSeqPacket.of(LowSocket.open(AF_UNIX, SOCK_SEQPACKET, 0))) {
            for (UnixSocket socket : List.of(stream, packets)) {
                assertThat(socket.localAddress()).isEqualTo(UnixAddress.unnamed());
                assertThat(row(socket).state()).isEqualTo(Row.UNCONNECTED);
                refused(Errno.ENOTCONN, socket::peerAddress);
                refused(Errno.ENOTCONN, () -> socket.send(Message.of("x")));
            }
            refused(Errno.EINVAL, () -> stream.receive(bytes("."), 0));
            refused(Errno.EINVAL, () -> stream.read(new byte[1]));
            refused(Errno.ENOTCONN, () -> packets.receive(bytes(".")));
            refused(Errno.ENOTCONN, () -> packets.send(bytes(".")));
        }
    }

    private static void refused(Errno errno, ThrowingCallable what) {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(what)
                .satisfies(failure -> assertThat(failure.errno()).isEqualTo(errno));
    }
}
