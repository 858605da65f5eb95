package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.chagres.internal.Sources;
import org.chagres.internal.generated.Linux;
import org.chagres.testing.CProgram;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The generated structs and constants against what C says of them: on this machine, by a program compiled on the spot,
 * and in the headers of the C libraries and CPUs that the library supports, by the tables in {@code jextract/abi}.
 */
class LayoutTest {
    private static final Path ABI = Sources.ROOT.resolve("jextract/abi");

    /**
     * Where musl differs, and may: its sequence number is an {@code int} of which the kernel writes the lower half
     * ({@link Abi}), what nobody reads it pads in its own way, flags of the kernel's it does not tell, and
     * one number of it is older.
     */
    private static final Map<String, String> MUSL_DIFFERS = Map.ofEntries(
            Map.entry("field ipc_perm.__seq", "24 4"),
            Map.entry("field ipc_perm.__pad2", "40 8"),
            Map.entry("field ipc_perm.__glibc_reserved1", "absent"),
            Map.entry("field ipc_perm.__glibc_reserved2", "absent"),
            Map.entry("field shmid_ds.__glibc_reserved5", "absent"),
            Map.entry("field shmid_ds.__glibc_reserved6", "absent"),
            Map.entry("field shminfo.__glibc_reserved1", "absent"),
            Map.entry("field shminfo.__glibc_reserved2", "absent"),
            Map.entry("field shminfo.__glibc_reserved3", "absent"),
            Map.entry("field shminfo.__glibc_reserved4", "absent"),
            Map.entry("constant AI_CANONIDN", "absent"),
            Map.entry("constant AI_IDN", "absent"),
            Map.entry("constant MADV_DONTNEED_LOCKED", "absent"),
            Map.entry("constant MADV_POPULATE_READ", "absent"),
            Map.entry("constant MADV_POPULATE_WRITE", "absent"),
            Map.entry("constant NI_IDN", "absent"),
            Map.entry("constant NI_MAXHOST", "255"), // of its names: a longer buffer does no harm
            Map.entry("constant RWF_NOWAIT", "absent"),
            Map.entry("constant SOMAXCONN", "128")); // that of old kernels, which serve all the same

    /**
     * Where aarch64 differs, by what {@link Abi} takes there instead. The size is only that of a buffer, and larger
     * here.
     */
    private static final Map<String, String> ARM_DIFFERS = Map.ofEntries(
            Map.entry("constant EPOLL_EVENT_BYTE_SIZE", "16"),
            Map.entry("constant EPOLL_EVENT_DATA_OFFSET", "8"),
            Map.entry("constant O_DIRECT", "65536"),
            Map.entry("constant O_NOFOLLOW", "32768"),
            Map.entry("constant O_TMPFILE", "4210688"),
            Map.entry("constant SEMID_DS_BYTE_SIZE", "88"),
            Map.entry("constant SEMID_DS_SEM_CTIME_OFFSET", "56"),
            Map.entry("constant SEMID_DS_SEM_NSEMS_OFFSET", "64"),
            Map.entry("constant STAT_ST_MODE_OFFSET", "16"),
            Map.entry("constant SYS_fstat", "80"),
            Map.entry("constant SYS_gettid", "178"),
            Map.entry("constant SYS_tgkill", "131"));

    @Test
    void generatedNumbersAreThoseOfTheHeadersOfThisMachine() {
        Map<String, String> generated = generated();
        StringBuilder source = new StringBuilder("#undef _GNU_SOURCE\n#include \"")
                .append(Sources.ROOT.resolve("jextract/linux_ipc.h"))
                .append("\"\n#include <stdio.h>\nint main(void) {\n#ifdef __GLIBC__\nputs(\"# glibc\");\n#endif\n");
        generated.keySet().forEach(symbol -> source.append(printing(symbol)));
        source.append("return 0; }\n");

        try (CProgram program = CProgram.compile(source.toString())) {
            String here = program.run().output();
            if (System.getProperty("os.arch").equals("aarch64")) {
                generated = withDifferences(generated, ARM_DIFFERS);
            }
            if (!here.startsWith("# glibc\n")) {
                generated.keySet().removeAll(MUSL_DIFFERS.keySet());
            }
            assertThat(numbers(here)).isEqualTo(generated);
        }
    }

    @Test
    void generatedNumbersAreThoseOfGlibcOnX86() {
        assertThat(numbers(Sources.text(ABI.resolve("glibc-x86_64.txt")))).isEqualTo(generated());
    }

    @Test
    void generatedNumbersAreThoseOfGlibcOnArmButForFewThatAbiHas() {
        assertThat(numbers(Sources.text(ABI.resolve("glibc-aarch64.txt"))))
                .isEqualTo(withDifferences(generated(), ARM_DIFFERS));
    }

    @Test
    void theNumbersOfAbiAreThoseOfTheTables() throws Exception {
        String code = Sources.main("org.chagres.internal.syscall").stream()
                .filter(source -> source.className().equals("Abi"))
                .map(Sources.Source::code)
                .collect(Collectors.joining());
        Map<String, String> arm = numbers(Sources.text(ABI.resolve("glibc-aarch64.txt")));
        Map<String, String> inAbi = new TreeMap<>();
        Pattern.compile("AARCH64 \\? (\\d+) : Linux\\.(\\w+)\\(\\)")
                .matcher(code)
                .results()
                .forEach(match -> inAbi.put("constant " + match.group(2), match.group(1)));

        assertThat(inAbi)
                .isNotEmpty()
                .allSatisfy((name, number) -> assertThat(arm).containsEntry(name, number));
        assertThat(ARM_DIFFERS.keySet())
                .filteredOn(name -> !name.equals("constant SEMID_DS_BYTE_SIZE"))
                .containsExactlyInAnyOrderElementsOf(inAbi.keySet());
    }

