package org.chagres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.reflect.Executable;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.internal.Sources;
import org.chagres.internal.Sources.Source;
import org.junit.jupiter.api.Test;

/** The storeys of the house (docs/architecture.md): arrows go down only, and what belongs to one storey stays on it. */
class ArchitectureTest {
    private static final Path CLASSES = Sources.ROOT.resolve("target/classes");
    private static final ModuleDescriptor MODULE =
            ModuleFinder.of(CLASSES).find("org.chagres").orElseThrow().descriptor();
    private static final Set<String> EXPORTED = MODULE.exports().stream()
            .filter(exports -> !exports.isQualified())
            .map(ModuleDescriptor.Exports::source)
            .collect(Collectors.toSet());

    /**
     * The storey of each inner package; those that are exported are on the fourth. A new package must be put somewhere.
     */
    private static final Map<String, Integer> STOREYS = Map.of(
            "org.chagres.internal.generated", 1,
            "org.chagres.internal.syscall", 2,
            "org.chagres.internal.resource", 3,
            "org.chagres.internal.view", 4,
            "org.chagres.internal.tool", 5);

    private static final int PUBLIC_STOREY = 4;

    private static final Pattern OUR_PACKAGE = Pattern.compile("\\borg\\.chagres(?:\\.[a-z]\\w*)*");

    @Test
    void arrowsGoDownOnly() {
        Set<String> up = new TreeSet<>();
        for (Source source : Sources.main()) {
            for (String used : packagesUsed(source)) {
                if (storey(used) > storey(source.packageName())) {
                    up.add(source + " -> " + used);
                }
            }
        }
        assertThat(up).isEmpty();
    }

    @Test
    void generatedCodeIsUsedByTheSystemCallsOnly() {
        assertThat(Sources.main().stream()
                        .filter(source -> packagesUsed(source).contains("org.chagres.internal.generated"))
                        .map(Source::packageName)
                        .distinct())
                .containsExactly("org.chagres.internal.syscall");
    }

    @Test
    void linkerAndMethodHandlesAreUsedByTheSystemCallsOnly() {
        Pattern linking = Pattern.compile("\\b(Linker|FunctionDescriptor|SymbolLookup|MethodHandles?)\\b");
        assertThat(Sources.main().stream()
                        .filter(source -> linking.matcher(source.code()).find())
                        .map(Source::packageName)
                        .distinct())
                .containsExactly("org.chagres.internal.syscall");
    }

    @Test
    void onlyTheTopMakesErrnoExceptions() {
        Pattern making =
                Pattern.compile("\\bnew\\s+(org\\.chagres\\.)?ErrnoException\\b|\\bErrnoException\\s*::\\s*new\\b");
        assertThat(Sources.main().stream()
                        .filter(source -> making.matcher(source.code()).find()))
                .isNotEmpty()
                .allMatch(source -> storey(source.packageName()) >= PUBLIC_STOREY);
    }

    @Test
    void onlyTheLifetimeStoreyKnowsWhenToRepeatACall() {
        Pattern repeating = Pattern.compile("\\b(EINTR|EAGAIN|EWOULDBLOCK)\\b");
        assertThat(Sources.main().stream()
                        .filter(source -> repeating.matcher(source.code()).find())
                        .filter(source -> !Set.of("org.chagres.Errno", "org.chagres.internal.syscall.Errnos")
                                .contains(source.toString()))
                        .filter(source -> !source.className().endsWith("Failure")) // puts numbers into words
                        .map(Source::packageName)
                        .distinct())
                .isSubsetOf("org.chagres.internal.resource");
    }

    @Test
    void aSystemCallHasNoLoop() {
        assertThat(Sources.main("org.chagres.internal.syscall").stream()
                        .filter(source -> source.className().endsWith("Calls")))
                .isNotEmpty()
                .noneMatch(source -> Pattern.compile("\\b(for|while|do)\\b")
                        .matcher(source.code())
                        .find());
    }

    // What the user sees.

