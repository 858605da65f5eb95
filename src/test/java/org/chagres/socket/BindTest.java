package org.chagres.socket;

import static java.nio.file.StandardWatchEventKinds.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.chagres.socket.LocalSockets.*;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses that sockets are bound to, and the files of paths. */
@ExtendWith(LeakCheck.class)
@SuppressWarnings("try") // held open, and not otherwise used
class BindTest {
    private static final int LONGEST_PATH = 108;
    private static final long NOBODY = 65534;

    @TempDir
    Path folder;

    /** What can be bound to a path. */
    enum Kind {
        STREAM,
        SEQPACKET,
        DATAGRAM;

        AutoCloseable bind(UnixAddress address, BindOption... options) throws IOException {
            return switch (this) {
                case STREAM -> UnixListener.bind(address, options);
                case SEQPACKET -> UnixListener.bindSeqPacket(address, options);
                case DATAGRAM -> UnixDatagram.bind(address, options);
            };
        }

        void connect(UnixAddress address) throws Exception {
            switch (this) {
                case STREAM -> UnixStream.connect(address).close();
                case SEQPACKET -> UnixSeqPacket.connect(address).close();
                case DATAGRAM -> {
                    try (UnixDatagram socket = UnixDatagram.create()) {
                        socket.connect(address);
                    }
                }
            }
        }
    }

    private UnixAddress.Pathname at(String name) {
        return UnixAddress.of(folder.resolve(name));
    }

    private static void refused(Errno errno, ThrowingCallable what) {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(what)
                .satisfies(failure -> assertThat(failure.errno()).isEqualTo(errno));
    }

    // The file of a path.

