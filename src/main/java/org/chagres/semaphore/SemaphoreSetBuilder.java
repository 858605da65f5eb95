package org.chagres.semaphore;

import java.lang.foreign.Arena;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.internal.resource.Interruption;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.syscall.SemidDs;
import org.chagres.internal.view.SemaphoreView;
import org.chagres.internal.view.SystemV;

/**
 * How to create and open a {@link SemaphoreSet}, where the defaults are not enough.
 *
 * <p>Not safe for use by several threads at once; may be used again after a set was made.
 *
 * @see SemaphoreSet#builder()
 */
public final class SemaphoreSetBuilder {
    private static final Duration INITIALIZATION_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration FIRST_PAUSE = Duration.ofNanos(50_000);
    private static final Duration LAST_PAUSE = Duration.ofMillis(10);

    private Set<PosixFilePermission> permissions = SystemV.OWNER_ONLY;
    private Duration initializationTimeout = INITIALIZATION_TIMEOUT;
    private boolean acceptUninitialized;

    SemaphoreSetBuilder() {}

    /**
     * Sets who may use a set that is created. Default: its owner, to read and write, since whoever may write can block
     * every process that waits on it. Existing sets keep theirs.
     *
     * @param permissions read and write for owner, group and others; the process's umask has no say. The creator needs
     *     read and write itself, to give the first values
     * @return this builder
     * @throws IllegalArgumentException if there is an execute permission among them, which means nothing here
     */
    public SemaphoreSetBuilder permissions(Set<PosixFilePermission> permissions) {
        SystemV.checkPermissions(permissions);
        this.permissions = Set.copyOf(permissions);
        return this;
    }

    /**
     * Sets how long opening a set waits for its creator to give it its first values. Default: 5 s, while it takes
     * microseconds; a creator that takes longer is most likely dead.
     *
     * @param timeout how long; zero or less does not wait
     * @return this builder
     */
    public SemaphoreSetBuilder initializationTimeout(Duration timeout) {
        this.initializationTimeout = Objects.requireNonNull(timeout, "timeout");
        return this;
    }

    /**
     * Opens sets on which nobody has done an operation yet as well, without waiting: for sets of programs that give
     * values with {@code SETVAL} or {@code SETALL} alone, and to repair one whose creator died half-way: give it values
     * with {@link SemaphoreSet#setValues}, and then do any operation, which lets the others in.
     *
     * @return this builder
     */
    public SemaphoreSetBuilder acceptUninitialized() {
        this.acceptUninitialized = true;
        return this;
    }

    /**
     * Creates a set and gives its semaphores their first values. If the second fails, the set is removed again.
     *
     * @param key names the set to other processes, and must not be in use; {@link IpcKey#PRIVATE} for one that is found
     *     by its {@link SemaphoreSet#id()} alone
     * @param values the first value of each semaphore, 0 to 32767; as many as the set is to have
     * @return the set
     * @throws ErrnoException {@code EEXIST} if the key is in use; {@code EINVAL} if the system allows no set as large
     *     (SEMMSL); {@code ENOSPC} if there are as many sets (SEMMNI) or semaphores (SEMMNS) as the system allows;
     *     {@code ENOMEM} if there is no memory; {@code EACCES} if the {@linkplain #permissions} do not let this process
     *     give the first values
     * @throws IllegalArgumentException if there is no value, or one is out of range
     */
    public SemaphoreSet create(IpcKey key, int... values) throws ErrnoException {
        Objects.requireNonNull(key, "key");
        checkValues(values);
        int id = SemaphoreObject.create(key.value(), values.length, permissions);
        if (id < 0) {
            throw SemaphoreFailure.creating(-id, key, values.length);
        }
        return initialized(id, values);
    }

    /**
     * Opens the set of a key, waiting until it has its first values: until an operation was done on it, which is the
     * last thing that creating it does. (The kernel's mark of that can be false in one case: a process that
     * <em>tried</em> an operation with undo on a half-made set, and ended, leaves it too.)
     *
     * @param key the key it was created with
     * @return the set
     * @throws ErrnoException {@code ENOENT} if no set has the key. Permissions are asked for when the set is used
     * @throws UninitializedSemaphoreException if it has no first values within the
     *     {@linkplain #initializationTimeout time}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if the key is {@link IpcKey#PRIVATE}, which finds nothing
     */
    public SemaphoreSet open(IpcKey key) throws ErrnoException, UninitializedSemaphoreException, InterruptedException {
        checkNotPrivate(key);
        Interruption.check(); // before anything is made, and though it may not have to wait
        while (true) { // until the set found is still there when looked at
            int id = SemaphoreObject.find(key.value(), 0);
            if (id < 0) {
                throw SemaphoreFailure.finding(-id, key, 0);
            }
            Optional<SemaphoreSet> set = openUnlessGone(id);
            if (set.isPresent()) {
                return set.get();
            }
        }
    }

