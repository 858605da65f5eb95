package org.chagres.internal.resource;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text for the kernel is its bytes and a zero, or refused. */
class NativeTextTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "a", " ", "a b", "\"'\\$*?", "\u0001\n\t\u007f", "-"})
    void aTextIsItsBytesAndAZero(String text) {
        try (Arena arena = Arena.ofConfined()) {
            assertThat(NativeText.of(text, arena).toArray(JAVA_BYTE))
                    .isEqualTo((text + "\0").getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Test
    void otherLettersAreWrittenAsNamesOfFilesAre() {
        String letters = "\u00e9\u20ac\ud83d\ude00";
        try (Arena arena = Arena.ofConfined()) {
            if (NativeText.CHARSET.newEncoder().canEncode(letters)) {
                assertThat(NativeText.of(letters, arena).toArray(JAVA_BYTE))
                        .isEqualTo((letters + "\0").getBytes(NativeText.CHARSET));
            } else {
                assertRefused(letters);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud83d", "a\ude00b", "\ude00\ud83d"})
    void halfALetterIsRefused(String half) {
        assertRefused(half);
    }

    private static void assertRefused(String text) {
        try (Arena arena = Arena.ofConfined()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> NativeText.of(text, arena))
                    .withMessageStartingWith(text + " cannot be written in " + NativeText.CHARSET.name());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\0", "a\0", "\0a", "a\0b\0c"})
    void aZeroCharacterIsRefused(String text) {
        try (Arena arena = Arena.ofConfined()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> NativeText.of(text, arena))
                    .withMessageContaining("zero character")
                    .withMessageContaining(text.replace("\0", "\\0"))
                    .withMessageNotContaining("\0");
        }
    }

    @Test
    void aLongTextIsNotCut() {
        String text = "x".repeat(1_000_000);
        try (Arena arena = Arena.ofConfined()) {
            assertThat(NativeText.of(text, arena).getString(0)).isEqualTo(text);
        }
    }

    @Test
    void anArrayEndsWithANullPointer() {
        try (Arena arena = Arena.ofConfined()) {
            List<String> texts = List.of("a", "", "b c");
            MemorySegment array = NativeText.array(texts, arena);
            assertThat(array.byteSize()).isEqualTo(4 * ADDRESS.byteSize());
            for (int i = 0; i < texts.size(); i++) {
                MemorySegment text = array.getAtIndex(ADDRESS, i).reinterpret(16);
                assertThat(text.getString(0)).isEqualTo(texts.get(i));
            }
            assertThat(array.getAtIndex(ADDRESS, 3)).isEqualTo(MemorySegment.NULL);
        }
    }

    @Test
    void anEmptyArrayIsANullPointer() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment array = NativeText.array(List.of(), arena);
            assertThat(array.byteSize()).isEqualTo(ADDRESS.byteSize());
            assertThat(array.get(ADDRESS, 0)).isEqualTo(MemorySegment.NULL);
        }
    }

    @Test
    void anArrayWithATextThatIsRefusedIsRefused() {
        try (Arena arena = Arena.ofConfined()) {
            assertThatIllegalArgumentException().isThrownBy(() -> NativeText.array(List.of("a", "b\0"), arena));
        }
    }
}
