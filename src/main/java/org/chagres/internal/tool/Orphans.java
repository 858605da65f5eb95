package org.chagres.internal.tool;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.chagres.ErrnoException;
import org.chagres.inspect.SharedMemoryTable;
import org.chagres.internal.tool.Options.Argument;
import org.chagres.internal.tool.Options.Option;
import org.chagres.memory.SharedMemoryStatus;

/**
 * {@code orphans}, which util-linux has not: lists the segments that nobody is attached to, or removes some of them.
 * Only those that are named, each by its identifier: whether one is still needed is for a person to say.
 */
final class Orphans {
    private static final String HELP = """

            Usage:
             orphans
             orphans --remove <id>...

            Lists the shared memory segments that nobody is attached to at this moment. A
            program may be about to attach one all the same. The process that created it
            (cpid) may have ended and its number be another's by now, or be a number of
            another PID namespace.

            Options:
                 --remove   remove the segments with these identifiers, if nobody is
                            attached to them; there is no way to remove all

             -h, --help     show this help
             -V, --version  show the version
            """;

    private static final String WARNING =
            "orphans: a segment nobody is attached to at this moment may be in use all the"
                    + " same, and a cpid may be reused or from another PID namespace";

    private static final List<Option> OPTIONS = List.of(
            new Option("remove", Options.NO_LETTER, Argument.NONE),
            new Option("version", 'V', Argument.NONE),
            new Option("help", 'h', Argument.NONE));

    private Orphans() {}

    static int run(String[] arguments, PrintStream out, PrintStream err) throws UsageException, ErrnoException {
        Options options = new Options(OPTIONS, arguments);
        boolean remove = false;
        while (options.next()) {
            switch (options.name()) {
                case "version" -> {
                    out.println(Main.version("orphans"));
                    return 0;
                }
                case "help" -> {
                    out.print(HELP);
                    return 0;
                }
                default -> remove = true;
            }
        }
        List<String> operands = options.operands();
        if (remove) {
            return remove(operands, err);
        }
        if (!operands.isEmpty()) {
            throw UsageException.seeHelp("unknown argument: " + operands.getFirst());
        }
        list(out, err);
        return 0;
    }

    private static void list(PrintStream out, PrintStream err) throws ErrnoException {
        List<SharedMemoryStatus> orphans = SharedMemoryTable.orphans();
        Names users = Names.ofUsers();
        out.printf("%-10s %-10s %-10s %-10s %-10s\n", "key", "shmid", "owner", "bytes", "cpid");
        for (SharedMemoryStatus segment : orphans) {
            out.printf(
                    Locale.ROOT,
                    "%-10s %-10d %-10.10s %-10d %-10d\n",
                    segment.key(),
                    segment.id(),
                    users.of(segment.permissions().ownerUid()),
                    segment.byteSize(),
                    segment.creatorPid());
        }
        if (!orphans.isEmpty()) {
            err.println(WARNING);
        }
    }

    /** Nothing is removed if one of the identifiers is none at all. */
    private static int remove(List<String> operands, PrintStream err) throws UsageException, ErrnoException {
        if (operands.isEmpty()) {
            throw UsageException.seeHelp("not enough arguments");
        }
        int[] ids = new int[operands.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = Numbers.identifier(operands.get(i), "invalid id");
        }
        int status = 0;
        for (int id : ids) {
            Optional<String> complaint = removeIfOrphan(id);
            if (complaint.isPresent()) {
                err.println("orphans: " + complaint.get());
                status = 1;
            }
        }
        return status;
    }

    /**
     * The kernel has no "remove if unattached": who attaches between the look and the removal keeps the memory until he
     * detaches.
     */
    private static Optional<String> removeIfOrphan(int id) throws ErrnoException {
        for (SharedMemoryStatus segment : SharedMemoryTable.segments()) {
            if (segment.id() == id) {
                return segment.attachCount() == 0
                        ? Kind.SHARED_MEMORY.tryRemove(id, "id")
                        : Optional.of("no orphan: id " + id + " is attached " + segment.attachCount() + " times");
            }
        }
        return Optional.of("invalid id (" + id + ")");
    }
}
