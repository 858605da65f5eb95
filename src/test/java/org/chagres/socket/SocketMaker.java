package org.chagres.socket;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Listens at a path with the permissions given; tells those that the file has, and afterwards the umask of the
 * process.
 */
@SuppressWarnings("try") // held open, and not otherwise used
final class SocketMaker {
    private SocketMaker() {}

    public static void main(String[] arguments) throws Exception {
        Path path = Path.of(arguments[0]);
        try (UnixListener<UnixStream> listener =
                UnixListener.bind(UnixAddress.of(path), PosixFilePermissions.fromString(arguments[1]), 1)) {
            System.out.println(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        }
        Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("Umask:"))
                .forEach(line ->
                        System.out.println(line.substring("Umask:".length()).strip()));
    }
}
