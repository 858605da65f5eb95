package org.chagres.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Objects;
import java.util.Set;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.ForeignMemory;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.syscall.ShmidDs;
import org.chagres.internal.view.SharedMemoryView;
import org.chagres.internal.view.SystemV;

/**
 * One attachment of a System V shared memory segment: memory that this process and others see as one.
 *
 * {@snippet class = "org.chagres.examples.SharedCounter" region = "share"}
 *
 * <p><b>Lifetime.</b> A segment is a kernel object that outlives every process; this object is one attachment of it.
 * {@link #close()} detaches, here and for this object only. {@link #remove()} ends the segment for everybody: its key
 * is free at once, and the memory goes when the last process has detached. What nobody removes stays until the machine
 * restarts. Attaching once more is opening once more. A child process inherits nothing of an attachment, and a process
 * that exits, executes another program or is killed is detached by the kernel, which removes nothing.
 *
 * <p>An attachment that is forgotten is detached by the garbage collector once neither this object nor its segment, a
 * slice or a buffer view of it is in use.
 *
 * <p><b>Who may use it.</b> Everyone whom the permissions allow: {@link IpcKey#PRIVATE} means <em>new</em>, not
 * exclusive, and the identifier of a private segment works in any process with the permission. The default is owner
 * only, read and write.
 *
 * <p><b>Size.</b> A segment is as large as its creator asked for, and {@link #segment()} shows just that, though the
 * kernel holds whole pages ({@link PageSize}). New segments are filled with zeros.
 *
 * <p><b>Where it cannot work.</b> The first call throws {@link IllegalCallerException} if the JVM denies native access,
 * and {@link UnsupportedOperationException} on anything but 64-bit Linux on x86-64 or aarch64.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread; {@link #close()} waits for one in progress. The
 * memory itself is not synchronised.
 *
 * <p><b>Memory consistency effects.</b> Attaching, detaching and plain reads and writes order nothing between
 * processes. Publish with a release write and look with an acquire read of a {@link java.lang.invoke.VarHandle} over
 * the segment, or count with its atomic methods: they are the CPU's own and hold across processes, whatever language
 * the other is written in. They need the value aligned to its size, else {@link IllegalArgumentException}; the segment
 * itself begins on a page.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/shmget.2.html">shmget(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/shmop.2.html">shmat(2), shmdt(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/shmctl.2.html">shmctl(2)</a>
 */
public final class SharedMemory implements AutoCloseable {
    private final int id;
    private final boolean created;
    private final Access access;
    private final ForeignMemory memory;

    SharedMemory(int id, boolean created, Access access, ForeignMemory memory) {
        this.id = id;
        this.created = created;
        this.access = access;
        this.memory = memory;
    }

    /**
     * Creates a segment and attaches it to read and write: for its owner only, filled with zeros.
     *
     * @param key names the segment to other processes, and must not be in use; {@link IpcKey#PRIVATE} for a segment
     *     that is found by its {@link #id()} alone
     * @param byteSize the size in bytes, at least 1
     * @return the attachment
     * @throws ErrnoException as {@link SharedMemoryBuilder#create} says
     * @throws IllegalArgumentException if {@code byteSize} is less than 1
     */
    public static SharedMemory create(IpcKey key, long byteSize) throws ErrnoException {
        return builder().create(key, byteSize);
    }

    /**
     * Attaches the segment of a key to read and write.
     *
     * @param key the key it was created with
     * @return the attachment
     * @throws ErrnoException as {@link SharedMemoryBuilder#open(IpcKey)} says
     * @throws IllegalArgumentException if the key is {@link IpcKey#PRIVATE}, which finds nothing
     */
    public static SharedMemory open(IpcKey key) throws ErrnoException {
        return builder().open(key);
    }

    /**
     * Attaches the segment of an identifier to read and write: the only way to a private one, or to one that was
     * removed while others are still attached.
     *
     * @param id the identifier, as {@link #id()} of another process or {@code ipcs -m} tells it
     * @return the attachment
     * @throws ErrnoException as {@link SharedMemoryBuilder#open(int)} says
     */
    public static SharedMemory open(int id) throws ErrnoException {
        return builder().open(id);
    }

    /**
     * Attaches the segment of a key to read and write, creating it if there is none. Of several processes that do so
     * at once exactly one creates it, and its object says so ({@link #created()}).
     *
     * @param key the key
     * @param byteSize the size in bytes if it is created, and the least size if it exists; at least 1
     * @return the attachment
     * @throws ErrnoException as {@link SharedMemoryBuilder#openOrCreate} says
     * @throws IllegalArgumentException if the key is {@link IpcKey#PRIVATE} or {@code byteSize} is less than 1
     */
    public static SharedMemory openOrCreate(IpcKey key, long byteSize) throws ErrnoException {
        return builder().openOrCreate(key, byteSize);
    }

