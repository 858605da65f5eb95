package org.chagres.memory;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Objects;
import java.util.function.Supplier;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Buffers;
import org.chagres.internal.resource.Mapping;

/**
 * Memory that is a file, or a part of one, or nothing but memory: what {@code mmap(2)} makes.
 *
 * {@snippet class = "org.chagres.examples.MappedMemoryChapter" region = "map"}
 *
 * <p><b>Lifetime.</b> {@link #close()} unmaps, here and for this object only. The mapping needs neither the descriptor
 * it was made from nor the file's name: both may go before. What was written to a shared mapping is in the file at
 * once, for whoever reads or maps it, and on the disk some time later, or after {@link #flush()}. A mapping that is
 * forgotten is unmapped by the garbage collector once neither this object nor its segment, a slice or a buffer view of
 * it is in use. A child process inherits nothing of it.
 *
 * <p><b>Pages.</b> The kernel maps whole pages ({@link PageSize}), but offset and size may be any: the library maps the
 * pages around them and shows the part that was asked for. What a file's last page has behind its end reads as zeros,
 * and what is written there gets lost.
 *
 * <p><b>A file that becomes shorter.</b> Touching memory behind the end of its file is a fault (SIGBUS), and the end
 * can move after it was mapped: whoever may write the file may truncate it. The same where the disk is full and a page
 * of a sparse file is touched. With plain accesses through {@link #segment()} the JVM then throws an
 * {@link InternalError}, perhaps a few instructions later and outside the {@code try}, or dies: see
 * {@code docs/traps.md}. Where others that are not trusted may make the file shorter,
 * <ul>
 *   <li>use {@link #get} and {@link #put}, which copy by way of the kernel and throw {@link ErrnoException} with
 *       {@code EFAULT},
 *   <li>or share a {@link MemoryFile} with {@link Seal#SHRINK}, which nobody can make shorter.
 * </ul>
 *
 * <p>All other methods of this class, and other methods of this library that are given the segment, are safe of it.
 *
 * <p><b>Changes.</b> {@link #resize}, {@link #moveTo}, {@link #split} and {@link #protect} with less than before make
 * the old segment invalid, before anything else: each use of it, or of its slices, throws {@link IllegalStateException}
 * from then on, and {@link #segment()} has a new one. If they fail there is a new one as well.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread; those that change the mapping, and
 * {@link #close()}, wait for others in progress. The memory itself is not synchronised.
 *
 * <p><b>Memory consistency effects.</b> Mapping, unmapping, {@link #flush} and plain reads and writes order nothing
 * between processes: as with {@link SharedMemory}, publish with a release write and look with an acquire read of a
 * {@link java.lang.invoke.VarHandle} over the segment.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/mmap.2.html">mmap(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/mremap.2.html">mremap(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/mprotect.2.html">mprotect(2)</a>
 */
public final class MappedMemory implements AutoCloseable {
    private final Mapping mapping;
    private final boolean created;
    private final Sharing sharing;
    private final Object name;

    MappedMemory(Mapping mapping, boolean created, Sharing sharing, Object name) {
        this.mapping = mapping;
        this.created = created;
        this.sharing = sharing;
        this.name = name;
    }

    /**
     * Maps a file, all of it, to read and write, shared with everyone who maps it. The file is opened for that, and
     * closed again: see {@link #map(Descriptor)}.
     *
     * @param file which; it must exist
     * @return the mapping
     * @throws ErrnoException as {@link MappedMemoryBuilder#open(Path)} says
     * @throws java.io.EOFException if the file is empty
     * @throws IOException one of these
     * @throws IllegalArgumentException as {@link MappedMemoryBuilder#open(Path)} says
     */
    public static MappedMemory open(Path file) throws IOException {
        return builder().open(file);
    }

    /**
     * Creates a file, for its owner alone, with so many bytes that are zero and have their space on the disk, and maps
     * all of it to read and write.
     *
     * @param file which; it must not exist
     * @param byteSize its size in bytes, at least 1
     * @return the mapping
     * @throws ErrnoException as {@link MappedMemoryBuilder#create} says
     * @throws IOException that
     * @throws IllegalArgumentException as {@link MappedMemoryBuilder#create} says
     */
    public static MappedMemory create(Path file, long byteSize) throws IOException {
        return builder().create(file, byteSize);
    }

