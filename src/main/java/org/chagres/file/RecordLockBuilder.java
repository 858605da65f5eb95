package org.chagres.file;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.chagres.Descriptor;
import org.chagres.internal.resource.FileLocks;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.syscall.LockInTheWay;
import org.chagres.internal.view.DescriptorView;

/**
 * What to lock of a file, and for whom: all of it for the open file description, unless something else is said.
 *
 * {@snippet class = "org.chagres.examples.LockChapter" region = "range"}
 *
 * <p>Not safe for use by several threads at once; may be used again after a lock was made.
 *
 * @see RecordLock#builder(Descriptor)
 */
public final class RecordLockBuilder {
    private final Descriptor file;
    private LockKind kind = LockKind.OPEN_FILE_DESCRIPTION;
    private long offset;
    private long byteSize = RecordLock.TO_THE_END;

    RecordLockBuilder(Descriptor file) {
        this.file = file;
    }

    /**
     * Sets whose the lock is. Default: {@link LockKind#OPEN_FILE_DESCRIPTION}.
     *
     * @param kind which
     * @return this builder
     */
    public RecordLockBuilder kind(LockKind kind) {
        this.kind = requireNonNull(kind, "kind");
        return this;
    }

    /**
     * Sets what is locked. Default: all of the file, however long it becomes.
     *
     * @param offset where it begins, in bytes from the beginning of the file
     * @param byteSize its size in bytes, at least 1, or {@link RecordLock#TO_THE_END}
     * @return this builder
     * @throws IllegalArgumentException if {@code offset} is negative, {@code byteSize} less than 1, or the range goes
     *     beyond what a file can have
     */
    public RecordLockBuilder range(long offset, long byteSize) {
        if (offset < 0) {
            throw new IllegalArgumentException("offset must not be negative, but is " + offset);
        }
        if (byteSize < 1) {
            throw new IllegalArgumentException("a range has at least 1 byte, not " + byteSize);
        }
        if (byteSize != RecordLock.TO_THE_END && byteSize - 1 > Long.MAX_VALUE - offset) {
            throw new IllegalArgumentException(
                    byteSize + " bytes at offset " + offset + " are more than a file can have");
        }
        this.offset = offset;
        this.byteSize = byteSize;
        return this;
    }

    /**
     * Locks, waiting until nobody is in the way ({@code F_OFD_SETLKW}, {@code F_SETLKW}, {@code flock}).
     *
     * <p>The wait ends
     * <ul>
     *   <li>with the lock;
     *   <li>when another thread interrupts this one: {@link InterruptedException}, its interrupted status cleared;
     *   <li>when another thread closes the file: {@link java.nio.channels.AsynchronousCloseException}.
     * </ul>
     *
     * However it ends without the lock, nothing is locked that was not before, and the file stays usable. On a virtual
     * thread another thread waits in its place, so that no carrier is held. The kernel serves who waits in no order to
     * be relied on.
     *
     * @param mode what others may have
     * @return the lock, to be closed
     * @throws org.chagres.ErrnoException {@code EBADF} if the file is not open for reading (shared) or for writing
     *     (exclusive); {@code EDEADLK} if the kernel takes it for a deadlock ({@link RecordLock}); {@code ENOLCK} if
     *     there are too many locks; {@code EINVAL} if files of this kind cannot be locked
     * @throws java.nio.channels.ClosedChannelException if the file is closed;
     *     {@link java.nio.channels.AsynchronousCloseException} if meanwhile
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalStateException if a range was given, and the kind is {@link LockKind#FLOCK}, which locks all
     */
    public RecordLock lock(LockMode mode) throws IOException, InterruptedException {
        return locked(mode, lockFor(mode, OpenDescriptor.FOREVER)).orElseThrow();
    }

