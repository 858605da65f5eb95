package org.chagres;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ErrnoTest {
    private static final Pattern MACRO = Pattern.compile("^#define (E[A-Z0-9]+) (\\w+)$", Pattern.MULTILINE);

    /** Names of the kernel's file systems for EBADMSG and EUCLEAN, which a header may give or not. */
    private static final Set<String> FILE_SYSTEM_ALIASES = Set.of("EFSBADCRC", "EFSCORRUPTED");

    /** In headers from Linux 7 on. */
    private static final Map<String, String> NEW = Map.of("EFTYPE", "134");

    @Test
    void namesAndNumbersAreThoseOfTheCHeader() {
        Map<String, String> header = macrosOfErrnoHeader();
        header.values().removeIf(value -> !value.matches("\\d+"));
        NEW.forEach(header::putIfAbsent);

        Map<String, String> ours = namedConstants()
                .collect(toMap(Errno::name, errno -> String.valueOf(errno.number()), (a, b) -> a, TreeMap::new));

        assertThat(ours).hasSizeGreaterThan(100).isEqualTo(header);
    }

    @Test
    void aliasesAreThoseOfTheCHeader() throws Exception {
        Map<String, String> header = macrosOfErrnoHeader();
        header.values().removeIf(value -> value.matches("\\d+"));
        header.keySet().removeAll(FILE_SYSTEM_ALIASES);

        Map<String, String> ours = new TreeMap<>();
        for (Field field : Errno.class.getFields()) {
            if (!field.isEnumConstant()) {
                ours.put(field.getName(), ((Errno) field.get(null)).name());
            }
        }

        assertThat(ours).isNotEmpty().isEqualTo(header);
    }

    @Test
    void everyNumberFindsItsConstant() {
        assertThat(namedConstants())
                .allSatisfy(errno -> assertThat(Errno.of(errno.number())).isSameAs(errno));
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -17, -1, 0, 41, 58, 135, 4711, Integer.MAX_VALUE})
    void aNumberWithoutNameIsUnknown(int number) {
        assertThat(Errno.of(number)).isSameAs(Errno.UNKNOWN);
    }

    @Test
    void theNumberOfUnknownIsNoneOfTheKernel() {
        assertThat(Errno.UNKNOWN.number()).isEqualTo(-1);
    }

    @Test
    void textsAreDifferentAndShort() {
        assertThat(Errno.values())
                .extracting(Errno::text)
                .doesNotHaveDuplicates()
                .allSatisfy(text -> assertThat(text)
                        .isNotBlank()
                        .isEqualTo(text.strip())
                        .hasSizeLessThan(80)
                        .doesNotEndWith("."));
    }

    private static Stream<Errno> namedConstants() {
        return Arrays.stream(Errno.values()).filter(errno -> errno != Errno.UNKNOWN);
    }

    private static Map<String, String> macrosOfErrnoHeader() {
        Run.assumeInstalled("gcc");
        String macros = Run.command("gcc", "-E", "-dM", "-include", "errno.h", "-x", "c", "/dev/null")
                .output();
        return MACRO.matcher(macros)
                .results()
                .collect(toMap(m -> m.group(1), m -> m.group(2), (a, b) -> a, TreeMap::new));
    }
}
