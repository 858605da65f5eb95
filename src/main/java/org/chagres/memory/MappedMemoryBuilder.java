package org.chagres.memory;

import static java.util.Objects.requireNonNull;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.FileRange;
import org.chagres.internal.resource.Mapping;
import org.chagres.internal.resource.MappingOptions;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Placement;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.SystemV;

/**
 * How to map memory, where the defaults of {@link MappedMemory} are not enough.
 *
 * {@snippet class = "org.chagres.examples.MappedMemoryChapter" region = "builder"}
 *
 * <p>Of the flags of {@code mmap(2)} these are not here: {@code MAP_FIXED}, which replaces what is at the address, of
 * the JVM as well ({@link #at} never does); {@code MAP_GROWSDOWN}, whose guard page kills; {@code MAP_32BIT} and
 * {@code MAP_STACK}, which are for code; {@code MAP_SYNC}, for persistent memory. Nor is {@code PROT_EXEC}.
 *
 * <p>Not safe for use by several threads at once; may be used again after memory was mapped.
 *
 * @see MappedMemory#builder()
 */
public final class MappedMemoryBuilder {
    private static final int MOST_TRIES = 100;

    private Access access = Access.READ_WRITE;
    private Optional<Sharing> sharing = Optional.empty(); // as what is mapped suggests
    private Set<PosixFilePermission> permissions = SystemV.OWNER_ONLY;
    private long offset;
    private long byteSize = Placement.REST;
    private boolean populate;
    private boolean locked;
    private boolean noReserve;
    private int hugePageLog2 = SharedMemoryObject.SMALL_PAGES;
    private long address;

    MappedMemoryBuilder() {}

    /**
     * Sets what this process wants to do with the memory. Default: {@link Access#READ_WRITE}. A file must be open for
     * reading whatever it is, and for writing if a shared mapping is to be written.
     *
     * @param access the access
     * @return this builder
     */
    public MappedMemoryBuilder access(Access access) {
        this.access = requireNonNull(access, "access");
        return this;
    }

    /**
     * Sets who sees what is written. Default: {@link Sharing#SHARED}, but of anonymous memory {@link Sharing#PRIVATE},
     * as nobody could share it with a process that does not fork.
     *
     * @param sharing who
     * @return this builder
     */
    public MappedMemoryBuilder sharing(Sharing sharing) {
        this.sharing = Optional.of(requireNonNull(sharing, "sharing"));
        return this;
    }

    /**
     * Sets the permissions of a file that is created, less the umask of this process. Default: {@code rw-------}.
     *
     * @param permissions who may open it
     * @return this builder
     */
    public MappedMemoryBuilder permissions(Set<PosixFilePermission> permissions) {
        this.permissions = Set.copyOf(requireNonNull(permissions, "permissions"));
        return this;
    }

    /**
     * Sets where in the file the memory begins. Default: at its beginning.
     *
     * @param offset in bytes; it need be no multiple of the page size
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public MappedMemoryBuilder offset(long offset) {
        MemoryArguments.checkOffset(offset);
        this.offset = offset;
        return this;
    }

    /**
     * Sets how much of the file is mapped. Default: all that it has from the offset on. A device has no size, and needs
     * one here.
     *
     * @param byteSize in bytes, at least 1
     * @return this builder
     * @throws IllegalArgumentException if it is less than 1
     */
    public MappedMemoryBuilder byteSize(long byteSize) {
        MemoryArguments.checkByteSize(byteSize);
        this.byteSize = byteSize;
        return this;
    }

    /**
     * Has all pages ready when it is mapped ({@code MAP_POPULATE}), which takes long and holds a virtual thread's
     * carrier. Where one cannot be had nothing is said: {@link MappedMemory#advise} with {@link Advice#POPULATE_READ}
     * tells.
     *
     * @return this builder
     */
    public MappedMemoryBuilder populate() {
        this.populate = true;
        return this;
    }

    /**
     * Keeps the pages from being swapped out, and brings them into memory when it is mapped ({@code MAP_LOCKED}), which
     * takes long and holds a virtual thread's carrier. Where not all can be brought into memory nothing is
     * said: {@link MappedMemory#lockInMemory()} tells.
     *
     * @return this builder
     */
    public MappedMemoryBuilder locked() {
        this.locked = true;
        return this;
    }

    /**
     * Has no swap space set aside ({@code MAP_NORESERVE}). Where memory runs out later, it is a process touching the
     * memory that is killed. Not together with huge pages: touching one that is not there would end the JVM.
     *
     * @return this builder
     */
    public MappedMemoryBuilder noReserve() {
        this.noReserve = true;
        return this;
    }