    @Test
    void noInnerTypeShowsInAPublicSignature() {
        Set<String> shown = new TreeSet<>();
        for (Class<?> type : exportedTypes()) {
            forEachTypeInSignatures(type, (where, used) -> {
                String name = used.getName();
                if (name.startsWith("org.chagres.") && !EXPORTED.contains(used.getPackageName())) {
                    shown.add(where + ": " + name);
                }
            });
        }
        assertThat(shown).isEmpty();
    }

    @Test
    void ofTheForeignFunctionApiOnlyMemoryShowsInAPublicSignature() {
        Set<String> memory = Set.of("MemorySegment", "Arena", "SegmentAllocator");
        Set<String> shown = new TreeSet<>();
        Set<String> seen = new TreeSet<>();
        for (Class<?> type : exportedTypes()) {
            forEachTypeInSignatures(type, (where, used) -> {
                seen.add(used.getSimpleName());
                boolean foreign =
                        used.getPackageName().equals("java.lang.foreign") && !memory.contains(used.getSimpleName());
                if (foreign || used.getPackageName().equals("java.lang.invoke")) {
                    shown.add(where + ": " + used.getName());
                }
            });
        }
        assertThat(shown).isEmpty();
        assertThat(seen).contains("MemorySegment", "Arena"); // it did look
    }

    @Test
    void everyExportedTypeIsClosedForExtension() {
        assertThat(exportedTypes())
                .isNotEmpty()
                .allMatch(type -> Modifier.isFinal(type.getModifiers())
                        || type.isSealed()
                        || type.isInterface()
                        || type.isEnum()
                        || Throwable.class.isAssignableFrom(type));
    }

    @Test
    void classesThatAreNeitherRecordsNorExceptionsHaveNoPublicConstructor() {
        assertThat(exportedTypes())
                .filteredOn(type -> !type.isRecord() && !Throwable.class.isAssignableFrom(type))
                .allMatch(type -> Stream.of(type.getDeclaredConstructors()).noneMatch(ArchitectureTest::isVisible));
    }

    @Test
    void everyExportedPackageHasADescription() {
        assertThat(EXPORTED)
                .isNotEmpty()
                .allSatisfy(name -> assertThat(
                                Sources.MAIN.resolve(name.replace('.', '/')).resolve("package-info.java"))
                        .content()
                        .startsWith("/**"));
    }

    @Test
    void nothingInnerIsExportedOrOpened() {
        assertThat(EXPORTED).noneMatch(name -> name.contains("internal"));
        assertThat(MODULE.exports()).noneMatch(ModuleDescriptor.Exports::isQualified);
        assertThat(MODULE.opens()).isEmpty();
        assertThat(MODULE.isOpen()).isFalse();
    }

    @Test
    void onlyTheBaseModuleIsNeeded() {
        assertThat(MODULE.requires().stream().map(ModuleDescriptor.Requires::name))
                .containsExactly("java.base");
    }

    // What is in the jar.

