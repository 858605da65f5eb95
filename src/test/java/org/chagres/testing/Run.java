package org.chagres.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Runs a program to its end: what it printed, and its exit status. */
public record Run(int status, String out, String err) {
    private static final long PATIENCE_SECONDS = Patience.of(180); // on a machine that does much else

    /** Runs a command in the C locale. */
    public static Run command(String... command) {
        return command(List.of(command), Map.of());
    }

    public static Run command(List<String> command, Map<String, String> environment) {
        try {
            // Files and not pipes: a program that prints much never waits for its reader.
            Path out = Files.createTempFile("chagres-out", null);
            Path err = Files.createTempFile("chagres-err", null);
            try {
                ProcessBuilder builder =
                        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
                builder.environment().put("LC_ALL", "C");
                builder.environment().putAll(environment);
                Process process = builder.start();
                Children.add(process);
                process.getOutputStream().close();
                if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                    throw new AssertionError(command + " did not end in " + PATIENCE_SECONDS + " s");
                }
                return new Run(process.exitValue(), read(out), read(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    /**
     * Runs a shell script as root of an IPC and mount namespace of its own, where limits and segments are nobody
     * else's; {@code "$@"} is the command. Skips the test, with the reason, where that is not permitted.
     */
    public static Run inNamespace(String script, List<String> command, Map<String, String> environment) {
        assumeInstalled("unshare");
        Run trial = command("unshare", "--ipc", "--mount", "true");
        Assumptions.assumeTrue(
                trial.status() == 0,
                () -> "no namespace of our own: " + trial.err().strip());
        List<String> words = new ArrayList<>(List.of("unshare", "--ipc", "--mount", "sh", "-eu", "-c", script, "sh"));
        words.addAll(command);
        return command(words, environment);
    }

    /** What it printed, if it ended well; fails with what it complained of otherwise. */
    public String output() {
        if (status != 0) {
            throw new AssertionError("status " + status + ": " + err + out);
        }
        return out;
    }

    /** Skips the test, with the reason, where a program is not installed. */
    public static void assumeInstalled(String program) {
        Assumptions.assumeTrue(isInstalled(program), () -> program + " is not installed");
    }

    public static boolean isInstalled(String program) {
        for (String folder : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return false;
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
