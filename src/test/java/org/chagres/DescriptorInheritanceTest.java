package org.chagres;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** No child of this JVM gets a descriptor by accident. */
@ExtendWith(LeakCheck.class)
class DescriptorInheritanceTest {
    @TempDir
    private Path folder;

    @Test
    void nothingThatThisLibraryOpensIsInherited() {
        Run run = Run.command(
                Peer.javaCommand(
                        List.of("--enable-native-access=ALL-UNNAMED"),
                        DescriptorPrograms.Everything.class,
                        folder.toAbsolutePath()),
                Map.of());
        assertThat(run.output().lines())
                .containsExactly(
                        "of other code: false true", // so the witness sees what is inherited
                        "adopted: true false",
                        "twins: 2",
                        "inheritable: []",
                        "seen by a child: []",
                        "seen by a child of the JDK's: [0, 1, 2]");
    }
}
