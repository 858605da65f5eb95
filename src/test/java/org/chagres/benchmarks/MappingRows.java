package org.chagres.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.chagres.Descriptor;
import org.chagres.file.LockKind;
import org.chagres.file.LockMode;
import org.chagres.file.RecordLock;
import org.chagres.internal.syscall.LockCalls;
import org.chagres.internal.syscall.MappingCalls;
import org.chagres.internal.view.DescriptorView;
import org.chagres.memory.Access;
import org.chagres.memory.MappedMemory;
import org.chagres.memory.MappedMemoryBuilder;
import org.chagres.memory.MemoryFile;
import org.chagres.memory.Seal;

/** Mapped memory, and locks on files. */
final class MappingRows {
    private static final int PAGE = 4096;
    private static final int PAGES = 256 * PAGE;
    private static final int LARGE_FILE = 64 << 20;
    private static final int LARGE = 1 << 20;
    private static final int LARGE_COPY = 16 << 20;
    private static final int LARGEST = 256 << 20;
    private static final int RECORDS = 4096;

    static final List<Row> ALL = List.of(
            new Row("map", "4 KiB of new memory mapped and unmapped", MappingRows::map),
            new Row("map-file", "a file of 4 KiB mapped and unmapped", MappingRows::mapFile),
            new Row("touch", "1 MiB of new memory mapped, each of 256 pages written to", MappingRows::touch),
            new Row("touch-file", "a file of 1 MiB mapped, each of 256 pages read", MappingRows::touchFile),
            new Row("copy-64", "64 bytes out of a sealed memory file and into it", (to, c) -> copy(to, c, 64)),
            new Row("copy-4k", "4 KiB", (to, c) -> copy(to, c, PAGE)),
            new Row("copy-64k", "64 KiB", (to, c) -> copy(to, c, 64 << 10)),
            new Row("copy-1m", "1 MiB", (to, c) -> copy(to, c, LARGE)),
            new Row("copy-16m", "16 MiB", (to, c) -> copy(to, c, LARGE_COPY)),
            new Row("copy-256m", "256 MiB", (to, c) -> copy(to, c, LARGEST)),
            new Row("checked-64", "64 bytes, where a page may be missing", (to, c) -> copyChecked(to, c, 64)),
            new Row("checked-4k", "4 KiB", (to, c) -> copyChecked(to, c, PAGE)),
            new Row("checked-64k", "64 KiB", (to, c) -> copyChecked(to, c, 64 << 10)),
            new Row("checked-1m", "1 MiB", (to, c) -> copyChecked(to, c, LARGE)),
            new Row("checked-256m", "256 MiB", (to, c) -> copyChecked(to, c, LARGEST)),
            new Row("scan", "the sum of the longs of a file of 64 MiB", MappingRows::scan),
            new Row("records", "the fields of 4,096 records of 32 bytes read and written", MappingRows::records),
            new Row("flush", "one page written to and flushed to the disk", (to, c) -> flush(to, c, PAGE)),
            new Row("flush-1m", "256 pages", (to, c) -> flush(to, c, PAGES)),
            new Row("flush-call", "a page of a memory file, which has no disk", MappingRows::flushCall),
            new Row("lock", "a file locked and unlocked, F_OFD_SETLK", MappingRows::lockDescription),
            new Row("lock-posix", "the same, F_SETLK", MappingRows::lockProcess),
            new Row("lock-flock", "the same, flock", MappingRows::lockWhole));

    private static final double GOAL = 1.05;
    /** As for attaching shared memory. */
    private static final int ARENA_BYTES = 64;

    private static final String C_IN = "C, memcpy into it";
    private static final String C_CHECKED_IN = "C, process_vm_writev";
    private static final String C_POPULATE = "C, populate";
    private static final String C_MAPPED = "C, mapped once";

    private MappingRows() {}

    // Mapping and unmapping.

    private static List<Result> map(Comparison comparison, CLibrary c) throws Throwable {
        return comparison
                .add("C", c.loop("loop_map", PAGE))
                .add(
                        "anonymous(size, confined arena)",
                        MappingRows::arenas,
                        Goal.ratio(GOAL).andBytes(ARENA_BYTES))
                .add("the same calls, no arena", MappingRows::calls, Goal.bytes(0))
                .add("anonymous(size), close()", MappingRows::objects)
                .measure();
    }

