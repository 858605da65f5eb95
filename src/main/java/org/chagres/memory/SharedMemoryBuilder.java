package org.chagres.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.ForeignMemory;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.view.SystemV;

/**
 * How to create and attach {@link SharedMemory}, where the defaults are not enough.
 *
 * {@snippet class = "org.chagres.examples.SharedCounter" region = "builder"}
 *
 * <p>Not safe for use by several threads at once; may be used again after a segment was made.
 *
 * @see SharedMemory#builder()
 */
public final class SharedMemoryBuilder {
    private Set<PosixFilePermission> permissions = SystemV.OWNER_ONLY;
    private Access access = Access.READ_WRITE;
    private int hugePageLog2 = SharedMemoryObject.SMALL_PAGES;
    private boolean noReserve;
    private long address;
    private boolean roundDown;

    SharedMemoryBuilder() {}

    /**
     * Sets who may use a segment that is created. Default: its owner, to read and write, since whoever may write
     * shared memory may break every process that trusts it. Existing segments keep theirs.
     *
     * @param permissions read and write for owner, group and others; the process's umask has no say
     * @return this builder
     * @throws IllegalArgumentException if there is an execute permission among them: the library offers no executable
     *     memory
     */
    public SharedMemoryBuilder permissions(Set<PosixFilePermission> permissions) {
        SystemV.checkPermissions(permissions);
        this.permissions = Set.copyOf(permissions);
        return this;
    }

    /**
     * Sets what this process wants to do with the memory. Default: {@link Access#READ_WRITE}.
     *
     * @param access {@link Access#READ_WRITE} or {@link Access#READ_ONLY}
     * @return this builder
     * @throws IllegalArgumentException if it is another: {@code shmat(2)} knows no other
     */
    public SharedMemoryBuilder access(Access access) {
        Objects.requireNonNull(access, "access");
        if (access != Access.READ_WRITE && access != Access.READ_ONLY) {
            throw new IllegalArgumentException("a segment is attached READ_WRITE or READ_ONLY, not " + access);
        }
        this.access = access;
        return this;
    }

    /**
     * Asks for huge pages of the system's default size, if a segment is created ({@code SHM_HUGETLB}). The
     * administrator must have set some aside (<code>/proc/sys/vm/nr_hugepages</code>).
     *
     * @return this builder
     */
    public SharedMemoryBuilder hugePages() {
        this.hugePageLog2 = SharedMemoryObject.DEFAULT_HUGE_PAGES;
        return this;
    }

    /**
     * Asks for huge pages of one size, if a segment is created.
     *
     * @param pageByteSize the bytes in a page, a power of two greater than {@link PageSize#bytes()}, such as
     *     {@code 2 << 20}; the folders of <code>/sys/kernel/mm/hugepages</code> name those of this machine
     * @return this builder
     * @throws IllegalArgumentException if it is not such a power of two
     */
    public SharedMemoryBuilder hugePages(long pageByteSize) {
        this.hugePageLog2 = MemoryArguments.log2(pageByteSize);
        return this;
    }

    /**
     * Has no swap space set aside for a segment that is created ({@code SHM_NORESERVE}). Where memory runs out later,
     * it is a process touching the memory that is killed. Not together with huge pages: touching one that is not there
     * would end the JVM.
     *
     * @return this builder
     */
    public SharedMemoryBuilder noReserve() {
        this.noReserve = true;
        return this;
    }

    /**
     * Attaches at an address, instead of where the kernel likes: for data that holds addresses. It fails if anything is
     * there already, and the JVM itself sits at addresses that change from start to start, so have another way ready.
     * What is there is never replaced.
     *
     * @param address the address, a multiple of {@link PageSize#bytes()}, at least 0x10000
     * @return this builder
     * @throws IllegalArgumentException if it is not such an address
     */
    public SharedMemoryBuilder at(long address) {
        this.address = MemoryArguments.pageAddress(address, "; atRoundedDown rounds");
        this.roundDown = false;
        return this;
    }

    /**
     * As {@link #at}, at the next lower multiple of the page size ({@code SHM_RND}).
     *
     * @param address the address; at least 0x10000 once rounded
     * @return this builder
     * @throws IllegalArgumentException if the rounded address is too low
     */
    public SharedMemoryBuilder atRoundedDown(long address) {
        this.address = MemoryArguments.checkedAddress(address, address & -PageSize.bytes());
        this.roundDown = true;
        return this;
    }

