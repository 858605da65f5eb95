package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.chagres.Descriptor;
import org.chagres.inspect.PosixSharedMemoryStatus;
import org.chagres.inspect.PosixSharedMemoryTable;
import org.chagres.memory.Access;
import org.chagres.memory.MappedMemory;
import org.chagres.memory.MemoryFile;
import org.chagres.memory.PosixSharedMemory;
import org.chagres.memory.Seal;
import org.chagres.process.ChildProcess;
import org.chagres.process.Completed;
import org.chagres.process.Redirect;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.semaphore.SemaphoreSet;

/** The tour's chapter on mapped files, memory files, and POSIX shared memory. */
final class MappedMemoryChapter implements Tour.Chapter {
    private static final long FAR = 5_000_000_001L; // neither where a page begins nor within 4 GiB

    /** Maps a file, says what number it begins with, and adds one to it. */
    private static final String PYTHON = """
            import mmap, struct, sys
            with open(sys.argv[1], "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
                number, = struct.unpack_from("=q", memory)
                print(number)
                struct.pack_into("=q", memory, 0, number + 1)
            """;

    /** Opens the object of a name, without having it unlinked at the end, and says what number it begins with. */
    private static final String PYTHON_OBJECT = """
            import struct, sys
            from multiprocessing import resource_tracker, shared_memory
            resource_tracker.register = lambda *of_no_interest: None
            memory = shared_memory.SharedMemory(sys.argv[1])
            print(*struct.unpack_from("=q", memory.buf))
            memory.close()
            """;

    @Override
    public void walk(Tour tour) throws Exception {
        Path folder =
                Tour.make(() -> Files.createTempDirectory("chagres-tour"), made -> () -> Files.deleteIfExists(made));
        Path file = Tour.make(() -> folder.resolve("counter"), made -> () -> Files.deleteIfExists(made));
        count(tour, file);
        turns(tour, file);
        part(tour, Tour.make(() -> folder.resolve("large"), made -> () -> Files.deleteIfExists(made)));
        shorter(tour, file);
        sealed(tour);
        named(tour);
    }

