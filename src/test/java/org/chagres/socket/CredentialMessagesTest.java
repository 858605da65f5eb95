package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.chagres.socket.TestMessages.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.SocketOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Readiness;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.pipe.Pipe;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who sent a message, and who is at the other end: as the kernel checked. */
@ExtendWith(LeakCheck.class)
class CredentialMessagesTest {
    private static final Credentials OWN = Credentials.ofThisProcess();

    @TempDir
    Path folder;

    private static ReceivedMessage receive(UnixSocket socket, int most) throws Exception {
        return socket.receive(room(16), most);
    }

    private static void assumeRoot() {
        assumeTrue(ProcessCalls.getuid() == 0, "only root may pass for others");
    }

    /** Skips the test where the kernel does not have an option. */
    private static void assumeSet(UnixSocket socket, SocketOption<Boolean> option) throws IOException {
        try {
            socket.setOption(option, true);
        } catch (ErrnoException older) {
            assumeTrue(older.errno() != Errno.ENOPROTOOPT, "this kernel has no " + option.name());
            throw older;
        }
    }

    // In messages.

    @ParameterizedTest
    @EnumSource
    void whoAsksGetsThoseOfTheSender(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            pair.second().setOption(LinuxSocketOptions.SO_PASSCRED, true);
            pair.first().send(Message.of("x"));
            assertThat(receive(pair.second(), 0).credentials()).contains(OWN);
            assertThat(OWN.pid()).isEqualTo((int) ProcessHandle.current().pid());
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoDoesNotAskGetsNone(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            pair.first().send(Message.of("x").as(OWN));
            ReceivedMessage message = receive(pair.second(), 0);
            assertThat(message.credentials()).isEmpty();
            assertThat(message.takeProcess()).isEmpty();
            assertThat(message.securityLabel()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void ownOnesPassWithDescriptorsAndManyMessages(Kind kind) throws Exception {
        try (var pair = kind.pair();
                Pipe pipe = Pipe.create()) {
            pair.second().setOption(LinuxSocketOptions.SO_PASSCRED, true);
            Message message = Message.of("x").with(pipe.source(), pipe.sink()).as(OWN);
            pair.first().send(message);
            assertThat(pair.first().sendMany(List.of(message, message))).isEqualTo(2);
            for (int i = 0; i < 3; i++) {
                try (ReceivedMessage received = pair.second().receive(room(1), 2)) {
                    assertThat(received.credentials()).contains(OWN);
                    assertThat(received.descriptorCount()).isEqualTo(2);
                    assertThat(received.isControlTruncated()).isFalse();
                }
            }
        }
    }

    @Test
    void rootPassesForOthers() throws Exception {
        assumeRoot();
        try (var pair = UnixDatagram.pair();
                Peer other = Peer.start(List.of("cat"))) {
            pair.second().setOption(LinuxSocketOptions.SO_PASSCRED, true);
            Credentials others = new Credentials((int) other.pid(), 4242, 4294967294L);
            pair.first().send(Message.of("x").as(others));
            assertThat(receive(pair.second(), 0).credentials()).contains(others);
        }
    }

    @Test
    void aProcessThatDoesNotExistIsRefused() throws Exception {
        assumeRoot();
        int gone;
        try (Peer peer = Peer.start(List.of("true"))) {
            gone = (int) peer.pid();
            peer.end();
        }
        try (var pair = UnixStream.pair()) {
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> pair.first().send(Message.of("x").as(new Credentials(gone, 0, 0))))
                    .matches(failure -> failure.errno() == Errno.ESRCH);
        }
    }

    @Test
    void othersCannotPassForAnybodyButThemselves() throws Exception {
        assumeRoot();
        try (Peer peer =
                Peer.javaAs(65533, PassingFor.class, ProcessHandle.current().pid())) {
            assertThat(peer.hear()).isEqualTo("own: Credentials[pid=own, uid=65533, gid=65533]");
            assertThat(peer.hear()).isEqualTo("another process: EPERM");
            assertThat(peer.hear()).isEqualTo("root: EPERM");
            assertThat(peer.hear()).isEqualTo("group of root: EPERM");
            assertThat(peer.hear()).isEqualTo("a descriptor that was to be given: open");
            assertThat(peer.end()).isZero();
        }
    }

    /** Sends credentials as an ordinary user. Argument: the number of another process. */
    static final class PassingFor {
        public static void main(String[] arguments) throws Exception {
            Credentials own = Credentials.ofThisProcess();
            try (var pair = UnixSeqPacket.pair();
                    Pipe pipe = Pipe.create()) {
                pair.second().setOption(LinuxSocketOptions.SO_PASSCRED, true);
                pair.first().send(Message.of("x").as(own));
                String told = pair.second()
                        .receive(room(1), 0)
                        .credentials()
                        .orElseThrow()
                        .toString();
                System.out.println("own: " + told.replace("pid=" + own.pid() + ",", "pid=own,"));
                Map<String, Credentials> others = new LinkedHashMap<>();
                others.put("another process", new Credentials(Integer.parseInt(arguments[0]), own.uid(), own.gid()));
                others.put("root", new Credentials(own.pid(), 0, own.gid()));
                others.put("group of root", new Credentials(own.pid(), own.uid(), 0));
                others.forEach((name, who) -> {
                    try {
                        pair.first().send(Message.of("x").giving(pipe.source()).as(who));
                        System.out.println(name + ": sent");
                    } catch (ErrnoException refused) {
                        System.out.println(name + ": " + refused.errno());
                    } catch (IOException | InterruptedException failure) {
                        throw new AssertionError(failure);
                    }
                });
                System.out.println(
                        "a descriptor that was to be given: " + (pipe.source().isOpen() ? "open" : "closed"));
            }
        }
    }

    @Test
    void partsOfAStreamByOthersDoNotMix() throws Exception {
        assumeRoot();
        try (var pair = UnixStream.pair()) {
            pair.second().setOption(LinuxSocketOptions.SO_PASSCRED, true);
            Credentials other = new Credentials(OWN.pid(), 4242, OWN.gid());
            pair.first().send(Message.of("abc"));
            pair.first().send(Message.of("def").as(other));
            ReceivedMessage first = receive(pair.second(), 0);
            ReceivedMessage second = receive(pair.second(), 0);
            assertThat(List.of(first.byteCount(), second.byteCount())).containsOnly(3L);
            assertThat(first.credentials()).contains(OWN);
            assertThat(second.credentials()).contains(other);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theProcessThatSentComesAsADescriptorWhereItIsAskedFor(Kind kind) throws Exception {
        try (var pair = kind.pair();
                Pipe pipe = Pipe.create()) {
            assumeSet(pair.second(), LinuxSocketOptions.SO_PASSPIDFD);
            pair.second().setOption(LinuxSocketOptions.SO_PASSCRED, true);
            Set<String> before = Kernel.descriptors();
            pair.first().send(Message.of("x").with(pipe.source()));
            try (ReceivedMessage message = receive(pair.second(), 3);
                    Descriptor process = message.takeProcess().orElseThrow()) {
                assertThat(message.takeProcess()).isEmpty();
                assertThat(message.descriptorCount()).isEqualTo(1);
                assertThat(message.credentials()).contains(OWN);
                assertThat(message.isControlTruncated()).isFalse();
                assertThat(file(process)).contains("Pid:\t" + OWN.pid());
                assertThat(isCloseOnExec(process)).isTrue();
            }
            assertThat(Kernel.descriptors()).isEqualTo(before);
            pair.first().send(Message.of("y"));
            receive(pair.second(), 0).close(); // nobody took it
            assertThat(Kernel.descriptors()).isEqualTo(before);
        }
    }

    // Of the other end.

    @ParameterizedTest
    @EnumSource
    void thePeerIsWhoMadeThePair(Kind kind) throws Exception {
        try (var pair = kind.pair()) {
            assertThat(pair.first().peerCredentials()).isEqualTo(OWN);
            assertThat(pair.second().option(LinuxSocketOptions.SO_PEERCRED)).isEqualTo(OWN);
        }
    }

    @Test
    void thePeerIsTheProcessThatConnectedAndItsDescriptorTellsOfItsEnd() throws Exception {
        Run.assumeInstalled("python3");
        Path path = folder.resolve("listener");
        try (var listener = UnixListener.bind(UnixAddress.of(path));
                Peer peer = Peer.start(List.of("python3", "-c", """
                        import os, socket, sys
                        if os.getuid() == 0: os.setgroups([7, 4294967294])
                        s = socket.socket(socket.AF_UNIX)
                        s.connect(sys.argv[1])
                        sys.stdin.readline()
                        """, path.toString()));
                UnixStream accepted = listener.accept()) {
            Credentials who = accepted.peerCredentials();
            assertThat(who).isEqualTo(new Credentials((int) peer.pid(), OWN.uid(), OWN.gid()));
            if (OWN.uid() == 0) {
                assertThat(accepted.option(LinuxSocketOptions.SO_PEERGROUPS)).containsExactly(7L, 4294967294L);
            }
            try (Descriptor process = accepted.peerProcess()) {
                assertThat(file(process)).contains("Pid:\t" + peer.pid());
                assertThat(isCloseOnExec(process)).isTrue();
                assertThat(process.tryPoll(Set.of(Readiness.READABLE), Duration.ZERO))
                        .isEmpty();
                peer.tell("go");
                assertThat(process.tryPoll(Set.of(Readiness.READABLE), Duration.ofSeconds(30)))
                        .contains(Readiness.READABLE);
            } catch (ErrnoException older) {
                assumeTrue(older.errno() != Errno.ENOPROTOOPT, "this kernel has no SO_PEERPIDFD");
                throw older;
            }
        }
    }

    @Test
    void groupsThatDoNotFitAtFirstAreAskedForAgain() throws Exception {
        assumeRoot();
        Run.assumeInstalled("python3");
        Path path = folder.resolve("listener");
        try (var listener = UnixListener.bind(UnixAddress.of(path));
                Peer peer = Peer.start(List.of("python3", "-c", """
                        import os, socket, sys
                        os.setgroups(range(1000, 2000))
                        s = socket.socket(socket.AF_UNIX)
                        s.connect(sys.argv[1])
                        sys.stdin.readline()
                        """, path.toString()));
                UnixStream accepted = listener.accept()) {
            assertThat(accepted.peerCredentials().pid()).isEqualTo((int) peer.pid());
            assertThat(accepted.option(LinuxSocketOptions.SO_PEERGROUPS))
                    .hasSize(1000)
                    .startsWith(1000L)
                    .endsWith(1999L);
        }
    }

    @Test
    void whoIsNotConnectedHasNoPeer() throws Exception {
        try (UnixDatagram socket = UnixDatagram.create()) {
            assertThat(socket.peerCredentials()).isEqualTo(new Credentials(0, 4294967295L, 4294967295L));
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> socket.option(LinuxSocketOptions.SO_PEERGROUPS))
                    .matches(failure -> failure.errno() == Errno.ENODATA);
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(socket::peerProcess)
                    .matches(failure -> Set.of(Errno.ENODATA, Errno.ENOPROTOOPT).contains(failure.errno()));
        }
    }

    // With Python.

    @Test
    void pythonReceivesDescriptorsAndCredentialsInOneMessage() throws Exception {
        Run.assumeInstalled("python3");
        Path path = folder.resolve("listener");
        try (var listener = UnixListener.bind(UnixAddress.of(path));
                Peer python = Peer.start(List.of("python3", "-c", """
                        import array, os, socket, struct, sys
                        s = socket.socket(socket.AF_UNIX)
                        s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
                        s.connect(sys.argv[1])
                        data, anc, flags, _ = s.recvmsg(64, 4096)
                        fds, creds = array.array('i'), None
                        for level, kind, value in anc:
                            if kind == socket.SCM_RIGHTS: fds.frombytes(value)
                            if kind == socket.SCM_CREDENTIALS: creds = struct.unpack('iii', value)
                        os.write(fds[1], b'from python')
                        print(data.decode(), len(fds), flags, *creds)
                        s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0) # recv_fds has no room for them
                        print(*[os.fstat(f).st_ino for f in fds], flush=True)
                        data, fds, flags, _ = socket.recv_fds(s, 64, 8)
                        print(data.decode(), len(fds), flush=True)
                        """, path.toString()));
                UnixStream accepted = listener.accept();
                Pipe pipe = Pipe.create()) {
            String inode = file(pipe.source()).replaceFirst("(?s).*\\[(\\d+)\\].*", "$1");
            accepted.send(Message.of("hello").with(pipe.source(), pipe.sink()).as(OWN));
            assertThat(python.hear()).matches("hello 2 \\d+ " + OWN.pid() + " " + OWN.uid() + " " + OWN.gid());
            assertThat(python.hear()).isEqualTo(inode + " " + inode);
            var into = room(11);
            pipe.source().readFully(into);
            assertThat(text(into, 11)).isEqualTo("from python");
            accepted.send(Message.of("again").giving(pipe.sink()));
            assertThat(python.hear()).isEqualTo("again 1");
            assertThat(python.end()).isZero();
        }
    }

    @Test
    void whatPythonSendsArrives() throws Exception {
        Run.assumeInstalled("python3");
        Path path = folder.resolve("listener");
        try (var listener = UnixListener.bindSeqPacket(UnixAddress.of(path));
                Peer python = Peer.start(List.of("python3", "-c", """
                        import array, os, socket, struct, sys
                        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                        s.connect(sys.argv[1])
                        sys.stdin.readline()
                        r, w = os.pipe()
                        os.write(w, b'in the pipe')
                        socket.send_fds(s, [b'one', b'two'], [r, w])
                        ids = struct.pack('iii', os.getpid(), os.getuid(), os.getgid())
                        s.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, ids),
                                           (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [r])),
                                           (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [w]))])
                        print(os.fstat(r).st_ino, flush=True)
                        sys.stdin.readline()
                        """, path.toString()));
                UnixSeqPacket accepted = listener.accept()) {
            accepted.setOption(LinuxSocketOptions.SO_PASSCRED, true);
            Credentials sender = new Credentials((int) python.pid(), OWN.uid(), OWN.gid());
            String pipe = "pipe:[" + python.ask("go") + "]";
            var into = room(9);
            try (ReceivedMessage first = accepted.receive(into, 2);
                    ReceivedMessage second = accepted.receive(room(9), 2)) {
                assertThat(text(into, first.byteCount())).isEqualTo("onetwo");
                for (ReceivedMessage message : List.of(first, second)) {
                    assertThat(message.credentials()).contains(sender);
                    assertThat(message.descriptorCount()).isEqualTo(2); // of two control messages one is made
                    assertThat(message.isControlTruncated()).isFalse();
                }
                List<Descriptor> arrived = second.takeDescriptors();
                try (Descriptor source = arrived.get(0);
                        Descriptor sink = arrived.get(1)) {
                    assertThat(Arrays.asList(file(source), file(sink))).allMatch(file -> file.startsWith(pipe));
                    var bytes = room(11);
                    source.read(bytes);
                    assertThat(text(bytes, 11)).isEqualTo("in the pipe");
                }
            }
        }
    }
}
