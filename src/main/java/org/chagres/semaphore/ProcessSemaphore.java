package org.chagres.semaphore;

import static org.chagres.semaphore.SemaphoreOperation.checkedPermits;

import java.time.Duration;
import java.util.Optional;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.internal.resource.SemaphoreWaits;
import org.chagres.internal.resource.Timeouts;

/**
 * A counting semaphore that processes share: one semaphore of a System V {@linkplain SemaphoreSet set}. Its value is
 * the number of permits there are, 0 to 32767.
 *
 * {@snippet class = "org.chagres.examples.SharedLock" region = "share"}
 *
 * <p><b>Two ways to use it.</b> As a lock or a pool, where who takes a permit gives it back: {@link #hold()}, whose
 * {@link Permit} is given back even if the process is killed. As a signal, where one process releases and another
 * acquires: {@link #acquire()} and {@link #release()}. Nothing ties a permit to a thread; a thread that ends gives
 * nothing back.
 *
 * <p><b>Undo belongs to processes.</b> What {@link #hold()} and {@link #withUndo()} do, the kernel remembers for each
 * process (not for each thread) and takes back at its end, however it ends. Setting values
 * ({@link SemaphoreSet#setValue}) makes the kernel forget it, in every process. A process that takes with undo and
 * gives back without leaves a sum behind, which the kernel adds at its end: hence {@link #hold()} goes with its
 * {@link Permit}, and {@link #acquire()} with {@link #release()} of the same object. A child process inherits nothing
 * to undo, and an undo never takes a value below 0.
 *
 * <p><b>Lifetime.</b> The set is a kernel object that outlives every process. {@link #close()} ends the use by this
 * object, and wakes its waiters; {@link #remove()} ends the set for everybody. Nothing in
 * this process is held by a semaphore that was forgotten, so nothing need be closed but to wake waiters.
 *
 * <p><b>Waiting</b> ends by the permit, by the time-out, by an interrupt (nothing is taken then, and the semaphore
 * stays usable), by {@link #close()} and by the set's removal. The kernel serves waiters for the same number of permits
 * in the order they came; a process that was stopped ({@code SIGSTOP}) or interrupted comes again as the last. A waiter
 * for few permits may be served before one that wants many. On virtual threads no carrier is blocked.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * <p><b>Memory consistency effects.</b> What a process did before it released permits, shared memory included, is seen
 * by one that has acquired them.
 *
 * @see java.util.concurrent.Semaphore
 * @see <a href="https://man7.org/linux/man-pages/man2/semop.2.html">semop(2)</a>
 */
public final class ProcessSemaphore implements AutoCloseable {
    private final SemaphoreSet set;
    private final int number;
    private final boolean undo;
    private final SemaphoreWaits waits;
    private final long acquireOne;
    private final long releaseOne;

    ProcessSemaphore(SemaphoreSet set, int number, boolean undo, SemaphoreWaits waits) {
        this.set = set;
        this.number = number;
        this.undo = undo;
        this.waits = waits;
        this.acquireOne = acquiring(1, undo);
        this.releaseOne = releasing(1, undo);
    }

    /**
     * Creates a set of one semaphore, for its owner only.
     *
     * @param key names it to other processes, and must not be in use; {@link IpcKey#PRIVATE} for one that is found by
     *     its {@link SemaphoreSet#id() identifier} alone
     * @param permits its first value, 0 to 32767; 1 for a lock
     * @return the semaphore; other processes never see it with another first value
     * @throws ErrnoException as {@link SemaphoreSetBuilder#create} says
     * @throws IllegalArgumentException if {@code permits} is out of range
     */
    public static ProcessSemaphore create(IpcKey key, int permits) throws ErrnoException {
        return SemaphoreSet.create(key, permits).semaphore(0);
    }

