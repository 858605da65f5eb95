package org.chagres.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The project's own files, for tests that look at how it is written. */
public final class Sources {
    /** Where {@code pom.xml} is. */
    public static final Path ROOT = Path.of(System.getProperty("basedir", "")).toAbsolutePath();

    public static final Path MAIN = ROOT.resolve("src/main/java");
    public static final Path TEST = ROOT.resolve("src/test/java");

    private static final Pattern COMMENT_OR_LITERAL = Pattern.compile(
            "(?<comment>//[^\\n]*+|/\\*[\\s\\S]*?\\*/)|\"\"\"[\\s\\S]*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*+\"|'(?:\\\\.|[^'\\\\\\n])++'");

    private Sources() {}

    /** A source file as the compiler takes it: no comments, and all literals empty. */
    public record Source(String packageName, String className, String code) {
        static Source read(Path file) {
            String code = COMMENT_OR_LITERAL
                    .matcher(text(file))
                    .replaceAll(match -> match.namedGroups().containsKey("comment") && match.group("comment") != null
                            ? " "
                            : "\"\"");
            String folder = MAIN.relativize(file.getParent()).toString();
            return new Source(
                    folder.replace('/', '.'), file.getFileName().toString().replace(".java", ""), code);
        }

        @Override
        public String toString() {
            return packageName + "." + className;
        }
    }

    /** All classes written by hand that end up in the jar. */
    public static List<Source> main() {
        return files(MAIN, ".java").stream()
                .filter(file -> !file.getFileName().toString().contains("-")) // module-info, package-info
                .filter(file -> !file.startsWith(MAIN.resolve("org/chagres/internal/generated")))
                .map(Source::read)
                .toList();
    }

    /** Those of one package, without the ones below it. */
    public static List<Source> main(String packageName) {
        return main().stream()
                .filter(source -> source.packageName().equals(packageName))
                .toList();
    }

    /** All files below a folder whose names end so. */
    public static List<Path> files(Path folder, String suffix) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.getFileName().toString().endsWith(suffix))
                    .sorted()
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    public static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The symbols of one of jextract's lists, {@code --include-KIND NAME} each. */
    public static List<String> included(String kind) {
        Path list = ROOT.resolve("jextract/includes/" + kind + "s.txt");
        return text(list)
                .lines()
                .map(line -> line.replace("--include-" + kind + " ", ""))
                .toList();
    }
}
