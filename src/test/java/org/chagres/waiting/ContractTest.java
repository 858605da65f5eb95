package org.chagres.waiting;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.chagres.internal.Sources;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/** The table: every public method that can wait, and all that can end it. */
@ExtendWith(LeakCheck.class)
class ContractTest {
    private static final Path CLASSES = Sources.ROOT.resolve("target/classes");

    @AfterAll
    static void forgetThePartner() {
        Partner.forget();
        SilentNetwork.forget();
    }

    @Test
    void everyPublicMethodThatCanWaitHasARow() {
        Set<String> rows = Waits.ALL.stream().map(Wait::method).collect(Collectors.toSet());

        assertThat(rows)
                .containsExactlyInAnyOrderElementsOf(
                        waitingMethods().map(Waits::signature).toList());
    }

    @Test
    void everyMethodThatTakesATimeHasARowWithATimeOut() {
        Set<String> taking =
                Waits.ALL.stream().filter(Wait::takesTime).map(Wait::method).collect(Collectors.toSet());

        assertThat(taking)
                .containsAll(waitingMethods()
                        .filter(method -> List.of(method.getParameterTypes()).contains(java.time.Duration.class))
                        .map(Waits::signature)
                        .toList());
    }

    @Test
    void everyWaitOnWhatCanBeClosedHasARowWithAClose() {
        Set<String> closable = Waits.ALL.stream()
                .filter(wait -> !wait.closed().isEmpty())
                .map(Wait::method)
                .collect(Collectors.toSet());

        assertThat(closable)
                .containsAll(waitingMethods()
                        .filter(method -> !Modifier.isStatic(method.getModifiers()))
                        .filter(method -> AutoCloseable.class.isAssignableFrom(method.getDeclaringClass()))
                        .map(Waits::signature)
                        .toList());
    }

    @TestFactory
    Stream<DynamicTest> everyWaitEndsAsTheContractSays() {
        // Those that take seconds go on side by side, while the others are tried.
        ConcurrentMap<Waits.Cell, CompletableFuture<Void>> begun = new ConcurrentHashMap<>();
        List<Waits.Cell> cells = Waits.cells().toList();
        cells.stream()
                .filter(cell -> cell.row().isSlow()
                        || cell.column() == Column.PEER_DEAD
                                && !cell.row().patience().equals(Wait.LONG))
                .forEach(cell ->
                        begun.put(cell, CompletableFuture.runAsync(() -> check(cell), Thread::startVirtualThread)));
        return cells.stream()
                .map(cell -> DynamicTest.dynamicTest(cell.toString(), () -> {
                    CompletableFuture<Void> cellBegun = begun.get(cell);
                    if (cellBegun == null) {
                        cell.check();
                    } else {
                        joined(cellBegun);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> thoseThatCannotBeTriedHere() {
        return Stream.concat(
                Waits.ALL.stream()
                        .filter(wait -> !wait.obstacle().isEmpty())
                        .map(wait ->
                                DynamicTest.dynamicTest(wait.toString(), () -> Assumptions.abort(wait.obstacle()))),
                Stream.of(DynamicTest.dynamicTest("are told", () -> {})));
    }

    private static void check(Waits.Cell cell) {
        try {
            cell.check();
        } catch (Exception failure) {
            throw new CompletionException(failure);
        }
    }

    private static void joined(CompletableFuture<Void> cell) throws Throwable {
        try {
            cell.join();
        } catch (CompletionException failure) {
            throw failure.getCause();
        }
    }

    private static Stream<Method> waitingMethods() {
        ModuleDescriptor module =
                ModuleFinder.of(CLASSES).find("org.chagres").orElseThrow().descriptor();
        return module.exports().stream()
                .filter(exports -> !exports.isQualified())
                .flatMap(exports -> classes(exports.source()))
                .filter(type -> Modifier.isPublic(type.getModifiers()))
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .filter(method -> List.of(method.getExceptionTypes()).contains(InterruptedException.class));
    }

    private static Stream<Class<?>> classes(String packageName) {
        try (Stream<Path> files = Files.list(CLASSES.resolve(packageName.replace('.', '/')))) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".class") && !name.contains("-"))
                    .map(name -> packageName + "." + name.replace(".class", ""))
                    .<Class<?>>map(ContractTest::loaded)
                    .toList()
                    .stream();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static Class<?> loaded(String name) {
        try {
            return Class.forName(name, false, ContractTest.class.getClassLoader());
        } catch (ClassNotFoundException failure) {
            throw new AssertionError(failure);
        }
    }
}
