package org.chagres.internal.tool;

import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.chagres.ErrnoException;
import org.chagres.IpcPermissions;
import org.chagres.inspect.SharedMemoryTable;
import org.chagres.inspect.SharedMemoryUsage;
import org.chagres.internal.resource.FileModes;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.syscall.ShmLimits;
import org.chagres.internal.tool.Options.Argument;
import org.chagres.internal.tool.Options.Option;
import org.chagres.memory.PageSize;
import org.chagres.memory.SharedMemoryStatus;

/**
 * {@code ipcs(1)}: shows System V objects, byte for byte as util-linux 2.38 does in the C locale. Of several options for the
 * output the last one counts.
 */
final class Ipcs {
    private static final String HELP = """

            Usage:
             ipcs [-m] [output option]
             ipcs -m -i <id>

            Shows the System V objects of this IPC namespace. So far these are shared memory
            segments alone; semaphores and message queues are not shown.

            Options:
             -i, --id <id>  show the details of the object with that identifier
             -h, --help     show this help
             -V, --version  show the version

            Kinds of objects:
             -m, --shmems   shared memory segments
             -a, --all      all that this tool knows (default)

            Output options:
             -t, --time     show when segments were attached, detached and changed
             -p, --pid      show which processes created and last used them
             -c, --creator  show creators and owners
             -l, --limits   show the kernel's limits
             -u, --summary  show how much is in use
                 --human    show sizes with a unit
             -b, --bytes    show sizes in bytes
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

    private static final Locale C = Locale.ROOT; // writes numbers as the C locale does

    private final PrintStream out;
    private Sizes sizes = Sizes.AS_USUAL;

    private Ipcs(PrintStream out) {
        this.out = out;
    }

    static int run(String[] arguments, PrintStream out, PrintStream err) throws UsageException, ErrnoException {
        return new Ipcs(out).run(new Options(OPTIONS, arguments), err);
    }

    private int run(Options options, PrintStream err) throws UsageException, ErrnoException {
        boolean segments = false;
        boolean all = false;
        Optional<Integer> id = Optional.empty();
        String output = "list";
        while (options.next()) {
            switch (options.name()) {
                case "id" -> id = Optional.of(Numbers.identifier(options.value(), "failed to parse id argument"));
                case "shmems" -> segments = true;
                case "all" -> all = true;
                case "queues", "semaphores" ->
                    throw UsageException.plain("--" + options.name() + ": only shared memory is known so far");
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
        if (id.isPresent()) {
            if (all || !segments) {
                throw UsageException.plain("when using an ID, a single resource must be specified");
            }
            return showOne(id.get(), err);
        }
        switch (output) {
            case "time" -> showTimes();
            case "pid" -> showProcesses();
            case "creator" -> showOwners();
            case "limits" -> showLimits();
            case "summary" -> showUsage();
            default -> showList();
        }
        out.println();
        return 0;
    }

    private void showList() throws ErrnoException {
        List<SharedMemoryStatus> segments = SharedMemoryTable.segments();
        Names users = Names.ofUsers();
        heading("Shared Memory Segments");
        out.printf(
                C,
                "%-10s %-10s %-10s %-10s %-10s %-10s %-12s\n",
                "key",
                "shmid",
                "owner",
                "perms",
                sizes == Sizes.HUMAN ? "size" : "bytes",
                "nattch",
                "status");
        for (SharedMemoryStatus segment : segments) {
            out.printf(
                    C,
                    "%-10s %-10d %-10.10s %-10o %-10s %-10d %-6s %-6s\n",
                    segment.key(),
                    segment.id(),
                    users.of(segment.permissions().ownerUid()),
                    access(segment),
                    sizes == Sizes.HUMAN ? "%6s    ".formatted(Sizes.human(segment.byteSize())) : segment.byteSize(),
                    segment.attachCount(),
                    segment.markedForRemoval() ? "dest" : "",
                    segment.locked() ? "locked" : "");
        }
    }

    private void showTimes() throws ErrnoException {
        List<SharedMemoryStatus> segments = SharedMemoryTable.segments();
        Names users = Names.ofUsers();
        DateTimeFormatter format = format("MMM ppd HH:mm:ss");
        heading("Shared Memory Attach/Detach/Change Times");
        out.printf(C, "%-10s %-10s %-20s %-20s %-20s\n", "shmid", "owner", "attached", "detached", "changed");
        for (SharedMemoryStatus segment : segments) {
            out.printf(
                    C,
                    "%-10d %-10.10s %-20s %-20s %-20s\n",
                    segment.id(),
                    users.of(segment.permissions().ownerUid()),
                    text(segment.lastAttached(), format),
                    text(segment.lastDetached(), format),
                    format.format(segment.lastChanged()));
        }
    }

    private void showProcesses() throws ErrnoException {
        List<SharedMemoryStatus> segments = SharedMemoryTable.segments();
        Names users = Names.ofUsers();
        heading("Shared Memory Creator/Last-op PIDs");
        out.printf(C, "%-10s %-10s %-10s %-10s\n", "shmid", "owner", "cpid", "lpid");
        for (SharedMemoryStatus segment : segments) {
            out.printf(
                    C,
                    "%-10d %-10.10s %-10d %-10d\n",
                    segment.id(),
                    users.of(segment.permissions().ownerUid()),
                    segment.creatorPid(),
                    segment.lastPid());
        }
    }

    private void showOwners() throws ErrnoException {
        List<SharedMemoryStatus> segments = SharedMemoryTable.segments();
        Names users = Names.ofUsers();
        Names groups = Names.ofGroups();
        heading("Shared Memory Segment Creators/Owners");
        out.printf(C, "%-10s %-10s %-10s %-10s %-10s %-10s\n", "shmid", "perms", "cuid", "cgid", "uid", "gid");
        for (SharedMemoryStatus segment : segments) {
            IpcPermissions permissions = segment.permissions();
            out.printf(
                    C,
                    "%-10d %-10o %-10s %-10s %-10s %-10s\n",
                    segment.id(),
                    access(segment),
                    users.of(permissions.creatorUid()),
                    groups.of(permissions.creatorGid()),
                    users.of(permissions.ownerUid()),
                    groups.of(permissions.ownerGid()));
        }
    }

    /** Reads the kernel's own struct, as limits beyond {@link Long#MAX_VALUE} are to be shown to the last digit. */
    private void showLimits() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            ShmLimits limits = ShmLimits.allocate(arena);
            int answer = SharedMemoryObject.limits(limits);
            if (answer < 0) {
                throw new ErrnoException("shmctl", -answer, "reading the limits of shared memory");
            }
            heading("Shared Memory Limits");
            out.printf(C, "max number of segments = %s\n", Long.toUnsignedString(limits.shmmni()));
            long pageSize = PageSize.bytes();
            out.println(sizes.limit("max seg size", limits.shmmax(), limits.shmmax() >>> 10));
            out.println(sizes.limit(
                    "max total shared memory",
                    product(limits.shmall(), pageSize),
                    product(limits.shmall(), pageSize >>> 10)));
            out.println((sizes == Sizes.HUMAN ? Sizes.HUMAN : Sizes.BYTES)
                    .limit("min seg size", limits.shmmin(), limits.shmmin() >>> 10));
        }
    }

    private void showUsage() throws ErrnoException {
        SharedMemoryUsage usage = SharedMemoryTable.usage();
        heading("Shared Memory Status");
        out.printf(C, "segments allocated %d\n", usage.segments());
        out.printf(C, "pages allocated %d\n", usage.pages());
        out.printf(C, "pages resident  %d\n", usage.residentPages());
        out.printf(C, "pages swapped   %d\n", usage.swappedPages());
        out.printf(C, "Swap performance: %d attempts\t %d successes\n", usage.swapAttempts(), usage.swapSuccesses());
    }

    /** From the kernel's table and not by {@code IPC_STAT}, so that a segment this user may not read has details too. */
    private int showOne(int id, PrintStream err) throws ErrnoException {
        for (SharedMemoryStatus segment : SharedMemoryTable.segments()) {
            if (segment.id() == id) {
                showDetails(segment);
                return 0;
            }
        }
        err.println("ipcs: id " + id + " not found");
        return 0; // as util-linux
    }

    private void showDetails(SharedMemoryStatus segment) {
        IpcPermissions permissions = segment.permissions();
        DateTimeFormatter format = format("EEE MMM ppd HH:mm:ss yyyy");
        out.println();
        out.printf(C, "Shared memory Segment shmid=%d\n", segment.id());
        out.printf(
                C,
                "uid=%d\tgid=%d\tcuid=%d\tcgid=%d\n",
                permissions.ownerUid(),
                permissions.ownerGid(),
                permissions.creatorUid(),
                permissions.creatorGid());
        out.printf(C, "mode=%s\taccess_perms=%s\n", octal(mode(segment)), octal(access(segment)));
        out.printf(
                C,
                "%s\tlpid=%d\tcpid=%d\tnattch=%d\n",
                sizes == Sizes.HUMAN ? "size=" + Sizes.human(segment.byteSize()) : "bytes=" + segment.byteSize(),
                segment.lastPid(),
                segment.creatorPid(),
                segment.attachCount());
        out.printf(C, "att_time=%-26s\n", text(segment.lastAttached(), format));
        out.printf(C, "det_time=%-26s\n", text(segment.lastDetached(), format));
        out.printf(C, "change_time=%-26s\n", format.format(segment.lastChanged()));
        out.println();
    }

    private static int access(SharedMemoryStatus segment) {
        return FileModes.toMode(segment.permissions().permissions());
    }

    /** The mode word, made again from what the status says of it. */
    private static int mode(SharedMemoryStatus segment) {
        return SharedMemoryObject.mode(
                segment.permissions().permissions(), segment.markedForRemoval(), segment.locked());
    }

    /** As {@code %#o} of C, which gives 0 no second zero. */
    private static String octal(int mode) {
        return mode == 0 ? "0" : "0" + Integer.toOctalString(mode);
    }

    /** Unsigned; the largest multiple of {@code unit}, a power of two, below 2^64 if the product does not fit. */
    private static long product(long count, long unit) {
        return Math.unsignedMultiplyHigh(count, unit) == 0 ? count * unit : -unit;
    }

    private static String text(Optional<Instant> time, DateTimeFormatter format) {
        return time.map(format::format).orElse("Not set");
    }

    /** Local time, in the names of the C locale. */
    private static DateTimeFormatter format(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).withZone(ZoneId.systemDefault());
    }

    private void heading(String text) {
        out.printf(C, "\n------ %s --------\n", text);
    }
}
