package org.chagres.internal.tool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What no segment can have; {@link IpcsTest} compares the rest with util-linux. */
class SizesTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0B",
        "9223372036854775807, 8E",
        "-1, 16E", // 2^64 - 1
        "-9223372036854775808, 8E", // 2^63
        "1152921504606846975, 1024P", // 2^60 - 1
        "1210567579837189324, 1E", // 1.05 E, less a little
        "1210567579837189325, 1.1E",
        "-6341068275337658369, 10.5E" // 2^63 + 2^61 + 2^59 - 1
    })
    void largeSizesAreUnsigned(long byteSize, String text) {
        assertThat(Sizes.human(byteSize)).isEqualTo(text);
    }
}