    /**
     * Maps all of a file to read and write, creating it if there is none. Of several processes that do so at once
     * exactly one creates it, and its object says so ({@link #created()}).
     *
     * @param file which
     * @param byteSize how many bytes it has to have; at least 1. If it has fewer it is made longer
     * @return the mapping
     * @throws ErrnoException as {@link MappedMemoryBuilder#openOrCreate} says
     * @throws IOException that
     * @throws IllegalArgumentException as {@link MappedMemoryBuilder#openOrCreate} says
     */
    public static MappedMemory openOrCreate(Path file, long byteSize) throws IOException {
        return builder().openOrCreate(file, byteSize);
    }

    /**
     * Maps an open file, all of it, to read and write, shared with everyone who maps it. The descriptor is not needed
     * afterwards.
     *
     * <p>Closing <em>any</em> descriptor of a file gives up all record locks of {@link org.chagres.file.LockKind#POSIX}
     * that this process has on it: who has such locks maps the descriptor they were taken with, and keeps it open.
     *
     * @param file an open file, a {@linkplain MemoryFile memory file} or a device that can be mapped; for reading and
     *     writing
     * @return the mapping
     * @throws ErrnoException as {@link MappedMemoryBuilder#map(Descriptor)} says
     * @throws java.io.EOFException if the file is empty
     * @throws IOException one of these, or {@link java.nio.channels.ClosedChannelException} if the descriptor is closed
     * @throws IllegalArgumentException as {@link MappedMemoryBuilder#map(Descriptor)} says
     */
    public static MappedMemory map(Descriptor file) throws IOException {
        return builder().map(file);
    }

    /**
     * Maps an open file as {@link #map(Descriptor)} does, in an arena of the caller's: closing the arena unmaps. For
     * code that keeps its memory in arenas, and for mapping often: a mapping that any thread may close takes tens of
     * microseconds to close, a confined arena far less than one. Plain memory has no {@link #get} and {@link #put}:
     * where others may make the file shorter, map it without an arena.
     *
     * @param file as for {@link #map(Descriptor)}
     * @param arena what the memory belongs to
     * @return the memory
     * @throws IOException as {@link #map(Descriptor)} says
     * @throws IllegalArgumentException as {@link #map(Descriptor)} says
     * @throws IllegalStateException if the arena is closed
     * @throws WrongThreadException if the arena is confined to another thread
     */
    public static MemorySegment map(Descriptor file, Arena arena) throws IOException {
        return builder().map(file, arena);
    }

    /**
     * New memory, filled with zeros, to read and write: of this process alone.
     *
     * @param byteSize its size in bytes, at least 1
     * @return the mapping
     * @throws ErrnoException as {@link MappedMemoryBuilder#anonymous(long)} says
     * @throws IllegalArgumentException if {@code byteSize} is less than 1
     */
    public static MappedMemory anonymous(long byteSize) throws ErrnoException {
        return builder().anonymous(byteSize);
    }

    /**
     * Starts with the defaults, to say more: access, sharing, a part of the file, an address, huge pages.
     *
     * @return a new builder
     */
    public static MappedMemoryBuilder builder() {
        return new MappedMemoryBuilder();
    }

    /**
     * Whether making this object created the file. The creator is the one to initialise what is in it.
     *
     * @return whether it was created here
     */
    public boolean created() {
        return created;
    }

    /**
     * What may be done with the memory now.
     *
     * @return the access asked for, or set by {@link #protect} since
     */
    public Access access() {
        return mapping.isWritable()
                ? mapping.isReadable() ? Access.READ_WRITE : Access.WRITE_ONLY
                : mapping.isReadable() ? Access.READ_ONLY : Access.NONE;
    }

    /**
     * Who sees what is written.
     *
     * @return as it was mapped
     */
    public Sharing sharing() {
        return sharing;
    }

    /**
     * How much is mapped.
     *
     * @return the size in bytes, as it was asked for
     */
    public long byteSize() {
        return mapping.byteSize();
    }

    /**
     * The memory. Its address is where this process sees it; others may see it elsewhere, so what is stored inside
     * should be offsets, never addresses. Valid until {@link #close()}, or a change of the mapping: any use after that
     * throws {@link IllegalStateException}. If mapped {@link Access#READ_ONLY}, the segment is read-only.
     *
     * <p>Of a file that others may make shorter, read first what the class says: accesses behind its end end the JVM at
     * worst, whatever is caught. Where that may happen use {@link #get} and {@link #put}.
     *
     * @return the memory, {@link #byteSize()} bytes of it
     * @throws IllegalStateException if mapped {@link Access#NONE}
     */
    public MemorySegment segment() {
        MemorySegment segment = mapping.segment();
        if (segment.byteSize() == 0 && isOpen()) {
            throw new IllegalStateException(
                    this + " may be neither read nor written: protect(READ_WRITE) changes that");
        }
        return segment;
    }

