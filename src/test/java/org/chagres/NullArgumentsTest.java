package org.chagres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.chagres.internal.Sources;
import org.chagres.internal.Sources.Source;
import org.chagres.socket.RawSocket;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Every public method and constructor refuses null with the name of the parameter, before anything is done. They are
 * called by an interrupted thread: one that would wait first throws something else.
 */
@ExtendWith(LeakCheck.class)
class NullArgumentsTest {
    private static final Path CLASSES = Sources.ROOT.resolve("target/classes");
    private static final ModuleDescriptor MODULE =
            ModuleFinder.of(CLASSES).find("org.chagres").orElseThrow().descriptor();

    private static final Map<Class<?>, Object> PLAIN = Map.ofEntries(
            Map.entry(byte.class, (byte) 1),
            Map.entry(int.class, 1),
            Map.entry(long.class, 1L),
            Map.entry(boolean.class, true),
            Map.entry(List.class, List.of()),
            Map.entry(Set.class, Set.of()),
            Map.entry(Map.class, Map.of()),
            Map.entry(Optional.class, Optional.empty()),
            Map.entry(OptionalInt.class, OptionalInt.empty()),
            Map.entry(OptionalLong.class, OptionalLong.empty()));

    /** By class. */
    private static final Map<String, String> CODE =
            Sources.main().stream().collect(Collectors.toMap(Source::toString, Source::code));

    private static final Map<Executable, List<String>> NAMES = new HashMap<>();

    /** What is null: what is given, or something in it. */
    private enum Null {
        ARGUMENT,
        ELEMENT,
        KEY,
        VALUE
    }

    private static OneOfEach one;

    @BeforeAll
    static void makeOneOfEach() throws Exception {
        one = new OneOfEach();
    }

    @AfterAll
    static void closeThem() {
        one.close();
    }

    @Test
    void thereIsAnObjectOfEveryTypeWithMethodsThatTakeSomething() {
        assertThat(executables()
                        .filter(executable -> !needsNoObject(executable))
                        .map(Executable::getDeclaringClass))
                .isNotEmpty()
                .filteredOn(
                        type -> type != RawSocket.class || one.whyNoRawSocket().isEmpty())
                .allMatch(type -> !objects(type).isEmpty());
    }

    @TestFactory
    Stream<DynamicTest> everyStaticMethodAndConstructorRefusesNull() {
        return executables().filter(NullArgumentsTest::needsNoObject).flatMap(method -> trials(method, null));
    }

    @TestFactory
    Stream<DynamicTest> everyMethodRefusesNull() {
        return executables()
                .filter(executable -> !needsNoObject(executable))
                .flatMap(method -> objects(method.getDeclaringClass()).stream().flatMap(on -> trials(method, on)));
    }

    @Test
    void thoseThatCannotBeTriedHere() {
        one.whyNoRawSocket().ifPresent(Assumptions::abort);
    }

    // What is tried.

    private static Stream<DynamicTest> trials(Executable executable, Object on) {
        return IntStream.range(0, executable.getParameterCount())
                .filter(position -> !executable.getParameterTypes()[position].isPrimitive())
                .boxed()
                .flatMap(position -> nulls(executable.getParameterTypes()[position])
                        .map(kind -> DynamicTest.dynamicTest(
                                name(executable, on, position, kind), () -> tryIt(executable, on, position, kind))));
    }

    private static Stream<Null> nulls(Class<?> type) {
        if (type == Map.class) {
            return Stream.of(Null.ARGUMENT, Null.KEY, Null.VALUE);
        }
        boolean several =
                type.isArray() ? !type.getComponentType().isPrimitive() : type == List.class || type == Set.class;
        return several ? Stream.of(Null.ARGUMENT, Null.ELEMENT) : Stream.of(Null.ARGUMENT);
    }

