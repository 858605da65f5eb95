package org.chagres.inspect;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.chagres.ErrnoException;
import org.chagres.IpcPermissions;
import org.chagres.testing.Kernel.IpcRow;

/** Compares a table of the library's with the kernel's own. */
final class KernelTable {
    private KernelTable() {}

    /** Lists all that the library sees. */
    interface Listing<S> {
        List<S> all() throws ErrnoException;
    }

    /**
     * What is listed, where the kernel's own list is the same. Others may use theirs between the two looks, so a
     * difference counts only if it stays.
     */
    static <S> List<S> same(Listing<S> listing, Function<S, IpcRow> row, Supplier<List<IpcRow>> kernel)
            throws ErrnoException {
        AssertionError difference = null;
        for (int attempt = 0; attempt < 100; attempt++) {
            List<S> listed = listing.all();
            List<IpcRow> ours = listed.stream().map(row).toList();
            List<IpcRow> theirs = kernel.get();
            if (ours.equals(theirs)) {
                return listed;
            }
            difference = new AssertionError("the kernel has " + theirs + " and we have " + ours);
        }
        throw difference;
    }

    /** The one of an identifier. */
    static <S> S find(List<S> listed, Function<S, Integer> idOf, int id) {
        return listed.stream()
                .filter(one -> idOf.apply(one) == id)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no id " + id + " in " + listed));
    }

    /** The columns of owner and creator. */
    static Map<String, Long> users(IpcPermissions permissions) {
        Map<String, Long> columns = new LinkedHashMap<>();
        columns.put("uid", permissions.ownerUid());
        columns.put("gid", permissions.ownerGid());
        columns.put("cuid", permissions.creatorUid());
        columns.put("cgid", permissions.creatorGid());
        return columns;
    }
}