    /**
     * Copies out of the memory, and survives whatever became of its file, and of {@code into} if that is mapped too.
     * The kernel does it ({@code process_vm_readv(2)}), so that it takes a system call; large copies from memory that
     * cannot fault are as fast as those of the C library. Where nothing can fault, copying from {@link #segment()} is
     * the faster way for small pieces.
     *
     * @param offset where to begin in this memory, in bytes
     * @param into where to; all of it is filled, on the heap or not
     * @throws ErrnoException {@code EFAULT} if a page is not there: the file became shorter, or its disk is full. Some
     *     of {@code into} may have been written by then; {@code EPERM}, {@code ENOSYS} where a sandbox denies the call
     * @throws IndexOutOfBoundsException if so much is not there from {@code offset} on
     * @throws IllegalArgumentException if {@code into} is read-only, or overlaps what is copied
     * @throws IllegalStateException if closed, or not mapped for reading
     * @throws WrongThreadException if {@code into} is confined to another thread
     */
    public void get(long offset, MemorySegment into) throws ErrnoException {
        if (requireNonNull(into, "into").isReadOnly()) {
            throw new IllegalArgumentException("the memory is read-only, so nothing can be copied into it");
        }
        if (into.isNative() || !mapping.canFault()) {
            copied(mapping.get(offset, into), "process_vm_readv", offset, into.byteSize());
            return;
        }
        Objects.checkFromIndexSize(offset, into.byteSize(), byteSize());
        MemorySegment buffer = Buffers.take(into.byteSize());
        try {
            long done = 0;
            do { // once of nothing too: it may be closed
                MemorySegment part = buffer.asSlice(0, Math.min(buffer.byteSize(), into.byteSize() - done));
                copied(mapping.get(offset + done, part), "process_vm_readv", offset + done, part.byteSize());
                MemorySegment.copy(part, 0, into, done, part.byteSize());
                done += part.byteSize();
            } while (done < into.byteSize());
        } finally {
            Buffers.give(buffer);
        }
    }

    /**
     * Copies into the memory, and survives whatever became of its file, as {@link #get} does
     * ({@code process_vm_readv(2)}). It is no atomic write: readers may see a part.
     *
     * @param offset where to begin in this memory, in bytes
     * @param from what; all of it, on the heap or not
     * @throws ErrnoException {@code EFAULT} if a page is not there: the file became shorter, or its disk is full. What
     *     is before that page may have been written; {@code EPERM}, {@code ENOSYS} where a sandbox denies the call
     * @throws IndexOutOfBoundsException if there is no room for so much from {@code offset} on
     * @throws IllegalArgumentException if {@code from} overlaps where it goes
     * @throws IllegalStateException if closed, or not mapped for writing
     * @throws WrongThreadException if {@code from} is confined to another thread
     */
    public void put(long offset, MemorySegment from) throws ErrnoException {
        if (requireNonNull(from, "from").isNative() || !mapping.canFault()) {
            copied(mapping.put(offset, from), "process_vm_readv", offset, from.byteSize());
            return;
        }
        Objects.checkFromIndexSize(offset, from.byteSize(), byteSize());
        MemorySegment buffer = Buffers.take(from.byteSize());
        try {
            long done = 0;
            do { // once of nothing too: it may be closed
                MemorySegment part = buffer.asSlice(0, Math.min(buffer.byteSize(), from.byteSize() - done));
                MemorySegment.copy(from, done, part, 0, part.byteSize());
                copied(mapping.put(offset + done, part), "process_vm_readv", offset + done, part.byteSize());
                done += part.byteSize();
            } while (done < from.byteSize());
        } finally {
            Buffers.give(buffer);
        }
    }

    private void copied(int answer, String call, long offset, long byteSize) throws ErrnoException {
        if (answer < 0) {
            requireAccess(answer);
            throw MappingFailure.of(call, -answer, "copying " + range(offset, byteSize) + " of " + this);
        }
    }

