package org.chagres.internal.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.internal.Sources;
import org.chagres.internal.Sources.Source;
import org.chagres.internal.generated.LinuxFunctions;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What jextract made is committed as it made it, and what L2 binds is what jextract read in the headers. */
class BindingsTest {
    private static final Path JEXTRACT = Sources.ROOT.resolve("jextract");
    private static final String GENERATED = "java/org/chagres/internal/generated";

    /** A call in an L2 class: field, form, arguments. */
    private static final Pattern CALL = Pattern.compile("\\b([A-Z][A-Z0-9_]*)\\.(\\w+)\\(([^;]*)\\);");

    private record Bound(Class<?> owner, Field field, String name, FunctionDescriptor shape) {
        /** Of those that take memory behind the arguments, its first places can be those of a seventh and an eighth. */
        int mostArguments() {
            return Linkage.SHAPE.argumentLayouts().size() + (field.getType() == VectorFunction.class ? 2 : 0);
        }

        /** A user's memory goes as a segment, and other memory by its address. */
        boolean takesSegment(int parameter) {
            return parameter < shape.argumentLayouts().size()
                    && shape.argumentLayouts().get(parameter) instanceof AddressLayout;
        }
    }

    private record Use(String form, List<String> arguments) {}

    // The record of the run.

    @Test
    void theRecordNamesToolRevisionAndHeaders() {
        assertThat(recorded("tool")).hasSize(2).anyMatch(tool -> tool.startsWith("jextract "));
        assertThat(recorded("revision")).singleElement().asString().matches("[0-9a-f]{7,40}");
        assertThat(recorded("headers"))
                .hasSize(2)
                .allMatch(headers -> headers.matches("(libc6-dev|linux-libc-dev) \\d\\S* \\S+"));
    }

    @Test
    void theCommittedInputsAreThoseOfTheRecordedRun() {
        Set<String> inputs = new TreeSet<>(Set.of("linux_ipc.h"));
        Sources.files(JEXTRACT.resolve("includes"), "")
                .forEach(file -> inputs.add(JEXTRACT.relativize(file).toString()));

        assertThat(hashes("input")).isEqualTo(hashes(JEXTRACT, inputs));
    }

    @Test
    void theCommittedSourcesAreThoseOfTheRecordedRun() {
        assertThat(hashes("output")).isEqualTo(hashes(Sources.ROOT, generatedFiles(Sources.ROOT)));
    }

    @Test
    void runningTheToolAgainMakesTheSame(@TempDir Path folder) {
        String tool = System.getenv().getOrDefault("JEXTRACT", "jextract");
        assumeTrue(
                tool.contains("/") ? Files.isExecutable(Path.of(tool)) : Run.isInstalled(tool),
                "no jextract: set JEXTRACT, or put it on PATH");
        assumeTrue(Run.isInstalled("dpkg-query"), "no dpkg-query to tell the versions of the headers");
        Run version = Run.command(tool, "--version");
        assumeTrue(
                (version.out() + version.err()).lines().toList().containsAll(recorded("tool")),
                "another jextract than the recorded " + recorded("tool"));
        for (String headers : recorded("headers")) {
            String[] words = headers.split(" "); // package, version, architecture
            Run installed = Run.command("dpkg-query", "--show", "--showformat=${Version} ${Architecture}", words[0]);
            assumeTrue(installed.out().equals(words[1] + " " + words[2]), "the recorded headers were " + headers);
        }

        Run.command(
                        List.of(JEXTRACT.resolve("generate.sh").toString(), folder.toString()),
                        Map.of(
                                "JEXTRACT",
                                tool,
                                "JEXTRACT_REVISION",
                                recorded("revision").getFirst()))
                .output();

        assertThat(generatedFiles(folder)).isNotEmpty().isEqualTo(generatedFiles(Sources.ROOT));
        for (String file : generatedFiles(folder)) {
            assertThat(folder.resolve(file)).hasSameBinaryContentAs(Sources.ROOT.resolve(file));
        }
        assertThat(folder.resolve("jextract/generated.txt")).hasSameBinaryContentAs(JEXTRACT.resolve("generated.txt"));
    }

    // Signatures: everything goes through one shape of six longs, so the linker itself checks nothing.

    @Test
    void exactlyTheIncludedFunctionsAreBoundAndEachOnce() {
        assertThat(bound().stream().map(bound -> bound.name()))
                .isNotEmpty()
                .containsExactlyInAnyOrderElementsOf(Sources.included("function"));
    }

    @Test
    void everyBoundFunctionFitsTheCanonicalShape() throws Exception {
        for (Bound bound : bound()) {
            String name = bound.name();
            FunctionDescriptor descriptor = descriptor(name);
            assertThat(descriptor.argumentLayouts())
                    .as(name)
                    .hasSizeLessThanOrEqualTo(bound.mostArguments())
                    .allMatch(BindingsTest::isIntegerOrPointer);
            assertThat(descriptor.returnLayout().orElse(ValueLayout.JAVA_LONG))
                    .as("result of %s", name)
                    .matches(BindingsTest::isIntegerOrPointer);
        }
    }