    private static String name(Executable executable, Object on, int position, Null kind) {
        return (on == null || on.getClass().isHidden() ? executable.getDeclaringClass() : on.getClass()).getSimpleName()
                + (executable instanceof Method method ? "." + method.getName() : "")
                + Stream.of(executable.getParameterTypes())
                        .map(Class::getSimpleName)
                        .collect(Collectors.joining(", ", "(", "): "))
                + (kind == Null.ARGUMENT ? "" : kind + " of ")
                + parameterName(executable, position);
    }

    private static void tryIt(Executable executable, Object on, int position, Null kind) {
        Type[] types = executable.getGenericParameterTypes();
        Object[] arguments = IntStream.range(0, types.length)
                .mapToObj(i -> i == position ? with(kind, types[i]) : argument(types[i]))
                .toArray();
        String before = on + Arrays.toString(arguments);
        Thread.currentThread().interrupt();
        Throwable thrown = catchThrowable(() -> call(executable, on, arguments));
        boolean stillInterrupted = Thread.interrupted();

        assertThat(thrown).isInstanceOf(NullPointerException.class);
        if (kind == Null.ARGUMENT) {
            assertThat(thrown).hasMessage(parameterName(executable, position));
        }
        assertThat(stillInterrupted).as("nobody waited").isTrue();
        assertThat(on + Arrays.toString(arguments))
                .as("nothing was closed, taken or changed")
                .isEqualTo(before);
    }