    private void requireAccess(int answer) {
        if (answer == Mapping.NOT_READABLE || answer == Mapping.NOT_WRITABLE) {
            throw new IllegalStateException(this + " may not be "
                    + (answer == Mapping.NOT_READABLE ? "read" : "written") + ": protect changes that");
        }
    }

    /**
     * Writes all of the memory to the disk, and waits for that: {@code flush(FlushMode.SYNC)}.
     *
     * @throws ErrnoException {@code EIO} if the disk cannot
     * @throws IllegalStateException if closed
     */
    public void flush() throws ErrnoException {
        flush(FlushMode.SYNC);
    }

    /**
     * Writes all of the memory back to its file ({@code msync(2)}): see {@link #flush(FlushMode, long, long)}.
     *
     * @param mode how
     * @throws ErrnoException as {@link #flush(FlushMode, long, long)} says
     * @throws IllegalStateException if closed
     */
    public void flush(FlushMode mode) throws ErrnoException {
        flushed(mode, 0, Mapping.ALL);
    }

    /**
     * Writes a range back to its file ({@code msync(2)}). What is written to a shared mapping is seen by others at
     * once, without any flush; it is on the disk, and so survives a crash of the machine, only after one that waits.
     * What is written to a private mapping never reaches the file.
     *
     * <p>It cannot be interrupted. On a virtual thread it is done by another thread, so that no carrier is held.
     *
     * @param mode how
     * @param offset the beginning of the range, in bytes; pages are flushed as a whole
     * @param byteSize its size in bytes
     * @throws ErrnoException {@code EIO} if the disk cannot; {@code EBUSY} if a page is locked in memory and was to be
     *     invalidated; {@code ENOSPC} if the disk is full
     * @throws IndexOutOfBoundsException if the range is not within the memory
     * @throws IllegalStateException if closed
     */
    public void flush(FlushMode mode, long offset, long byteSize) throws ErrnoException {
        requireRange(offset, byteSize);
        flushed(mode, offset, byteSize);
    }

    private void flushed(FlushMode mode, long offset, long byteSize) throws ErrnoException {
        boolean sync = mode == FlushMode.SYNC || mode == FlushMode.SYNC_INVALIDATE;
        boolean async = mode == FlushMode.ASYNC || mode == FlushMode.ASYNC_INVALIDATE;
        boolean invalidate = requireNonNull(mode, "mode") != FlushMode.SYNC && mode != FlushMode.ASYNC;
        checked(
                mapping.flush(sync, async, invalidate, offset, byteSize),
                "msync",
                () -> "flushing (" + mode + ") " + range(offset, byteSize));
    }

    /**
     * Tells the kernel what is going to be done with all of the memory ({@code madvise(2)}).
     *
     * @param advice what
     * @throws ErrnoException as {@link #advise(Advice, long, long)} says
     * @throws IllegalArgumentException as {@link #advise(Advice, long, long)} says
     * @throws IllegalStateException if closed
     */
    public void advise(Advice advice) throws ErrnoException {
        advised(advice, 0, Mapping.ALL);
    }

    /**
     * Tells the kernel what is going to be done with a range of the memory ({@code madvise(2)}). On a virtual thread it
     * is done by another thread, as some takes long.
     *
     * <p>Pages that were advised or locked differently are mappings of their own to the kernel: {@link #resize} then
     * fails, until all are alike again.
     *
     * @param advice what; {@link Advice} says which pages it reaches
     * @param offset the beginning of the range, in bytes
     * @param byteSize its size in bytes
     * @throws ErrnoException {@code EINVAL} if this kernel, or this kind of memory, does not know the advice, or pages
     *     are locked in memory; {@code EFAULT} if a page to be populated is not there; {@code ENOMEM} if there is no
     *     memory; {@code EACCES}, {@code EPERM} if a page may not be taken from the file
     * @throws IllegalArgumentException if pages of huge page memory were to be given up: another process might take
     *     them, and the next touch would end the JVM
     * @throws IndexOutOfBoundsException if the range is not within the memory
     * @throws IllegalStateException if closed
     */
    public void advise(Advice advice, long offset, long byteSize) throws ErrnoException {
        requireRange(offset, byteSize);
        advised(advice, offset, byteSize);
    }