    private static long arenas(long n) throws IOException {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            try (Arena arena = Arena.ofConfined()) {
                sum += MappedMemory.builder().anonymous(PAGE, arena).byteSize();
            }
        }
        return sum;
    }

    private static long objects(long n) throws IOException {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            try (MappedMemory memory = MappedMemory.anonymous(PAGE)) {
                sum += memory.byteSize();
            }
        }
        return sum;
    }

    private static long calls(long n) {
        int access = MappingCalls.PROT_READ | MappingCalls.PROT_WRITE;
        int flags = MappingCalls.MAP_PRIVATE | MappingCalls.MAP_ANONYMOUS;
        long sum = 0;
        for (long i = 0; i < n; i++) {
            long address = MappingCalls.mmap(0, PAGE, access, flags, -1, 0);
            if (address < 0 || MappingCalls.munmap(address, PAGE) < 0) {
                throw new AssertionError("mmap fails");
            }
            sum += address & 0xff;
        }
        return sum;
    }

    private static List<Result> mapFile(Comparison comparison, CLibrary c) throws Throwable {
        try (TemporaryFile file = new TemporaryFile(PAGE)) {
            return comparison
                    .add("C: fstat, mmap, munmap", c.loop("loop_map_file", file.number()))
                    .add("C, the size known", c.loop("loop_map_file", file.number(), PAGE))
                    .add(
                            "map(file, confined arena)",
                            file::arenas,
                            Goal.ratio(GOAL).andBytes(ARENA_BYTES))
                    .add("map(file), close()", file::objects)
                    .add("FileChannel.map, confined arena", file::channelArenas)
                    .measure();
        }
    }

    // The first touch of each page.

    private static List<Result> touch(Comparison comparison, CLibrary c) throws Throwable {
        return comparison
                .add("C", c.loop("loop_touch", PAGES))
                .add(C_POPULATE, c.loop("loop_touch", PAGES, 1))
                .add("anonymous(size, confined arena)", n -> touches(n, MappedMemory.builder()), Goal.ratio(GOAL))
                .add(
                        "... populate()",
                        n -> touches(n, MappedMemory.builder().populate()),
                        Goal.NONE.andRatioTo(C_POPULATE, GOAL))
                .add("anonymous(size), close()", MappingRows::touchesOfObjects)
                .measure();
    }

    private static long touches(long n, MappedMemoryBuilder builder) throws IOException {
        for (long i = 0; i < n; i++) {
            try (Arena arena = Arena.ofConfined()) {
                writeEachPage(builder.anonymous(PAGES, arena));
            }
        }
        return n;
    }

    private static long touchesOfObjects(long n) throws IOException {
        for (long i = 0; i < n; i++) {
            try (MappedMemory memory = MappedMemory.anonymous(PAGES)) {
                writeEachPage(memory.segment());
            }
        }
        return n;
    }

    private static void writeEachPage(MemorySegment memory) {
        for (long at = 0; at < memory.byteSize(); at += PAGE) {
            memory.set(JAVA_BYTE, at, (byte) 1);
        }
    }

    private static List<Result> touchFile(Comparison comparison, CLibrary c) throws Throwable {
        try (TemporaryFile file = new TemporaryFile(PAGES)) {
            return comparison
                    .add("C", c.loop("loop_touch_file", file.number()))
                    .add(C_POPULATE, c.loop("loop_touch_file", file.number(), 1))
                    .add("map(file, confined arena)", n -> file.touches(n, MappedMemory.builder()), Goal.ratio(GOAL))
                    .add(
                            "... populate()",
                            n -> file.touches(n, MappedMemory.builder().populate()),
                            Goal.NONE.andRatioTo(C_POPULATE, GOAL))
                    .add("map(file), close()", file::touchesOfObjects)
                    .add("FileChannel.map, confined arena", file::touchesOfChannel)
                    .measure();
        }
    }

    private static long readEachPage(MemorySegment memory) {
        long sum = 0;
        for (long at = 0; at < memory.byteSize(); at += PAGE) {
            sum += memory.get(JAVA_BYTE, at);
        }
        return sum;
    }

    // Copies.

    private static List<Result> copy(Comparison comparison, CLibrary c, int byteSize) throws Throwable {
        try (Copies copies = new Copies(byteSize, true)) {
            // Less goes by the kernel, as the other side's pages may be missing, and more looks whether they can be.
            boolean byMemcpy = byteSize >= LARGE_COPY;
            return comparison
                    .add("C, memcpy out of it", c.loop("loop_copy", copies.local(), copies.mapped(), byteSize))
                    .add(C_IN, c.loop("loop_copy", copies.mapped(), copies.local(), byteSize))
                    .add("copy out of segment()", copies::out, goal(byteSize))
                    .add("copy into segment()", copies::in, goal(byteSize, C_IN))
                    .add("get()", copies::get, byMemcpy ? goal(byteSize) : bytes(Goal.NONE, byteSize))
                    .add("put()", copies::put, byMemcpy ? goal(byteSize, C_IN) : bytes(Goal.NONE, byteSize))
                    .add("get() into an array", copies::getArray)
                    .measure();
        }
    }

    private static List<Result> copyChecked(Comparison comparison, CLibrary c, int byteSize) throws Throwable {
        try (Copies copies = new Copies(byteSize, false)) {
            long local = copies.local();
            long mapped = copies.mapped();
            return comparison
                    .add("C, process_vm_readv", c.loop("loop_copy_checked_out", local, mapped, byteSize))
                    .add(C_CHECKED_IN, c.loop("loop_copy_checked_in", local, mapped, byteSize))
                    .add("get()", copies::get, goal(byteSize))
                    .add("put()", copies::put, goal(byteSize, C_CHECKED_IN))
                    .add("get() into an array", copies::getArray)
                    .measure();
        }
    }

    private static Goal goal(int byteSize) {
        return bytes(byteSize < PAGE ? Goal.NONE : Goal.ratio(GOAL), byteSize);
    }

    private static Goal goal(int byteSize, String ofC) {
        return bytes(byteSize < PAGE ? Goal.NONE : Goal.NONE.andRatioTo(ofC, GOAL), byteSize);
    }

    /** Of large copies a batch has a few, which is too few for its own bytes not to show. */
    private static Goal bytes(Goal goal, int byteSize) {
        return byteSize < LARGE ? goal.andBytes(0) : goal;
    }

    /** A mapped memory file, and as much memory of this thread's. */
    private static final class Copies implements AutoCloseable {
        private final Arena arena = Arena.ofConfined();
        private final MemorySegment local;
        private final byte[] array;
        private final MappedMemory memory;

        Copies(int byteSize, boolean sealed) throws IOException {
            // Half a page away from the mapping's place in its page: a load from where a store to the same place in
            // another page is on its way waits for that, which would show luck and no copy.
            local = arena.allocate(byteSize + PAGE / 2, PAGE).asSlice(PAGE / 2, byteSize);
            array = new byte[byteSize];
            try (MemoryFile file = MemoryFile.create("benchmark", byteSize)) {
                if (sealed) {
                    file.seal(Seal.SHRINK);
                }
                memory = file.map();
            }
            memory.segment().fill((byte) 1); // memory that was never written to would all be one page
            local.fill((byte) 1);
        }

        long local() {
            return local.address();
        }

        long mapped() {
            return memory.segment().address();
        }

        long out(long n) {
            for (long i = 0; i < n; i++) {
                MemorySegment.copy(memory.segment(), 0, local, 0, local.byteSize());
            }
            return n;
        }

        long in(long n) {
            for (long i = 0; i < n; i++) {
                MemorySegment.copy(local, 0, memory.segment(), 0, local.byteSize());
            }
            return n;
        }

        long get(long n) throws IOException {
            for (long i = 0; i < n; i++) {
                memory.get(0, local);
            }
            return n;
        }

        long put(long n) throws IOException {
            for (long i = 0; i < n; i++) {
                memory.put(0, local);
            }
            return n;
        }

        long getArray(long n) throws IOException {
            MemorySegment heap = MemorySegment.ofArray(array);
            for (long i = 0; i < n; i++) {
                memory.get(0, heap);
            }
            return n;
        }

        @Override
        public void close() {
            memory.close();
            arena.close();
        }
    }

    // What is done with the memory.

    private static List<Result> scan(Comparison comparison, CLibrary c) throws Throwable {
        try (TemporaryFile file = new TemporaryFile(LARGE_FILE);
                MappedMemory mapped =
                        MappedMemory.builder().access(Access.READ_ONLY).map(file.descriptor)) {
            MemorySegment segment = mapped.segment();
            return comparison
                    .add("C", c.loop("loop_scan", file.number()))
                    .add("map(file, confined arena)", file::scans, Goal.ratio(GOAL))
                    .add("map(file), close()", file::scansOfObjects)
                    .add("FileChannel.map, confined arena", file::scansOfChannel)
                    .add("readAt() by 64 KiB", file::scansByReading)
                    .add(C_MAPPED, c.loop("loop_sum", segment.address(), LARGE_FILE))
                    .add("segment()", n -> sums(n, segment), Goal.NONE.andRatioTo(C_MAPPED, GOAL))
                    .measure();
        }
    }

    private static long sums(long n, MemorySegment memory) {
        long sum = 0;
        for (long i = 0; i < n; i++) {
            sum ^= sum(memory);
        }
        return sum;
    }

    private static long sum(MemorySegment numbers) {
        long sum = 0;
        for (long at = 0; at < numbers.byteSize(); at += Long.BYTES) {
            sum += numbers.get(JAVA_LONG, at);
        }
        return sum;
    }

    private static List<Result> records(Comparison comparison, CLibrary c) throws Throwable {
        long byteSize = RECORDS * Fields.BYTE_SIZE;
        try (TemporaryFile file = new TemporaryFile((int) byteSize);
                MappedMemory memory = MappedMemory.map(file.descriptor);
                Arena arena = Arena.ofConfined()) {
            MemorySegment shared = memory.segment();
            MemorySegment confined = MappedMemory.map(file.descriptor, arena);
            MemorySegment ofChannel = file.channel.map(MapMode.READ_WRITE, 0, byteSize, arena);
            return comparison
                    .add("C", c.loop("loop_records", shared.address(), RECORDS))
                    .add(
                            "map(file, confined arena)",
                            n -> Fields.ofEach(n, confined),
                            Goal.ratio(GOAL).andBytes(0))
                    .add(
                            "segment() in a variable",
                            n -> Fields.ofEach(n, shared),
                            Goal.ratio(GOAL).andBytes(0))
                    .add("FileChannel.map, confined arena", n -> Fields.ofEach(n, ofChannel))
                    .measure();
        }
    }

    /** {@code struct record} of {@code mapping.c}. */
    private static final class Fields {
        private static final MemoryLayout LAYOUT = MemoryLayout.structLayout(
                JAVA_INT.withName("id"),
                JAVA_SHORT.withName("kind"),
                JAVA_SHORT.withName("hits"),
                JAVA_LONG.withName("time"),
                JAVA_DOUBLE.withName("price"),
                JAVA_LONG.withName("volume"));

        static final long BYTE_SIZE = LAYOUT.byteSize();

        private static final VarHandle ID = field("id");
        private static final VarHandle KIND = field("kind");
        private static final VarHandle HITS = field("hits");
        private static final VarHandle TIME = field("time");
        private static final VarHandle PRICE = field("price");
        private static final VarHandle VOLUME = field("volume");

        private static VarHandle field(String name) {
            return LAYOUT.varHandle(MemoryLayout.PathElement.groupElement(name));
        }

        static long ofEach(long n, MemorySegment records) {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                for (long at = 0; at < records.byteSize(); at += BYTE_SIZE) {
                    sum += (int) ID.get(records, at) + (short) KIND.get(records, at);
                    HITS.set(records, at, (short) ((short) HITS.get(records, at) + 1));
                    TIME.set(records, at, (long) TIME.get(records, at) + i);
                    VOLUME.set(records, at, (long) VOLUME.get(records, at) + (long) (double) PRICE.get(records, at));
                }
            }
            return sum;
        }
    }

    private static List<Result> flush(Comparison comparison, CLibrary c, int byteSize) throws Throwable {
        try (TemporaryFile file = new TemporaryFile(byteSize);
                MappedMemory memory = MappedMemory.map(file.descriptor);
                Arena arena = Arena.ofConfined()) {
            MemorySegment ofChannel = file.channel.map(MapMode.READ_WRITE, 0, byteSize, arena);
            return comparison
                    .add("C", c.loop("loop_flush", memory.segment().address(), byteSize))
                    .add("flush()", n -> flushes(n, memory), Goal.ratio(GOAL))
                    .add("FileChannel.map, force()", n -> forces(n, ofChannel))
                    .measure();
        }
    }

    private static List<Result> flushCall(Comparison comparison, CLibrary c) throws Throwable {
        try (MemoryFile file = MemoryFile.create("benchmark", PAGE);
                MappedMemory memory = file.map()) {
            return comparison
                    .add("C", c.loop("loop_flush", memory.segment().address(), PAGE))
                    .add("flush()", n -> flushes(n, memory), Goal.ratio(GOAL).andBytes(0))
                    .measure();
        }
    }

    private static long flushes(long n, MappedMemory memory) throws IOException {
        for (long i = 0; i < n; i++) {
            MemorySegment segment = memory.segment();
            for (long at = 0; at < segment.byteSize(); at += PAGE) {
                segment.set(JAVA_LONG, at, i);
            }
            memory.flush();
        }
        return n;
    }

    private static long forces(long n, MemorySegment mapped) {
        for (long i = 0; i < n; i++) {
            for (long at = 0; at < mapped.byteSize(); at += PAGE) {
                mapped.set(JAVA_LONG, at, i);
            }
            mapped.force();
        }
        return n;
    }

    // Locks that nobody else has.

    private static List<Result> lockDescription(Comparison comparison, CLibrary c) throws Throwable {
        try (TemporaryFile file = new TemporaryFile(PAGE)) {
            return locks(comparison, c, "loop_lock_description", file, LockKind.OPEN_FILE_DESCRIPTION)
                    .add("... the same calls", n -> file.lockCalls(n, LockCalls.F_OFD_SETLK), Goal.bytes(0))
                    .measure();
        }
    }

    private static List<Result> lockProcess(Comparison comparison, CLibrary c) throws Throwable {
        try (TemporaryFile file = new TemporaryFile(PAGE)) {
            return locks(comparison, c, "loop_lock_process", file, LockKind.POSIX)
                    .add("... the same calls", n -> file.lockCalls(n, LockCalls.F_SETLK), Goal.bytes(0))
                    .add("FileChannel.tryLock, release", file::channelLocks)
                    .measure();
        }
    }

    private static List<Result> lockWhole(Comparison comparison, CLibrary c) throws Throwable {
        try (TemporaryFile file = new TemporaryFile(PAGE)) {
            return locks(comparison, c, "loop_lock_whole", file, LockKind.FLOCK).measure();
        }
    }

    private static Comparison locks(Comparison comparison, CLibrary c, String loop, TemporaryFile file, LockKind kind) {
        return comparison
                .add("C", c.loop(loop, file.number()))
                .add(
                        "tryLock(), close()",
                        n -> file.triedLocks(n, kind),
                        Goal.ratio(GOAL).andBytes(ARENA_BYTES))
                .add(
                        "lock(), close()",
                        n -> file.locks(n, kind),
                        Goal.ratio(GOAL).andBytes(ARENA_BYTES));
    }

    /** A file in the temporary folder that has no name, so that nothing can be left behind. */
    private static final class TemporaryFile implements AutoCloseable {
        private static final int PIECE = 64 << 10;

        final Descriptor descriptor;
        final FileChannel channel;

        TemporaryFile(int byteSize) throws IOException {
            Path path = Files.createTempFile("chagres-bench", null);
            try {
                Files.write(path, new byte[byteSize]);
                descriptor = Descriptor.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
                channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            } finally {
                Files.delete(path);
            }
        }

        /** As C knows it. */
        int number() {
            return DescriptorView.of(descriptor).ask(number -> number);
        }

        MemorySegment ofChannel(MapMode mode, Arena arena) throws IOException {
            return channel.map(mode, 0, channel.size(), arena);
        }

        long arenas(long n) throws IOException {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                try (Arena arena = Arena.ofConfined()) {
                    sum += MappedMemory.map(descriptor, arena).byteSize();
                }
            }
            return sum;
        }

        long objects(long n) throws IOException {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                try (MappedMemory memory = MappedMemory.map(descriptor)) {
                    sum += memory.byteSize();
                }
            }
            return sum;
        }

        long channelArenas(long n) throws IOException {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                try (Arena arena = Arena.ofConfined()) {
                    sum += ofChannel(MapMode.READ_WRITE, arena).byteSize();
                }
            }
            return sum;
        }

        long touches(long n, MappedMemoryBuilder builder) throws IOException {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                try (Arena arena = Arena.ofConfined()) {
                    sum += readEachPage(builder.map(descriptor, arena));
                }
            }
            return sum;
        }

        long touchesOfObjects(long n) throws IOException {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                try (MappedMemory memory = MappedMemory.map(descriptor)) {
                    sum += readEachPage(memory.segment());
                }
            }
            return sum;
        }

        long touchesOfChannel(long n) throws IOException {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                try (Arena arena = Arena.ofConfined()) {
                    sum += readEachPage(ofChannel(MapMode.READ_WRITE, arena));
                }
            }
            return sum;
        }

        long scans(long n) throws IOException {
            MappedMemoryBuilder builder = MappedMemory.builder().access(Access.READ_ONLY);
            long sum = 0;
            for (long i = 0; i < n; i++) {
                try (Arena arena = Arena.ofConfined()) {
                    sum ^= sum(builder.map(descriptor, arena));
                }
            }
            return sum;
        }

        long scansOfObjects(long n) throws IOException {
            MappedMemoryBuilder builder = MappedMemory.builder().access(Access.READ_ONLY);
            long sum = 0;
            for (long i = 0; i < n; i++) {
                try (MappedMemory memory = builder.map(descriptor)) {
                    sum ^= sum(memory.segment());
                }
            }
            return sum;
        }

        long scansOfChannel(long n) throws IOException {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                try (Arena arena = Arena.ofConfined()) {
                    sum ^= sum(ofChannel(MapMode.READ_ONLY, arena));
                }
            }
            return sum;
        }

        long scansByReading(long n) throws IOException {
            long sum = 0;
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment piece = arena.allocate(PIECE, PAGE);
                for (long i = 0; i < n; i++) {
                    long ofFile = 0;
                    for (long at = 0, read = 1; read > 0; at += read) {
                        read = descriptor.readAt(piece, at);
                        ofFile += read > 0 ? sum(piece.asSlice(0, read)) : 0;
                    }
                    sum ^= ofFile;
                }
            }
            return sum;
        }

        long triedLocks(long n, LockKind kind) throws IOException {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                try (RecordLock lock = RecordLock.builder(descriptor)
                        .kind(kind)
                        .tryLock(LockMode.EXCLUSIVE)
                        .orElseThrow()) {
                    sum += lock.isOpen() ? 1 : 0;
                }
            }
            return sum;
        }

        long locks(long n, LockKind kind) throws IOException, InterruptedException {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                try (RecordLock lock = RecordLock.builder(descriptor).kind(kind).lock(LockMode.EXCLUSIVE)) {
                    sum += lock.isOpen() ? 1 : 0;
                }
            }
            return sum;
        }

        long lockCalls(long n, int command) {
            int file = number();
            for (long i = 0; i < n; i++) {
                if (LockCalls.setLock(file, command, LockCalls.F_WRLCK, 0, 0) < 0
                        || LockCalls.setLock(file, command, LockCalls.F_UNLCK, 0, 0) < 0) {
                    throw new AssertionError("fcntl fails");
                }
            }
            return n;
        }

        long channelLocks(long n) throws IOException {
            long sum = 0;
            for (long i = 0; i < n; i++) {
                try (FileLock lock = channel.tryLock()) {
                    sum += lock.isValid() ? 1 : 0;
                }
            }
            return sum;
        }

        @Override
        public void close() throws IOException {
            channel.close();
            descriptor.close();
        }
    }
}
