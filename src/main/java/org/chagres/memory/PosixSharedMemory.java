package org.chagres.memory;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.MemoryFiles;

/**
 * A POSIX shared memory object, open and mapped: memory that processes find by a name. What Python calls
 * {@code multiprocessing.shared_memory.SharedMemory}; on Linux a file in <code>/dev/shm</code>.
 *
 * {@snippet class = "org.chagres.examples.MappedMemoryChapter" region = "posix"}
 *
 * <p><b>Lifetime.</b> An object outlives every process; this is one mapping of it. {@link #close()} unmaps and closes,
 * here and for this object only. {@link #unlink()} removes the name for everybody: those who have it open keep it, and
 * the memory goes with the last of them. What nobody unlinks stays until the machine restarts, even if its creator was
 * killed; {@link org.chagres.inspect.PosixSharedMemoryTable} lists what is there.
 *
 * <p><b>Others may make it shorter</b>, if its permissions let them write: {@link MappedMemory} says what that does to
 * {@link #segment()}. {@link #memory()} has the checked copies. Share with those only whom you trust, or take a sealed
 * {@link MemoryFile}.
 *
 * <p><b>Python</b> unlinks, at its end, objects that it opened, unless it is told not to ({@code track=False} from
 * Python 3.13 on).
 *
 * <p><b>Thread-safety</b> and <b>memory consistency effects</b> are those of {@link MappedMemory}.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/shm_open.3.html">shm_open(3)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/shm_overview.7.html">shm_overview(7)</a>
 */
public final class PosixSharedMemory implements AutoCloseable {
    private final String name;
    private final boolean created;
    private final Descriptor descriptor;
    private final MappedMemory memory;

    PosixSharedMemory(String name, boolean created, Descriptor descriptor, MappedMemory memory) {
        this.name = name;
        this.created = created;
        this.descriptor = descriptor;
        this.memory = memory;
    }

    /**
     * Creates an object, for its owner alone and filled with zeros, and maps it to read and write. Others that open the
     * name find it with all its bytes.
     *
     * @param name names it to other processes, and must not be in use; up to 255 bytes without a slash, but for one at
     *     the beginning, which is no part of it
     * @param byteSize its size in bytes, at least 1
     * @return the object
     * @throws ErrnoException as {@link PosixSharedMemoryBuilder#create} says
     * @throws IOException that
     * @throws IllegalArgumentException if {@code name} is no such name, or {@code byteSize} is less than 1
     */
    public static PosixSharedMemory create(String name, long byteSize) throws IOException {
        return builder().create(name, byteSize);
    }

    /**
     * Opens the object of a name and maps all of it to read and write.
     *
     * @param name as for {@link #create}
     * @return the object
     * @throws ErrnoException as {@link PosixSharedMemoryBuilder#open} says
     * @throws java.io.EOFException if it is empty: whoever created it has not given it a size yet
     * @throws IOException one of these
     * @throws IllegalArgumentException if {@code name} is no such name
     */
    public static PosixSharedMemory open(String name) throws IOException {
        return builder().open(name);
    }

    /**
     * Opens the object of a name, creating it if there is none. Of several processes that do so at once exactly one
     * creates it, and its object says so ({@link #created()}).
     *
     * @param name as for {@link #create}
     * @param byteSize the size in bytes if it is created, and the least size if it exists; at least 1
     * @return the object
     * @throws ErrnoException as {@link PosixSharedMemoryBuilder#openOrCreate} says
     * @throws java.io.EOFException if it exists and has fewer bytes
     * @throws IOException one of these
     * @throws IllegalArgumentException as {@link #create} says
     */
    public static PosixSharedMemory openOrCreate(String name, long byteSize) throws IOException {
        return builder().openOrCreate(name, byteSize);
    }

    /**
     * Removes a name, as {@link #unlink()} does.
     *
     * @param name as for {@link #create}
     * @throws ErrnoException {@code ENOENT} if nothing has it; {@code EACCES} if it is another user's
     * @throws IllegalArgumentException if {@code name} is no such name
     */
    public static void unlink(String name) throws ErrnoException {
        String checked = PosixSharedMemoryBuilder.checkedName(name);
        int answer = MemoryFiles.unlink(checked);
        if (answer < 0) {
            throw new ErrnoException("shm_unlink", -answer, "unlinking POSIX shared memory " + checked);
        }
    }

    /**
     * Starts with the defaults, to say more: permissions, access.
     *
     * @return a new builder
     */
    public static PosixSharedMemoryBuilder builder() {
        return new PosixSharedMemoryBuilder();
    }

    /**
     * The name.
     *
     * @return without a slash at the beginning
     */
    public String name() {
        return name;
    }

    /**
     * Whether making this object created it. The creator is the one to initialise what is in it.
     *
     * @return whether it was created here
     */
    public boolean created() {
        return created;
    }

    /**
     * The open file: to be resized, locked, sent, given to a child.
     *
     * @return its descriptor, which this object owns
     */
    public Descriptor descriptor() {
        return descriptor;
    }

    /**
     * The mapping: to copy with checks, to resize, to lock in memory, to advise.
     *
     * @return the mapping, which this object owns
     */
    public MappedMemory memory() {
        return memory;
    }

    /**
     * How much is mapped.
     *
     * @return the size in bytes
     */
    public long byteSize() {
        return memory.byteSize();
    }

    /**
     * The shared memory, as {@link MappedMemory#segment()} says.
     *
     * @return the memory, {@link #byteSize()} bytes of it
     */
    public MemorySegment segment() {
        return memory.segment();
    }

    /**
     * Removes the name for everybody; those who have it open keep the memory. The name is free at once. Whatever has it
     * by now is what goes: another object perhaps, if somebody unlinked this one before.
     *
     * @throws ErrnoException {@code ENOENT} if nothing has it any more; {@code EACCES} if it is another user's
     */
    public void unlink() throws ErrnoException {
        unlink(name);
    }

    /**
     * Whether this has not been closed.
     *
     * @return {@code true} until {@link #close()}
     */
    public boolean isOpen() {
        return memory.isOpen();
    }

    /**
     * Unmaps and closes, here; the object stays. A second close does nothing.
     *
     * @throws IllegalStateException if a native call is using the memory at this moment; all stays open, and close may
     *     be called again
     */
    @Override
    public void close() {
        memory.close();
        descriptor.close();
    }

    @Override
    public String toString() {
        return "PosixSharedMemory[" + name + ", byteSize=" + byteSize() + ", " + memory.access()
                + (isOpen() ? "]" : ", closed]");
    }
}
