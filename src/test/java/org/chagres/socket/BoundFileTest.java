package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
class BoundFileTest {
    @TempDir
    private Path folder;

    @Test
    void aFileThatIsNoSocketIsNotReplaced() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "precious");
        assertInUse(file);
        assertThat(file).hasContent("precious");
    }

    @Test
    void aLinkIsNotReplacedWhateverItLeadsTo() throws Exception {
        Path stale = folder.resolve("stale");
        UnixListener.bind(UnixAddress.of(stale)).close();
        Path link = Files.createSymbolicLink(folder.resolve("link"), stale);
        assertInUse(link);
        assertThat(link).isSymbolicLink();
    }

    private static void assertInUse(Path path) {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> UnixListener.bind(UnixAddress.of(path), BindOption.REPLACE_STALE)
                        .close())
                .satisfies(failure -> assertThat(failure.errno()).isEqualTo(Errno.EADDRINUSE));
    }

    @Test
    void aDatagramSocketRemovesItsFileIfSoWished() throws Exception {
        Path path = folder.resolve("socket");
        try (UnixDatagram socket = UnixDatagram.bind(UnixAddress.of(path), BindOption.UNLINK_ON_CLOSE)) {
            assertThat(path).exists();
            assertThat(socket.isOpen()).isTrue();
        }
        assertThat(path).doesNotExist();
    }
}