    /**
     * Locks if nobody is in the way ({@code F_OFD_SETLK}, {@code F_SETLK}, {@code flock} with {@code LOCK_NB}). It
     * never waits, and does not look whether the thread is interrupted.
     *
     * @param mode what others may have
     * @return the lock, to be closed; empty if another is in the way
     * @throws IOException as for {@link #lock}, but never of {@code EDEADLK}
     * @throws IllegalStateException as for {@link #lock}
     */
    public Optional<RecordLock> tryLock(LockMode mode) throws IOException {
        checkRange();
        boolean shared = requireNonNull(mode, "mode") == LockMode.SHARED;
        return locked(mode, FileLocks.tryLock(DescriptorView.of(file), raw(kind), shared, offset, length(byteSize)));
    }

    /**
     * Locks, waiting for at most a time until nobody is in the way; otherwise as {@link #lock}.
     *
     * @param mode what others may have
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return the lock, to be closed; empty if the time was over
     * @throws IOException as for {@link #lock}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalStateException as for {@link #lock}
     */
    public Optional<RecordLock> tryLock(LockMode mode, Duration timeout) throws IOException, InterruptedException {
        return locked(mode, lockFor(mode, Timeouts.nanos(timeout)));
    }

    private int lockFor(LockMode mode, long nanos) throws InterruptedException {
        checkRange();
        boolean shared = requireNonNull(mode, "mode") == LockMode.SHARED;
        return FileLocks.lock(DescriptorView.of(file), raw(kind), shared, offset, length(byteSize), nanos);
    }

    private Optional<RecordLock> locked(LockMode mode, int answer) throws IOException {
        if (answer == OpenDescriptor.TIMED_OUT) {
            return Optional.empty();
        }
        if (answer < 0) {
            throw LockFailure.of(answer, kind, "locking " + range() + " of " + file + " " + mode);
        }
        return Optional.of(new RecordLock(file, kind, mode, offset, byteSize));
    }

    /**
     * Which lock would be in the way ({@code F_OFD_GETLK}, {@code F_GETLK}). If several are, it is one of them. Locks
     * of the same owner are never in the way: of the kind {@link LockKind#POSIX} those of this process.
     *
     * @param mode what is wanted
     * @return the lock in the way; empty if there is none
     * @throws org.chagres.ErrnoException {@code EBADF}, {@code EINVAL} as for {@link #lock}
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if the file is closed
     * @throws UnsupportedOperationException of the kind {@link LockKind#FLOCK}: the kernel does not tell
     */
    public Optional<LockHolder> holder(LockMode mode) throws IOException {
        if (kind == LockKind.FLOCK) {
            throw new UnsupportedOperationException("flock(2) does not tell who has the lock; /proc/locks does");
        }
        boolean shared = requireNonNull(mode, "mode") == LockMode.SHARED;
        LockInTheWay found = new LockInTheWay();
        int answer = FileLocks.inTheWay(DescriptorView.of(file), raw(kind), shared, offset, length(byteSize), found);
        if (answer < 0) {
            throw LockFailure.of(answer, kind, "asking who has locked " + range() + " of " + file);
        }
        if (answer == 0) {
            return Optional.empty();
        }
        return Optional.of(new LockHolder(
                FileLocks.isShared(found) ? LockMode.SHARED : LockMode.EXCLUSIVE,
                found.start(),
                found.length() == 0 ? RecordLock.TO_THE_END : found.length(),
                found.pid() > 0 ? OptionalInt.of(found.pid()) : OptionalInt.empty()));
    }

    private void checkRange() {
        if (kind == LockKind.FLOCK && (offset != 0 || byteSize != RecordLock.TO_THE_END)) {
            throw new IllegalStateException("flock(2) locks the file as a whole: it takes no range");
        }
    }

    private String range() {
        return byteSize == RecordLock.TO_THE_END
                ? offset == 0 ? "all" : "all from offset " + offset + " on"
                : byteSize + " bytes at offset " + offset;
    }

    /** The kernel's word for a size. */
    static long length(long byteSize) {
        return byteSize == RecordLock.TO_THE_END ? 0 : byteSize;
    }

    static FileLocks.Kind raw(LockKind kind) {
        return switch (kind) {
            case OPEN_FILE_DESCRIPTION -> FileLocks.Kind.DESCRIPTION;
            case POSIX -> FileLocks.Kind.PROCESS;
            case FLOCK -> FileLocks.Kind.WHOLE;
        };
    }
}