    @Test
    void generatedNumbersAreThoseOfMuslButForItsPadding() {
        assertThat(numbers(Sources.text(ABI.resolve("musl-x86_64.txt"))))
                .isEqualTo(withDifferences(generated(), MUSL_DIFFERS));
    }

    @Test
    void everyFieldThatMuslHasElsewhereOrNotAtAllIsNeverRead() {
        String code = Sources.main("org.chagres.internal.syscall").stream()
                .map(Sources.Source::code)
                .collect(Collectors.joining());
        MUSL_DIFFERS.keySet().stream()
                .filter(symbol -> symbol.startsWith("field "))
                .map(field -> field.replace("field ", ""))
                .filter(field -> !field.equals("ipc_perm.__seq")) // same place, and little-endian
                .forEach(field -> assertThat(code).doesNotContain(field + "("));
    }

    @Test
    void makingTheTablesAgainMakesTheSame(@TempDir Path folder) {
        Run.assumeInstalled("gcc");
        Run.assumeInstalled("aarch64-linux-gnu-gcc");
        Run.assumeInstalled("musl-gcc");
        Run.assumeInstalled("dpkg-query");
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "make.sh runs on x86-64");
        for (Path table : Sources.files(ABI, ".txt")) {
            Sources.text(table)
                    .lines()
                    .filter(line -> line.matches("# \\S+ \\d\\S*"))
                    .forEach(line -> {
                        String[] words = line.split(" "); // #, package, version
                        Run installed = Run.command("dpkg-query", "--show", "--showformat=${Version}", words[1]);
                        assumeTrue(
                                installed.out().equals(words[2]),
                                table.getFileName() + " was made with " + line.substring(2));
                    });
        }

        Run.command(ABI.resolve("make.sh").toString(), folder.toString()).output();

        assertThat(Sources.files(folder, ".txt")).hasSameSizeAs(Sources.files(ABI, ".txt"));
        for (Path table : Sources.files(folder, ".txt")) {
            assertThat(table).hasSameBinaryContentAs(ABI.resolve(table.getFileName()));
        }
    }

    /**
     * Size of each struct, offset and width of each of its fields, value of each constant, as the tables write them.
     */
    private static Map<String, String> generated() {
        Map<String, String> numbers = new TreeMap<>();
        for (String struct : Sources.included("struct")) {
            GroupLayout layout = layout(struct);
            numbers.put("struct " + struct, Long.toString(layout.byteSize()));
            for (MemoryLayout member : layout.memberLayouts()) {
                member.name()
                        .ifPresent(field -> numbers.put(
                                "field " + struct + "." + field,
                                layout.byteOffset(PathElement.groupElement(field)) + " " + member.byteSize()));
            }
        }
        for (String constant : Sources.included("constant")) {
            numbers.put("constant " + constant, constant(constant));
        }
        assertThat(numbers).hasSizeGreaterThan(Sources.included("struct").size());
        return numbers;
    }

    private static GroupLayout layout(String struct) {
        try {
            return (GroupLayout) Class.forName("org.chagres.internal.generated." + struct)
                    .getMethod("layout")
                    .invoke(null);
        } catch (ReflectiveOperationException failure) {
            throw new AssertionError(failure);
        }
    }

    private static String constant(String name) {
        try {
            return String.valueOf(Linux.class.getMethod(name).invoke(null));
        } catch (ReflectiveOperationException failure) {
            throw new AssertionError(failure);
        }
    }

    /** A table's lines: {@code KIND NAME} and the numbers, or {@code absent KIND NAME}. */
    private static Map<String, String> numbers(String table) {
        Map<String, String> numbers = new TreeMap<>();
        table.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            String[] words = line.split(" ", 3);
            boolean absent = words[0].equals("absent");
            numbers.put(absent ? words[1] + " " + words[2] : words[0] + " " + words[1], absent ? "absent" : words[2]);
        });
        return numbers;
    }

    /**
     * The differences must be differences: what they say of a symbol is not what is generated, and the symbol is in
     * use.
     */
    private static Map<String, String> withDifferences(Map<String, String> generated, Map<String, String> differences) {
        assertThat(generated).containsKeys(differences.keySet().toArray(String[]::new));
        assertThat(generated.entrySet()).doesNotContainAnyElementsOf(differences.entrySet());
        Map<String, String> numbers = new TreeMap<>(generated);
        numbers.putAll(differences);
        return numbers;
    }

    /** The C statement that prints a symbol as the tables write it. */
    private static String printing(String symbol) {
        String kind = symbol.substring(0, symbol.indexOf(' '));
        String name = symbol.substring(symbol.indexOf(' ') + 1);
        String statement = switch (kind) {
            case "struct" -> "printf(\"%s %%zu\\n\", sizeof(struct %s));".formatted(symbol, name);
            case "constant" -> "printf(\"%s %%lld\\n\", (long long) (int) (%s));".formatted(symbol, name);
            default -> {
                String struct = name.substring(0, name.indexOf('.'));
                String field = name.substring(name.indexOf('.') + 1);
                yield "printf(\"%s %%zu %%zu\\n\", offsetof(struct %s, %s), sizeof(((struct %s *) 0)->%s));"
                        .formatted(symbol, struct, field, struct, field);
            }
        };
        return MUSL_DIFFERS.containsKey(symbol) ? "#ifdef __GLIBC__\n" + statement + "\n#endif\n" : statement + "\n";
    }
}
