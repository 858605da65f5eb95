package org.chagres.internal.tool;

import java.io.PrintStream;
import java.util.List;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.inspect.SharedMemoryTable;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.tool.Options.Argument;
import org.chagres.internal.tool.Options.Option;
import org.chagres.memory.SharedMemory;
import org.chagres.memory.SharedMemoryStatus;

/**
 * {@code ipcrm(1)}: removes System V objects, with the messages and the exit status of util-linux 2.38. An object that cannot
 * be removed is told and the rest goes on; a mistake in the command line ends it, with what stood before it done.
 *
 * <p>Stricter than util-linux where that removes what nobody named: identifiers and keys too large are refused instead of
 * cut, and an empty one is not 0.
 */
final class Ipcrm {
    private static final String HELP = """

            Usage:
             ipcrm [options]
             ipcrm shm <id>...

            Removes System V objects. So far these are shared memory segments alone.

            Options:
             -m, --shmem-id <id>    remove the shared memory segment with that identifier
             -M, --shmem-key <key>  remove the shared memory segment with that key;
                                    0x... is hexadecimal, 0... octal
             -a, --all=shm          remove all shared memory segments
             -v, --verbose          say what is being done (for what follows)

             -h, --help             show this help
             -V, --version          show the version
            """;

    /** In util-linux's order, in which a message about an ambiguous name lists them. */
    private static final List<Option> OPTIONS = List.of(
            new Option("shmem-id", 'm', Argument.REQUIRED),
            new Option("shmem-key", 'M', Argument.REQUIRED),
            new Option("queue-id", 'q', Argument.REQUIRED),
            new Option("queue-key", 'Q', Argument.REQUIRED),
            new Option("semaphore-id", 's', Argument.REQUIRED),
            new Option("semaphore-key", 'S', Argument.REQUIRED),
            new Option("all", 'a', Argument.OPTIONAL),
            new Option("verbose", 'v', Argument.NONE),
            new Option("version", 'V', Argument.NONE),
            new Option("help", 'h', Argument.NONE));

    private final PrintStream out;
    private final PrintStream err;
    private boolean verbose;
    private boolean failed;

    private Ipcrm(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    static int run(String[] arguments, PrintStream out, PrintStream err) throws UsageException, ErrnoException {
        Ipcrm ipcrm = new Ipcrm(out, err);
        String first = arguments.length == 0 ? "" : arguments[0];
        switch (first) {
            case "shm" -> ipcrm.removeOldStyle(List.of(arguments).subList(1, arguments.length));
            case "msg", "sem" -> throw unknownKind(first);
            default -> ipcrm.remove(new Options(OPTIONS, arguments));
        }
        return ipcrm.failed ? 1 : 0;
    }

    /** {@code ipcrm shm ID...}, as before there were options. */
    private void removeOldStyle(List<String> identifiers) throws UsageException, ErrnoException {
        if (identifiers.isEmpty()) {
            throw UsageException.seeHelp("not enough arguments");
        }
        for (String identifier : identifiers) {
            try {
                remove(Numbers.identifier(identifier, "invalid id"), "id");
            } catch (UsageException mistaken) {
                complain("invalid id: " + identifier);
            }
        }
        if (!failed) {
            out.println("resource(s) deleted");
        }
    }

    private void remove(Options options) throws UsageException, ErrnoException {
        boolean all = false;
        while (options.next()) {
            switch (options.name()) {
                case "shmem-id" -> remove(Numbers.identifier(options.value(), "failed to parse argument"), "id");
                case "shmem-key" -> removeByKey(options.value());
                case "all" -> {
                    checkKind(options.value());
                    all = true;
                }
                case "verbose" -> verbose = true;
                case "version" -> {
                    out.println(Main.version("ipcrm"));
                    failed = false; // as util-linux
                    return;
                }
                case "help" -> {
                    out.print(HELP);
                    failed = false;
                    return;
                }
                default -> throw unknownKind("--" + options.name());
            }
        }
        if (!options.operands().isEmpty()) {
            throw UsageException.seeHelp(
                    "unknown argument: " + options.operands().getFirst());
        }
        if (all) {
            for (SharedMemoryStatus segment : SharedMemoryTable.segments()) {
                remove(segment.id(), "id");
            }
        }
    }

    private void removeByKey(String text) throws UsageException, ErrnoException {
        int key = Numbers.key(text, "failed to parse argument");
        if (key == 0) { // IPC_PRIVATE would create a segment
            complain("illegal key (" + text + ")");
            return;
        }
        int id = SharedMemoryObject.find(key, 0);
        if (id >= 0) {
            remove(id, "key");
            return;
        }
        switch (Errno.of(-id)) {
            case ENOENT -> complain("invalid key (" + text + ")");
            case EACCES -> complain("permission denied for key (" + text + ")");
            case EIDRM -> complain("already removed key (" + text + ")");
            default -> throw new ErrnoException("shmget", -id, "finding the segment of key " + text);
        }
    }

    /** Removes a segment that was named by its {@code id} or its {@code key}; the message shows the identifier either way. */
    private void remove(int id, String namedBy) throws ErrnoException {
        if (verbose) {
            out.println("removing shared memory segment id `" + id + "'");
        }
        try {
            SharedMemory.remove(id);
        } catch (ErrnoException failure) {
            switch (failure.errno()) {
                case EINVAL -> complain("invalid " + namedBy + " (" + id + ")");
                case EACCES, EPERM -> complain("permission denied for " + namedBy + " (" + id + ")");
                case EIDRM -> complain("already removed " + namedBy + " (" + id + ")");
                default -> throw failure;
            }
        }
    }

    private void complain(String message) {
        err.println("ipcrm: " + message);
        failed = true;
    }

    /** A bare {@code -a} would have to remove what this tool does not know: it is refused rather than done in part. */
    private static void checkKind(String kind) throws UsageException {
        switch (kind) {
            case "shm" -> {}
            case "" -> throw UsageException.plain("only shared memory is known so far: use --all=shm");
            case "msg", "sem" -> throw unknownKind("--all=" + kind);
            default -> throw UsageException.plain("unknown argument: " + kind);
        }
    }

    private static UsageException unknownKind(String asked) {
        return UsageException.plain(asked + ": only shared memory is known so far");
    }
}
