package org.chagres.semaphore;

import java.lang.foreign.Arena;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.internal.resource.SemaphoreWaits;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.syscall.SemidDs;
import org.chagres.internal.view.SemaphoreView;
import org.chagres.internal.view.SystemV;

/**
 * A System V semaphore set: counters that processes share, of which several can be changed in one atomic step.
 *
 * {@snippet class = "org.chagres.examples.Slot" region = "set"}
 *
 * <p>For one counter, or one of a set, {@link ProcessSemaphore} is more convenient: {@link #semaphore(int)}.
 *
 * <p><b>Lifetime.</b> A set is a kernel object that outlives every process. {@link #close()} ends its use by this
 * object and wakes the threads that wait through it; {@link #remove()} ends the set for everybody. What nobody removes
 * stays until the machine restarts.
 *
 * <p><b>First values.</b> A set that this library creates is not seen with other than its first values: creating, and
 * giving them, are two steps to the kernel, and those who open the set wait for the second. See
 * {@link SemaphoreSetBuilder#open(IpcKey)}.
 *
 * <p><b>Who may use it.</b> Whom the permissions allow: read is to look at it and to wait for zero, write is to change
 * values. The default is owner only, both.
 *
 * <p><b>Where it cannot work.</b> The first call throws {@link IllegalCallerException} if the JVM denies native access,
 * and {@link UnsupportedOperationException} on anything but 64-bit Linux on x86-64 or aarch64.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * <p><b>Memory consistency effects.</b> What a process did before an operation that increased a value, shared memory
 * included, is seen by one that waited for it.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/semget.2.html">semget(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/semop.2.html">semop(2), semtimedop(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/semctl.2.html">semctl(2)</a>
 */
public final class SemaphoreSet implements AutoCloseable {
    /** How many operations of a step a message shows. */
    private static final int MOST_SHOWN = 5;

    private final int id;
    private final int size;
    private final boolean created;
    private final SemaphoreWaits waits;

    SemaphoreSet(int id, int size, boolean created) {
        this.id = id;
        this.size = size;
        this.created = created;
        this.waits = new SemaphoreWaits(id);
    }

    /**
     * Creates a set, for its owner only.
     *
     * @param key names the set to other processes, and must not be in use; {@link IpcKey#PRIVATE} for one that is found
     *     by its {@link #id()} alone
     * @param values the first value of each semaphore, 0 to 32767; as many as the set is to have
     * @return the set
     * @throws ErrnoException as {@link SemaphoreSetBuilder#create} says
     * @throws IllegalArgumentException if there is no value, or one is out of range
     */
    public static SemaphoreSet create(IpcKey key, int... values) throws ErrnoException {
        return builder().create(key, values);
    }

    /**
     * Opens the set of a key.
     *
     * @param key the key it was created with
     * @return the set
     * @throws ErrnoException as {@link SemaphoreSetBuilder#open(IpcKey)} says
     * @throws UninitializedSemaphoreException if its creator has not given it first values within 5 s
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if the key is {@link IpcKey#PRIVATE}, which finds nothing
     */
    public static SemaphoreSet open(IpcKey key)
            throws ErrnoException, UninitializedSemaphoreException, InterruptedException {
        return builder().open(key);
    }

    /**
     * Opens the set of an identifier: the only way to a private one.
     *
     * @param id the identifier, as {@link #id()} of another process or {@code ipcs -s} tells it
     * @return the set
     * @throws ErrnoException as {@link SemaphoreSetBuilder#open(int)} says
     * @throws UninitializedSemaphoreException if its creator has not given it first values within 5 s
     * @throws InterruptedException if the thread is interrupted
     */
    public static SemaphoreSet open(int id)
            throws ErrnoException, UninitializedSemaphoreException, InterruptedException {
        return builder().open(id);
    }

    /**
     * Opens the set of a key, creating it if there is none. Of several processes that do so at once exactly one creates
     * it, and its object says so ({@link #created()}); the others wait until it has its first values.
     *
     * @param key the key
     * @param values the first values if it is created, 0 to 32767 each; a set that exists must have at least as many
     *     semaphores
     * @return the set
     * @throws ErrnoException as {@link SemaphoreSetBuilder#openOrCreate} says
     * @throws UninitializedSemaphoreException if its creator has not given it first values within 5 s
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if the key is {@link IpcKey#PRIVATE}, or as {@link #create} says
     */
    public static SemaphoreSet openOrCreate(IpcKey key, int... values)
            throws ErrnoException, UninitializedSemaphoreException, InterruptedException {
        return builder().openOrCreate(key, values);
    }

