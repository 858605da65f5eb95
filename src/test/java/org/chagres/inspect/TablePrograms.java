package org.chagres.inspect;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.FileModes;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.memory.PageSize;
import org.chagres.memory.SharedMemory;
import org.chagres.memory.SharedMemoryStatus;
import org.chagres.testing.Kernel;

/** What {@link SharedMemoryTableTest} runs in other processes, and what it shares with them. */
final class TablePrograms {
    private TablePrograms() {}

    /** The segments, where the kernel's own list is the same. */
    static List<SharedMemoryStatus> sameAsTheKernel() throws ErrnoException {
        return KernelTable.same(SharedMemoryTable::segments, TablePrograms::kernelRow, TablePrograms::kernelRows);
    }

    static SharedMemoryStatus find(List<SharedMemoryStatus> segments, int id) {
        return KernelTable.find(segments, SharedMemoryStatus::id, id);
    }

    private static List<Kernel.IpcRow> kernelRows() {
        return Kernel.sharedMemory().stream()
                .map(row -> {
                    Map<String, Long> columns = new LinkedHashMap<>(row.columns());
                    columns.keySet().removeAll(List.of("rss", "swap")); // no part of struct shmid_ds
                    return new Kernel.IpcRow(columns, row.mode());
                })
                .toList();
    }

    private static Kernel.IpcRow kernelRow(SharedMemoryStatus segment) {
        int mode = FileModes.toMode(segment.permissions().permissions())
                | (segment.markedForRemoval() ? 01000 : 0)
                | (segment.locked() ? 02000 : 0);
        Map<String, Long> columns = new LinkedHashMap<>();
        columns.put("key", (long) segment.key().value());
        columns.put("shmid", (long) segment.id());
        columns.put("size", segment.byteSize());
        columns.put("cpid", (long) segment.creatorPid());
        columns.put("lpid", (long) segment.lastPid());
        columns.put("nattch", segment.attachCount());
        columns.putAll(KernelTable.users(segment.permissions()));
        columns.put(
                "atime",
                segment.lastAttached().map(time -> time.getEpochSecond()).orElse(0L));
        columns.put(
                "dtime",
                segment.lastDetached().map(time -> time.getEpochSecond()).orElse(0L));
        columns.put("ctime", segment.lastChanged().getEpochSecond());
        return new Kernel.IpcRow(columns, mode);
    }

    /** Prints what another user finds of a segment that is not for it. */
    static final class Somebody {
        private Somebody() {}

        public static void main(String[] arguments) throws Exception {
            int id = Integer.parseInt(arguments[0]);
            System.out.println("uid " + ProcessCalls.geteuid());
            try {
                System.out.println("status " + SharedMemory.status(id));
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
            System.out.println(SharedMemoryTable.limits());
        }
    }

    /** Prints the usage of an IPC namespace of its own, step by step. */
    static final class Usage {
        private Usage() {}

        public static void main(String[] arguments) throws Exception {
            int pageSize = PageSize.bytes();
            print("nothing");
            try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 4L * pageSize + 1)) {
                print("created");
                MemorySegment segment = memory.segment();
                segment.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
                segment.set(ValueLayout.JAVA_BYTE, 4L * pageSize, (byte) 1);
                print("touched");
                long resident = Kernel.sharedMemory(memory.id()).orElseThrow().get("rss");
                System.out.println("resident pages in /proc: " + resident / pageSize);
                SharedMemory.create(IpcKey.PRIVATE, 1).close();
                print("another");
                memory.remove();
                print("marked");
            }
            print("gone");
        }

        private static void print(String step) throws ErrnoException {
            System.out.println(step + ": " + SharedMemoryTable.usage());
        }
    }

    /** Prints which of its segments are listed, in an IPC namespace of its own whose table gets gaps. */
    static final class Gaps {
        private Gaps() {}

        public static void main(String[] arguments) throws Exception {
            List<Integer> ids = new ArrayList<>();
            print(ids);
            for (int i = 0; i < 4; i++) {
                try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 1)) {
                    ids.add(memory.id());
                }
            }
            print(ids);
            SharedMemory.remove(ids.get(0));
            SharedMemory.remove(ids.get(2));
            print(ids);
            SharedMemory.remove(ids.get(3));
            print(ids);
            SharedMemory.remove(ids.get(1));
            print(ids);
        }

        private static void print(List<Integer> ids) throws ErrnoException {
            System.out.println(sameAsTheKernel().stream()
                    .map(segment -> ids.indexOf(segment.id()))
                    .toList());
        }
    }
}
