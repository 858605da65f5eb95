package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnixAddressTest {
    @Test
    void aPathIsKeptAsItIs() {
        Path path = Path.of("../a/./b.sock");
        assertThat(UnixAddress.of(path).path()).isEqualTo(path);
        assertThat(UnixAddress.of(path)).hasToString("../a/./b.sock").isEqualTo(UnixAddress.of(path));
    }

    @Test
    void aPathHasAtMost108Bytes() {
        assertThat(UnixAddress.of(Path.of("x".repeat(108))).path().toString()).hasSize(108);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UnixAddress.of(Path.of("x".repeat(109))))
                .withMessageContaining("at most 108 bytes, not 109")
                .withMessageContaining("x".repeat(109));
    }

    @Test
    void theBytesOfAPathCountAndNotItsCharacters() {
        Path path = Path.of(URI.create("file:///" + "%C3%A9".repeat(54))); // a slash, and 108 bytes
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UnixAddress.of(path))
                .withMessageContaining("not 109");
        assertThat(UnixAddress.of(path.subpath(0, 1)).path()).isEqualTo(path.subpath(0, 1));
    }

    @Test
    void anEmptyPathIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UnixAddress.of(Path.of("")))
                .withMessageContaining("empty");
    }

    @Test
    void aPathWithAZeroByteCannotBe() {
        Assertions.assertThatExceptionOfType(InvalidPathException.class).isThrownBy(() -> Path.of("a\0b"));
    }

    @Test
    void aPathOfAnotherFileSystemIsRefused() {
        Path other = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UnixAddress.of(other))
                .withMessageContaining("default file system");
    }

    @Test
    void nullIsRefused() {
        assertThatNullPointerException().isThrownBy(() -> UnixAddress.of((Path) null));
        assertThatNullPointerException().isThrownBy(() -> UnixAddress.of((UnixDomainSocketAddress) null));
        assertThatNullPointerException().isThrownBy(() -> UnixAddress.abstractName((String) null));
        assertThatNullPointerException().isThrownBy(() -> UnixAddress.abstractName((byte[]) null));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 106, 107})
    void anAbstractNameMayHaveSoManyBytes(int count) {
        assertThat(UnixAddress.abstractName(new byte[count]).name()).isEqualTo(new byte[count]);
    }

    @Test
    void anAbstractNameHasAtMost107Bytes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UnixAddress.abstractName(new byte[108]))
                .withMessageContaining("at most 107 bytes, not 108");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UnixAddress.abstractName("\u00e9".repeat(54)))
                .withMessageContaining("not 108");
    }

    @Test
    void anAbstractNameIsComparedByItsBytesAndAZeroAtTheEndIsOne() {
        UnixAddress name = UnixAddress.abstractName("name");
        assertThat(name)
                .isEqualTo(UnixAddress.abstractName("name".getBytes(StandardCharsets.US_ASCII)))
                .hasSameHashCodeAs(UnixAddress.abstractName("name"))
                .isNotEqualTo(UnixAddress.abstractName("name\0"))
                .isNotEqualTo(UnixAddress.abstractName("Name"))
                .isNotEqualTo(UnixAddress.of(Path.of("name")));
    }

    @Test
    void theBytesOfAnAbstractNameCannotBeChangedFromOutside() {
        byte[] bytes = {1, 2, 3};
        UnixAddress.Abstract name = UnixAddress.abstractName(bytes);
        bytes[0] = 9;
        name.name()[1] = 9;
        assertThat(name.name()).containsExactly(1, 2, 3);
        assertThat(name).isEqualTo(UnixAddress.abstractName(new byte[] {1, 2, 3}));
    }

    @Test
    void anAbstractNameIsShownAsTheKernelShowsIt() {
        assertThat(UnixAddress.abstractName("a\0b\u00e9")).hasToString("@a@b\u00e9");
        assertThat(UnixAddress.abstractName("")).hasToString("@");
        assertThat(UnixAddress.abstractName(new byte[] {'a', (byte) 0xff, 0, (byte) 0xc3}))
                .hasToString("@a\\xff@\\xc3");
    }

    @Test
    void unnamedIsOne() {
        assertThat(UnixAddress.unnamed())
                .isEqualTo(new UnixAddress.Unnamed())
                .hasToString("unnamed")
                .isNotEqualTo(UnixAddress.abstractName(""));
    }

    @ParameterizedTest
    @CsvSource({"/tmp/a", "a", "''"})
    void theJdksAddressComesBackAsItWas(String text) {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(text);
        assertThat(UnixAddress.of(address).toSocketAddress()).contains(address);
    }

    @Test
    void theJdksEmptyPathIsTheUnnamedAddress() {
        assertThat(UnixAddress.of(UnixDomainSocketAddress.of(""))).isEqualTo(UnixAddress.unnamed());
        assertThat(UnixAddress.of(UnixDomainSocketAddress.of("a"))).isEqualTo(UnixAddress.of(Path.of("a")));
    }

    @Test
    void theJdkHasNoAbstractNames() {
        assertThat(UnixAddress.abstractName("a").toSocketAddress()).isEmpty();
    }
}
