package org.chagres.internal.tool;

import java.io.IOException;
import java.io.PrintStream;
import java.util.EnumSet;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.chagres.internal.tool.Options.Argument;
import org.chagres.internal.tool.Options.Option;

/**
 * {@code ipcs(1)}: shows System V objects, byte for byte as util-linux 2.38 does in the C locale. Of several options
 * for the output the last one counts.
 */
final class Ipcs {
    private static final String HELP = """

            Usage:
             ipcs [-m] [-s] [output option]
             ipcs -m|-s -i <id>

            Shows the System V objects of this IPC namespace: shared memory segments and
            semaphore sets. Message queues are not known here.

            Options:
             -i, --id <id>     show the details of the object with that identifier
             -h, --help        show this help
             -V, --version     show the version

            Kinds of objects:
             -m, --shmems      shared memory segments
             -s, --semaphores  semaphore sets
             -a, --all         both (default)

            Output options:
             -t, --time        show when objects were used and changed
             -p, --pid         show which processes created and last used segments
             -c, --creator     show creators and owners
             -l, --limits      show the kernel's limits
             -u, --summary     show how much is in use
                 --human       show sizes with a unit
             -b, --bytes       show sizes in bytes
            """;

    /** In util-linux's order, in which a message about an ambiguous name lists them. */
    private static final List<Option> OPTIONS = List.of(
            new Option("id", 'i', Argument.REQUIRED),
            new Option("queues", 'q', Argument.NONE),
            new Option("shmems", 'm', Argument.NONE),
            new Option("semaphores", 's', Argument.NONE),
            new Option("all", 'a', Argument.NONE),
            new Option("time", 't', Argument.NONE),
            new Option("pid", 'p', Argument.NONE),
            new Option("creator", 'c', Argument.NONE),
            new Option("limits", 'l', Argument.NONE),
            new Option("summary", 'u', Argument.NONE),
            new Option("human", Options.NO_LETTER, Argument.NONE),
            new Option("bytes", 'b', Argument.NONE),
            new Option("version", 'V', Argument.NONE),
            new Option("help", 'h', Argument.NONE));

    private Ipcs() {}

    static int run(String[] arguments, PrintStream out, PrintStream err)
            throws UsageException, IOException, InterruptedException {
        Options options = new Options(OPTIONS, arguments);
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        boolean all = false;
        Optional<Integer> id = Optional.empty();
        Sizes sizes = Sizes.AS_USUAL;
        String output = "list";
        while (options.next()) {
            switch (options.name()) {
                case "id" -> id = Optional.of(Numbers.identifier(options.value(), "failed to parse id argument"));
                case "shmems" -> kinds.add(Kind.SHARED_MEMORY);
                case "semaphores" -> kinds.add(Kind.SEMAPHORES);
                case "all" -> all = true;
                case "queues" -> throw UsageException.messageQueues("--queues");
                case "human" -> sizes = Sizes.HUMAN;
                case "bytes" -> sizes = Sizes.BYTES;
                case "version" -> {
                    out.println(Main.version("ipcs"));
                    return 0;
                }
                case "help" -> {
                    out.print(HELP);
                    return 0;
                }
                default -> output = options.name();
            }
        }
        if (id.isPresent() && (all || kinds.size() != 1)) {
            throw UsageException.plain("when using an ID, a single resource must be specified");
        }
        // Numbers are written as the C locale does; printed when complete, so that a refusal leaves no half of it.
        Formatter text = new Formatter(Locale.ROOT).format("\n");
        for (Kind kind : all || kinds.isEmpty() ? EnumSet.allOf(Kind.class) : kinds) {
            Report<?> report = switch (kind) {
                case SHARED_MEMORY -> new SharedMemoryReport(text, sizes);
                case SEMAPHORES -> new SemaphoreReport(text);
            };
            if (id.isEmpty()) {
                report.show(output);
            } else if (!report.showOne(id.get())) {
                err.println("ipcs: id " + id.get() + " not found");
                return 0; // as util-linux
            }
            text.format("\n");
        }
        out.print(text);
        return 0;
    }
}