    /**
     * Asks for huge pages of the system's default size, of anonymous memory ({@code MAP_HUGETLB}). The administrator
     * must have set some aside (<code>/proc/sys/vm/nr_hugepages</code>). Files in huge pages:
     * {@link MemoryFileBuilder}.
     *
     * @return this builder
     */
    public MappedMemoryBuilder hugePages() {
        this.hugePageLog2 = SharedMemoryObject.DEFAULT_HUGE_PAGES;
        return this;
    }

    /**
     * Asks for huge pages of one size, of anonymous memory.
     *
     * @param pageByteSize the bytes in a page, a power of two greater than {@link PageSize#bytes()}, such as
     *     {@code 2 << 20}; the folders of <code>/sys/kernel/mm/hugepages</code> name those of this machine
     * @return this builder
     * @throws IllegalArgumentException if it is not such a power of two
     */
    public MappedMemoryBuilder hugePages(long pageByteSize) {
        this.hugePageLog2 = MemoryArguments.log2(pageByteSize);
        return this;
    }

    /**
     * Maps at an address, instead of where the kernel likes: for data that holds addresses. It fails if anything is
     * there already ({@code MAP_FIXED_NOREPLACE}), and the JVM itself sits at addresses that change from start to
     * start, so have another way ready. If {@link #offset} is no multiple of the page size, this is where its page
     * begins.
     *
     * @param address the address, a multiple of {@link PageSize#bytes()}, and of huge pages of their size; at least
     *     0x10000
     * @return this builder
     * @throws IllegalArgumentException if it is not such an address
     */
    public MappedMemoryBuilder at(long address) {
        this.address = MemoryArguments.pageAddress(address, "");
        return this;
    }

    /**
     * Maps a file. It is opened for that, for writing only if a shared mapping is to be written, and closed again; so
     * this process loses its record locks of {@link org.chagres.file.LockKind#POSIX} on it.
     *
     * @param file which; it must exist
     * @return the mapping
     * @throws ErrnoException {@code ENOENT} if there is no such file; {@code EACCES} if this process may not open it
     *     so; and as {@link #map(Descriptor)} says
     * @throws EOFException if the file ends before what was to be mapped, or is empty
     * @throws IOException one of these
     * @throws IllegalArgumentException if {@code file} is not of the default file system, or huge pages were asked for
     */
    public MappedMemory open(Path file) throws IOException {
        try (Descriptor descriptor = Descriptor.open(requireNonNull(file, "file"), options())) {
            return map(descriptor, false, file);
        }
    }

    /**
     * Maps a file as {@link #open(Path)} does, in an arena of the caller's: closing the arena unmaps.
     *
     * @param file which; it must exist
     * @param arena what the memory belongs to
     * @return the memory
     * @throws IOException as {@link #open(Path)} says
     * @throws IllegalArgumentException as {@link #open(Path)} says, or if mapped {@link Access#NONE}
     * @throws IllegalStateException if the arena is closed
     * @throws WrongThreadException if the arena is confined to another thread
     */
    public MemorySegment open(Path file, Arena arena) throws IOException {
        requireNonNull(file, "file");
        checkArena(arena);
        try (Descriptor descriptor = Descriptor.open(file, options())) {
            return map(descriptor, arena);
        }
    }

    /**
     * Creates a file, with all its space on the disk, and maps it. If the second fails, the file is removed again.
     *
     * @param file which; it must not exist
     * @param fileByteSize its size in bytes, at least 1; all zeros
     * @return the mapping
     * @throws ErrnoException {@code EEXIST} if it exists; {@code EACCES}, {@code ENOENT}, {@code EROFS} if it cannot be
     *     created; {@code ENOSPC} if there is not so much space; {@code EOPNOTSUPP} if the file system cannot set space
     *     aside; and as {@link #map(Descriptor)} says
     * @throws IOException that
     * @throws IllegalArgumentException if {@code fileByteSize} is less than 1; and as {@link #open(Path)} says
     */
    public MappedMemory create(Path file, long fileByteSize) throws IOException {
        requireNonNull(file, "file");
        MemoryArguments.checkByteSize(fileByteSize);
        try (Descriptor descriptor = Descriptor.open(
                file, permissions, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            try {
                descriptor.allocate(FileRange.ALLOCATE, 0, fileByteSize);
                return map(descriptor, true, file);
            } catch (Throwable failure) {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException | RuntimeException removal) {
                    failure.addSuppressed(removal);
                }
                throw failure;
            }
        }
    }

