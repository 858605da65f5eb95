package org.chagres.internal.tool;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;

/** What {@code java -jar chagres.jar} runs: {@code ipcs}, {@code ipcrm} and {@code orphans}. */
public final class Main {
    private static final String NAME = "chagres";

    private static final String HELP = """

            Usage:
             java -jar chagres.jar ipcs [options]
             java -jar chagres.jar ipcrm [options]
             java -jar chagres.jar orphans [options]

            Shows and removes System V shared memory and semaphores, as the programs of the
            names ipcs and ipcrm do; orphans lists, and removes by identifier, the segments
            of shared memory that nobody is attached to.

            Options:
             -h, --help     show this help; after ipcs, ipcrm or orphans, that of the command
             -V, --version  show the version
            """;

    private Main() {}

    /** Runs a tool and ends the JVM with its exit status. */
    public static void main(String[] arguments) {
        // Written in one piece: a reader that goes early, such as head(1), does not look like a full disk.
        PrintStream out = new PrintStream(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16),
                false,
                System.out.charset());
        int status = run(arguments, out, System.err);
        if (out.checkError()) {
            System.err.println(NAME + ": write error");
            status = 1;
        }
        System.exit(status);
    }

    /** Runs a tool; answers its exit status, 0 or 1. */
    public static int run(String[] arguments, PrintStream out, PrintStream err) {
        if (arguments.length == 0) {
            err.print(HELP);
            return 1;
        }
        String tool = arguments[0];
        String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
        try {
            return switch (tool) {
                case "ipcs" -> Ipcs.run(rest, out, err);
                case "ipcrm" -> Ipcrm.run(rest, out, err);
                case "orphans" -> Orphans.run(rest, out, err);
                case "-h", "--help" -> {
                    out.print(HELP);
                    yield 0;
                }
                case "-V", "--version" -> {
                    out.println(version(""));
                    yield 0;
                }
                default -> {
                    err.println(NAME + ": unknown command: " + tool);
                    err.println("Try 'java -jar chagres.jar --help' for more information.");
                    yield 1;
                }
            };
        } catch (UsageException mistake) {
            err.println(tool + ": " + mistake.getMessage());
            if (mistake.isHelpful()) {
                err.println("Try '" + tool + " --help' for more information.");
            }
        } catch (IOException | IllegalCallerException | UnsupportedOperationException refusal) {
            err.println(tool + ": " + refusal.getMessage());
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            err.println(tool + ": interrupted");
        }
        return 1;
    }

    /** The version as the jar's manifest has it; classes outside a jar have none. */
    static String version(String tool) {
        String version = Main.class.getPackage().getImplementationVersion();
        return (tool.isEmpty() ? "" : tool + " from ") + NAME + (version == null ? "" : " " + version);
    }
}