    @Test
    void classesAreForJava22AndTheModuleDescriptorForTheBuildToolsOwnJvm() throws Exception {
        List<Path> classes = Sources.files(CLASSES, ".class");
        assertThat(classes).hasSizeGreaterThan(10);
        for (Path file : classes) {
            boolean descriptor = file.endsWith("module-info.class");
            try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
                assertThat(in.readInt()).as("magic of %s", file).isEqualTo(0xcafebabe);
                assertThat(in.readUnsignedShort())
                        .as("preview features in %s", file)
                        .isZero();
                assertThat(in.readUnsignedShort()).as("version of %s", file).isEqualTo(descriptor ? 61 : 66);
            }
        }
    }

    private static int storey(String packageName) {
        Integer storey = EXPORTED.contains(packageName) ? Integer.valueOf(PUBLIC_STOREY) : STOREYS.get(packageName);
        assertThat(storey).as("the storey of %s", packageName).isNotNull();
        return storey;
    }

    /** Of our own; imported, or written out. */
    private static Set<String> packagesUsed(Source source) {
        return OUR_PACKAGE
                .matcher(source.code())
                .results()
                .map(MatchResult::group)
                .map(ArchitectureTest::packageOf)
                .filter(name -> !name.equals(source.packageName()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Generated structs are named as in C: a name of a package may be followed by that of a class in small letters. */
    private static String packageOf(String name) {
        return STOREYS.keySet().stream()
                .filter(inner -> name.startsWith(inner + "."))
                .findFirst()
                .orElse(name);
    }

    private static List<Class<?>> exportedTypes() {
        return Sources.files(CLASSES, ".class").stream()
                .map(file -> CLASSES.relativize(file)
                        .toString()
                        .replace(".class", "")
                        .replace('/', '.'))
                .filter(name -> name.contains(".") && EXPORTED.contains(name.substring(0, name.lastIndexOf('.'))))
                .filter(name -> !name.endsWith(".package-info"))
                .<Class<?>>map(ArchitectureTest::load)
                .filter(ArchitectureTest::isReachable)
                .toList();
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, ArchitectureTest.class.getClassLoader());
        } catch (ClassNotFoundException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static boolean isReachable(Class<?> type) {
        for (Class<?> outer = type; outer != null; outer = outer.getEnclosingClass()) {
            if ((outer.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) == 0 || outer.isAnonymousClass()) {
                return false;
            }
        }
        return true;
    }

    private static boolean isVisible(Member member) {
        return (member.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0;
    }

    @FunctionalInterface
    private interface TypeVisitor {
        void visit(String where, Class<?> used);
    }

    private static void forEachTypeInSignatures(Class<?> type, TypeVisitor visitor) {
        Consumer<Type> ofType = used -> classesIn(used, name -> visitor.visit(type.getName(), name));
        if (type.getGenericSuperclass() != null) {
            ofType.accept(type.getGenericSuperclass());
        }
        Stream.of(type.getGenericInterfaces()).forEach(ofType);
        Stream.of(type.getTypeParameters())
                .flatMap(parameter -> Stream.of(parameter.getBounds()))
                .forEach(ofType);
        Stream.<Executable>concat(Stream.of(type.getDeclaredConstructors()), Stream.of(type.getDeclaredMethods()))
                .filter(member -> isVisible(member) && !member.isSynthetic())
                .forEach(member -> {
                    Consumer<Type> ofMember = used -> classesIn(used, name -> visitor.visit(member.toString(), name));
                    Stream.of(member.getGenericParameterTypes()).forEach(ofMember);
                    Stream.of(member.getGenericExceptionTypes()).forEach(ofMember);
                    Stream.of(member.getTypeParameters())
                            .flatMap(parameter -> Stream.of(parameter.getBounds()))
                            .forEach(ofMember);
                    if (member instanceof Method method) {
                        ofMember.accept(method.getGenericReturnType());
                    }
                });
        Stream.of(type.getDeclaredFields())
                .filter(ArchitectureTest::isVisible)
                .forEach(field -> classesIn(field.getGenericType(), name -> visitor.visit(field.toString(), name)));
    }

    private static void classesIn(Type type, Consumer<Class<?>> found) {
        switch (type) {
            case Class<?> c -> {
                if (c.isArray()) {
                    classesIn(c.getComponentType(), found);
                } else {
                    found.accept(c);
                }
            }
            case ParameterizedType p -> {
                classesIn(p.getRawType(), found);
                Stream.of(p.getActualTypeArguments()).forEach(argument -> classesIn(argument, found));
            }
            case GenericArrayType a -> classesIn(a.getGenericComponentType(), found);
            case WildcardType w ->
                Stream.concat(Stream.of(w.getUpperBounds()), Stream.of(w.getLowerBounds()))
                        .forEach(bound -> classesIn(bound, found));
            case TypeVariable<?> v -> {} // its bounds are looked at where it is declared
            default -> throw new AssertionError(type);
        }
    }
}