    /**
     * Creates a segment and attaches it. If the second fails, the segment is removed again.
     *
     * @param key names the segment to other processes, and must not be in use; {@link IpcKey#PRIVATE} for a segment
     *     that is found by its {@link SharedMemory#id()} alone
     * @param byteSize the size in bytes, at least 1
     * @return the attachment
     * @throws ErrnoException {@code EEXIST} if the key is in use; {@code EINVAL} if {@code byteSize} is greater than
     *     the system allows (SHMMAX), or this machine has no huge pages of the size asked for, or an address was asked
     *     for and something is there; {@code ENOSPC} if there are as many segments (SHMMNI), or pages of them (SHMALL),
     *     as the system allows; {@code ENOMEM} if there is no memory, or not enough free huge pages; {@code EPERM} if
     *     this process may not use huge pages; {@code EACCES} if the {@linkplain #permissions} do not allow this very
     *     process the {@linkplain #access}
     * @throws IllegalArgumentException if {@code byteSize} is less than 1, or huge pages were asked for with
     *     {@link #noReserve()}
     */
    public SharedMemory create(IpcKey key, long byteSize) throws ErrnoException {
        Objects.requireNonNull(key, "key");
        MemoryArguments.checkByteSize(byteSize);
        int id = createObject(key, byteSize);
        if (id < 0) {
            throw creationFailure(-id, key, byteSize);
        }
        return attachCreated(id);
    }

    /**
     * Attaches the segment of a key.
     *
     * @param key the key it was created with
     * @return the attachment
     * @throws ErrnoException {@code ENOENT} if no segment has the key; {@code EACCES} if the permissions do not allow
     *     the {@linkplain #access}; {@code EINVAL} if an address was asked for and something is there; {@code ENOMEM}
     *     if there is no memory or address space
     * @throws IllegalArgumentException if the key is {@link IpcKey#PRIVATE}, which finds nothing
     */
    public SharedMemory open(IpcKey key) throws ErrnoException {
        checkNotPrivate(key);
        while (true) { // until the segment found is still there when attached
            int id = SharedMemoryObject.find(key.value(), 0);
            if (id < 0) {
                throw SharedMemoryFailure.finding(-id, key, 0);
            }
            Optional<SharedMemory> memory = openUnlessGone(id);
            if (memory.isPresent()) {
                return memory.get();
            }
        }
    }

    /**
     * Attaches the segment of an identifier: the only way to a private one, or to one that was removed while others
     * are still attached.
     *
     * @param id the identifier
     * @return the attachment
     * @throws ErrnoException {@code EINVAL} or {@code EIDRM} if there is no such segment, and {@code EINVAL} if an
     *     address was asked for and something is there; {@code EACCES} if the permissions do not allow the
     *     {@linkplain #access}; {@code ENOMEM} if there is no memory or address space
     */
    public SharedMemory open(int id) throws ErrnoException {
        return attach(id, false);
    }

    /**
     * Attaches the segment of a key, creating it if there is none. Of several processes that do so at once exactly
     * one creates it.
     *
     * @param key the key
     * @param byteSize the size in bytes if it is created, and the least size if it exists; at least 1
     * @return the attachment
     * @throws ErrnoException as {@link #create} and {@link #open(IpcKey)} say, but for {@code EEXIST} and
     *     {@code ENOENT}; {@code EINVAL} if the segment exists and is smaller than {@code byteSize}
     * @throws IllegalArgumentException if the key is {@link IpcKey#PRIVATE}, or as {@link #create} says
     */
    public SharedMemory openOrCreate(IpcKey key, long byteSize) throws ErrnoException {
        checkNotPrivate(key);
        MemoryArguments.checkByteSize(byteSize);
        while (true) { // until one of two answers holds: others may create and remove in between
            int id = SharedMemoryObject.find(key.value(), byteSize);
            if (id >= 0) {
                Optional<SharedMemory> memory = openUnlessGone(id);
                if (memory.isPresent()) {
                    return memory.get();
                }
                continue;
            }
            if (id != -Errno.ENOENT.number()) {
                throw SharedMemoryFailure.finding(-id, key, byteSize);
            }
            // Exclusively, so that it is known whose it is: what is ours is removed again if it cannot be attached.
            id = createObject(key, byteSize);
            if (id >= 0) {
                return attachCreated(id);
            }
            if (id != -Errno.EEXIST.number()) {
                throw creationFailure(-id, key, byteSize);
            }
        }
    }

