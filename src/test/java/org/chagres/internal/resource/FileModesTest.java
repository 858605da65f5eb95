package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileModesTest {
    @ParameterizedTest
    @CsvSource({
        "---------, 0",
        "r--------, 400",
        "-w-------, 200",
        "--x------, 100",
        "---r-----, 40",
        "----w----, 20",
        "-----x---, 10",
        "------r--, 4",
        "-------w-, 2",
        "--------x, 1",
        "rw-------, 600",
        "rw-r-----, 640",
        "rwxr-xr-x, 755",
        "rwxrwxrwx, 777",
    })
    void permissionsAndModeAreTheSameSaidTwice(String permissions, String octal) {
        Set<PosixFilePermission> set = PosixFilePermissions.fromString(permissions);
        int mode = Integer.parseInt(octal, 8);

        assertThat(FileModes.toMode(set)).isEqualTo(mode);
        assertThat(FileModes.toPermissions(mode)).isEqualTo(set);
    }

    @Test
    void everyModeIsWhatTheKernelMakesOfItsPermissions(@TempDir Path folder) throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        for (int mode = 0; mode <= 0777; mode++) {
            Files.setPosixFilePermissions(file, FileModes.toPermissions(mode));

            assertThat((int) Files.getAttribute(file, "unix:mode") & 07777).isEqualTo(mode);
            assertThat(FileModes.toMode(FileModes.toPermissions(mode))).isEqualTo(mode);
        }
    }

    @Test
    void otherBitsOfAModeWordAreNotPermissions() {
        assertThat(FileModes.toPermissions(~0777)).isEmpty();
        assertThat(FileModes.toPermissions(-1)).hasSize(9);
    }

    @Test
    void permissionsCannotBeChangedByWhoeverGetsThem() {
        assertThatThrownBy(() -> FileModes.toPermissions(0600).add(PosixFilePermission.OTHERS_READ))
                .isInstanceOf(UnsupportedOperationException.class);
    }
}