    /**
     * Opens semaphore 0 of the set of a key. For another one: {@link SemaphoreSet#open(IpcKey) SemaphoreSet.open(key)}
     * and {@link SemaphoreSet#semaphore}.
     *
     * @param key the key it was created with
     * @return the semaphore
     * @throws ErrnoException as {@link SemaphoreSetBuilder#open(IpcKey)} says
     * @throws UninitializedSemaphoreException if its creator has not given it a first value within 5 s
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if the key is {@link IpcKey#PRIVATE}, which finds nothing
     */
    public static ProcessSemaphore open(IpcKey key)
            throws ErrnoException, UninitializedSemaphoreException, InterruptedException {
        return SemaphoreSet.open(key).semaphore(0);
    }

    /**
     * Opens semaphore 0 of the set of an identifier.
     *
     * @param id the identifier, as {@link SemaphoreSet#id()} of another process or {@code ipcs -s} tells it
     * @return the semaphore
     * @throws ErrnoException as {@link SemaphoreSetBuilder#open(int)} says
     * @throws UninitializedSemaphoreException if its creator has not given it a first value within 5 s
     * @throws InterruptedException if the thread is interrupted
     */
    public static ProcessSemaphore open(int id)
            throws ErrnoException, UninitializedSemaphoreException, InterruptedException {
        return SemaphoreSet.open(id).semaphore(0);
    }

    /**
     * Opens semaphore 0 of the set of a key, creating a set of one if there is none. Of several processes that do so at
     * once exactly one creates it, and the others wait until it has its first value.
     *
     * @param key the key
     * @param permits its first value if it is created, 0 to 32767; 1 for a lock
     * @return the semaphore
     * @throws ErrnoException as {@link SemaphoreSetBuilder#openOrCreate} says
     * @throws UninitializedSemaphoreException if its creator has not given it a first value within 5 s
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if the key is {@link IpcKey#PRIVATE} or {@code permits} is out of range
     */
    public static ProcessSemaphore openOrCreate(IpcKey key, int permits)
            throws ErrnoException, UninitializedSemaphoreException, InterruptedException {
        return SemaphoreSet.openOrCreate(key, permits).semaphore(0);
    }

    /**
     * The same semaphore, whose {@link #acquire()} and {@link #release()} the kernel takes back when this process ends
     * ({@code SEM_UNDO}). For locks whose code cannot keep a {@link Permit}; the two must come in pairs within this
     * process.
     *
     * @return a semaphore that is closed together with this one
     */
    public ProcessSemaphore withUndo() {
        return undo ? this : new ProcessSemaphore(set, number, true, waits);
    }

    /**
     * The set that this semaphore is in: to ask whose it is, to give it to others. It is closed together with this
     * semaphore.
     *
     * @return the set
     */
    public SemaphoreSet set() {
        return set;
    }

    /**
     * The identifier of the set: names it to every process of this IPC namespace.
     *
     * @return the identifier
     */
    public int id() {
        return set.id();
    }

    /**
     * Whether making this object created the set.
     *
     * @return whether it was created here
     */
    public boolean created() {
        return set.created();
    }

    /**
     * Removes the set for everybody, as {@link SemaphoreSet#remove()} does.
     *
     * @throws ErrnoException as for {@link SemaphoreSet#remove()}
     * @throws IllegalStateException if closed; {@link SemaphoreSet#remove(int)} removes all the same
     */
    public void remove() throws ErrnoException {
        set.remove();
    }

    /**
     * Which semaphore of its set this is.
     *
     * @return the number, from 0
     */
    public int number() {
        return number;
    }

    /**
     * Takes one permit, waiting until there is one ({@code semop(2)}).
     *
     * <p>The wait ends
     *
     * <ul>
     *   <li>with the permit;
     *   <li>with {@link InterruptedException} if the thread is interrupted, or was when it came here. The thread's
     *       interrupted status is cleared then, nothing is taken, and the semaphore stays usable. An interrupt that
     *     comes
     *       together with the permit leaves the status set and the permit taken;
     *   <li>with {@link IllegalStateException} if {@link #close()} is called, or was;
     *   <li>with {@link ErrnoException} {@code EIDRM} if the set is removed.
     * </ul>
     *
     * @throws ErrnoException {@code EIDRM} if the set is removed while this thread waits, {@code EINVAL} if it was
     *     before; {@code EACCES} if this process may not change it; {@code ERANGE} if what is to be undone would exceed
     *     32767; {@code ENOSPC} or {@code ENOMEM} if the kernel cannot remember the undo
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalStateException if closed before or meanwhile
     */
    public void acquire() throws ErrnoException, InterruptedException {
        acquire(acquireOne, 1);
    }

