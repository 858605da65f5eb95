package org.chagres.inspect;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.FileModes;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.semaphore.SemaphoreSetStatus;
import org.chagres.testing.Kernel;

/** What {@link SemaphoreTableTest} runs in other processes, and what it shares with them. */
final class SemaphoreTablePrograms {
    private SemaphoreTablePrograms() {}

    /** The sets, where the kernel's own list is the same. */
    static List<SemaphoreSetStatus> sameAsTheKernel() throws ErrnoException {
        return KernelTable.same(SemaphoreTable::sets, SemaphoreTablePrograms::kernelRow, Kernel::semaphores);
    }

    static SemaphoreSetStatus find(List<SemaphoreSetStatus> sets, int id) {
        return KernelTable.find(sets, SemaphoreSetStatus::id, id);
    }

    private static Kernel.IpcRow kernelRow(SemaphoreSetStatus set) {
        Map<String, Long> columns = new LinkedHashMap<>();
        columns.put("key", (long) set.key().value());
        columns.put("semid", (long) set.id());
        columns.put("nsems", (long) set.size());
        columns.putAll(KernelTable.users(set.permissions()));
        columns.put("otime", set.lastOperation().map(Instant::getEpochSecond).orElse(0L));
        columns.put("ctime", set.lastChanged().getEpochSecond());
        return new Kernel.IpcRow(columns, FileModes.toMode(set.permissions().permissions()));
    }

    /** Prints what another user finds of a set that is not for it. */
    static final class Somebody {
        private Somebody() {}

        public static void main(String[] arguments) throws Exception {
            int id = Integer.parseInt(arguments[0]);
            System.out.println("uid " + ProcessCalls.geteuid());
            try {
                System.out.println("status " + SemaphoreSet.status(id));
            } catch (ErrnoException refusal) {
                System.out.println("status " + refusal.errno());
            }
            System.out.println("listed " + find(sameAsTheKernel(), id));
        }
    }

    /** Prints the limits. */
    static final class Limits {
        private Limits() {}

        public static void main(String[] arguments) throws Exception {
            System.out.println(SemaphoreTable.limits());
        }
    }

    /** Prints the usage of an IPC namespace of its own, step by step. */
    static final class Usage {
        private Usage() {}

        public static void main(String[] arguments) throws Exception {
            print("nothing");
            int first = SemaphoreSet.create(IpcKey.PRIVATE, 1, 2, 3).id();
            print("one set");
            int second = SemaphoreSet.create(IpcKey.PRIVATE, new int[100]).id();
            print("another");
            SemaphoreSet.remove(first);
            print("without the first");
            SemaphoreSet.remove(second);
            print("gone");
        }

        private static void print(String step) throws ErrnoException {
            System.out.println(step + ": " + SemaphoreTable.usage());
        }
    }

    /** Prints which of its sets are listed, in an IPC namespace of its own whose table gets gaps. */
    static final class Gaps {
        private Gaps() {}

        public static void main(String[] arguments) throws Exception {
            List<Integer> ids = new ArrayList<>();
            print(ids);
            for (int i = 0; i < 4; i++) {
                ids.add(SemaphoreSet.create(IpcKey.PRIVATE, 1).id());
            }
            print(ids);
            for (int index : List.of(0, 2, 3, 1)) {
                SemaphoreSet.remove(ids.get(index));
                print(ids);
            }
        }

        private static void print(List<Integer> ids) throws ErrnoException {
            System.out.println(
                    sameAsTheKernel().stream().map(set -> ids.indexOf(set.id())).toList());
        }
    }
}