    /**
     * Starts with the defaults, to say more: permissions, and how to deal with sets that have no first values.
     *
     * @return a new builder
     */
    public static SemaphoreSetBuilder builder() {
        return new SemaphoreSetBuilder();
    }

    /**
     * Asks for the status of a set without opening it ({@code IPC_STAT}).
     *
     * @param id the identifier
     * @return the status
     * @throws ErrnoException {@code EINVAL} or {@code EIDRM} if there is no such set, {@code EACCES} if this process
     *     may not read it
     */
    public static SemaphoreSetStatus status(int id) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            SemidDs raw = SemidDs.allocate(arena);
            check(SemaphoreObject.status(id, raw), id, "reading the status of");
            return SemaphoreView.status(id, raw);
        }
    }

    /**
     * Removes a set without opening it ({@code IPC_RMID}); otherwise as {@link #remove()}.
     *
     * @param id the identifier
     * @throws ErrnoException {@code EINVAL} or {@code EIDRM} if there is no such set, {@code EPERM} if this process is
     *     neither owner nor creator nor privileged
     */
    public static void remove(int id) throws ErrnoException {
        check(SemaphoreObject.remove(id), id, "removing");
    }

    /**
     * The identifier: names the set to every process of this IPC namespace.
     *
     * @return the identifier
     */
    public int id() {
        return id;
    }

    /**
     * How many semaphores the set has.
     *
     * @return 1 or more
     */
    public int size() {
        return size;
    }

    /**
     * Whether making this object created the set.
     *
     * @return whether it was created here
     */
    public boolean created() {
        return created;
    }

    /**
     * One semaphore of the set. It is closed together with the set, whichever of them is closed.
     *
     * @param number which one, 0 to {@link #size()} - 1
     * @return the semaphore
     * @throws IllegalArgumentException if there is none of that number
     */
    public ProcessSemaphore semaphore(int number) {
        return new ProcessSemaphore(this, checkedNumber(number), false, waits);
    }

    /**
     * Does operations in one atomic step: all of them, once all are possible, in their order, and none before
     * ({@code semop(2)}). Several may concern the same semaphore.
     *
     * <p>The wait ends
     *
     * <ul>
     *   <li>when all is done;
     *   <li>with {@link InterruptedException} if the thread is interrupted, or was when it came here. The thread's
     *       interrupted status is cleared then, nothing is done, and the set stays usable. An interrupt that comes when
     *     all is
     *       done leaves the status set;
     *   <li>with {@link IllegalStateException} if {@link #close()} is called, or was;
     *   <li>with {@link ErrnoException} {@code EIDRM} if the set is removed, and {@code EAGAIN} if an operation
     *       {@linkplain SemaphoreOperation#noWait() is not to wait} and would have to: use
     *     {@link #tryApply(SemaphoreOperation...)}
     *       where that is expected.
     * </ul>
     *
     * @param operations what to do, at least one
     * @throws ErrnoException {@code E2BIG} if there are more operations than the system allows in one step (SEMOPM);
     *     {@code ERANGE} if a value, or what is to be undone, would exceed 32767; {@code EIDRM} if the set is removed
     *     while this thread waits, {@code EINVAL} if it was before;
     *     {@code EACCES} if this process may not do it; {@code EAGAIN} as said above; {@code ENOSPC} or {@code ENOMEM}
     *     if the kernel cannot remember the undo
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if there is no operation, or one names a semaphore that the set does not have
     * @throws IllegalStateException if closed before or meanwhile
     */
    public void apply(SemaphoreOperation... operations) throws ErrnoException, InterruptedException {
        int answer = waits.await(packed(operations), SemaphoreWaits.FOREVER);
        if (answer < 0) {
            throw operationFailure(answer, applying(operations));
        }
    }

    /**
     * Does operations in one atomic step if that is possible now ({@code IPC_NOWAIT}). Whether the thread is
     * interrupted is not looked at.
     *
     * @param operations what to do, at least one
     * @return whether all was done; {@code false} if nothing was
     * @throws ErrnoException as for {@link #apply}, but for {@code EAGAIN}
     * @throws IllegalArgumentException as for {@link #apply}
     * @throws IllegalStateException if closed
     */
    public boolean tryApply(SemaphoreOperation... operations) throws ErrnoException {
        long[] packed = packed(operations);
        openId();
        int answer = waits.attempt(packed);
        if (answer < 0 && answer != SemaphoreWaits.NOT_NOW) {
            throw operationFailure(answer, applying(operations));
        }
        return answer >= 0;
    }

    /**
     * Does operations in one atomic step, waiting for at most a time ({@code semtimedop(2)}); otherwise as
     * {@link #apply}.
     *
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @param operations what to do, at least one
     * @return whether all was done; {@code false} if nothing was, because the time was over or an operation
     *     {@linkplain SemaphoreOperation#noWait() is not to wait}
     * @throws ErrnoException as for {@link #apply}, but for {@code EAGAIN}
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException as for {@link #apply}
     * @throws IllegalStateException if closed before or meanwhile
     */
    public boolean tryApply(Duration timeout, SemaphoreOperation... operations)
            throws ErrnoException, InterruptedException {
        int answer = waits.await(packed(operations), Timeouts.nanos(timeout));
        if (answer < 0 && answer != SemaphoreWaits.NOT_NOW) {
            throw operationFailure(answer, applying(operations));
        }
        return answer >= 0;
    }

    /**
     * All values, of one moment ({@code GETALL}).
     *
     * @return {@link #size()} values, 0 to 32767 each
     * @throws ErrnoException {@code EACCES} if this process may not read the set, {@code EINVAL} or {@code EIDRM} if it
     *     was removed
     * @throws IllegalStateException if closed
     */
    public int[] values() throws ErrnoException {
        int[] values = new int[size];
        checked(SemaphoreObject.values(openId(), values), "reading the values of");
        return values;
    }

    /**
     * Sets one value ({@code SETVAL}), and wakes who waited for it. The kernel then forgets what it was to undo on this
     * semaphore, in every process: who holds a permit of it no longer gives it back by dying. So this is for resetting
     * a set that nobody is using; in use, values are changed by operations.
     *
     * @param number which semaphore
     * @param value 0 to 32767
     * @throws ErrnoException {@code EACCES} if this process may not change the set, {@code EINVAL} or {@code EIDRM} if
     *     it was removed
     * @throws IllegalArgumentException if there is no semaphore of that number, or {@code value} is out of range
     * @throws IllegalStateException if closed
     */
    public void setValue(int number, int value) throws ErrnoException {
        checkedNumber(number);
        checkValue(value);
        checked(
                SemaphoreObject.setValue(openId(), number, value),
                "setting semaphore " + number + " to " + value + " in");
    }

    /**
     * Sets all values in one step ({@code SETALL}); otherwise as {@link #setValue}.
     *
     * @param values {@link #size()} values, 0 to 32767 each
     * @throws ErrnoException as for {@link #setValue}
     * @throws IllegalArgumentException if their number is not {@link #size()}, or one is out of range
     * @throws IllegalStateException if closed
     */
    public void setValues(int... values) throws ErrnoException {
        if (Objects.requireNonNull(values, "values").length != size) {
            throw new IllegalArgumentException(
                    "the set has " + size + " semaphores, and " + values.length + " values were given");
        }
        for (int value : values) {
            checkValue(value);
        }
        checked(SemaphoreObject.setValues(openId(), values), "setting the values of");
    }

    /**
     * Asks for the status of the set ({@code IPC_STAT}).
     *
     * @return the status
     * @throws ErrnoException {@code EACCES} if this process may not read the set, {@code EINVAL} or {@code EIDRM} if it
     *     was removed
     * @throws IllegalStateException if closed
     */
    public SemaphoreSetStatus status() throws ErrnoException {
        return status(openId());
    }

    /**
     * Gives the set another owner and group ({@code IPC_SET}). The rest stays, unless another process changes it at the
     * same moment: the kernel takes owner, group and permissions only together.
     *
     * @param uid the user's number, 0 to 4294967294
     * @param gid the group's number, likewise
     * @throws ErrnoException {@code EPERM} if this process is neither owner nor creator nor privileged; {@code EINVAL}
     *     or {@code EIDRM} if the set was removed, {@code EINVAL} too if a number means nothing in this user namespace
     * @throws IllegalArgumentException if a number is out of range
     * @throws IllegalStateException if closed
     */
    public void setOwner(long uid, long gid) throws ErrnoException {
        int user = SystemV.checkedUserNumber("uid", uid);
        int group = SystemV.checkedUserNumber("gid", gid);
        openId();
        String intent = "setting owner uid=" + uid + " gid=" + gid + " of";
        try (Arena arena = Arena.ofConfined()) {
            SemidDs current = current(arena, intent);
            current.perm().setOwner(user, group);
            set(current, intent);
        }
    }

    /**
     * Sets who may use the set from now on ({@code IPC_SET}); who waits already may still get what it waits for. The
     * rest stays, as for {@link #setOwner}.
     *
     * @param permissions read and write for owner, group and others; none is allowed too
     * @throws ErrnoException as {@link #setOwner} says
     * @throws IllegalArgumentException if there is an execute permission among them, which means nothing here
     * @throws IllegalStateException if closed
     */
    public void setPermissions(Set<PosixFilePermission> permissions) throws ErrnoException {
        SystemV.checkPermissions(permissions);
        openId();
        String intent = "setting permissions " + permissions + " of";
        try (Arena arena = Arena.ofConfined()) {
            SemidDs current = current(arena, intent);
            SemaphoreObject.setPermissions(current, permissions);
            set(current, intent);
        }
    }

    /**
     * Removes the set for everybody, at once ({@code IPC_RMID}): whoever waits on it, in any process, gets
     * {@code EIDRM}; who uses it later, {@code EINVAL}. What was to be undone is forgotten. This object stays open,
     * though of no more use.
     *
     * @throws ErrnoException {@code EPERM} if this process is neither owner nor creator nor privileged; {@code EINVAL}
     *     or {@code EIDRM} if the set was removed already
     * @throws IllegalStateException if closed; {@link #remove(int)} removes all the same
     */
    public void remove() throws ErrnoException {
        remove(openId());
    }

    /**
     * Whether this object has not been closed.
     *
     * @return {@code true} until {@link #close()}
     */
    public boolean isOpen() {
        return !waits.isClosed();
    }

    /**
     * Ends the use of the set by this object; the set stays. Threads that wait through it get
     * {@link IllegalStateException}, and this method does not wait for them. Permits that are held can be given back
     * nonetheless. A second close does nothing.
     */
    @Override
    public void close() {
        waits.close();
    }

    @Override
    public String toString() {
        return "SemaphoreSet[id=" + id + ", size=" + size + (isOpen() ? "]" : ", closed]");
    }

    int value(int number) throws ErrnoException {
        return checked(SemaphoreObject.value(openId(), number), "reading the value of semaphore " + number + " of");
    }

    /** The identifier, for a call that this object makes by it. */
    int openId() {
        if (waits.isClosed()) {
            throw closed();
        }
        return id;
    }

    int checked(int answer, String intent) throws ErrnoException {
        check(answer, id, intent);
        return answer;
    }

    /** What to throw for an answer of an operation that is not good. */
    ErrnoException operationFailure(int answer, String intent) {
        if (answer == SemaphoreWaits.CLOSED) {
            throw closed();
        }
        return SemaphoreFailure.operating(-answer, id, intent);
    }

    static void checkValue(int value) {
        if (value < 0 || value > Short.MAX_VALUE) {
            throw new IllegalArgumentException("the value of a semaphore is 0 to 32767, not " + value);
        }
    }

    /** A step may have hundreds of operations. */
    private static String applying(SemaphoreOperation[] operations) {
        String shown = Arrays.stream(operations)
                .limit(MOST_SHOWN)
                .map(SemaphoreOperation::toString)
                .collect(Collectors.joining(", "));
        int others = operations.length - MOST_SHOWN;
        return "applying [" + shown + (others > 0 ? " and " + others + " more" : "") + "] to";
    }

    private IllegalStateException closed() {
        return new IllegalStateException(
                "semaphore set id=" + id + " is closed, here and for this object alone: the set"
                        + " itself is untouched, and SemaphoreSet.remove(id) removes it");
    }

    private int checkedNumber(int number) {
        if (number < 0 || number >= size) {
            throw new IllegalArgumentException("the set has " + size + (size == 1 ? " semaphore" : " semaphores")
                    + ", numbered from 0, and none of number " + number);
        }
        return number;
    }

    private long[] packed(SemaphoreOperation[] operations) {
        if (Objects.requireNonNull(operations, "operations").length == 0) {
            throw new IllegalArgumentException("give at least one operation");
        }
        long[] packed = new long[operations.length];
        for (int i = 0; i < packed.length; i++) {
            SemaphoreOperation operation = Objects.requireNonNull(operations[i], "operation");
            packed[i] = SemaphoreWaits.operation(
                    checkedNumber(operation.number()), operation.delta(), operation.undo(), operation.noWait());
        }
        return packed;
    }

    private void set(SemidDs changed, String intent) throws ErrnoException {
        int answer = SemaphoreObject.set(id, changed);
        if (answer < 0) {
            throw SemaphoreFailure.setting(-answer, id, intent);
        }
    }

    /** What to change a part of. An owner who took the read permission from himself must be able to give it back. */
    private SemidDs current(Arena arena, String intent) throws ErrnoException {
        SemidDs raw = SemidDs.allocate(arena);
        checked(SemaphoreObject.statusOfUnreadable(id, raw), intent);
        return raw;
    }

    private static void check(int answer, int id, String intent) throws ErrnoException {
        if (answer < 0) {
            throw SemaphoreFailure.controlling(-answer, id, intent);
        }
    }
}