    /**
     * Opens the set of an identifier, waiting as {@link #open(IpcKey)} does.
     *
     * @param id the identifier
     * @return the set
     * @throws ErrnoException {@code EINVAL} or {@code EIDRM} if there is no such set. Permissions are asked for when
     *     the set is used
     * @throws UninitializedSemaphoreException if it has no first values within the
     *     {@linkplain #initializationTimeout time}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public SemaphoreSet open(int id) throws ErrnoException, UninitializedSemaphoreException, InterruptedException {
        try (Arena arena = Arena.ofConfined()) {
            SemidDs raw = SemidDs.allocate(arena);
            int answer = awaitInitialization(id, raw);
            if (answer < 0) {
                throw SemaphoreFailure.controlling(-answer, id, "opening");
            }
            return new SemaphoreSet(id, (int) raw.nsems(), false);
        }
    }

    /**
     * Opens the set of a key, creating it if there is none. Of several processes that do so at once exactly one creates
     * it, and the others wait until it has its first values.
     *
     * @param key the key
     * @param values the first values if it is created, 0 to 32767 each; a set that exists must have at least as many
     *     semaphores
     * @return the set
     * @throws ErrnoException as {@link #create} and {@link #open(IpcKey)} say, but for {@code EEXIST} and
     *     {@code ENOENT}; {@code EINVAL} if the set exists and has fewer semaphores
     * @throws UninitializedSemaphoreException if it exists and has no first values within the
     *     {@linkplain #initializationTimeout time}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if the key is {@link IpcKey#PRIVATE}, or as {@link #create} says
     */
    public SemaphoreSet openOrCreate(IpcKey key, int... values)
            throws ErrnoException, UninitializedSemaphoreException, InterruptedException {
        checkNotPrivate(key);
        checkValues(values);
        Interruption.check(); // before anything is made, and though it may not have to wait
        while (true) { // until one of two answers holds: others may create and remove in between
            int id = SemaphoreObject.find(key.value(), values.length);
            if (id >= 0) {
                Optional<SemaphoreSet> set = openUnlessGone(id);
                if (set.isPresent()) {
                    return set.get();
                }
                continue;
            }
            if (id != -Errno.ENOENT.number()) {
                throw SemaphoreFailure.finding(-id, key, values.length);
            }
            id = SemaphoreObject.create(key.value(), values.length, permissions);
            if (id >= 0) {
                return initialized(id, values);
            }
            if (id != -Errno.EEXIST.number()) {
                throw SemaphoreFailure.creating(-id, key, values.length);
            }
        }
    }

    private static SemaphoreSet initialized(int id, int[] values) throws ErrnoException {
        String call = "semctl";
        int answer = SemaphoreObject.setAllButTheFirst(id, values);
        if (answer >= 0) {
            call = "semop";
            answer = SemaphoreObject.publish(id, values[0]);
        }
        if (answer < 0) {
            ErrnoException failure = SemaphoreFailure.initializing(-answer, call, id);
            int removal = SemaphoreObject.remove(id);
            if (removal < 0) {
                failure.addSuppressed(SemaphoreFailure.controlling(-removal, id, "removing again"));
            }
            throw failure;
        }
        return new SemaphoreSet(id, values.length, true);
    }

    /** Opens what was found a moment ago; empty if it was removed since. */
    private Optional<SemaphoreSet> openUnlessGone(int id)
            throws ErrnoException, UninitializedSemaphoreException, InterruptedException {
        try {
            return Optional.of(open(id));
        } catch (ErrnoException failure) {
            if (SemaphoreObject.isGone(-failure.number())) {
                return Optional.empty();
            }
            throw failure;
        }
    }

    /** Reads the status once the set is initialised; a negative answer says why it cannot be read. */
    private int awaitInitialization(int id, SemidDs raw) throws UninitializedSemaphoreException, InterruptedException {
        Interruption.check();
        long start = System.nanoTime();
        long nanos = Timeouts.nanos(initializationTimeout);
        for (Duration pause = FIRST_PAUSE; ; pause = longer(pause)) {
            int answer = SemaphoreObject.statusOfUnreadable(id, raw);
            if (answer < 0 || raw.otime() != 0 || acceptUninitialized) {
                return answer;
            }
            if (System.nanoTime() - start >= nanos) {
                throw new UninitializedSemaphoreException(SemaphoreView.status(id, raw));
            }
            Thread.sleep(pause);
        }
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LAST_PAUSE) < 0 ? twice : LAST_PAUSE;
    }

    private static void checkValues(int[] values) {
        if (Objects.requireNonNull(values, "values").length == 0) {
            throw new IllegalArgumentException("give the first value of at least one semaphore");
        }
        for (int value : values) {
            SemaphoreSet.checkValue(value);
        }
    }

    private static void checkNotPrivate(IpcKey key) {
        Objects.requireNonNull(key, "key");
        if (key.isPrivate()) {
            throw new IllegalArgumentException(
                    "a private set cannot be found by its key: open it by identifier, or create a new one");
        }
    }
}
