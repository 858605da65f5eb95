package org.chagres.pipe;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.chagres.ErrnoException;

/**
 * Makes FIFOs, or looks for them, and tells what came of it, a line each. Arguments: {@code make FOLDER PERMISSIONS...}
 * makes one a permission, named as that; {@code try PATH...} makes, finds, opens and removes.
 */
final class FifoMaker {
    private FifoMaker() {}

    interface Step {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws IOException {
        for (int i = 1; i < arguments.length; i++) {
            if (arguments[0].equals("make")) {
                if (i > 1) {
                    Path path = Path.of(arguments[1], arguments[i]);
                    Fifo.create(path, PosixFilePermissions.fromString(arguments[i]));
                    System.out.println(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
                }
            } else {
                Path path = Path.of(arguments[i]);
                System.out.println("create " + outcome(() -> Fifo.create(path)));
                System.out.println("open " + outcome(() -> Fifo.open(path)));
                if (Files.exists(path)) {
                    Fifo fifo = Fifo.open(path);
                    System.out.println(
                            "read " + outcome(() -> fifo.openForReadingNow().close()));
                    System.out.println(
                            "write " + outcome(() -> fifo.openForWritingNow().close()));
                    System.out.println(
                            "both " + outcome(() -> fifo.openForBoth().close()));
                    System.out.println("remove " + outcome(fifo::remove));
                }
            }
        }
        System.out.println(umask());
    }

    /** What the kernel says of this process. */
    static String umask() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("Umask:"))
                .findFirst()
                .orElseThrow();
    }

    private static String outcome(Step step) {
        try {
            step.run();
            return "done";
        } catch (ErrnoException refused) {
            return refused.errno().toString();
        } catch (FileSystemException other) {
            return other.getReason();
        } catch (Exception unforeseen) {
            return unforeseen.toString();
        }
    }
}