    private void advised(Advice advice, long offset, long byteSize) throws ErrnoException {
        requireNonNull(advice, "advice");
        boolean discards = switch (advice) {
            case DONT_NEED, DONT_NEED_LOCKED, FREE, REMOVE -> true;
            default -> false;
        };
        if (discards && mapping.pageByteSize() != PageSize.bytes()) {
            throw new IllegalArgumentException(advice + " would give huge pages back, and a touch of one that is then"
                    + " missing (SIGBUS) would end the JVM");
        }
        int number = number(advice);
        checked(
                discards ? mapping.adviseToDiscard(number, offset, byteSize) : mapping.advise(number, offset, byteSize),
                "madvise",
                () -> "advising " + advice + " for " + range(offset, byteSize));
    }

    private static int number(Advice advice) {
        return switch (advice) {
            case NORMAL -> Mapping.NORMAL;
            case RANDOM -> Mapping.RANDOM;
            case SEQUENTIAL -> Mapping.SEQUENTIAL;
            case WILL_NEED -> Mapping.WILL_NEED;
            case DONT_NEED -> Mapping.DONT_NEED;
            case DONT_NEED_LOCKED -> Mapping.DONT_NEED_LOCKED;
            case FREE -> Mapping.FREE;
            case REMOVE -> Mapping.REMOVE;
            case COLD -> Mapping.COLD;
            case PAGE_OUT -> Mapping.PAGE_OUT;
            case POPULATE_READ -> Mapping.POPULATE_READ;
            case POPULATE_WRITE -> Mapping.POPULATE_WRITE;
            case HUGE_PAGE -> Mapping.HUGE_PAGE;
            case NO_HUGE_PAGE -> Mapping.NO_HUGE_PAGE;
            case COLLAPSE -> Mapping.COLLAPSE;
            case MERGEABLE -> Mapping.MERGEABLE;
            case UNMERGEABLE -> Mapping.UNMERGEABLE;
            case DO_DUMP -> Mapping.DO_DUMP;
            case DONT_DUMP -> Mapping.DONT_DUMP;
            case DO_FORK -> Mapping.DO_FORK;
            case DONT_FORK -> Mapping.DONT_FORK;
            case WIPE_ON_FORK -> Mapping.WIPE_ON_FORK;
            case KEEP_ON_FORK -> Mapping.KEEP_ON_FORK;
        };
    }

    /**
     * Keeps all of the memory's pages from being swapped out, and brings them into memory now ({@code mlock(2)}). It
     * excludes nobody from using them.
     *
     * @throws ErrnoException as {@link #lockInMemory(long, long)} says
     * @throws IllegalStateException if closed
     */
    public void lockInMemory() throws ErrnoException {
        locked(0, Mapping.ALL);
    }

    /**
     * Keeps the pages of a range from being swapped out, and brings them into memory now ({@code mlock(2)}). Locks do
     * not add up: one {@link #unlockFromMemory()} ends them, and so does {@link #close()}.
     *
     * @param offset the beginning of the range, in bytes; pages are locked as a whole
     * @param byteSize its size in bytes
     * @throws ErrnoException {@code ENOMEM} if the limit of locked memory (RLIMIT_MEMLOCK) is too small, or a page is
     *     not there; {@code EPERM} if the limit is 0; {@code EAGAIN} if not all could be brought into memory
     * @throws IndexOutOfBoundsException if the range is not within the memory
     * @throws IllegalStateException if closed
     */
    public void lockInMemory(long offset, long byteSize) throws ErrnoException {
        requireRange(offset, byteSize);
        locked(offset, byteSize);
    }

    private void locked(long offset, long byteSize) throws ErrnoException {
        checked(
                mapping.lock(false, offset, byteSize),
                "mlock",
                () -> "locking " + range(offset, byteSize) + " in memory");
    }

    /**
     * Keeps all of the memory's pages from being swapped out, each from when it is first touched
     * ({@code mlock2(2)}, {@code MLOCK_ONFAULT}).
     *
     * @throws ErrnoException as {@link #lockInMemory(long, long)} says
     * @throws IllegalStateException if closed
     */
    public void lockInMemoryOnFault() throws ErrnoException {
        lockedOnFault(0, Mapping.ALL);
    }

    /**
     * Keeps the pages of a range from being swapped out, each from when it is first touched
     * ({@code mlock2(2)}, {@code MLOCK_ONFAULT}).
     *
     * @param offset the beginning of the range, in bytes; pages are locked as a whole
     * @param byteSize its size in bytes
     * @throws ErrnoException as {@link #lockInMemory(long, long)} says
     * @throws IndexOutOfBoundsException if the range is not within the memory
     * @throws IllegalStateException if closed
     */
    public void lockInMemoryOnFault(long offset, long byteSize) throws ErrnoException {
        requireRange(offset, byteSize);
        lockedOnFault(offset, byteSize);
    }

