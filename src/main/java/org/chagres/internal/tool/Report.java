package org.chagres.internal.tool;

import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.chagres.ErrnoException;
import org.chagres.IpcPermissions;
import org.chagres.internal.resource.FileModes;

/**
 * What {@code ipcs} shows of one kind of objects.
 *
 * @param <T> the status of one object
 */
abstract sealed class Report<T> permits SharedMemoryReport, SemaphoreReport {
    private static final String DATE_AND_TIME = "EEE MMM ppd HH:mm:ss yyyy";

    final Formatter out;

    Report(Formatter out) {
        this.out = out;
    }

    /** Lists all objects, or shows the numbers of the whole, in the form that is named as its option. */
    final void show(String output) throws ErrnoException {
        switch (output) {
            case "time" -> showTimes();
            case "pid" -> showProcesses();
            case "creator" -> showOwners();
            case "limits" -> showLimits();
            case "summary" -> showUsage();
            default -> showList();
        }
    }

    /**
     * Shows the details of one object; answers whether there is one. It is looked for in the kernel's table and not by
     * {@code IPC_STAT}, so that one this user may not read is found too.
     */
    final boolean showOne(int id) throws IOException, InterruptedException {
        for (T object : objects()) {
            if (id(object) == id) {
                showDetails(object);
                return true;
            }
        }
        return false;
    }

    abstract List<T> objects() throws ErrnoException;

    abstract int id(T object);

    abstract IpcPermissions permissions(T object);

    abstract void showList() throws ErrnoException;

    abstract void showTimes() throws ErrnoException;

    abstract void showProcesses() throws ErrnoException;

    abstract void showOwners() throws ErrnoException;

    abstract void showLimits() throws ErrnoException;

    abstract void showUsage() throws ErrnoException;

    abstract void showDetails(T object) throws IOException, InterruptedException;

    final void showOwners(String title, String idName) throws ErrnoException {
        List<T> objects = objects();
        Names users = Names.ofUsers();
        Names groups = Names.ofGroups();
        heading(title);
        out.format("%-10s %-10s %-10s %-10s %-10s %-10s\n", idName, "perms", "cuid", "cgid", "uid", "gid");
        for (T object : objects) {
            IpcPermissions permissions = permissions(object);
            out.format(
                    "%-10d %-10o %-10s %-10s %-10s %-10s\n",
                    id(object),
                    access(object),
                    users.of(permissions.creatorUid()),
                    groups.of(permissions.creatorGid()),
                    users.of(permissions.ownerUid()),
                    groups.of(permissions.ownerGid()));
        }
    }

    final void heading(String title) {
        out.format("------ %s --------\n", title);
    }

    final String owner(T object, Names users) {
        return users.of(permissions(object).ownerUid());
    }

    final int access(T object) {
        return FileModes.toMode(permissions(object).permissions());
    }

    /** As {@code %#o} of C, which gives 0 no second zero. */
    static String octal(int mode) {
        return mode == 0 ? "0" : "0" + Integer.toOctalString(mode);
    }

    /** As {@code ctime(3)} gives it. */
    static String dateAndTime(Optional<Instant> time) {
        return text(time, DATE_AND_TIME);
    }

    /** Local time, in the names of the C locale. */
    static String text(Optional<Instant> time, String pattern) {
        DateTimeFormatter format =
                DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).withZone(ZoneId.systemDefault());
        return time.map(format::format).orElse("Not set");
    }
}
