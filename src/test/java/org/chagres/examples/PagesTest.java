package org.chagres.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the pages point to is there: files, headings, and the names in the page that answers the two documents item by
 * item. {@link DocsTest} has the code in them.
 */
class PagesTest {
    private static final Path BASE = Path.of(System.getProperty("basedir", ""));
    private static final Path TWO_DOCUMENTS = BASE.resolve("docs/two-documents.md");

    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");
    private static final Pattern FENCED = Pattern.compile("(?ms)^ *```.*?^ *```");
    private static final Pattern CODE = Pattern.compile("`[^`\n]*`");
    private static final Pattern INLINE = Pattern.compile("]\\(([^)\\s]+)\\)");
    private static final Pattern DEFINITION = Pattern.compile("(?m)^\\[([^]]+)]: (\\S+)$");
    private static final Pattern USE = Pattern.compile("\\[([^]\\[]+)](?:\\[([^]]+)])?(?![(\\]])(?!: [.\\w])");
    private static final Pattern NAME = Pattern.compile("`([A-Z]\\w*[a-z]\\w*(?:\\.\\w+)+)`");

    /** Where the page's names of the JDK are from. */
    private static final List<String> JDK = List.of(
            "java.io",
            "java.lang",
            "java.lang.foreign",
            "java.lang.invoke",
            "java.net",
            "java.time",
            "java.util",
            "java.util.concurrent");

