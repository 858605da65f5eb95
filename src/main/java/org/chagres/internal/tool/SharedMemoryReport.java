package org.chagres.internal.tool;

import java.lang.foreign.Arena;
import java.util.Formatter;
import java.util.List;
import java.util.Optional;
import org.chagres.ErrnoException;
import org.chagres.IpcPermissions;
import org.chagres.inspect.SharedMemoryTable;
import org.chagres.inspect.SharedMemoryUsage;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.syscall.ShmLimits;
import org.chagres.memory.PageSize;
import org.chagres.memory.SharedMemoryStatus;

/** {@code ipcs -m}. */
final class SharedMemoryReport extends Report<SharedMemoryStatus> {
    private static final String DAY_AND_TIME = "MMM ppd HH:mm:ss";

    private final Sizes sizes;

    SharedMemoryReport(Formatter out, Sizes sizes) {
        super(out);
        this.sizes = sizes;
    }

    @Override
    List<SharedMemoryStatus> objects() throws ErrnoException {
        return SharedMemoryTable.segments();
    }

    @Override
    int id(SharedMemoryStatus segment) {
        return segment.id();
    }

    @Override
    IpcPermissions permissions(SharedMemoryStatus segment) {
        return segment.permissions();
    }

    @Override
    void showList() throws ErrnoException {
        List<SharedMemoryStatus> segments = objects();
        Names users = Names.ofUsers();
        heading("Shared Memory Segments");
        out.format(
                "%-10s %-10s %-10s %-10s %-10s %-10s %-12s\n",
                "key", "shmid", "owner", "perms", sizes == Sizes.HUMAN ? "size" : "bytes", "nattch", "status");
        for (SharedMemoryStatus segment : segments) {
            out.format(
                    "%-10s %-10d %-10.10s %-10o %-10s %-10d %-6s %-6s\n",
                    segment.key(),
                    segment.id(),
                    owner(segment, users),
                    access(segment),
                    sizes == Sizes.HUMAN ? "%6s    ".formatted(Sizes.human(segment.byteSize())) : segment.byteSize(),
                    segment.attachCount(),
                    segment.markedForRemoval() ? "dest" : "",
                    segment.locked() ? "locked" : "");
        }
    }

    @Override
    void showTimes() throws ErrnoException {
        List<SharedMemoryStatus> segments = objects();
        Names users = Names.ofUsers();
        heading("Shared Memory Attach/Detach/Change Times");
        out.format("%-10s %-10s %-20s %-20s %-20s\n", "shmid", "owner", "attached", "detached", "changed");
        for (SharedMemoryStatus segment : segments) {
            out.format(
                    "%-10d %-10.10s %-20s %-20s %-20s\n",
                    segment.id(),
                    owner(segment, users),
                    text(segment.lastAttached(), DAY_AND_TIME),
                    text(segment.lastDetached(), DAY_AND_TIME),
                    text(Optional.of(segment.lastChanged()), DAY_AND_TIME));
        }
    }

    @Override
    void showProcesses() throws ErrnoException {
        List<SharedMemoryStatus> segments = objects();
        Names users = Names.ofUsers();
        heading("Shared Memory Creator/Last-op PIDs");
        out.format("%-10s %-10s %-10s %-10s\n", "shmid", "owner", "cpid", "lpid");
        for (SharedMemoryStatus segment : segments) {
            out.format(
                    "%-10d %-10.10s %-10d %-10d\n",
                    segment.id(), owner(segment, users), segment.creatorPid(), segment.lastPid());
        }
    }

    @Override
    void showOwners() throws ErrnoException {
        showOwners("Shared Memory Segment Creators/Owners", "shmid");
    }

    /** Reads the kernel's own struct, as limits beyond {@link Long#MAX_VALUE} are to be shown to the last digit. */
    @Override
    void showLimits() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            ShmLimits limits = ShmLimits.allocate(arena);
            int answer = SharedMemoryObject.limits(limits);
            if (answer < 0) {
                throw new ErrnoException("shmctl", -answer, "reading the limits of shared memory");
            }
            long pageSize = PageSize.bytes();
            heading("Shared Memory Limits");
            out.format("max number of segments = %s\n", Long.toUnsignedString(limits.shmmni()));
            out.format("%s\n", sizes.limit("max seg size", limits.shmmax(), limits.shmmax() >>> 10));
            out.format(
                    "%s\n",
                    sizes.limit(
                            "max total shared memory",
                            product(limits.shmall(), pageSize),
                            product(limits.shmall(), pageSize >>> 10)));
            out.format(
                    "%s\n",
                    (sizes == Sizes.HUMAN ? Sizes.HUMAN : Sizes.BYTES)
                            .limit("min seg size", limits.shmmin(), limits.shmmin() >>> 10));
        }
    }

    @Override
    void showUsage() throws ErrnoException {
        SharedMemoryUsage usage = SharedMemoryTable.usage();
        heading("Shared Memory Status");
        out.format("segments allocated %d\n", usage.segments());
        out.format("pages allocated %d\n", usage.pages());
        out.format("pages resident  %d\n", usage.residentPages());
        out.format("pages swapped   %d\n", usage.swappedPages());
        out.format("Swap performance: %d attempts\t %d successes\n", usage.swapAttempts(), usage.swapSuccesses());
    }

    @Override
    void showDetails(SharedMemoryStatus segment) {
        IpcPermissions permissions = segment.permissions();
        out.format("Shared memory Segment shmid=%d\n", segment.id());
        out.format(
                "uid=%d\tgid=%d\tcuid=%d\tcgid=%d\n",
                permissions.ownerUid(), permissions.ownerGid(), permissions.creatorUid(), permissions.creatorGid());
        out.format("mode=%s\taccess_perms=%s\n", octal(mode(segment)), octal(access(segment)));
        out.format(
                "%s\tlpid=%d\tcpid=%d\tnattch=%d\n",
                sizes == Sizes.HUMAN ? "size=" + Sizes.human(segment.byteSize()) : "bytes=" + segment.byteSize(),
                segment.lastPid(),
                segment.creatorPid(),
                segment.attachCount());
        out.format("att_time=%-26s\n", dateAndTime(segment.lastAttached()));
        out.format("det_time=%-26s\n", dateAndTime(segment.lastDetached()));
        out.format("change_time=%-26s\n", dateAndTime(Optional.of(segment.lastChanged())));
    }

    /** The mode word, made again from what the status says of it. */
    private static int mode(SharedMemoryStatus segment) {
        return SharedMemoryObject.mode(
                segment.permissions().permissions(), segment.markedForRemoval(), segment.locked());
    }

    /** Unsigned; the largest multiple of {@code unit}, a power of two, below 2^64 if the product does not fit. */
    private static long product(long count, long unit) {
        return Math.unsignedMultiplyHigh(count, unit) == 0 ? count * unit : -unit;
    }
}