    /**
     * Takes permits, all at once, waiting until there are enough ({@code semop(2)}); otherwise as {@link #acquire()}.
     *
     * @param permits how many, 1 to 32767
     * @throws ErrnoException as for {@link #acquire()}
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if {@code permits} is out of range
     * @throws IllegalStateException if closed before or meanwhile
     */
    public void acquire(int permits) throws ErrnoException, InterruptedException {
        acquire(acquiring(checkedPermits(permits), undo), permits);
    }

    /**
     * Takes one permit if there is one now ({@code IPC_NOWAIT}). Whether the thread is interrupted is not looked at.
     *
     * @return whether it was taken
     * @throws ErrnoException as for {@link #acquire()}
     * @throws IllegalStateException if closed
     */
    public boolean tryAcquire() throws ErrnoException {
        return attempted(acquireOne, 1);
    }

    /**
     * Takes permits if there are enough now ({@code IPC_NOWAIT}); all or none. Whether the thread is interrupted is not
     * looked at.
     *
     * @param permits how many, 1 to 32767
     * @return whether they were taken
     * @throws ErrnoException as for {@link #acquire()}
     * @throws IllegalArgumentException if {@code permits} is out of range
     * @throws IllegalStateException if closed
     */
    public boolean tryAcquire(int permits) throws ErrnoException {
        return attempted(acquiring(checkedPermits(permits), undo), permits);
    }

    /**
     * Takes one permit, waiting for at most a time ({@code semtimedop(2)}); otherwise as {@link #acquire()}.
     *
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return whether it was taken; {@code false} if the time was over
     * @throws ErrnoException as for {@link #acquire()}
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalStateException if closed before or meanwhile
     */
    public boolean tryAcquire(Duration timeout) throws ErrnoException, InterruptedException {
        return awaited(acquireOne, timeout, "acquiring", 1);
    }

    /**
     * Takes permits, all at once, waiting for at most a time ({@code semtimedop(2)}); otherwise as {@link #acquire()}.
     *
     * @param permits how many, 1 to 32767
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return whether they were taken; {@code false} if the time was over
     * @throws ErrnoException as for {@link #acquire()}
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if {@code permits} is out of range
     * @throws IllegalStateException if closed before or meanwhile
     */
    public boolean tryAcquire(int permits, Duration timeout) throws ErrnoException, InterruptedException {
        return awaited(acquiring(checkedPermits(permits), undo), timeout, "acquiring", permits);
    }

    /**
     * Gives one permit ({@code semop(2)}). It never waits, and need not be one that was taken here.
     * Nothing limits the value to what it began with: with one release too many, two hold a lock.
     *
     * @throws ErrnoException {@code ERANGE} if the value, or what is to be undone, would exceed 32767; {@code EIDRM} or
     *     {@code EINVAL} if the set was removed; {@code EACCES} if this process may not change it; {@code ENOSPC} or
     *     {@code ENOMEM} if the kernel cannot remember the undo
     * @throws IllegalStateException if closed
     */
    public void release() throws ErrnoException {
        released(releaseOne, 1);
    }

    /**
     * Gives permits, all at once; otherwise as {@link #release()}.
     *
     * @param permits how many, 1 to 32767
     * @throws ErrnoException as for {@link #release()}
     * @throws IllegalArgumentException if {@code permits} is out of range
     * @throws IllegalStateException if closed
     */
    public void release(int permits) throws ErrnoException {
        released(releasing(checkedPermits(permits), undo), permits);
    }

