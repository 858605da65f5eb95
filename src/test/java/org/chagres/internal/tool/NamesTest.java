package org.chagres.internal.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamesTest {
    @TempDir
    Path directory;

    @Test
    void aNumberGoesByItsFirstName() throws Exception {
        Names names = read("root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\nlast:x:4294967294:1");

        assertThat(names.of(0)).isEqualTo("root");
        assertThat(names.of(4_294_967_294L)).isEqualTo("last");
    }

    @Test
    void aNumberWithoutANameGoesByItself() throws Exception {
        assertThat(read("root:x:0:0::/:/bin/sh\n").of(4_294_967_295L)).isEqualTo("4294967295");
    }

    @Test
    void linesThatAreNoneAreSkipped() throws Exception {
        Names names = read(
                "\n# comment\n+::::::\n+@group\nbad:x:one:0\nbad:x:-1:0\nbad:x:99999999999999999999:\ngood:x:7:\n");

        assertThat(names.byNumber()).containsOnlyKeys(7L);
    }

    @Test
    void aNameThatIsNotUtf8DoesNotHideTheOthers() throws Exception {
        assertThat(Names.read(write("m\u00fcller:x:8:\ngood:x:7:\n".getBytes(StandardCharsets.ISO_8859_1)))
                        .of(7))
                .isEqualTo("good");
    }

    @Test
    void aMissingFileHasNoNames() {
        assertThat(Names.read(directory.resolve("missing")).of(0)).isEqualTo("0");
    }

    private Names read(String text) throws Exception {
        return Names.read(write(text.getBytes(StandardCharsets.UTF_8)));
    }

    private Path write(byte[] text) throws Exception {
        return Files.write(directory.resolve("passwd"), text);
    }
}
