package org.chagres.memory;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.pipe.Pipe;

/** Maps files of a file system that is full; in a mount name space where /dev/shm is one of a MiB. */
final class FullFileSystemProgram {
    private static final int PIECE = 4096;
    private static final long MUCH = 4 << 20;

    private FullFileSystemProgram() {}

    @FunctionalInterface
    private interface Action {
        void make() throws Exception;
    }

    private static void tell(String what, Action action) throws Exception {
        try {
            action.make();
            System.out.println(what + ": ok");
        } catch (ErrnoException failure) {
            System.out.println(what + ": " + failure.errno());
        }
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of("/dev/shm");
        tell("create", () -> MappedMemory.create(folder.resolve("created"), MUCH));
        tell("openOrCreate", () -> MappedMemory.openOrCreate(folder.resolve("created"), MUCH));
        tell("POSIX", () -> PosixSharedMemory.create("posix", MUCH));
        try (var files = Files.list(folder)) {
            System.out.println("left: " + files.toList());
        }
        sparse(folder.resolve("sparse"));
    }

    private static void sparse(Path file) throws IOException, Exception {
        try (Descriptor descriptor = Descriptor.open(
                file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            descriptor.truncate(MUCH);
        }
        MappedMemory memory = MappedMemory.open(file);
        MemorySegment piece = MemorySegment.ofArray(new byte[PIECE]);
        long offset = 0;
        try {
            for (; offset < MUCH; offset += PIECE) {
                memory.put(offset, piece);
            }
        } catch (ErrnoException full) {
            System.out.println("put: " + full.errno() + " " + (offset > 0));
        }
        long missing = offset;
        MemorySegment hole = memory.segment().asSlice(missing, PIECE);
        tell("get", () -> memory.get(missing, piece));
        tell("get of what is there", () -> memory.get(0, piece));
        tell("populate", () -> memory.advise(Advice.POPULATE_WRITE, missing, PIECE));
        tell("lock", () -> memory.lockInMemory(missing, PIECE));
        tell("flush", memory::flush);
        try (Pipe pipe = Pipe.create()) {
            tell("write", () -> pipe.sink().write(hole));
            tell("write several", () -> pipe.sink().write(List.of(hole, piece)));
            pipe.sink().write(new byte[PIECE]);
            tell("read", () -> pipe.source().read(hole));
            tell("read into several", () -> pipe.source().read(List.of(hole, piece)));
        }
    }
}