    @ParameterizedTest
    @EnumSource(Kind.class)
    void fileIsASocketOfTheOwnerAloneAndStaysWhenTheSocketIsClosed(Kind kind) throws Exception {
        Path path = at("a name with spaces").path();
        kind.bind(UnixAddress.of(path)).close();
        BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        assertThat(file.isOther()).isTrue();
        assertThat(file.isRegularFile()).isFalse();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
        assertThat(Run.command("stat", "-c", "%F", path.toString()).output()).isEqualTo("socket\n");
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void pathThatExistsIsAddressInUse(Kind kind) throws Exception {
        kind.bind(at("socket")).close();
        refused(Errno.EADDRINUSE, () -> kind.bind(at("socket")));
        Files.createFile(at("file").path());
        refused(Errno.EADDRINUSE, () -> kind.bind(at("file")));
        assertThat(exists(at("socket").path())).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void pathsThatCannotBeAreToldByTheKernel(Kind kind) throws Exception {
        long before = openSockets();
        Files.createFile(at("file").path());
        refused(Errno.ENOENT, () -> kind.bind(at("none/socket")));
        refused(Errno.ENOTDIR, () -> kind.bind(at("file/socket")));
        refused(Errno.EADDRINUSE, () -> kind.bind(UnixAddress.of(folder)));
        assertThat(openSockets()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxrwxrwx", "rw-rw-rw-", "---------", "rw-r-----"})
    void fileHasThePermissionsGivenLessTheUmask(String given) throws Exception {
        Set<PosixFilePermission> permissions = PosixFilePermissions.fromString(given);
        Set<PosixFilePermission> masked = PosixFilePermissions.fromString(given);
        masked.removeIf(permission -> isMasked(permission));
        try (UnixListener<UnixStream> listener = UnixListener.bind(at("socket"), permissions, 5)) {
            assertThat(Files.getPosixFilePermissions(at("socket").path())).isEqualTo(masked);
        }
    }

    private static boolean isMasked(PosixFilePermission permission) {
        int umask = Integer.parseInt(Run.command("sh", "-c", "umask").output().strip(), 8);
        return (umask & (1 << (8 - permission.ordinal()))) != 0;
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void fileHasItsPermissionsFromTheFirstMoment(Kind kind) throws Exception {
        List<String> events = new ArrayList<>();
        try (WatchService watch = FileSystems.getDefault().newWatchService()) {
            // A change of permissions is an event of the last kind.
            folder.register(watch, ENTRY_CREATE, ENTRY_DELETE, ENTRY_MODIFY);
            kind.bind(at("socket")).close();
            Files.createDirectory(at("end").path());
            while (!events.contains("ENTRY_CREATE end")) {
                WatchKey key = watch.poll(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
                key.pollEvents().forEach(event -> events.add(event.kind() + " " + event.context()));
                key.reset();
            }
        }
        assertThat(events).containsExactly("ENTRY_CREATE socket", "ENTRY_CREATE end");
    }

    @ParameterizedTest
    @CsvSource({
        "0, rw-rw-rw-, rw-rw-rw-",
        "0, rw-------, rw-------",
        "77, rw-rw-rw-, rw-------",
        "777, rw-rw-rw-, ---------"
    })
    void umaskTakesAwayAndStaysAsItIs(String umask, String given, String expected) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "umask " + umask + "; exec \"$@\"", "sh"));
        command.addAll(Peer.javaCommand(
                List.of("--enable-native-access=ALL-UNNAMED"), SocketMaker.class, at("socket"), given));
        assertThat(Run.command(command, Map.of()).output().lines())
                .containsExactly(expected, "%04o".formatted(Integer.parseInt(umask, 8)));
    }

    // Long names, and those of odd bytes.

    @ParameterizedTest
    @ValueSource(ints = {100, LONGEST_PATH - 1, LONGEST_PATH})
    void longPathsAreBoundAndConnectedTo(int length) throws Exception {
        Path path = longPath(length);
        UnixAddress address = UnixAddress.of(path);
        try (UnixListener<UnixStream> listener = UnixListener.bind(address);
                UnixStream client = UnixStream.connect(address);
                UnixStream server = listener.accept()) {
            assertThat(listener.localAddress()).isEqualTo(address);
            assertThat(client.peerAddress()).isEqualTo(address);
            assertThat(server.localAddress()).isEqualTo(address);
            assertThat(row(listener).name()).isEqualTo(path.toString());
        } finally {
            Files.deleteIfExists(path);
        }
    }

    @Test
    void datagramsTellASenderOfALongPath() throws Exception {
        Path path = longPath(LONGEST_PATH);
        try (UnixDatagram receiver = UnixDatagram.bind(at("socket"));
                UnixDatagram sender = UnixDatagram.bind(UnixAddress.of(path))) {
            sender.send(Message.of("x").to(at("socket")));
            try (ReceivedMessage message = receiver.receive(bytes("......"), 0)) {
                assertThat(message.from()).isEqualTo(UnixAddress.of(path));
            }
        } finally {
            Files.deleteIfExists(path);
        }
    }

    private Path longPath(int length) {
        String prefix = folder + "/";
        return Path.of(prefix + "x".repeat(length - prefix.getBytes(StandardCharsets.UTF_8).length));
    }

    @Test
    void pathThatIsTooLongIsRefusedWithItsLength() {
        Path path = longPath(LONGEST_PATH + 1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UnixAddress.of(path))
                .withMessageContaining("108")
                .withMessageContaining("109");
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void abstractNamesOfAnyBytesAreDifferentNames(Kind kind) throws Exception {
        byte[] own = ("chagres-" + ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8);
        byte[] odd = HexFormat.of().parseHex(HexFormat.of().formatHex(own) + "00ff00");
        byte[] shorter = HexFormat.of().parseHex(HexFormat.of().formatHex(own) + "00ff");
        UnixAddress name = UnixAddress.abstractName(odd);
        try (AutoCloseable first = kind.bind(name)) {
            kind.connect(name);
            refused(Errno.ECONNREFUSED, () -> kind.connect(UnixAddress.abstractName(shorter)));
            refused(Errno.EADDRINUSE, () -> kind.bind(name, BindOption.REPLACE_STALE, BindOption.UNLINK_ON_CLOSE));
            try (AutoCloseable second = kind.bind(UnixAddress.abstractName(shorter))) {
                kind.connect(UnixAddress.abstractName(shorter));
            }
        }
        kind.bind(name).close(); // gone with the socket
    }

    @ParameterizedTest
    @ValueSource(ints = {106, 107})
    void longestAbstractNamesAreReadBack(int length) throws Exception {
        String name =
                ownName("").name().length < length ? new String(ownName("").name(), StandardCharsets.UTF_8) : "";
        UnixAddress address = UnixAddress.abstractName(name + "x".repeat(length - name.length()));
        try (UnixListener<UnixSeqPacket> listener = UnixListener.bindSeqPacket(address);
                UnixSeqPacket client = UnixSeqPacket.connect(address);
                UnixSeqPacket server = listener.accept()) {
            assertThat(listener.localAddress()).isEqualTo(address);
            assertThat(client.peerAddress()).isEqualTo(address);
            assertThat(server.localAddress()).isEqualTo(address);
            assertThat(row(listener).name()).isEqualTo(address.toString());
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void kernelChoosesANameOfFiveDigits(Kind kind) throws Exception {
        try (AutoCloseable socket = kind.bind(UnixAddress.unnamed());
                AutoCloseable other = kind.bind(UnixAddress.unnamed(), BindOption.values())) {
            UnixAddress name = nameOf(socket);
            assertThat(name).isInstanceOf(UnixAddress.Abstract.class);
            assertThat(name.toString()).matches("@[0-9a-f]{5}");
            assertThat(nameOf(other)).isNotEqualTo(name);
            kind.connect(name);
        }
    }

    private static UnixAddress nameOf(AutoCloseable socket) throws IOException {
        return socket instanceof UnixListener<?> listener
                ? listener.localAddress()
                : ((UnixSocket) socket).localAddress();
    }

    // Permissions, as another user has them.

    @ParameterizedTest
    @CsvSource({"rwxr-xr-x, rw-rw-rw-, bind EACCES", "rwxr-xr-x, rw-r--r--, connect EACCES", "rwxrwxrwx, r--r--rw-, ''"
    })
    void anotherUserNeedsTheDirectoryToBindAndTheFileToConnect(String ofFolder, String ofFile, String refused)
            throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(ofFolder));
        try (UnixListener<UnixStream> listener = UnixListener.bind(at("socket"))) {
            Files.setPosixFilePermissions(at("socket").path(), PosixFilePermissions.fromString(ofFile));
            try (Peer stranger = Peer.javaAs(NOBODY, SocketStranger.class, folder)) {
                String bound = stranger.hear();
                String connected = stranger.hear();
                assertThat(bound)
                        .isEqualTo(
                                ofFolder.endsWith("rwx")
                                        ? "bound"
                                        : "EACCES to bind needs write and search permission on the directory");
                assertThat(connected)
                        .isEqualTo(
                                refused.startsWith("connect")
                                        ? "EACCES to connect needs write permission on the socket's file, and search"
                                                + " permission on the directories on the way"
                                        : "connected");
                assertThat(stranger.end()).isZero();
            }
        }
    }

    // REPLACE_STALE.

    @ParameterizedTest
    @EnumSource(Kind.class)
    void fileWhoseOwnerIsGoneIsReplaced(Kind kind) throws Exception {
        kind.bind(at("socket")).close();
        refused(Errno.ECONNREFUSED, () -> kind.connect(at("socket")));
        try (AutoCloseable socket = kind.bind(at("socket"), BindOption.REPLACE_STALE)) {
            kind.connect(at("socket"));
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(at("socket").path())))
                    .isEqualTo("rw-------");
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whereNothingIsNothingIsReplaced(Kind kind) throws Exception {
        try (AutoCloseable socket = kind.bind(at("socket"), BindOption.REPLACE_STALE)) {
            kind.connect(at("socket"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "STREAM, STREAM",
        "STREAM, SEQPACKET",
        "STREAM, DATAGRAM",
        "SEQPACKET, STREAM",
        "SEQPACKET, SEQPACKET",
        "SEQPACKET, DATAGRAM",
        "DATAGRAM, STREAM",
        "DATAGRAM, SEQPACKET",
        "DATAGRAM, DATAGRAM"
    })
    void socketThatSomebodyHasIsNotReplacedWhateverItsType(Kind first, Kind second) throws Exception {
        try (AutoCloseable socket = first.bind(at("socket"))) {
            refused(Errno.EADDRINUSE, () -> second.bind(at("socket"), BindOption.REPLACE_STALE));
            first.connect(at("socket"));
        }
    }

    @Test
    void listenerWithAFullBacklogIsNotReplaced() throws Exception {
        try (UnixListener<UnixStream> listener = UnixListener.bind(at("socket"), Set.of(), 0);
                UnixStream waiting = UnixStream.connect(at("socket"))) {
            assertThat(UnixStream.tryConnect(at("socket"), Duration.ZERO)).isEmpty();
            refused(Errno.EADDRINUSE, () -> UnixListener.bind(at("socket"), BindOption.REPLACE_STALE));
            listener.accept().close();
        }
    }

    @Test
    void datagramSocketConnectedToAnotherIsNotReplaced() throws Exception {
        try (UnixDatagram other = UnixDatagram.bind(at("other"));
                UnixDatagram socket = UnixDatagram.bind(at("socket"))) {
            socket.connect(at("other"));
            refused(Errno.EADDRINUSE, () -> UnixDatagram.bind(at("socket"), BindOption.REPLACE_STALE));
            assertThat(exists(at("socket").path())).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void ordinaryFileIsNotReplaced(Kind kind) throws Exception {
        Path file = Files.writeString(at("file").path(), "to be kept");
        refused(Errno.EADDRINUSE, () -> kind.bind(at("file"), BindOption.REPLACE_STALE));
        assertThat(file).hasContent("to be kept");
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void emptyDirectoryIsNotReplaced(Kind kind) throws Exception {
        Path directory = Files.createDirectory(at("directory").path());
        refused(Errno.EADDRINUSE, () -> kind.bind(at("directory"), BindOption.REPLACE_STALE));
        assertThat(directory).isEmptyDirectory();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void linksAreNotReplaced(Kind kind) throws Exception {
        kind.bind(at("stale")).close();
        Path toStale = Files.createSymbolicLink(at("link").path(), Path.of("stale"));
        Path dangling = Files.createSymbolicLink(at("dangling").path(), Path.of("nowhere"));
        Path toFile = Files.createSymbolicLink(
                at("toFile").path(), Files.createFile(at("file").path()));
        refused(Errno.EADDRINUSE, () -> kind.bind(at("dangling"), BindOption.REPLACE_STALE));
        refused(Errno.EADDRINUSE, () -> kind.bind(at("toFile"), BindOption.REPLACE_STALE));
        refused(Errno.EADDRINUSE, () -> kind.bind(at("link"), BindOption.REPLACE_STALE));
        assertThat(toStale).isSymbolicLink();
        assertThat(dangling).isSymbolicLink();
        assertThat(toFile).isSymbolicLink();
        assertThat(exists(at("nowhere").path())).isFalse();
    }

    // UNLINK_ON_CLOSE.

    @ParameterizedTest
    @EnumSource(Kind.class)
    void closeRemovesTheFileWhereAskedTo(Kind kind) throws Exception {
        AutoCloseable socket = kind.bind(at("socket"), BindOption.UNLINK_ON_CLOSE);
        assertThat(exists(at("socket").path())).isTrue();
        socket.close();
        assertThat(exists(at("socket").path())).isFalse();
        socket.close();
    }

    @Test
    void closeAgainRemovesNobodyElsesFile() throws Exception {
        UnixListener<UnixStream> listener = UnixListener.bind(at("socket"), BindOption.UNLINK_ON_CLOSE);
        listener.close();
        try (UnixListener<UnixStream> successor = UnixListener.bind(at("socket"))) {
            listener.close();
            UnixStream.connect(at("socket")).close();
        }
    }

    @Test
    @SuppressWarnings("try") // the close is what is tested
    void closeRemovesNoFileThatIsAnothersByNow() throws Exception {
        try (UnixListener<UnixStream> listener = UnixListener.bind(at("socket"), BindOption.UNLINK_ON_CLOSE)) {
            Files.delete(at("socket").path());
            try (UnixListener<UnixStream> successor = UnixListener.bind(at("socket"))) {
                listener.close();
                UnixStream.connect(at("socket")).close();
            }
        }
        Files.delete(at("socket").path());
        try (UnixListener<UnixStream> listener = UnixListener.bind(at("socket"), BindOption.UNLINK_ON_CLOSE)) {
            Files.delete(at("socket").path());
            Files.writeString(at("socket").path(), "to be kept");
        }
        assertThat(at("socket").path()).hasContent("to be kept");
    }

    @Test
    void closeDoesNotFollowAFileThatWasRenamed() throws Exception {
        Path renamed = folder.resolve("renamed");
        try (UnixListener<UnixStream> listener = UnixListener.bind(at("socket"), BindOption.UNLINK_ON_CLOSE)) {
            Files.move(at("socket").path(), renamed);
            UnixStream.connect(UnixAddress.of(renamed)).close();
            assertThat(listener.localAddress()).isEqualTo(at("socket")); // as it was bound
        }
        assertThat(exists(renamed)).isTrue();
    }

    @Test
    void closeIsQuietWhereTheFileOrItsDirectoryIsGone() throws Exception {
        Path directory = Files.createDirectory(folder.resolve("directory"));
        try (UnixListener<UnixStream> listener =
                UnixListener.bind(UnixAddress.of(directory.resolve("socket")), BindOption.UNLINK_ON_CLOSE)) {
            Files.delete(directory.resolve("socket"));
            Files.delete(directory);
        }
        assertThat(exists(directory)).isFalse();
    }

    @Test
    void bindThatFailsRemovesNothing() throws Exception {
        try (UnixListener<UnixStream> listener = UnixListener.bind(at("socket"))) {
            refused(Errno.EADDRINUSE, () -> UnixListener.bind(at("socket"), BindOption.values()));
            UnixStream.connect(at("socket")).close();
        }
    }

    @Test
    void bothOptionsGoTogether() throws Exception {
        for (int i = 0; i < 3; i++) {
            UnixListener.bind(at("socket")).close();
            try (UnixListener<UnixStream> listener = UnixListener.bind(at("socket"), BindOption.values())) {
                UnixStream.connect(at("socket")).close();
            }
            assertThat(exists(at("socket").path())).isFalse();
        }
    }

    @Test
    void nullsAreRefusedAndLeaveNothing() {
        long before = openSockets();
        assertThatNullPointerException().isThrownBy(() -> UnixListener.bind(null));
        assertThatNullPointerException().isThrownBy(() -> UnixDatagram.bind(null));
        assertThatNullPointerException().isThrownBy(() -> UnixListener.bind(at("socket"), null, 1));
        assertThat(openSockets()).isEqualTo(before);
        assertThat(folder).isEmptyDirectory();
    }
}