    @Test
    void everyBoundFunctionHasAMethodOfItsNameAndSignature() throws Exception {
        for (Bound bound : bound()) {
            String name = bound.name();
            FunctionDescriptor descriptor = descriptor(name);
            List<Method> methods = Stream.of(bound.owner().getDeclaredMethods())
                    .filter(method -> method.getName().equals(name))
                    .toList();
            assertThat(methods).as("methods named %s", name).hasSize(1);
            if (uses(bound).stream().allMatch(use -> use.form().equals("answerLong"))) {
                continue; // it makes its arguments itself, and has other memory go along
            }
            Class<?>[] parameters = methods.getFirst().getParameterTypes();
            List<MemoryLayout> arguments = new ArrayList<>(descriptor.argumentLayouts());
            if (isVariadic(name)) {
                while (arguments.size() < parameters.length) {
                    arguments.add(ValueLayout.JAVA_LONG); // a number or a pointer: both fill a register
                }
            }
            assertThat(parameters).as("parameters of %s", name).hasSameSizeAs(arguments);
            for (int i = 0; i < parameters.length; i++) {
                assertThat(javaTypes(arguments.get(i)))
                        .as("parameter %d of %s", i, name)
                        .contains(parameters[i]);
            }
            // An unsigned int is shown as a long where the whole range counts.
            Class<?> result = methods.getFirst().getReturnType();
            assertThat(result)
                    .as("result of %s", name)
                    .isIn(
                            switch (descriptor.returnLayout().orElse(MemoryLayout.paddingLayout(1))) {
                                case ValueLayout.OfInt i -> List.of(int.class, long.class);
                                case ValueLayout v -> List.of(long.class);
                                default -> List.of(void.class);
                            });
        }
    }

    @Test
    void everyCallGivesAllArgumentsAndReadsAsMuchOfTheResultAsThereIs() throws Exception {
        for (Bound bound : bound()) {
            String name = bound.name();
            FunctionDescriptor descriptor = descriptor(name);
            int arity = descriptor.argumentLayouts().size();
            Set<String> forms = switch (descriptor.returnLayout().orElse(MemoryLayout.paddingLayout(1))) {
                case ValueLayout.OfInt i -> Set.of("callInt", "answerInt", "callBoth", "callIntNotZero");
                case ValueLayout v -> Set.of("callLong", "answerLong", "callLongNotZero");
                default -> Set.of("callVoid");
            };
            List<Use> uses = uses(bound);
            assertThat(uses).as("calls of %s", name).isNotEmpty();
            for (Use use : uses) {
                assertThat(use.arguments().size()).as("arguments of %s", name).isGreaterThanOrEqualTo(arity);
                if (!isVariadic(name)) {
                    assertThat(use.arguments().subList(arity, use.arguments().size()))
                            .as("surplus arguments of %s", name)
                            .allMatch(argument -> argument.equals("0"));
                }
                assertThat(use.form()).as("how %s is called", name).isIn(forms);
                for (int i = 0; i < arity; i++) {
                    assertThat(bound.takesSegment(i)
                                    && !(descriptor.argumentLayouts().get(i) instanceof AddressLayout))
                            .as("%s takes memory where it wants a number", name)
                            .isFalse();
                }
            }
        }
    }

    @Test
    void everyIncludedConstantIsUsed() {
        String code = syscallCode();
        assertThat(Sources.included("constant"))
                .isNotEmpty()
                .allSatisfy(constant -> assertThat(code.contains("Linux." + constant + "()"))
                        .as("%s is used", constant)
                        .isTrue());
    }

    @Test
    void everyIncludedStructIsUsed() {
        String code = syscallCode();
        assertThat(Sources.included("struct"))
                .isNotEmpty()
                .allSatisfy(struct -> assertThat(Pattern.compile("(?<![.\\w])" + struct + "\\.")
                                .matcher(code)
                                .find())
                        .as("%s is used", struct)
                        .isTrue());
    }

    private static boolean isIntegerOrPointer(MemoryLayout layout) {
        return switch (layout) {
            case ValueLayout.OfInt i -> true;
            case ValueLayout.OfLong l -> true;
            case AddressLayout a -> true;
            case ValueLayout.OfShort s ->
                true; // of flags, which are not negative: extended in either way they are the same
            default -> false;
        };
    }

    private static Set<Class<?>> javaTypes(MemoryLayout layout) {
        return switch (layout) {
            case ValueLayout.OfInt i -> Set.of(int.class);
            case ValueLayout.OfLong l -> Set.of(long.class);
            case ValueLayout.OfShort s -> Set.of(short.class);
            case AddressLayout a -> Set.of(long.class, MemorySegment.class, Iovecs.class, Msghdr.class, Mmsghdrs.class);
            default -> Set.of();
        };
    }