    /**
     * Takes one permit as {@link #acquire()} does, to be given back by {@link Permit#close()}; by the kernel, should
     * this process end before ({@code SEM_UNDO}).
     *
     * @return the permit
     * @throws ErrnoException as for {@link #acquire()}
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalStateException if closed before or meanwhile
     */
    public Permit hold() throws ErrnoException, InterruptedException {
        return hold(1);
    }

    /**
     * Takes permits, all at once; otherwise as {@link #hold()}.
     *
     * @param permits how many, 1 to 32767
     * @return the permits
     * @throws ErrnoException as for {@link #acquire()}
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if {@code permits} is out of range
     * @throws IllegalStateException if closed before or meanwhile
     */
    public Permit hold(int permits) throws ErrnoException, InterruptedException {
        Permit permit = new Permit(this, permits); // before it is taken: nothing may fail between that and its owner
        acquire(acquiring(checkedPermits(permits), true), permits);
        return permit;
    }

    /**
     * Takes one permit if there is one now; otherwise as {@link #hold()}. Whether the thread is interrupted is not
     * looked at.
     *
     * @return the permit, if there was one
     * @throws ErrnoException as for {@link #acquire()}
     * @throws IllegalStateException if closed
     */
    public Optional<Permit> tryHold() throws ErrnoException {
        return tryHold(1);
    }

    /**
     * Takes permits if there are enough now, all or none; otherwise as {@link #tryHold()}.
     *
     * @param permits how many, 1 to 32767
     * @return the permits, if there were as many
     * @throws ErrnoException as for {@link #acquire()}
     * @throws IllegalArgumentException if {@code permits} is out of range
     * @throws IllegalStateException if closed
     */
    public Optional<Permit> tryHold(int permits) throws ErrnoException {
        Optional<Permit> permit = Optional.of(new Permit(this, permits));
        return attempted(acquiring(checkedPermits(permits), true), permits) ? permit : Optional.empty();
    }

    /**
     * Takes one permit, waiting for at most a time; otherwise as {@link #hold()}.
     *
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return the permit; empty if the time was over
     * @throws ErrnoException as for {@link #acquire()}
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalStateException if closed before or meanwhile
     */
    public Optional<Permit> tryHold(Duration timeout) throws ErrnoException, InterruptedException {
        return tryHold(1, timeout);
    }

    /**
     * Takes permits, all at once, waiting for at most a time; otherwise as {@link #hold()}.
     *
     * @param permits how many, 1 to 32767
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return the permits; empty if the time was over
     * @throws ErrnoException as for {@link #acquire()}
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if {@code permits} is out of range
     * @throws IllegalStateException if closed before or meanwhile
     */
    public Optional<Permit> tryHold(int permits, Duration timeout) throws ErrnoException, InterruptedException {
        Optional<Permit> permit = Optional.of(new Permit(this, permits));
        return awaited(acquiring(checkedPermits(permits), true), timeout, "acquiring", permits)
                ? permit
                : Optional.empty();
    }

    /**
     * Waits until the value is 0 ({@code semop(2)} with 0), and changes nothing. It may be greater again when this
     * method returns. The wait ends as that of {@link #acquire()} does.
     *
     * @throws ErrnoException {@code EIDRM} or {@code EINVAL} if the set was removed; {@code EACCES} if this process may
     *     not read it
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalStateException if closed before or meanwhile
     */
    public void awaitZero() throws ErrnoException, InterruptedException {
        int answer = waits.await(awaitingZero(), SemaphoreWaits.FOREVER);
        if (answer < 0) {
            throw failure(answer, "awaiting zero of", 0);
        }
    }

    /**
     * Waits until the value is 0, for at most a time ({@code semtimedop(2)} with 0); otherwise as {@link #awaitZero()}.
     *
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return whether it was 0; {@code false} if the time was over
     * @throws ErrnoException as for {@link #awaitZero()}
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalStateException if closed before or meanwhile
     */
    public boolean tryAwaitZero(Duration timeout) throws ErrnoException, InterruptedException {
        return awaited(awaitingZero(), timeout, "awaiting zero of", 0);
    }

