package org.chagres.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Memory whose pages are missing: of files that became shorter, of file systems that are full, of mappings that are
 * changed. All in JVMs of their own, which must not die of it.
 */
@ExtendWith(LeakCheck.class)
class MappedMemoryFaultsTest {
    private static final Pattern COMPILED_BY_C2 =
            Pattern.compile(" 4 +org\\.chagres\\.(\\S+) \\(\\d+ bytes\\)$", Pattern.MULTILINE);

    @TempDir
    Path folder;

    private List<String> command(List<String> options, Class<?> main, Object... arguments) {
        List<String> all = new ArrayList<>(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("hs_err.log"),
                "-XX:TieredStopAtLevel=4"));
        all.addAll(options);
        return Peer.javaCommand(all, main, arguments);
    }

    private Run run(List<String> options, Class<?> main, Object... arguments) {
        return Run.command(command(options, main, arguments), Map.of());
    }

    /** The signatures of a type's methods, as {@link TruncatingProgram} has them. */
    private static Stream<String> signatures(Class<?> type, boolean all) {
        return Arrays.stream(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
                .filter(method -> all
                        ? !Modifier.isStatic(method.getModifiers())
                        : parameters(method).matches(".*(MemorySegment|Buffer).*"))
                .map(method -> type.getSimpleName() + "." + method.getName() + "(" + parameters(method) + ")");
    }

    private static String parameters(Method method) {
        return Arrays.stream(method.getGenericParameterTypes())
                .map(Type::getTypeName)
                .map(name -> name.replaceAll("[a-z]+\\.", "").replaceAll("\\w+\\$", ""))
                .collect(Collectors.joining(", "));
    }

    private static List<Class<?>> publicTypes() throws IOException, ClassNotFoundException {
        Path classes = Path.of(Peer.classPath().split(":")[0]);
        List<Class<?>> types = new ArrayList<>();
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.toList()) {
                String name = classes.relativize(file).toString();
                if (name.startsWith("org/chagres/") && name.endsWith(".class") && !name.contains("/internal/")) {
                    types.add(Class.forName(name.replaceAll("\\.class$", "").replace('/', '.')));
                }
            }
        }
        types.removeIf(type -> !Modifier.isPublic(type.getModifiers()));
        return types;
    }

    @Nested
    class ATruncationByAnotherProcess {
        @Test
        void isTriedUnderEveryMethodThatGetsAtMappedMemory() throws Exception {
            Set<String> methods = new TreeSet<>();
            for (Class<?> type : publicTypes()) {
                boolean all = type == MappedMemory.class || type == PosixSharedMemory.class;
                signatures(type, all).forEach(methods::add);
            }
            assertThat(methods)
                    .contains("ByteSink.writeFully(List<MemorySegment>)", "ByteSource.read(ByteBuffer)")
                    .hasSizeGreaterThan(50);
            assertThat(TruncatingProgram.methods()).containsAll(methods);
        }

        @Test
        void isAnExceptionInInterpretedCallers() {
            assertThat(truncating("PLATFORM", 20, "-Xint").output()).isEqualTo("well: true\n");
        }

        @Test
        void isAnExceptionOnVirtualThreads() {
            assertThat(truncating("VIRTUAL", 200).output()).isEqualTo("well: true\n");
        }

        @Test
        void isAnExceptionInCallersThatC2Compiled() {
            String out = truncating("PLATFORM", 200_000, "-Xbatch", "-XX:+PrintCompilation")
                    .output();
            assertThat(out.lines().filter(line -> !line.matches(" *\\d+ .*"))).containsExactly("well: true");
            Set<String> compiled = COMPILED_BY_C2
                    .matcher(out)
                    .results()
                    .map((MatchResult result) -> result.group(1))
                    .collect(Collectors.toSet());
            assertThat(compiled)
                    .contains(
                            "internal.view.Transfers::read",
                            "internal.view.Transfers::write",
                            "internal.resource.Mapping::get",
                            "internal.resource.Mapping::put");
            assertThat(compiled)
                    .filteredOn(name -> name.matches("memory\\.TruncatingProgram\\$\\$Lambda.*::make"))
                    .hasSizeGreaterThan(30);
        }

        private Run truncating(String thread, int times, String... options) {
            Run.assumeInstalled("truncate");
            return run(List.of(options), TruncatingProgram.class, thread, times, folder.resolve("file"));
        }
    }

    @Nested
    class AFullFileSystem {
        @Test
        void isAnExceptionTooForSparseFilesAndObjects() {
            List<String> command = command(List.of(), FullFileSystemProgram.class);
            Run run = Run.inNamespace("mount -t tmpfs -o size=1m none /dev/shm\nexec \"$@\"", command, Map.of());
            assertThat(run.output()).isEqualTo("""
                    create: ENOSPC
                    openOrCreate: ENOSPC
                    POSIX: ENOSPC
                    left: []
                    put: EFAULT true
                    get: EFAULT
                    get of what is there: ok
                    populate: EFAULT
                    lock: ENOMEM
                    flush: ok
                    write: EFAULT
                    write several: EFAULT
                    read: EFAULT
                    read into several: EFAULT
                    """);
        }
    }

    @Nested
    class AnAccessThatEndsTheJvm {
        @Test
        void isAnIntWidenedToALongAndACopyAvoidsIt() {
            assertThat(access("widenedOfACopy").output()).isEqualTo("EFAULT\n");
            assumeDies(access("widened"));
        }

        @Test
        void isACompareAndSetThatWasNotCompiledAndASealAvoidsIt() {
            assertThat(access("compareAndSetOfSealed").output()).isEqualTo("EPERM true\n");
            assumeDies(access("compareAndSet"));
        }

        private static void assumeDies(Run run) {
            assumeTrue(!run.out().endsWith("alive\n"), "this JVM survives it");
            assertThat(run.out()).contains("A fatal error has been detected by the Java Runtime Environment");
        }

        private Run access(String which) {
            return run(List.of(), FaultingAccessProgram.class, which, folder.resolve(which));
        }
    }

    @Test
    void anErrorIsCaughtWhereACallFollowsInsideTheTry() {
        String out = run(List.of("-Xbatch"), FaultingAccessProgram.class, "caught", folder.resolve("file"))
                .output();
        assertThat(out).matches("\\d+ 50 of 50\n"); // without the call: none or a few, as it comes
    }

    @Test
    void usersRacingChangesOfTheMappingGetExceptions() {
        assertThat(run(List.of(), MappedMemoryRaces.class).output()).isEqualTo("survived true\n");
    }
}
