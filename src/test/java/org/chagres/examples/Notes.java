package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.chagres.Descriptor;
import org.chagres.FileRange;
import org.chagres.file.LockMode;
import org.chagres.file.RecordLock;
import org.chagres.memory.FlushMode;
import org.chagres.memory.MappedMemory;

/**
 * A list that stays: notes in a mapped file, each of which knows the one before it. {@code Notes add FILE TEXT…} adds
 * some; {@code Notes list FILE} prints all, the newest first. There are offsets in the file and no addresses, so it may
 * be mapped anywhere, and move when it grows:
 *
 * <pre>
 *    0  what makes it a file of notes
 *    8  offset of the newest note; 0 if there is none
 *   16  notes, one behind the other, each where a multiple of 8 is:
 *         +0  offset of the note before it; 0 if it is the first
 *         +8  bytes in its text
 *        +16  its text
 * </pre>
 *
 * One process at a time has it open, which a lock sees to.
 */
public final class Notes implements AutoCloseable {
    private static final long MAGIC = 0x6e_6f_74_65_73_30_31L;
    private static final long NEWEST = 8;
    private static final long FIRST = 16;
    private static final long PREVIOUS = 0; // in a note, as are the next two
    private static final long LENGTH = 8;
    private static final long TEXT = 16;
    private static final long BYTE_SIZE = 4096; // of a new file
    private static final VarHandle WORD = JAVA_LONG.varHandle();

    private final Descriptor file;
    private final MappedMemory memory;

    private Notes(Descriptor file, MappedMemory memory) {
        this.file = file;
        this.memory = memory;
    }

    // @start region="open"
    static Notes open(Path path) throws IOException {
        Descriptor file = Descriptor.open(path, CREATE, READ, WRITE);
        try {
            if (RecordLock.tryLock(file, LockMode.EXCLUSIVE).isEmpty()) { // ends when the file is closed
                throw new IllegalStateException("somebody else has " + path + " open");
            }
            if (file.byteSize() == 0) {
                file.allocate(FileRange.ALLOCATE, 0, BYTE_SIZE); // its room on the disk, so that no write fails later
            }
            return new Notes(file, checked(MappedMemory.map(file)));
        } catch (Throwable failure) {
            file.close();
            throw failure;
        }
    }
    // @end

    private static MappedMemory checked(MappedMemory memory) {
        long magic = memory.byteSize() < FIRST ? -1 : memory.segment().get(JAVA_LONG, 0);
        if (magic != MAGIC && magic != 0) {
            memory.close();
            throw new IllegalArgumentException(memory + " is no file of notes");
        }
        memory.segment().set(JAVA_LONG, 0, MAGIC); // a new file is all zeros
        return memory;
    }

    // @start region="add"
    void add(String text) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        long previous = memory.segment().get(JAVA_LONG, NEWEST);
        long offset = previous == 0 ? FIRST : end(previous);
        makeRoom(offset + TEXT + bytes.length);
        MemorySegment segment = memory.segment(); // only now: making room may have moved it
        segment.set(JAVA_LONG, offset + PREVIOUS, previous);
        segment.set(JAVA_LONG, offset + LENGTH, bytes.length);
        MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, offset + TEXT, bytes.length);
        memory.flush(FlushMode.SYNC, offset, TEXT + bytes.length);
        WORD.setRelease(segment, NEWEST, offset); // last: ended before it, the list is as it was
        memory.flush(FlushMode.SYNC, NEWEST, Long.BYTES);
    }

    private void makeRoom(long byteSize) throws IOException {
        if (byteSize > memory.byteSize()) {
            long larger = Math.max(byteSize, 2 * memory.byteSize());
            file.allocate(FileRange.ALLOCATE, 0, larger); // first the file,
            memory.resize(larger); // then the mapping
        }
    }
    // @end

    private long end(long note) {
        long end = note + TEXT + memory.segment().get(JAVA_LONG, note + LENGTH);
        return (end + Long.BYTES - 1) & -Long.BYTES;
    }

    // @start region="list"
    /** The newest first. An offset that leads out of the file is an exception, as any of a segment. */
    List<String> all() {
        MemorySegment segment = memory.segment();
        List<String> notes = new ArrayList<>();
        for (long note = segment.get(JAVA_LONG, NEWEST); note != 0; note = segment.get(JAVA_LONG, note + PREVIOUS)) {
            byte[] bytes = segment.asSlice(note + TEXT, segment.get(JAVA_LONG, note + LENGTH))
                    .toArray(JAVA_BYTE);
            notes.add(new String(bytes, UTF_8));
        }
        return notes;
    }
    // @end

    long byteSize() {
        return memory.byteSize();
    }

    @Override
    public void close() {
        memory.close();
        file.close(); // and gives the lock up
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            System.err.println("usage: Notes add FILE TEXT… | list FILE");
            System.exit(2);
        }
        try (Notes notes = open(Path.of(arguments[1]))) {
            switch (arguments[0]) {
                case "add" -> {
                    for (int i = 2; i < arguments.length; i++) {
                        notes.add(arguments[i]);
                    }
                }
                case "list" -> notes.all().forEach(System.out::println);
                default -> throw new IllegalArgumentException("no role " + arguments[0]);
            }
        }
    }
}