    private void lockedOnFault(long offset, long byteSize) throws ErrnoException {
        checked(
                mapping.lock(true, offset, byteSize),
                "mlock2",
                () -> "locking " + range(offset, byteSize) + " in memory on fault");
    }

    /**
     * Lets all of the memory's pages be swapped out again ({@code munlock(2)}); does nothing if they were not locked.
     *
     * @throws ErrnoException with the kernel's reason
     * @throws IllegalStateException if closed
     */
    public void unlockFromMemory() throws ErrnoException {
        unlocked(0, Mapping.ALL);
    }

    /**
     * Lets the pages of a range be swapped out again ({@code munlock(2)}).
     *
     * @param offset the beginning of the range, in bytes; pages are unlocked as a whole
     * @param byteSize its size in bytes
     * @throws ErrnoException with the kernel's reason
     * @throws IndexOutOfBoundsException if the range is not within the memory
     * @throws IllegalStateException if closed
     */
    public void unlockFromMemory(long offset, long byteSize) throws ErrnoException {
        requireRange(offset, byteSize);
        unlocked(offset, byteSize);
    }

    private void unlocked(long offset, long byteSize) throws ErrnoException {
        checked(
                mapping.unlock(offset, byteSize),
                "munlock",
                () -> "unlocking " + range(offset, byteSize) + " from memory");
    }

    /**
     * Which pages are in memory, so that touching them needs no disk ({@code mincore(2)}).
     *
     * @return as {@link #residentPages(long, long)} says
     * @throws ErrnoException as {@link #residentPages(long, long)} says
     * @throws IllegalStateException if closed
     */
    public BitSet residentPages() throws ErrnoException {
        return resident(0, Mapping.ALL);
    }

    /**
     * Which pages of a range are in memory, so that touching them needs no disk ({@code mincore(2)}). Of a file that
     * this process neither owns nor may write the kernel says that all are.
     *
     * @param offset the beginning of the range, in bytes
     * @param byteSize its size in bytes
     * @return a bit for each page that is; bit 0 is the page of {@code offset}. Its cardinality is how many there are
     * @throws ErrnoException with the kernel's reason
     * @throws IndexOutOfBoundsException if the range is not within the memory
     * @throws IllegalStateException if closed
     */
    public BitSet residentPages(long offset, long byteSize) throws ErrnoException {
        requireRange(offset, byteSize);
        return resident(offset, byteSize);
    }

    private BitSet resident(long offset, long byteSize) throws ErrnoException {
        BitSet pages = new BitSet();
        checked(
                mapping.residentPages(offset, byteSize, pages),
                "mincore",
                () -> "looking which pages of " + range(offset, byteSize) + " are in memory");
        return pages;
    }

    /**
     * Makes the mapping larger or smaller ({@code mremap(2)}); it may move. The file stays as it is: make it longer
     * first, at least so that its last page is reached; what is behind its end there gets lost. The old segment is
     * invalid afterwards.
     *
     * @param byteSize the new size in bytes, at least 1
     * @throws ErrnoException {@code ENOMEM} if there is no address space or memory; {@code EFAULT} if the file ends
     *     before, or parts of the mapping were advised or locked differently; {@code EAGAIN} if it is locked and the
     *     limit (RLIMIT_MEMLOCK) is too small; {@code EINVAL} of huge pages, which cannot be made more. The size is
     *     then what it was; the address too, unless it had to be moved and somebody took the old one meanwhile
     * @throws IllegalArgumentException if {@code byteSize} is less than 1
     * @throws IllegalStateException if closed, or a native call is using the memory at this moment; or if it is mapped
     *     without the right to read, which is needed to see whether the file is long enough
     */
    public void resize(long byteSize) throws ErrnoException {
        MemoryArguments.checkByteSize(byteSize);
        int answer = unlessInUse(() -> mapping.resize(byteSize));
        requireAccess(answer);
        checked(answer, "mremap", () -> "resizing to " + byteSize + " bytes");
    }