    /**
     * The value: how many permits there are at this moment ({@code GETVAL}).
     *
     * @return 0 to 32767
     * @throws ErrnoException as {@link SemaphoreSet#values()} says
     * @throws IllegalStateException if closed
     */
    public int availablePermits() throws ErrnoException {
        return set.value(number);
    }

    /**
     * Asks for the value, who changed it, and how many wait ({@code GETVAL}, {@code GETPID}, {@code GETNCNT},
     * {@code GETZCNT}).
     *
     * @return the status
     * @throws ErrnoException as {@link SemaphoreSet#values()} says
     * @throws IllegalStateException if closed
     */
    public SemaphoreStatus status() throws ErrnoException {
        int id = set.openId();
        return new SemaphoreStatus(
                set.value(number),
                set.checked(SemaphoreObject.lastPid(id, number), "reading the last process of"),
                set.checked(SemaphoreObject.waitingForIncrease(id, number), "counting the waiters of"),
                set.checked(SemaphoreObject.waitingForZero(id, number), "counting the waiters of"));
    }

    /**
     * Whether this semaphore has not been closed.
     *
     * @return {@code true} until {@link #close()}, here or of the {@link #set()}
     */
    public boolean isOpen() {
        return set.isOpen();
    }

    /**
     * Ends the use of the set by this object, as {@link SemaphoreSet#close()} does. Threads that wait get
     * {@link IllegalStateException}; permits that are held can be given back nonetheless. A second close does nothing.
     */
    @Override
    public void close() {
        set.close();
    }

    @Override
    public String toString() {
        return "ProcessSemaphore[id=" + set.id() + ", number=" + number + (undo ? ", undo" : "")
                + (isOpen() ? "]" : ", closed]");
    }

    /** What {@link Permit#close()} does, closed or not. */
    void giveBack(int permits) throws ErrnoException {
        int answer = waits.attempt(releasing(permits, true));
        if (answer < 0) {
            throw failure(answer, "giving back", permits);
        }
    }

    private void acquire(long operation, int permits) throws ErrnoException, InterruptedException {
        int answer = waits.await(operation, SemaphoreWaits.FOREVER);
        if (answer < 0) {
            throw failure(answer, "acquiring", permits);
        }
    }

    private boolean attempted(long operation, int permits) throws ErrnoException {
        set.openId();
        int answer = waits.attempt(operation);
        if (answer < 0 && answer != SemaphoreWaits.NOT_NOW) {
            throw failure(answer, "acquiring", permits);
        }
        return answer >= 0;
    }

    private boolean awaited(long operation, Duration timeout, String what, int permits)
            throws ErrnoException, InterruptedException {
        int answer = waits.await(operation, Timeouts.nanos(timeout));
        if (answer < 0 && answer != SemaphoreWaits.NOT_NOW) {
            throw failure(answer, what, permits);
        }
        return answer >= 0;
    }

    private void released(long operation, int permits) throws ErrnoException {
        set.openId();
        int answer = waits.attempt(operation);
        if (answer < 0) {
            throw failure(answer, "releasing", permits);
        }
    }

    private ErrnoException failure(int answer, String what, int permits) {
        String intent = what + (permits == 0 ? "" : " " + permits + (permits == 1 ? " permit of" : " permits of"))
                + " semaphore " + number + " of";
        return set.operationFailure(answer, intent);
    }

    private long acquiring(int permits, boolean withUndo) {
        return SemaphoreWaits.operation(number, -permits, withUndo, false);
    }

    private long releasing(int permits, boolean withUndo) {
        return SemaphoreWaits.operation(number, permits, withUndo, false);
    }

    private long awaitingZero() {
        return SemaphoreWaits.operation(number, 0, false, false);
    }
}
