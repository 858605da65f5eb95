package org.chagres.internal.tool;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Formatter;
import java.util.List;
import java.util.Optional;
import org.chagres.ErrnoException;
import org.chagres.IpcPermissions;
import org.chagres.inspect.SemaphoreLimits;
import org.chagres.inspect.SemaphoreTable;
import org.chagres.inspect.SemaphoreUsage;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.semaphore.SemaphoreSetStatus;
import org.chagres.semaphore.SemaphoreStatus;

/** {@code ipcs -s}. */
final class SemaphoreReport extends Report<SemaphoreSetStatus> {

    SemaphoreReport(Formatter out) {
        super(out);
    }

    @Override
    List<SemaphoreSetStatus> objects() throws ErrnoException {
        return SemaphoreTable.sets();
    }

    @Override
    int id(SemaphoreSetStatus set) {
        return set.id();
    }

    @Override
    IpcPermissions permissions(SemaphoreSetStatus set) {
        return set.permissions();
    }

    @Override
    void showList() throws ErrnoException {
        List<SemaphoreSetStatus> sets = objects();
        Names users = Names.ofUsers();
        heading("Semaphore Arrays");
        out.format("%-10s %-10s %-10s %-10s %-10s\n", "key", "semid", "owner", "perms", "nsems");
        for (SemaphoreSetStatus set : sets) {
            out.format(
                    "%-10s %-10d %-10.10s %-10o %-10d\n",
                    set.key(), set.id(), owner(set, users), access(set), set.size());
        }
    }

    @Override
    void showTimes() throws ErrnoException {
        List<SemaphoreSetStatus> sets = objects();
        Names users = Names.ofUsers();
        heading("Semaphore Operation/Change Times");
        out.format("%-8s %-10s %-26s %-26s\n", "semid", "owner", "last-op", "last-changed");
        for (SemaphoreSetStatus set : sets) {
            out.format(
                    "%-8d %-10.10s  %-26s %-26s\n",
                    set.id(),
                    owner(set, users),
                    dateAndTime(set.lastOperation()),
                    dateAndTime(Optional.of(set.lastChanged())));
        }
    }

    /** Nothing, as util-linux: the kernel knows the last process of each semaphore, but none of a set. */
    @Override
    void showProcesses() {}

    @Override
    void showOwners() throws ErrnoException {
        showOwners("Semaphore Arrays Creators/Owners", "semid");
    }

    @Override
    void showLimits() throws ErrnoException {
        SemaphoreLimits limits = SemaphoreTable.limits();
        heading("Semaphore Limits");
        out.format("max number of arrays = %d\n", limits.maxSets());
        out.format("max semaphores per array = %d\n", limits.maxSetSize());
        out.format("max semaphores system wide = %d\n", limits.maxSemaphores());
        out.format("max ops per semop call = %d\n", limits.maxOperations());
        out.format("semaphore max value = %d\n", limits.maxValue());
    }

    @Override
    void showUsage() throws ErrnoException {
        SemaphoreUsage usage = SemaphoreTable.usage();
        heading("Semaphore Status");
        out.format("used arrays = %d\n", usage.sets());
        out.format("allocated semaphores = %d\n", usage.semaphores());
    }

    @Override
    void showDetails(SemaphoreSetStatus set) throws IOException, InterruptedException {
        List<SemaphoreStatus> semaphores = semaphores(set.id());
        IpcPermissions permissions = set.permissions();
        out.format("Semaphore Array semid=%d\n", set.id());
        out.format(
                "uid=%d\t gid=%d\t cuid=%d\t cgid=%d\n",
                permissions.ownerUid(), permissions.ownerGid(), permissions.creatorUid(), permissions.creatorGid());
        out.format("mode=%s, access_perms=%s\n", octal(access(set)), octal(access(set)));
        out.format("nsems = %d\n", set.size());
        out.format("otime = %-26s\n", dateAndTime(set.lastOperation()));
        out.format("ctime = %-26s\n", dateAndTime(Optional.of(set.lastChanged())));
        out.format("%-10s %-10s %-10s %-10s %-10s\n", "semnum", "value", "ncount", "zcount", "pid");
        for (int number = 0; number < semaphores.size(); number++) {
            SemaphoreStatus semaphore = semaphores.get(number);
            out.format(
                    "%-10d %-10d %-10d %-10d %-10d\n",
                    number,
                    semaphore.value(),
                    semaphore.waitingForIncrease(),
                    semaphore.waitingForZero(),
                    semaphore.lastPid());
        }
    }

    private static List<SemaphoreStatus> semaphores(int id) throws IOException, InterruptedException {
        try (SemaphoreSet set = SemaphoreSet.builder().acceptUninitialized().open(id)) {
            List<SemaphoreStatus> semaphores = new ArrayList<>();
            for (int number = 0; number < set.size(); number++) {
                semaphores.add(set.semaphore(number).status());
            }
            return semaphores;
        }
    }
}