    /**
     * Moves the mapping to an address ({@code mremap(2)}), where nothing must be. The old segment is invalid
     * afterwards.
     *
     * @param address a multiple of {@link PageSize#bytes()}, at least 0x10000
     * @throws ErrnoException {@code EEXIST} if something is there already; {@code ENOMEM} if there is no memory;
     *     {@code EFAULT} if parts of the mapping were advised or locked differently
     * @throws IllegalArgumentException if it is not such an address
     * @throws IllegalStateException if closed, or a native call is using the memory at this moment
     */
    public void moveTo(long address) throws ErrnoException {
        MemoryArguments.pageAddress(address, "");
        checked(unlessInUse(() -> mapping.moveTo(address)), "mremap", () -> "moving to 0x" + Long.toHexString(address));
    }

    /**
     * Sets what may be done with the memory ({@code mprotect(2)}). If that is less than before the old segment is
     * invalid afterwards; if it is more, the old one goes on to do what it did. Of a part of the memory: {@link #split}
     * first.
     *
     * @param access what
     * @throws ErrnoException {@code EACCES} if a shared mapping was to be writable and its file was not opened for
     *     writing; {@code ENOMEM} if there is no memory
     * @throws IllegalStateException if closed, or a native call is using the memory at this moment
     */
    public void protect(Access access) throws ErrnoException {
        requireNonNull(access, "access");
        checked(
                unlessInUse(() -> mapping.protect(
                        MappedMemoryBuilder.isReadable(access), MappedMemoryBuilder.isWritable(access))),
                "mprotect",
                () -> "protecting as " + access);
    }

    /**
     * Cuts the mapping in two: this keeps what is before an offset, the result has the rest. Each can be protected,
     * made larger, moved and closed by itself; so a part is unmapped by closing it. Nothing moves. The old segment is
     * invalid afterwards.
     *
     * @param offset in bytes; where a page begins: counted from the beginning of the file, if it is one's
     * @return the rest
     * @throws IllegalArgumentException if no page begins there
     * @throws IndexOutOfBoundsException if {@code offset} is not within the memory, or at its beginning
     * @throws IllegalStateException if closed, or a native call is using the memory at this moment
     */
    public MappedMemory split(long offset) {
        Objects.checkIndex(offset, byteSize());
        if (mapping.pageBefore(offset) != offset) {
            throw new IllegalArgumentException("a mapping is split where a page of " + mapping.pageByteSize()
                    + " bytes begins, not at offset " + offset + "; the next one begins at "
                    + (mapping.pageBefore(offset) + mapping.pageByteSize()));
        }
        try {
            return new MappedMemory(mapping.split(offset), created, sharing, name);
        } catch (IllegalStateException inUse) {
            throw inUse(inUse);
        }
    }

    /** The rest is checked where the size cannot change. */
    private static void requireRange(long offset, long byteSize) {
        Objects.checkFromIndexSize(offset, byteSize, Long.MAX_VALUE);
    }

    private static String range(long offset, long byteSize) {
        return byteSize == Mapping.ALL ? "all" : byteSize + " bytes at offset " + offset;
    }

    @FunctionalInterface
    private interface Change {
        int make();
    }

    private int unlessInUse(Change change) {
        try {
            return change.make();
        } catch (IllegalStateException inUse) {
            throw inUse(inUse);
        }
    }

    private IllegalStateException inUse(IllegalStateException cause) {
        return isOpen()
                ? new IllegalStateException(
                        this + " is in use by a native call and stays as it is; try again afterwards", cause)
                : cause;
    }

    private void checked(int answer, String call, Supplier<String> intent) throws ErrnoException {
        if (answer < 0) {
            throw MappingFailure.of(call, -answer, intent.get() + " of " + this);
        }
    }

    /**
     * Whether this mapping has not been closed.
     *
     * @return {@code true} until {@link #close()}
     */
    public boolean isOpen() {
        return mapping.isOpen();
    }

    /**
     * Unmaps ({@code munmap(2)}), once calls of other methods in progress are over; the file stays. A second close does
     * nothing.
     *
     * @throws IllegalStateException if a native call is using the memory at this moment; it stays mapped, and close may
     *     be called again
     */
    @Override
    public void close() {
        try {
            mapping.close();
        } catch (IllegalStateException inUse) {
            throw new IllegalStateException(
                    this + " is in use by a native call and stays mapped; close it again afterwards", inUse);
        }
    }

    @Override
    public String toString() {
        return "MappedMemory[" + name + ", byteSize=" + byteSize() + ", " + sharing + " " + access()
                + (isOpen() ? "]" : ", closed]");
    }
}