    private static void call(Executable executable, Object on, Object... arguments) throws Throwable {
        try {
            Object made = executable instanceof Method method
                    ? method.invoke(on, arguments)
                    : ((Constructor<?>) executable).newInstance(arguments);
            if (made != on && made instanceof AutoCloseable closeable) {
                closeable.close();
            }
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }

    // What is given.

    private static Object with(Null kind, Type type) {
        return switch (kind) {
            case ARGUMENT -> null;
            case ELEMENT -> {
                if (raw(type).isArray()) {
                    yield Array.newInstance(raw(type).getComponentType(), 1);
                }
                List<?> list = Collections.singletonList(null);
                yield raw(type) == List.class ? list : new HashSet<>(list);
            }
            case KEY -> Collections.singletonMap(null, argument(typeArgument(type, 1)));
            case VALUE -> Collections.singletonMap(argument(typeArgument(type, 0)), null);
        };
    }

    private static Object argument(Type generic) {
        Class<?> type = raw(generic);
        Object plain = PLAIN.get(type);
        if (plain != null) {
            return plain;
        }
        if (type.isArray()) {
            Object array = Array.newInstance(type.getComponentType(), 1);
            Array.set(array, 0, argument(type.getComponentType()));
            return array;
        }
        if (type.isEnum()) {
            return type.getEnumConstants()[0];
        }
        return objects(type).stream()
                .findFirst()
                .orElseThrow(() -> new AssertionError("OneOfEach has no " + type.getName()));
    }

    private static Type typeArgument(Type type, int position) {
        return ((ParameterizedType) type).getActualTypeArguments()[position];
    }

    /** The class; of what is generic, its bound. */
    private static Class<?> raw(Type type) {
        return switch (type) {
            case Class<?> c -> c;
            case ParameterizedType p -> raw(p.getRawType());
            case GenericArrayType a -> raw(a.getGenericComponentType()).arrayType();
            case TypeVariable<?> v -> raw(v.getBounds()[0]);
            case WildcardType w -> raw(w.getUpperBounds()[0]);
            default -> throw new AssertionError(type);
        };
    }

    private static List<Object> objects(Class<?> type) {
        return one.objects().stream().filter(type::isInstance).toList();
    }

    // What there is.

    private static Stream<Executable> executables() {
        Set<String> exported =
                MODULE.exports().stream().map(ModuleDescriptor.Exports::source).collect(Collectors.toSet());
        return Sources.files(CLASSES, ".class").stream()
                .map(file -> CLASSES.relativize(file)
                        .toString()
                        .replace(".class", "")
                        .replace('/', '.'))
                .filter(name -> !name.contains("-") && exported.contains(name.replaceFirst("\\.?[^.]*$", "")))
                .map(NullArgumentsTest::loaded)
                .filter(NullArgumentsTest::isReachable)
                .flatMap(type -> Stream.<Executable>concat(
                        Arrays.stream(type.getDeclaredConstructors()), Arrays.stream(type.getDeclaredMethods())))
                .filter(executable -> Modifier.isPublic(executable.getModifiers()) && !executable.isSynthetic())
                .filter(executable -> !isGivenByTheLanguage(executable))
                .filter(executable ->
                        !Arrays.stream(executable.getParameterTypes()).allMatch(Class::isPrimitive));
    }

    private static boolean isGivenByTheLanguage(Executable executable) {
        return executable.getName().equals("equals")
                || executable.getDeclaringClass().isEnum()
                        && executable.getName().equals("valueOf");
    }

    private static Class<?> loaded(String name) {
        try {
            return Class.forName(name, false, NullArgumentsTest.class.getClassLoader());
        } catch (ClassNotFoundException failure) {
            throw new AssertionError(failure);
        }
    }

    private static boolean isReachable(Class<?> type) {
        return Modifier.isPublic(type.getModifiers())
                && (type.getEnclosingClass() == null || isReachable(type.getEnclosingClass()));
    }

    private static boolean needsNoObject(Executable executable) {
        return executable instanceof Constructor<?> || Modifier.isStatic(executable.getModifiers());
    }

    // How parameters are called: the class files do not tell, the sources do.

    private static String parameterName(Executable executable, int position) {
        return NAMES.computeIfAbsent(executable, NullArgumentsTest::parameterNames)
                .get(position);
    }

    private static List<String> parameterNames(Executable executable) {
        Class<?> type = executable.getDeclaringClass();
        if (type.isRecord() && executable instanceof Constructor<?>) {
            List<RecordComponent> components = List.of(type.getRecordComponents());
            if (components.stream()
                    .<Class<?>>map(RecordComponent::getType)
                    .toList()
                    .equals(List.of(executable.getParameterTypes()))) {
                return components.stream().map(RecordComponent::getName).toList();
            }
        }
        String name = executable instanceof Method ? executable.getName() : type.getSimpleName();
        Pattern declaration = Pattern.compile(Arrays.stream(executable.getGenericParameterTypes())
                .map(parameter -> "\\s*" + written(parameter) + "\\s+(\\w+)\\s*")
                .collect(Collectors.joining(",", "\\b" + name + "\\s*\\(", "\\)")));
        Set<List<String>> found = declaration
                .matcher(CODE.get(type.getPackageName() + "." + topLevel(type).getSimpleName()))
                .results()
                .map(NullArgumentsTest::groups)
                .collect(Collectors.toSet());
        assertThat(found).as("how the parameters of %s are called", executable).hasSize(1);
        return found.iterator().next();
    }

    private static List<String> groups(MatchResult match) {
        return IntStream.rangeClosed(1, match.groupCount())
                .mapToObj(match::group)
                .toList();
    }

    private static Class<?> topLevel(Class<?> type) {
        return type.getEnclosingClass() == null ? type : topLevel(type.getEnclosingClass());
    }

    /** A pattern of the type's text in the source. */
    private static String written(Type type) {
        String array = "\\s*(?:\\[\\]|\\.\\.\\.)";
        return switch (type) {
            case Class<?> c -> c.isArray() ? written(c.getComponentType()) + array : "(?:\\w+\\.)*" + c.getSimpleName();
            case ParameterizedType p -> written(p.getRawType()) + "\\s*<[^()]*>";
            case GenericArrayType a -> written(a.getGenericComponentType()) + array;
            case TypeVariable<?> v -> v.getName();
            default -> throw new AssertionError(type);
        };
    }
}