    /** Of a variadic function that of its named arguments: the others travel as those do, on both CPUs. */
    private static FunctionDescriptor descriptor(String function) throws Exception {
        if (isVariadic(function)) {
            Class<?> invoker = Class.forName(LinuxFunctions.class.getName() + "$" + function);
            Object made =
                    invoker.getMethod("makeInvoker", MemoryLayout[].class).invoke(null, (Object) new MemoryLayout[0]);
            return (FunctionDescriptor) invoker.getMethod("descriptor").invoke(made);
        }
        return (FunctionDescriptor)
                LinuxFunctions.class.getMethod(function + "$descriptor").invoke(null);
    }

    /** The tool makes a class, and not methods, of a variadic function. */
    private static boolean isVariadic(String function) {
        return Stream.of(LinuxFunctions.class.getClasses())
                .anyMatch(type -> type.getSimpleName().equals(function));
    }

    /** Every function that is linked in a static field of this package. */
    private static List<Bound> bound() {
        List<Bound> bound = new ArrayList<>();
        for (Source source : Sources.main("org.chagres.internal.syscall")) {
            try {
                Class<?> owner = Class.forName(source.toString());
                for (Field field : owner.getDeclaredFields()) {
                    if (!Modifier.isStatic(field.getModifiers())) {
                        continue;
                    }
                    field.setAccessible(true);
                    if (field.get(null) instanceof NativeFunction function) {
                        bound.add(new Bound(owner, field, function.name(), Linkage.SHAPE));
                    } else if (field.get(null) instanceof SegmentFunction function) {
                        bound.add(new Bound(owner, field, function.name(), Linkage.SEGMENT_SHAPE));
                    } else if (field.get(null) instanceof VectorFunction function) {
                        bound.add(new Bound(owner, field, function.name(), Linkage.SHAPE)); // and memory behind it
                    }
                }
            } catch (ReflectiveOperationException failure) {
                throw new AssertionError(failure);
            }
        }
        return bound;
    }

    private static List<Use> uses(Bound bound) {
        String code = Sources.main("org.chagres.internal.syscall").stream()
                .filter(source -> source.toString().equals(bound.owner().getName()))
                .map(Source::code)
                .collect(Collectors.joining());
        List<Use> uses = new ArrayList<>();
        for (MatchResult call : CALL.matcher(code).results().toList()) {
            if (call.group(1).equals(bound.field().getName())) {
                List<String> arguments = new ArrayList<>(arguments(call.group(3)));
                if (call.group(2).startsWith("answer")) {
                    arguments.removeFirst(); // the state
                }
                if (call.group(2).equals("answerLong")) {
                    arguments.subList(0, 2).clear(); // memory that goes along
                }
                uses.add(new Use(call.group(2), arguments));
            }
        }
        return uses;
    }

    /** The arguments up to the closing parenthesis of the call, split at the commas that are not inside others. */
    private static List<String> arguments(String text) {
        List<String> arguments = new ArrayList<>();
        int depth = 0;
        int start = 0;
        int end = 0;
        for (; end < text.length() && depth >= 0; end++) {
            char c = text.charAt(end);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (depth == 0 && c == ',') {
                arguments.add(text.substring(start, end).strip());
                start = end + 1;
            }
        }
        arguments.add(text.substring(start, depth < 0 ? end - 1 : end).strip());
        return arguments;
    }

    private static String syscallCode() {
        return Sources.main("org.chagres.internal.syscall").stream()
                .map(Source::code)
                .collect(Collectors.joining());
    }

    // generated.txt: a word, and what it says of it.

    private static List<String> recorded(String word) {
        return Sources.text(JEXTRACT.resolve("generated.txt"))
                .lines()
                .filter(line -> line.startsWith(word + " "))
                .map(line -> line.substring(word.length() + 1))
                .toList();
    }

    private static Map<String, String> hashes(String word) {
        return recorded(word).stream()
                .map(line -> line.split(" +"))
                .collect(Collectors.toMap(words -> words[1], words -> words[0], (a, b) -> a + b, TreeMap::new));
    }

    private static Map<String, String> hashes(Path folder, Set<String> files) {
        return files.stream()
                .collect(Collectors.toMap(
                        file -> file, file -> sha256(folder.resolve(file)), (a, b) -> a + b, TreeMap::new));
    }

    private static Set<String> generatedFiles(Path root) {
        return Stream.of("src/main/", "src/test/")
                .flatMap(tree -> Sources.files(root.resolve(tree + GENERATED), "").stream())
                .filter(file -> !file.endsWith("package-info.java"))
                .map(file -> root.relativize(file).toString())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String sha256(Path file) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }
}