    /**
     * Attaches the segment of an identifier in an arena of the caller's: closing the arena detaches.
     *
     * @param id the identifier
     * @param arena what the memory belongs to
     * @return the memory, as large as the segment's creator asked for
     * @throws ErrnoException as {@link #open(int)} says
     * @throws IllegalStateException if the arena is closed
     * @throws WrongThreadException if the arena is confined to another thread
     */
    public MemorySegment attach(int id, Arena arena) throws ErrnoException {
        Objects.requireNonNull(arena, "arena");
        return attach(id, arena, access, address, roundDown);
    }

    static MemorySegment attach(int id, Arena arena, Access access, long address, boolean roundDown)
            throws ErrnoException {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException("the arena is closed already");
        }
        long attached = attachAddress(id, access, address, roundDown);
        return SharedMemoryObject.in(arena, attached, sizeOfAttached(id, attached), access == Access.READ_ONLY);
    }

    /** Attaches what was found a moment ago; empty if it was removed since. */
    private Optional<SharedMemory> openUnlessGone(int id) throws ErrnoException {
        try {
            return Optional.of(open(id));
        } catch (ErrnoException failure) {
            if (SharedMemoryObject.isGone(id)) {
                return Optional.empty();
            }
            throw failure;
        }
    }

    private int createObject(IpcKey key, long byteSize) {
        if (noReserve && hugePageLog2 != SharedMemoryObject.SMALL_PAGES) {
            throw new IllegalArgumentException(
                    "hugePages and noReserve do not go together: a huge page that is missing when"
                            + " it is touched (SIGBUS) would end the JVM");
        }
        return SharedMemoryObject.create(key.value(), byteSize, permissions, hugePageLog2, noReserve);
    }

    private ErrnoException creationFailure(int errno, IpcKey key, long byteSize) {
        boolean hugePages = hugePageLog2 != SharedMemoryObject.SMALL_PAGES;
        return SharedMemoryFailure.creating(errno, key, byteSize, hugePages);
    }

    private SharedMemory attachCreated(int id) throws ErrnoException {
        try {
            return attach(id, true);
        } catch (Throwable failure) {
            int removal = SharedMemoryObject.remove(id);
            if (removal < 0) {
                failure.addSuppressed(SharedMemoryFailure.controlling(-removal, id, "removing again"));
            }
            throw failure;
        }
    }

    private SharedMemory attach(int id, boolean created) throws ErrnoException {
        long attached = attachAddress(id, access, address, roundDown);
        long byteSize = sizeOfAttached(id, attached);
        ForeignMemory memory = SharedMemoryObject.own(attached, byteSize, access == Access.READ_ONLY, id);
        return new SharedMemory(id, created, access, memory);
    }

    private static long attachAddress(int id, Access access, long address, boolean roundDown) throws ErrnoException {
        long attached = SharedMemoryObject.attach(id, address, roundDown, access == Access.READ_ONLY);
        if (attached < 0) {
            throw SharedMemoryFailure.attaching((int) -attached, id, access, address);
        }
        return attached;
    }

    /**
     * Asked only once it is attached, and of a segment just created too: until then the segment might be removed and
     * the identifier given to another, and memory that shows more than is mapped kills the JVM.
     */
    private static long sizeOfAttached(int id, long attached) throws ErrnoException {
        long byteSize = SharedMemoryObject.byteSize(id);
        if (byteSize < 0) {
            SharedMemoryObject.detach(attached);
            throw SharedMemoryFailure.controlling((int) -byteSize, id, "reading the size of");
        }
        return byteSize;
    }

    private static void checkNotPrivate(IpcKey key) {
        Objects.requireNonNull(key, "key");
        if (key.isPrivate()) {
            throw new IllegalArgumentException(
                    "a private segment cannot be found by its key: open it by identifier, or create a new one");
        }
    }
}
