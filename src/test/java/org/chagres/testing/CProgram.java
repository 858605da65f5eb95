package org.chagres.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A C program compiled in the test. */
public final class CProgram implements AutoCloseable {
    private final Path folder;
    private final Path program;

    private CProgram(Path folder, Path program) {
        this.folder = folder;
        this.program = program;
    }

    /** Compiles a source; skips the test where there is no compiler. */
    public static CProgram compile(String source) {
        Run.assumeInstalled("gcc");
        try {
            Path folder = Files.createTempDirectory("chagres-c");
            CProgram compiled = new CProgram(folder, folder.resolve("program"));
            Path file = Files.writeString(folder.resolve("program.c"), source);
            Run gcc = Run.command(
                    "gcc",
                    "-O1",
                    "-Wall",
                    "-D_GNU_SOURCE",
                    "-o",
                    compiled.path().toString(),
                    file.toString());
            if (gcc.status() != 0) {
                compiled.close();
            }
            gcc.output();
            return compiled;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    public Path path() {
        return program;
    }

    public Run run(Object... arguments) {
        return Run.command(command(arguments).toArray(String[]::new));
    }

    public List<String> command(Object... arguments) {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        for (Object argument : arguments) {
            command.add(String.valueOf(argument));
        }
        return command;
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(folder.resolve("program.c"));
            Files.deleteIfExists(program);
            Files.delete(folder);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
