package org.chagres.memory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A name of POSIX shared memory that nobody has, and that is gone after the test, whatever became of it. */
record TestObject(String name) implements AutoCloseable {
    static final Path FOLDER = Path.of("/dev/shm");

    private static final AtomicInteger NEXT = new AtomicInteger();

    static TestObject unused() {
        return new TestObject(prefix() + NEXT.getAndIncrement());
    }

    /** How the names of this process begin. */
    static String prefix() {
        return "chagres-" + ProcessHandle.current().pid() + "-";
    }

    Path path() {
        return FOLDER.resolve(name);
    }

    static List<String> names() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(path());
    }
}
