package org.chagres.internal.tool;

import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.tool.Options.Argument;
import org.chagres.internal.tool.Options.Option;

/**
 * {@code ipcrm(1)}: removes System V objects, with the messages and the exit status of util-linux 2.38. An object that
 * cannot be removed is told and the rest goes on; a mistake in the command line ends it, with what stood before it
 * done.
 *
 * <p>Stricter than util-linux where that removes what nobody named: identifiers and keys too large are refused instead
 * of cut, an empty one is not 0, and all of a kind go only where the rest of the command line has no mistake.
 */
final class Ipcrm {
    private static final String HELP = """

            Usage:
             ipcrm [options]
             ipcrm shm|sem <id>...

            Removes System V objects: shared memory segments and semaphore sets. Message
            queues are not known here.

            Options:
             -m, --shmem-id <id>        remove the shared memory segment with that identifier
             -M, --shmem-key <key>      remove the shared memory segment with that key;
                                        0x... is hexadecimal, 0... octal
             -s, --semaphore-id <id>    remove the semaphore set with that identifier
             -S, --semaphore-key <key>  remove the semaphore set with that key
             -a, --all=shm|sem          remove all of that kind; given twice, the last counts
             -v, --verbose              say what is being done (for what follows)

             -h, --help                 show this help
             -V, --version              show the version
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
            case "shm", "sem", "msg" ->
                ipcrm.removeOldStyle(kind(first, first), List.of(arguments).subList(1, arguments.length));
            default -> ipcrm.remove(new Options(OPTIONS, arguments));
        }
        return ipcrm.failed ? 1 : 0;
    }

    /** {@code ipcrm shm ID...}, as before there were options. */
    private void removeOldStyle(Kind kind, List<String> identifiers) throws UsageException, ErrnoException {
        if (identifiers.isEmpty()) {
            throw UsageException.seeHelp("not enough arguments");
        }
        for (String identifier : identifiers) {
            try {
                remove(kind, Numbers.identifier(identifier, "invalid id"), "id");
            } catch (UsageException mistaken) {
                complain("invalid id: " + identifier);
            }
        }
        if (!failed) {
            out.println("resource(s) deleted");
        }
    }

    private void remove(Options options) throws UsageException, ErrnoException {
        Optional<Kind> all = Optional.empty();
        while (options.next()) {
            switch (options.name()) {
                case "shmem-id" -> removeById(Kind.SHARED_MEMORY, options.value());
                case "shmem-key" -> removeByKey(Kind.SHARED_MEMORY, options.value());
                case "semaphore-id" -> removeById(Kind.SEMAPHORES, options.value());
                case "semaphore-key" -> removeByKey(Kind.SEMAPHORES, options.value());
                case "all" -> all = Optional.of(kind(options.value(), "--all=" + options.value()));
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
                default -> throw UsageException.messageQueues("--" + options.name());
            }
        }
        if (!options.operands().isEmpty()) {
            throw UsageException.seeHelp(
                    "unknown argument: " + options.operands().getFirst());
        }
        if (all.isPresent()) {
            for (int id : all.get().ids()) {
                remove(all.get(), id, "id");
            }
        }
    }

    private void removeById(Kind kind, String text) throws UsageException, ErrnoException {
        remove(kind, Numbers.identifier(text, "failed to parse argument"), "id");
    }

    private void removeByKey(Kind kind, String text) throws UsageException, ErrnoException {
        int key = Numbers.key(text, "failed to parse argument");
        if (key == 0) { // IPC_PRIVATE would create one
            complain("illegal key (" + text + ")");
            return;
        }
        int id = kind.find(key);
        if (id >= 0) {
            remove(kind, id, "key");
            return;
        }
        switch (Errno.of(-id)) {
            case ENOENT -> complain("invalid key (" + text + ")");
            case EACCES -> complain("permission denied for key (" + text + ")");
            case EIDRM -> complain("already removed key (" + text + ")");
            default -> throw new ErrnoException(kind.word + "get", -id, "finding key " + text);
        }
    }

    private void remove(Kind kind, int id, String namedBy) throws ErrnoException {
        if (verbose) {
            out.println("removing " + kind.noun + " id `" + id + "'");
        }
        kind.tryRemove(id, namedBy).ifPresent(this::complain);
    }

    private void complain(String message) {
        err.println("ipcrm: " + message);
        failed = true;
    }

    /** A bare {@code -a} would have to remove what this tool does not know: it is refused rather than done in part. */
    private static Kind kind(String word, String asked) throws UsageException {
        return switch (word) {
            case "shm" -> Kind.SHARED_MEMORY;
            case "sem" -> Kind.SEMAPHORES;
            case "msg" -> throw UsageException.messageQueues(asked);
            case "" ->
                throw UsageException.plain(
                        "message queues are not known here, so this would not be all: use --all=shm or --all=sem");
            default -> throw UsageException.plain("unknown argument: " + word);
        };
    }
}