    /**
     * Maps a file, creating it if there is none. Of several processes that do so at once exactly one creates it. One
     * that exists and is shorter is made longer.
     *
     * @param file which
     * @param fileByteSize how many bytes it has to have, at least 1; those that are new are zero
     * @return the mapping
     * @throws ErrnoException as {@link #create} and {@link #open(Path)} say, but for {@code EEXIST} and {@code ENOENT}
     * @throws IOException that
     * @throws IllegalArgumentException as {@link #create} says
     */
    public MappedMemory openOrCreate(Path file, long fileByteSize) throws IOException {
        for (int tries = 1; ; tries++) { // until one of two answers holds: others may create and remove in between
            try {
                return create(file, fileByteSize);
            } catch (ErrnoException failure) {
                if (failure.errno() != Errno.EEXIST) {
                    throw failure;
                }
            }
            try (Descriptor descriptor = Descriptor.open(file, options())) {
                if (descriptor.byteSize() < fileByteSize) {
                    enlarge(file, fileByteSize);
                }
                return map(descriptor, false, file);
            } catch (ErrnoException failure) {
                if (failure.errno() != Errno.ENOENT || tries == MOST_TRIES) { // a link to nowhere is there, and is not
                    throw failure;
                }
            }
        }
    }

    /** What is there stays. */
    private static void enlarge(Path file, long fileByteSize) throws IOException {
        try (Descriptor writable = Descriptor.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            writable.allocate(FileRange.ALLOCATE, 0, fileByteSize);
        }
    }

    /**
     * Maps an open file. The descriptor is not needed afterwards.
     *
     * @param file an open file, a {@linkplain MemoryFile memory file} or a device that can be mapped, such as
     *     <code>/dev/zero</code>
     * @return the mapping
     * @throws ErrnoException {@code EACCES} if the descriptor is not open for reading, or not for writing where that is
     *     needed; {@code ENODEV} if it is of a kind that cannot be mapped; {@code EEXIST} if an address was asked for
     *     and something is there; {@code EPERM} if a seal forbids it; {@code EAGAIN} if the memory was to be locked and
     *     the limit (RLIMIT_MEMLOCK) is too small; {@code ENOMEM} if there is no memory or address space, or this
     *     process has as many mappings as it may
     * @throws EOFException if the file ends before what was to be mapped, or is empty: the rest would fault
     * @throws IOException one of these, or {@link ClosedChannelException} if the descriptor is closed
     * @throws IllegalArgumentException if it has no size and none was given; if huge pages were asked for
     */
    public MappedMemory map(Descriptor file) throws IOException {
        return map(file, false, requireNonNull(file, "file").toString());
    }

    /**
     * Maps an open file as {@link #map(Descriptor)} does, in an arena of the caller's: closing the arena unmaps.
     *
     * @param file as for {@link #map(Descriptor)}
     * @param arena what the memory belongs to
     * @return the memory
     * @throws IOException as {@link #map(Descriptor)} says
     * @throws IllegalArgumentException as {@link #map(Descriptor)} says, or if mapped {@link Access#NONE}
     * @throws IllegalStateException if the arena is closed
     * @throws WrongThreadException if the arena is confined to another thread
     */
    public MemorySegment map(Descriptor file, Arena arena) throws IOException {
        requireNonNull(file, "file");
        checkArena(arena);
        MappingOptions options = optionsOfFile(Sharing.SHARED);
        return Mapping.in(arena, placed(file, options, file), options);
    }

    /**
     * New memory, filled with zeros.
     *
     * @param byteSize its size in bytes, at least 1
     * @return the mapping
     * @throws ErrnoException {@code ENOMEM} if there is no memory or address space, or not enough free huge pages;
     *     {@code EINVAL} if this machine has no huge pages of the size asked for; {@code EEXIST}, {@code EAGAIN} as for
     *     {@link #map(Descriptor)}; {@code EPERM} if this process may not use huge pages, or lock memory
     * @throws IllegalArgumentException if {@code byteSize} is less than 1; if huge pages were asked for with
     *     {@link #noReserve()}; if a part of a file was
     */
    public MappedMemory anonymous(long byteSize) throws ErrnoException {
        MappingOptions options = options(Sharing.PRIVATE);
        String name = "anonymous memory";
        Mapping mapping = Mapping.own(newlyPlaced(byteSize, options), options, false, name);
        return new MappedMemory(mapping, true, sharing.orElse(Sharing.PRIVATE), name);
    }

    /**
     * New memory as of {@link #anonymous(long)}, in an arena of the caller's: closing the arena unmaps.
     *
     * @param byteSize its size in bytes, at least 1
     * @param arena what the memory belongs to
     * @return the memory
     * @throws ErrnoException as {@link #anonymous(long)} says
     * @throws IllegalArgumentException as {@link #anonymous(long)} says, or if mapped {@link Access#NONE}
     * @throws IllegalStateException if the arena is closed
     * @throws WrongThreadException if the arena is confined to another thread
     */
    public MemorySegment anonymous(long byteSize, Arena arena) throws ErrnoException {
        checkArena(arena);
        MappingOptions options = options(Sharing.PRIVATE);
        return Mapping.in(arena, newlyPlaced(byteSize, options), options);
    }

