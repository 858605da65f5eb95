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
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.FileRange;
import org.chagres.file.LockMode;
import org.chagres.file.RecordLock;
import org.chagres.memory.MappedMemory;

/**
 * {@link Notes} with addresses in place of offsets, as a C program has them that keeps its pointers in a file. It can
 * be used at the address where it was made alone: where that is taken, {@link #open} says so. {@code NotesAtAnAddress
 * add FILE TEXT…} adds some; {@code NotesAtAnAddress list FILE} prints all, the newest first.
 *
 * <pre>
 *    0  where the file is mapped
 *    8  address of the newest note; 0 if there is none
 *   16  where the next note comes
 *   24  notes, as in {@link Notes}, but each with the address of the note before it
 * </pre>
 */
public final class NotesAtAnAddress implements AutoCloseable {
    /** Of a new file. Far from where programs, their stacks and their heaps are; sure it is not. */
    static final long ADDRESS = 0x2000_0000_0000L;

    private static final long NEWEST = 8;
    private static final long NEXT = 16;
    private static final long FIRST = 24;
    private static final long PREVIOUS = 0; // in a note, as are the next two
    private static final long LENGTH = 8;
    private static final long TEXT = 16;
    private static final long BYTE_SIZE = 1 << 16;
    private static final VarHandle WORD = JAVA_LONG.varHandle();

    private final Descriptor file;
    private final MappedMemory memory;

    private NotesAtAnAddress(Descriptor file, MappedMemory memory) {
        this.file = file;
        this.memory = memory;
    }

    static NotesAtAnAddress open(Path path) throws IOException {
        Descriptor file = Descriptor.open(path, CREATE, READ, WRITE);
        try {
            if (RecordLock.tryLock(file, LockMode.EXCLUSIVE).isEmpty()) { // ends when the file is closed
                throw new IllegalStateException("somebody else has " + path + " open");
            }
            if (file.byteSize() == 0) {
                file.allocate(FileRange.ALLOCATE, 0, BYTE_SIZE);
            }
            return new NotesAtAnAddress(file, map(file));
        } catch (Throwable failure) {
            file.close();
            throw failure;
        }
    }

    // @start region="at"
    private static MappedMemory map(Descriptor file) throws IOException {
        MemorySegment word = MemorySegment.ofArray(new long[1]);
        file.readAt(word, 0);
        boolean isNew = word.get(JAVA_LONG, 0) == 0;
        long address = isNew ? ADDRESS : word.get(JAVA_LONG, 0);
        MappedMemory memory;
        try {
            memory = MappedMemory.builder().at(address).map(file);
        } catch (ErrnoException failure) {
            if (failure.errno() != Errno.EEXIST) {
                throw failure;
            }
            throw new IllegalStateException(
                    file + " has addresses in it, and can be used at 0x" + Long.toHexString(address)
                            + " alone, where this process has something else",
                    failure);
        }
        if (isNew) {
            memory.segment().set(JAVA_LONG, NEXT, address + FIRST);
            memory.segment().set(JAVA_LONG, 0, address);
        }
        return memory;
    }
    // @end

    // @start region="address"
    /** What is there, if it is in the file: whatever the file says, this leads nowhere else. */
    private MemorySegment at(long address, long byteSize) {
        MemorySegment segment = memory.segment();
        return segment.asSlice(address - segment.address(), byteSize);
    }
    // @end

    void add(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        MemorySegment segment = memory.segment();
        long address = segment.get(JAVA_LONG, NEXT);
        MemorySegment note = at(address, TEXT + bytes.length); // throws if there is no room
        note.set(JAVA_LONG, PREVIOUS, segment.get(JAVA_LONG, NEWEST));
        note.set(JAVA_LONG, LENGTH, bytes.length);
        MemorySegment.copy(bytes, 0, note, JAVA_BYTE, TEXT, bytes.length);
        WORD.setRelease(segment, NEXT, (address + note.byteSize() + Long.BYTES - 1) & -Long.BYTES);
        WORD.setRelease(segment, NEWEST, address);
    }

    /** The newest first. */
    List<String> all() {
        List<String> notes = new ArrayList<>();
        long address = memory.segment().get(JAVA_LONG, NEWEST);
        while (address != 0) {
            MemorySegment note = at(address, TEXT);
            byte[] bytes = at(address + TEXT, note.get(JAVA_LONG, LENGTH)).toArray(JAVA_BYTE);
            notes.add(new String(bytes, UTF_8));
            address = note.get(JAVA_LONG, PREVIOUS);
        }
        return notes;
    }

    @Override
    public void close() {
        memory.close();
        file.close(); // and gives the lock up
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            System.err.println("usage: NotesAtAnAddress add FILE TEXT… | list FILE");
            System.exit(2);
        }
        try (NotesAtAnAddress notes = open(Path.of(arguments[1]))) {
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