    /**
     * Attaches the segment of an identifier to read and write, in an arena of the caller's: closing the arena detaches.
     * For code that keeps its memory in arenas, and for attaching often: an attachment that any thread may close takes
     * tens of microseconds to close, a confined arena far less than one.
     *
     * @param id the identifier
     * @param arena what the memory belongs to
     * @return the memory, as large as the segment's creator asked for
     * @throws ErrnoException as {@link SharedMemoryBuilder#attach} says
     * @throws IllegalStateException if the arena is closed
     * @throws WrongThreadException if the arena is confined to another thread
     */
    public static MemorySegment attach(int id, Arena arena) throws ErrnoException {
        Objects.requireNonNull(arena, "arena");
        return SharedMemoryBuilder.attach(id, arena, Access.READ_WRITE, 0, false);
    }

    /**
     * Starts with the defaults, to say more: permissions, access, an address, huge pages.
     *
     * @return a new builder
     */
    public static SharedMemoryBuilder builder() {
        return new SharedMemoryBuilder();
    }

    /**
     * Asks for the status of a segment without attaching it ({@code IPC_STAT}).
     *
     * @param id the identifier
     * @return the status
     * @throws ErrnoException {@code EINVAL} or {@code EIDRM} if there is no such segment, {@code EACCES} if this
     *     process may not read it
     */
    public static SharedMemoryStatus status(int id) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            ShmidDs raw = ShmidDs.allocate(arena);
            check(SharedMemoryObject.status(id, raw), id, "reading the status of");
            return SharedMemoryView.status(id, raw);
        }
    }

    /**
     * Removes a segment without attaching it ({@code IPC_RMID}); otherwise as {@link #remove()}.
     *
     * @param id the identifier
     * @throws ErrnoException {@code EINVAL} or {@code EIDRM} if there is no such segment, {@code EPERM} if this process
     *     is neither owner nor creator nor privileged
     */
    public static void remove(int id) throws ErrnoException {
        check(SharedMemoryObject.remove(id), id, "removing");
    }

    /**
     * The identifier: names the segment to every process of this IPC namespace. No other segment gets it while this
     * attachment lasts.
     *
     * @return the identifier
     */
    public int id() {
        return id;
    }

    /**
     * Whether making this object created the segment. The creator is the one to initialise what is in it.
     *
     * @return whether it was created here
     */
    public boolean created() {
        return created;
    }

    /**
     * What this attachment allows.
     *
     * @return the access asked for
     */
    public Access access() {
        return access;
    }

    /**
     * The size that the segment's creator asked for.
     *
     * @return the size in bytes
     */
    public long byteSize() {
        return memory.segment().byteSize();
    }

    /**
     * The shared memory. Its address is where this process sees it; others may see it elsewhere, so what is stored
     * inside should be offsets, never addresses. Valid until {@link #close()}: any use after that throws
     * {@link IllegalStateException}. If attached {@link Access#READ_ONLY}, the segment is read-only.
     *
     * @return the memory, {@link #byteSize()} bytes of it
     */
    public MemorySegment segment() {
        return memory.segment();
    }

    /**
     * Asks for the status of the segment ({@code IPC_STAT}).
     *
     * @return the status
     * @throws ErrnoException {@code EACCES} if the permissions were changed and no longer let this process read
     * @throws IllegalStateException if closed
     */
    public synchronized SharedMemoryStatus status() throws ErrnoException {
        return status(openId());
    }

    /**
     * Gives the segment another owner and group ({@code IPC_SET}). The rest stays, unless another process changes it at
     * the same moment: the kernel takes owner, group and permissions only together.
     *
     * @param uid the user's number, 0 to 4294967294
     * @param gid the group's number, likewise
     * @throws ErrnoException {@code EPERM} if this process is neither owner nor creator nor privileged, {@code EINVAL}
     *     if a number means nothing in this user namespace
     * @throws IllegalArgumentException if a number is out of range
     * @throws IllegalStateException if closed
     */
    public synchronized void setOwner(long uid, long gid) throws ErrnoException {
        int user = SystemV.checkedUserNumber("uid", uid);
        int group = SystemV.checkedUserNumber("gid", gid);
        openId();
        try (Arena arena = Arena.ofConfined()) {
            ShmidDs current = current(arena, "setting the owner of");
            current.perm().setOwner(user, group);
            set(current, "setting owner uid=" + uid + " gid=" + gid + " of");
        }
    }

    /**
     * Sets who may attach from now on ({@code IPC_SET}); attachments that exist keep what they have. The rest stays,
     * as for {@link #setOwner}; where the owner is a user that this user namespace does not show, the kernel refuses.
     *
     * @param permissions read and write for owner, group and others; none is allowed too
     * @throws ErrnoException as {@link #setOwner} says
     * @throws IllegalArgumentException if there is an execute permission among them: the library offers no executable
     *     memory. What a C program created may have such bits, so that what {@link #status()} says is not always to be
     *     given back
     * @throws IllegalStateException if closed
     */
    public synchronized void setPermissions(Set<PosixFilePermission> permissions) throws ErrnoException {
        SystemV.checkPermissions(permissions);
        openId();
        try (Arena arena = Arena.ofConfined()) {
            ShmidDs current = current(arena, "setting the permissions of");
            SharedMemoryObject.setPermissions(current, permissions);
            set(current, "setting permissions " + permissions + " of");
        }
    }

    /**
     * Keeps the segment's pages from being swapped out ({@code SHM_LOCK}): those that are in memory, and each further
     * one once it is first touched. Holds for the segment, not for this attachment, until {@link #unlockFromMemory()}
     * or its end. It excludes nobody from using the memory.
     *
     * @throws ErrnoException {@code EPERM} if this process is neither owner nor creator and lacks CAP_IPC_LOCK, or its
     *     limit of locked memory (RLIMIT_MEMLOCK) is 0; {@code ENOMEM} if the limit is too small
     * @throws IllegalStateException if closed
     */
    public synchronized void lockInMemory() throws ErrnoException {
        int answer = SharedMemoryObject.lock(openId());
        if (answer < 0) {
            throw SharedMemoryFailure.locking(-answer, id);
        }
    }

    /**
     * Lets the segment's pages be swapped out again ({@code SHM_UNLOCK}); does nothing if they were not locked.
     *
     * @throws ErrnoException {@code EPERM} as for {@link #lockInMemory()}
     * @throws IllegalStateException if closed
     */
    public synchronized void unlockFromMemory() throws ErrnoException {
        check(SharedMemoryObject.unlock(openId()), id, "unlocking from memory");
    }

    /**
     * Removes the segment for everybody ({@code IPC_RMID}). Its key is free at once, and a second segment may take it
     * while this one is still attached; those who are attached, this object among them, keep the memory until they
     * detach, and the identifier goes on to work for attaching until the last has. {@link #status()} shows it
     * {@linkplain SharedMemoryStatus#markedForRemoval() marked}, under the key {@link IpcKey#PRIVATE}. Removing again
     * changes nothing.
     *
     * @throws ErrnoException {@code EPERM} if this process is neither owner nor creator nor privileged
     * @throws IllegalStateException if closed: the identifier may name another segment by then; {@link #remove(int)}
     *     removes all the same
     */
    public synchronized void remove() throws ErrnoException {
        remove(openId());
    }

    /**
     * Whether this attachment has not been closed.
     *
     * @return {@code true} until {@link #close()}
     */
    public boolean isOpen() {
        return memory.isOpen();
    }

    /**
     * Detaches ({@code shmdt(2)}); the segment stays. A second close does nothing.
     *
     * @throws IllegalStateException if a native call is using the memory at this moment; the attachment stays open, and
     *     close may be called again
     */
    @Override
    public synchronized void close() {
        try {
            memory.close();
        } catch (IllegalStateException inUse) {
            throw new IllegalStateException(
                    "shared memory id=" + id
                            + " is in use by a native call and stays attached; close it again afterwards",
                    inUse);
        }
    }

    @Override
    public String toString() {
        return "SharedMemory[id=" + id + ", byteSize=" + byteSize() + ", " + access + (isOpen() ? "]" : ", closed]");
    }

    /**
     * The identifier, for a call that this object makes by it. Such methods and {@link #close()} exclude each other:
     * were it closed between this check and the call, the identifier might name a stranger's segment by then.
     */
    private int openId() {
        if (!isOpen()) {
            throw new IllegalStateException(
                    "shared memory id=" + id + " is closed, and its identifier may name another segment by now");
        }
        return id;
    }

    private void set(ShmidDs changed, String intent) throws ErrnoException {
        int answer = SharedMemoryObject.set(id, changed);
        if (answer < 0) {
            throw SharedMemoryFailure.setting(-answer, id, intent);
        }
    }

    /** What to change a part of. An owner who took the read permission from himself must be able to give it back. */
    private ShmidDs current(Arena arena, String intent) throws ErrnoException {
        ShmidDs raw = ShmidDs.allocate(arena);
        check(SharedMemoryObject.statusOfUnreadable(id, raw), id, intent);
        return raw;
    }

    private static void check(int answer, int id, String intent) throws ErrnoException {
        if (answer < 0) {
            throw SharedMemoryFailure.controlling(-answer, id, intent);
        }
    }
}