    @Test
    void everyLinkLeadsSomewhere() throws Exception {
        List<String> broken = new ArrayList<>();
        for (Path page : pages()) {
            broken.addAll(broken(page));
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void aBrokenLinkIsFound(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("other.md"), "# One `two`\n\n```\n# three\n```\n");
        Path page = folder.resolve("page.md");
        Files.writeString(page, """
                [a](other.md#one-two), [b](other.md#three), [c](gone.md), [d][here], [e][there], `[f][code]`

                [here]: other.md
                [spare]: other.md
                """);
        assertThat(broken(page))
                .containsExactlyInAnyOrder(
                        page + ": other.md#three", page + ": gone.md", page + ": [there]", page + ": unused [spare]");
    }

    @Test
    void everyNameInTheTwoDocumentsPageExists() throws Exception {
        List<String> missing = new ArrayList<>();
        Map<String, Class<?>> types = types();
        for (String name : new HashSet<>(all(NAME, Files.readString(TWO_DOCUMENTS)))) {
            if (!exists(types, name)) {
                missing.add(name);
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void aNameThatDoesNotExistIsFound() throws Exception {
        Map<String, Class<?>> types = types();
        assertThat(exists(types, "Pipe.create")).isTrue();
        assertThat(exists(types, "Pipe.creates")).isFalse();
        assertThat(exists(types, "Pipes.create")).isFalse();
        assertThat(exists(types, "PipeEnds.hashCode")).isFalse(); // not public
        assertThat(exists(types, "Termination.Exited")).isTrue();
        assertThat(exists(types, "VarHandle.setRelease")).isTrue();
    }

    @Test
    void everyItemOfTheTwoDocumentsHasAnAnswer() throws Exception {
        String text = Files.readString(TWO_DOCUMENTS).replace("\\|", "or");
        List<String> rows = text.lines().filter(line -> line.startsWith("| ")).toList();
        assertThat(rows).isNotEmpty().allSatisfy(row -> {
            String[] cells = row.split("\\|", -1);
            assertThat(cells).hasSize(5);
            assertThat(cells[1]).isNotBlank();
            assertThat(cells[2]).isNotBlank();
        });
    }

    /** What a page points to in vain, and references that it defines and does not use. */
    private static List<String> broken(Path page) throws IOException {
        String text = FENCED.matcher(Files.readString(page)).replaceAll("");
        List<String> broken = new ArrayList<>();
        List<String> targets = new ArrayList<>(all(INLINE, text));
        Map<String, String> references = new HashMap<>();
        Matcher definition = DEFINITION.matcher(text);
        while (definition.find()) {
            references.put(definition.group(1), definition.group(2));
        }
        targets.addAll(references.values());
        for (String target : targets) {
            if (!target.contains("://") && !leadsSomewhere(page, target)) {
                broken.add(page + ": " + target);
            }
        }
        Set<String> used = new HashSet<>();
        Matcher use = USE.matcher(CODE.matcher(text).replaceAll("code"));
        while (use.find()) {
            if (use.group(2) == null) {
                used.add(use.group(1)); // perhaps no link
            } else if (used.add(use.group(2)) && !references.containsKey(use.group(2))) {
                broken.add(page + ": [" + use.group(2) + "]");
            }
        }
        references.keySet().stream()
                .filter(name -> !used.contains(name))
                .forEach(name -> broken.add(page + ": unused [" + name + "]"));
        return broken;
    }

    private static boolean leadsSomewhere(Path page, String target) throws IOException {
        int hash = target.indexOf('#');
        String name = hash < 0 ? target : target.substring(0, hash);
        Path file = name.isEmpty() ? page : page.resolveSibling(name);
        return Files.exists(file) && (hash < 0 || anchors(file).contains(target.substring(hash + 1)));
    }

    /** The anchors of a page's headings, as GitHub makes them; of equal ones the first alone. */
    private static List<String> anchors(Path page) throws IOException {
        String text = FENCED.matcher(Files.readString(page)).replaceAll("");
        return all(HEADING, text).stream()
                .map(heading -> heading.strip()
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\w\\- ]", "")
                        .replace(' ', '-'))
                .toList();
    }

    /** Whether a name as {@code Type.member}, or of a nested type, is of this library, its examples or the JDK. */
    private static boolean exists(Map<String, Class<?>> types, String name) {
        String[] parts = name.split("\\.");
        Optional<Class<?>> type = type(types, parts[0]);
        for (int i = 1; i < parts.length && type.isPresent(); i++) {
            String part = parts[i];
            Optional<Class<?>> nested = Arrays.stream(type.get().getClasses())
                    .filter(candidate -> candidate.getSimpleName().equals(part))
                    .findFirst();
            if (nested.isEmpty()) {
                return i == parts.length - 1
                        && members(type.get())
                                .anyMatch(member -> member.getName().equals(part));
            }
            type = nested;
        }
        return type.isPresent();
    }

    /** Those that a user sees; of examples, which are not public, all. */
    private static Stream<Member> members(Class<?> type) {
        boolean example = type.getPackageName().endsWith(".examples");
        Method[] methods = example ? type.getDeclaredMethods() : type.getMethods();
        Field[] fields = type.getFields();
        return Stream.concat(Arrays.stream(methods), Arrays.stream(fields));
    }

    private static Optional<Class<?>> type(Map<String, Class<?>> types, String name) {
        return Optional.<Class<?>>ofNullable(types.get(name))
                .or(() -> JDK.stream()
                        .<Class<?>>mapMulti((place, found) -> {
                            try {
                                found.accept(Class.forName(place + "." + name));
                            } catch (ClassNotFoundException elsewhere) {
                                // another of the packages may have it
                            }
                        })
                        .findFirst());
    }

    /** The public types of the library, and the examples, by their simple names. */
    private static Map<String, Class<?>> types() throws Exception {
        Map<String, Class<?>> types = new HashMap<>();
        collect(types, BASE.resolve("src/main/java"), "org/chagres");
        collect(types, BASE.resolve("src/test/java"), "org/chagres/examples");
        return types;
    }

    private static void collect(Map<String, Class<?>> types, Path root, String folder) throws Exception {
        try (Stream<Path> files = Files.walk(root.resolve(folder))) {
            for (Path file : files.toList()) {
                String name = root.relativize(file).toString().replace('/', '.');
                if (name.endsWith(".java") && !name.endsWith("-info.java") && !name.contains(".internal.")) {
                    Class<?> type = Class.forName(
                            name.substring(0, name.length() - ".java".length()),
                            false,
                            PagesTest.class.getClassLoader());
                    if (Modifier.isPublic(type.getModifiers()) || folder.endsWith("examples")) {
                        types.put(type.getSimpleName(), type);
                    }
                }
            }
        }
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> top = Files.list(BASE.toAbsolutePath());
                Stream<Path> docs = Files.walk(BASE.resolve("docs"))) {
            return Stream.concat(top, docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList();
        }
    }

    /** The first group of each match. */
    private static List<String> all(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(PagesTest::first).toList();
    }

    private static String first(MatchResult match) {
        return match.group(1);
    }
}