    /** Maps a file whose descriptor is at hand. */
    MappedMemory map(Descriptor file, boolean created, Object name) throws IOException {
        return map(file, true, false, created, name);
    }

    /**
     * Maps a file whose descriptor is at hand.
     *
     * @param canShrink whether somebody may make it shorter than it is
     * @param isConstant whether nobody can write to it any more
     */
    MappedMemory map(Descriptor file, boolean canShrink, boolean isConstant, boolean created, Object name)
            throws IOException {
        Sharing otherwise = isConstant && !isWritable(access) ? Sharing.PRIVATE : Sharing.SHARED;
        MappingOptions options = optionsOfFile(otherwise);
        Mapping mapping = Mapping.own(placed(file, options, name), options, canShrink, name);
        return new MappedMemory(mapping, created, sharing.orElse(otherwise), name);
    }

    private Placement placed(Descriptor file, MappingOptions options, Object name) throws IOException {
        Placement place = new Placement();
        OpenDescriptor open = DescriptorView.of(file);
        long answer = place.map(open, offset, byteSize, options);
        if (answer < 0) {
            throw failure(answer, place, file, name);
        }
        return place;
    }

    private IOException failure(long answer, Placement place, Descriptor file, Object name) {
        if (answer == OpenDescriptor.WAS_CLOSED) {
            return new ClosedChannelException();
        }
        if (answer == Placement.NO_SIZE) {
            throw new IllegalArgumentException(name + " has no size: byteSize says how much of it is to be mapped");
        }
        if (answer == Placement.NO_RESERVE) {
            throw noReserveOfHugePages();
        }
        if (answer == Placement.TOO_SHORT) {
            long size = place.fileByteSize();
            return new EOFException(
                    size == 0
                            ? name + " is empty: there is nothing to map; make it longer first"
                            : name + " has " + size + " bytes, and "
                                    + (byteSize == Placement.REST ? "all" : byteSize + " bytes") + " from offset "
                                    + offset + " on were to be mapped: what is behind the end of a file faults when it"
                                    + " is touched; make it longer first");
        }
        return MappingFailure.mapping((int) -answer, file, name, offset, access, sharingOfFile());
    }

    private Placement newlyPlaced(long size, MappingOptions options) throws ErrnoException {
        MemoryArguments.checkByteSize(size);
        if (offset != 0 || byteSize != Placement.REST) {
            throw new IllegalArgumentException("offset and byteSize are for files; anonymous takes its size itself");
        }
        Placement place = new Placement();
        long answer = place.mapNew(size, options);
        if (answer == Placement.NO_RESERVE) {
            throw noReserveOfHugePages();
        }
        if (answer < 0) {
            boolean huge = hugePageLog2 != SharedMemoryObject.SMALL_PAGES;
            throw MappingFailure.mappingNew((int) -answer, size, access, huge);
        }
        return place;
    }

    private static IllegalArgumentException noReserveOfHugePages() {
        return new IllegalArgumentException("huge pages and noReserve do not go together: a huge page that is missing"
                + " when it is touched (SIGBUS) would end the JVM");
    }

    private void checkArena(Arena arena) {
        if (!requireNonNull(arena, "arena").scope().isAlive()) {
            throw new IllegalStateException("the arena is closed already");
        }
        if (access == Access.NONE) {
            throw new IllegalArgumentException(
                    "memory that may not be touched needs an object that can change that; map it without an arena");
        }
    }

    private Sharing sharingOfFile() {
        return sharing.orElse(Sharing.SHARED);
    }

    private MappingOptions optionsOfFile(Sharing otherwise) {
        if (hugePageLog2 != SharedMemoryObject.SMALL_PAGES) {
            throw new IllegalArgumentException(
                    "huge pages are for anonymous memory; a file that has some is made by MemoryFile.builder()");
        }
        return options(otherwise);
    }

    private MappingOptions options(Sharing otherwise) {
        return new MappingOptions(
                isReadable(access),
                isWritable(access),
                sharing.orElse(otherwise) == Sharing.SHARED,
                populate,
                locked,
                noReserve,
                hugePageLog2,
                address);
    }

    /** How to open a file for this. */
    private OpenOption[] options() {
        return isWritable(access) && sharingOfFile() == Sharing.SHARED
                ? new OpenOption[] {StandardOpenOption.READ, StandardOpenOption.WRITE}
                : new OpenOption[] {StandardOpenOption.READ};
    }

    static boolean isReadable(Access access) {
        return access == Access.READ_WRITE || access == Access.READ_ONLY;
    }

    static boolean isWritable(Access access) {
        return access == Access.READ_WRITE || access == Access.WRITE_ONLY;
    }
}
