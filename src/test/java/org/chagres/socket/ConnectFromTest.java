package org.chagres.socket;

import static java.nio.file.attribute.PosixFilePermission.OWNER_READ;
import static java.nio.file.attribute.PosixFilePermission.OWNER_WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients with a name of their own. */
@ExtendWith(LeakCheck.class)
class ConnectFromTest {
    @TempDir
    Path folder;

    /** What connects. */
    enum Kind {
        STREAM,
        SEQPACKET;

        UnixListener<?> listen(UnixAddress address) throws Exception {
            return this == STREAM ? UnixListener.bind(address) : UnixListener.bindSeqPacket(address);
        }

        UnixSocket connect(UnixAddress address, UnixAddress from) throws Exception {
            return this == STREAM ? UnixStream.connect(address, from) : UnixSeqPacket.connect(address, from);
        }

        Optional<? extends UnixSocket> tryConnect(UnixAddress address, UnixAddress from, Duration timeout)
                throws Exception {
            return this == STREAM
                    ? UnixStream.tryConnect(address, from, timeout)
                    : UnixSeqPacket.tryConnect(address, from, timeout);
        }
    }

    private UnixAddress.Pathname at(String name) {
        return UnixAddress.of(folder.resolve(name));
    }

    @ParameterizedTest
    @EnumSource
    void theServerSeesThePathOfItsClientWhoseFileIsForTheOwnerAlone(Kind kind) throws Exception {
        try (UnixListener<?> listener = kind.listen(at("server"));
                UnixSocket client = kind.connect(at("server"), at("client"))) {
            assertThat(client.localAddress()).isEqualTo(at("client"));
            assertThat(Files.getPosixFilePermissions(at("client").path()))
                    .containsExactlyInAnyOrder(OWNER_READ, OWNER_WRITE);
            Files.delete(at("client").path());
            try (UnixSocket accepted = listener.accept()) {
                assertThat(accepted.peerAddress()).isEqualTo(at("client"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void abstractNamesAreTheirOwnOrTheKernels(Kind kind) throws Exception {
        UnixAddress name = UnixAddress.abstractName(
                "chagres-client-" + ProcessHandle.current().pid());
        try (UnixListener<?> listener = kind.listen(UnixAddress.unnamed())) {
            UnixAddress server = listener.localAddress();
            for (UnixAddress from : List.of(name, UnixAddress.unnamed())) {
                try (UnixSocket client = kind.tryConnect(server, from, Duration.ofSeconds(30))
                                .orElseThrow();
                        UnixSocket accepted = listener.accept()) {
                    assertThat(accepted.peerAddress()).isEqualTo(client.localAddress());
                    assertThat(client.localAddress()).isInstanceOf(UnixAddress.Abstract.class);
                    assertThat(client.localAddress().equals(name)).isEqualTo(from == name);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void noFileIsLeftWithoutAConnection(Kind kind) throws Exception {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> kind.connect(at("nobody"), at("client")))
                .satisfies(failure -> assertThat(failure.errno()).isEqualTo(Errno.ENOENT));
        assertThat(folder).isEmptyDirectory();

        List<UnixSocket> others = new ArrayList<>();
        try (UnixListener<?> listener = kind == Kind.STREAM
                ? UnixListener.bind(UnixAddress.unnamed(), Set.of(), 0)
                : UnixListener.bindSeqPacket(UnixAddress.unnamed(), Set.of(), 0)) {
            UnixAddress server = listener.localAddress();
            Optional<? extends UnixSocket> other;
            do {
                other = kind.tryConnect(server, UnixAddress.unnamed(), Duration.ZERO);
                other.ifPresent(others::add);
            } while (other.isPresent());
            assertThat(kind.tryConnect(server, at("client"), Duration.ofMillis(1)))
                    .isEmpty();
            assertThat(folder).isEmptyDirectory();
        } finally {
            others.forEach(UnixSocket::close);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptLeavesNoFile(Kind kind) throws Exception {
        try (UnixListener<?> listener = kind.listen(UnixAddress.unnamed())) {
            UnixAddress server = listener.localAddress();
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> kind.connect(server, at("client")));
            assertThat(folder).isEmptyDirectory();
        } finally {
            Thread.interrupted();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPathThatExistsIsRefusedAndStays(Kind kind) throws Exception {
        Files.createFile(at("taken").path());
        try (UnixListener<?> listener = kind.listen(UnixAddress.unnamed())) {
            UnixAddress server = listener.localAddress();
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> kind.connect(server, at("taken")))
                    .satisfies(failure -> assertThat(failure.errno()).isEqualTo(Errno.EADDRINUSE))
                    .withMessageContaining("taken");
            assertThat(at("taken").path()).exists();
            assertThatIllegalArgumentException().isThrownBy(() -> kind.connect(UnixAddress.unnamed(), at("client")));
            assertThatNullPointerException()
                    .isThrownBy(() -> kind.connect(server, null))
                    .withMessage("from");
            assertThat(at("client").path()).doesNotExist();
        }
    }

    @Test
    void pythonSeesTheName() throws Exception {
        Run.assumeInstalled("python3");
        String program = """
                import socket, sys
                listener = socket.socket(socket.AF_UNIX)
                listener.bind(sys.argv[1])
                listener.listen()
                print("ready", flush=True)
                connection, name = listener.accept()
                print(name, flush=True)
                """;
        try (Peer server =
                Peer.start(List.of("python3", "-c", program, at("server").toString()))) {
            assertThat(server.hear()).isEqualTo("ready");
            UnixStream.connect(at("server"), at("client")).close();
            assertThat(server.hear()).isEqualTo(at("client").toString());
        }
    }
}