    private static void count(Tour tour, Path file) throws Exception {
        tour.say("A counter in a file: each time the file is mapped, one is added. The first time there is no file.");
        tour.see("three times", List.of(countedUp(file), countedUp(file), countedUp(file)), List.of(1L, 2L, 3L));
        tour.see("permissions", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)), "rw-------");
        if (!Tour.isInstalled("python3")) {
            tour.say("(There is no python3 here, so no Python process joins.)");
            return;
        }
        tour.say("A Python process maps it at the same time, reads, and adds one. It is the same memory.");
        MemorySegment segment;
        try (MappedMemory memory = MappedMemory.open(file)) {
            segment = memory.segment();
            tour.see("Python read", Tour.output(Tour.python(PYTHON, file)), "3");
            tour.see("Java reads", segment.get(JAVA_LONG, 0), 4L);
        }
        tour.see("using it after close", Tour.outcome(() -> segment.get(JAVA_LONG, 0)), "IllegalStateException");
    }

    private static long countedUp(Path file) throws IOException {
        // @start region="map"
        try (MappedMemory memory = MappedMemory.openOrCreate(file, 4096)) {
            MemorySegment segment = memory.segment();
            long count = segment.get(JAVA_LONG, 0) + 1; // a new file is all zeros
            segment.set(JAVA_LONG, 0, count); // in the file at once, for whoever reads or maps it
            memory.flush(); // and now on the disk
            return count;
        } // unmaps; the file stays
        // @end
    }

    private static void turns(Tour tour, Path file) throws Exception {
        tour.say("Two JVMs map it and add 1 to its number 2000 times each. A semaphore makes them take turns.");
        long before = TurnsOnAFile.number(file);
        try (ProcessSemaphore turn = Tour.make(
                () -> TurnsOnAFile.turn(file),
                made -> () -> SemaphoreSet.remove(made.set().id()))) {
            Process one = Tour.java(TurnsOnAFile.class, "count", file, 2000);
            Process two = Tour.java(TurnsOnAFile.class, "count", file, 2000);
            tour.see("the first ends well", Tour.output(one), "");
            tour.see("the second too", Tour.output(two), "");
            tour.see("more than before", TurnsOnAFile.number(file) - before, 4000L);
            tour.see("permits of the semaphore", turn.availablePermits(), 1);
        }
    }

    private static void part(Tour tour, Path file) throws Exception {
        tour.say("Eight bytes of a large file (it is sparse, and takes no room), at an offset of 5 GB and one byte.");
        try (Descriptor large = Descriptor.open(file, CREATE_NEW, READ, WRITE)) {
            large.writeAt(MemorySegment.ofArray(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}), FAR);
        }
        tour.see("their sum", sumOfEight(file, FAR), 36L);
        tour.see("a write to it", readOnly(file), "IllegalArgumentException");
    }

    private static long sumOfEight(Path file, long offset) throws IOException {
        long sum = 0;
        // @start region="builder"
        try (MappedMemory memory = MappedMemory.builder()
                .access(Access.READ_ONLY)
                .offset(offset) // any; the pages are the library's business
                .byteSize(8)
                .open(file)) {
            for (long i = 0; i < memory.byteSize(); i++) {
                sum += memory.segment().get(JAVA_BYTE, i);
            }
        }
        // @end
        return sum;
    }

    private static String readOnly(Path file) throws IOException {
        try (MappedMemory memory =
                MappedMemory.builder().access(Access.READ_ONLY).byteSize(8).open(file)) {
            return Tour.outcome(() -> memory.segment().set(JAVA_LONG, 0, 1));
        }
    }

    private static void shorter(Tour tour, Path file) throws Exception {
        tour.say("Somebody makes the file shorter while it is mapped. A plain access could end the JVM now.");
        try (Descriptor descriptor = Descriptor.open(file, READ, WRITE);
                MappedMemory memory = MappedMemory.map(descriptor)) {
            MemorySegment copy = MemorySegment.ofArray(new byte[8]);
            tour.see("a checked copy before", Tour.outcome(() -> memory.get(0, copy)), "it worked");
            descriptor.truncate(0);
            tour.see("a checked copy after", Tour.outcome(() -> memory.get(0, copy)), "EFAULT");
        }
    }

    private static void sealed(Tour tour) throws Exception {
        tour.say("A file that is nothing but memory, sealed: nobody changes it any more. A child gets it as number 3.");
        tour.see("the child read", sealedForAChild(), "42");
        try (MemoryFile file = MemoryFile.create("sealed", 4096)) {
            file.seal(Seal.SHRINK, Seal.GROW, Seal.WRITE);
            tour.see("writing to it", Tour.outcome(() -> file.descriptor().write(new byte[1])), "EPERM");
            tour.see("making it shorter", Tour.outcome(() -> file.resize(0)), "EPERM");
            tour.see("mapping it to write", Tour.outcome(() -> file.map().close()), "EPERM");
            tour.see(
                    "mapping it to read",
                    Tour.outcome(() -> file.map(Access.READ_ONLY).close()),
                    "it worked");
        }
    }

    private static String sealedForAChild() throws Exception {
        // @start region="memory-file"
        try (MemoryFile file = MemoryFile.create("answer", 4096)) {
            try (MappedMemory memory = file.map()) {
                memory.segment().setString(0, "42\n");
            }
            file.seal(Seal.SHRINK, Seal.GROW, Seal.WRITE); // nobody changes it from here on, this process neither
            Completed child = ChildProcess.command("head", "-n", "1", "/dev/fd/3")
                    .descriptor(3, Redirect.share(file.descriptor()))
                    .run();
            return child.text().strip();
        } // closes it; the memory goes with the last who has it
        // @end
    }

    private static void named(Tour tour) throws Exception {
        String name = "chagres-tour-" + ProcessHandle.current().pid();
        tour.say("POSIX shared memory under the name " + name + ".");
        try (PosixSharedMemory made =
                Tour.make(() -> PosixSharedMemory.create(name, 8192), memory -> () -> PosixSharedMemory.unlink(name))) {
            made.segment().set(JAVA_LONG, 0, 43);
            PosixSharedMemoryStatus row = PosixSharedMemoryTable.objects().stream()
                    .filter(object -> object.name().equals(name))
                    .findFirst()
                    .orElseThrow();
            tour.see("bytes, says the table", row.byteSize(), 8192L);
            tour.see(
                    "permissions",
                    row.permissions().equals(Set.copyOf(PosixFilePermissions.fromString("rw-------"))),
                    true);
            if (Tour.isInstalled("python3")) {
                tour.see("Python reads", Tour.output(Tour.python(PYTHON_OBJECT, name)), "43");
            }
            made.unlink();
            tour.see(
                    "opening it after unlink",
                    Tour.outcome(() -> PosixSharedMemory.open(name).close()),
                    "ENOENT");
            tour.see("its memory is still here", made.segment().get(JAVA_LONG, 0), 43L);
        }
        tour.see("shared with another process by its name, then unlinked", shared(name), "7");
    }

    private static String shared(String name) throws Exception {
        // @start region="posix"
        try (PosixSharedMemory memory = PosixSharedMemory.create(name, 4096)) {
            try {
                memory.segment().setString(0, "7"); // any process of this user that opens the name reads it
                return ChildProcess.command("cut", "-c", "1", "/dev/shm/" + name)
                        .run()
                        .text()
                        .strip();
            } finally {
                memory.unlink(); // it outlives its processes otherwise
            }
        }
        // @end
    }
}
