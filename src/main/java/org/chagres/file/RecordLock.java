package org.chagres.file;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.chagres.Descriptor;
import org.chagres.internal.resource.FileLocks;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DescriptorView;

/**
 * A lock on a file or a range of it, held until it is closed.
 *
 * {@snippet class = "org.chagres.examples.LockChapter" region = "lock"}
 *
 * <p>Locks are advisory: they keep out those who ask for one, and nobody from reading or writing. A range need not
 * exist: bytes behind the end of the file can be locked.
 *
 * <p><b>Whose it is</b> says {@link LockKind}. Locks of one owner do not keep each other out: a second lock on the same
 * bytes replaces the first there, and giving either up frees them. So a range that overlaps one the same owner has
 * locked changes, splits or grows that one, as the kernel has it, and the objects here do not know of each other.
 *
 * <p><b>Lifetime.</b> {@link #close()} gives the lock up. It also goes when its {@link Descriptor} is closed, if
 * nothing else refers to the same open file description, and of the kind {@link LockKind#POSIX} with any descriptor of
 * the file. A lock that is forgotten stays until then.
 *
 * <p><b>Deadlocks.</b> For locks of the kind {@link LockKind#POSIX} the kernel refuses a wait with {@code EDEADLK} if
 * it sees processes wait for each other in a circle. It takes threads of one process for one, so that it may see a
 * circle where there is none: then give up what you have, and try again. Of the other kinds it sees nothing.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread; the lock belongs to none.
 *
 * @see RecordLockBuilder
 * @see <a href="https://man7.org/linux/man-pages/man2/fcntl_locking.2.html">fcntl_locking(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/flock.2.html">flock(2)</a>
 */
public final class RecordLock implements AutoCloseable {
    /** A size: to the end of the file, wherever that will be. */
    public static final long TO_THE_END = Long.MAX_VALUE;

    private final Descriptor file;
    private final LockKind kind;
    private final long offset;
    private final long byteSize;
    private volatile LockMode mode;
    private volatile boolean closed;

    RecordLock(Descriptor file, LockKind kind, LockMode mode, long offset, long byteSize) {
        this.file = file;
        this.kind = kind;
        this.mode = mode;
        this.offset = offset;
        this.byteSize = byteSize;
    }

    /**
     * Locks a whole file for this open file description, waiting until nobody is in the way: the defaults of
     * {@link #builder}.
     *
     * @param file the file; open for reading for a shared lock, for writing for an exclusive one
     * @param mode what others may have
     * @return the lock, to be closed
     * @throws IOException as {@link RecordLockBuilder#lock} says
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public static RecordLock lock(Descriptor file, LockMode mode) throws IOException, InterruptedException {
        return builder(file).lock(mode);
    }

    /**
     * Locks a whole file for this open file description if nobody is in the way.
     *
     * @param file as for {@link #lock}
     * @param mode what others may have
     * @return the lock, to be closed; empty if another is in the way
     * @throws IOException as {@link RecordLockBuilder#tryLock(LockMode)} says
     */
    public static Optional<RecordLock> tryLock(Descriptor file, LockMode mode) throws IOException {
        return builder(file).tryLock(mode);
    }

    /**
     * Starts with the defaults, to say more: a range, a kind.
     *
     * @param file the file
     * @return a new builder
     */
    public static RecordLockBuilder builder(Descriptor file) {
        return new RecordLockBuilder(requireNonNull(file, "file"));
    }

    /**
     * Whose it is.
     *
     * @return the kind asked for
     */
    public LockKind kind() {
        return kind;
    }

    /**
     * What it leaves to others.
     *
     * @return as it was locked, or changed since
     */
    public LockMode mode() {
        return mode;
    }

    /**
     * Where it begins.
     *
     * @return in bytes from the beginning of the file
     */
    public long offset() {
        return offset;
    }

    /**
     * How much is locked.
     *
     * @return in bytes, or {@link #TO_THE_END}
     */
    public long byteSize() {
        return byteSize;
    }

    /**
     * Makes it shared or exclusive, waiting until nobody is in the way. This lock is held all the time, and as it was
     * if the wait ends otherwise. Two that both have it shared and both want it exclusive wait for each other: of the
     * kind {@link LockKind#POSIX} one gets {@code EDEADLK}; of the other kind both wait for ever, unless with a
     * time-out.
     *
     * <p>The wait ends also, without the change, by interrupt and by closing the file.
     *
     * @param newMode which
     * @throws org.chagres.ErrnoException as {@link RecordLockBuilder#lock} says
     * @throws IOException that, or as {@link RecordLockBuilder#lock} says
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws UnsupportedOperationException of the kind {@link LockKind#FLOCK}, which would be given up meanwhile
     * @throws IllegalStateException if this lock was closed
     */
    public void convert(LockMode newMode) throws IOException, InterruptedException {
        converted(newMode, OpenDescriptor.FOREVER);
    }

    /**
     * Makes it shared or exclusive, waiting for at most a time until nobody is in the way.
     *
     * @param newMode which
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return whether it was done; otherwise the lock is as it was
     * @throws IOException as for {@link #convert}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws UnsupportedOperationException as for {@link #convert}
     * @throws IllegalStateException as for {@link #convert}
     */
    public boolean tryConvert(LockMode newMode, Duration timeout) throws IOException, InterruptedException {
        return converted(newMode, Timeouts.nanos(timeout));
    }

    private boolean converted(LockMode newMode, long nanos) throws IOException, InterruptedException {
        requireNonNull(newMode, "newMode");
        if (kind == LockKind.FLOCK) {
            throw new UnsupportedOperationException(
                    "flock(2) gives a lock up before it is changed, and perhaps does not"
                            + " get it again: close it and lock anew, or take another kind");
        }
        if (closed) {
            throw new IllegalStateException(this + " was given up");
        }
        int answer = FileLocks.lock(
                DescriptorView.of(file),
                RecordLockBuilder.raw(kind),
                newMode == LockMode.SHARED,
                offset,
                RecordLockBuilder.length(byteSize),
                nanos);
        if (answer == OpenDescriptor.TIMED_OUT) {
            return false;
        }
        if (answer < 0) {
            throw LockFailure.of(answer, kind, "making " + this + " " + newMode);
        }
        mode = newMode;
        if (closed) { // meanwhile, and perhaps before it was granted
            giveUp();
            throw new IllegalStateException(this + " while its change was waited for");
        }
        return true;
    }

    /**
     * Gives a part of the range up; the rest stays locked. The range of this object stays as it is: {@link #convert}
     * locks the part again, and {@link #close()} gives it up, whoever of the same owner has locked it since.
     *
     * @param partOffset where it begins, in bytes from the beginning of the file
     * @param partByteSize its size in bytes, at least 1, or {@link #TO_THE_END}
     * @throws org.chagres.ErrnoException {@code ENOLCK} if there are too many locks
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if the file is closed
     * @throws IndexOutOfBoundsException if the part is not within the range of this lock
     * @throws UnsupportedOperationException of the kind {@link LockKind#FLOCK}, which has no parts
     * @throws IllegalStateException if this lock was closed
     */
    public void unlock(long partOffset, long partByteSize) throws IOException {
        if (kind == LockKind.FLOCK) {
            throw new UnsupportedOperationException("flock(2) locks the file as a whole");
        }
        if (closed) {
            throw new IllegalStateException(this + " was given up");
        }
        boolean within = partOffset >= offset
                && partByteSize >= 1
                && (byteSize == TO_THE_END
                        ? partByteSize == TO_THE_END || partByteSize - 1 <= Long.MAX_VALUE - partOffset
                        : (partByteSize != TO_THE_END && partOffset - offset <= byteSize - partByteSize));
        if (!within) {
            throw new IndexOutOfBoundsException(
                    partByteSize + " bytes at offset " + partOffset + " are not within " + this);
        }
        int answer = FileLocks.unlock(
                DescriptorView.of(file),
                RecordLockBuilder.raw(kind),
                partOffset,
                RecordLockBuilder.length(partByteSize));
        if (answer < 0) {
            throw LockFailure.of(
                    answer, kind, "unlocking " + partByteSize + " bytes at offset " + partOffset + " of " + this);
        }
    }

    /**
     * Whether it has neither been given up nor its file closed. Of a lock of the kind {@link LockKind#POSIX} that the
     * process lost by closing another descriptor of the file it does not know.
     *
     * @return {@code true} until {@link #close()}, or the file's
     */
    public boolean isOpen() {
        return !closed && file.isOpen();
    }

    /** Gives the lock up; its file stays open. A second close does nothing, nor does one after the file was closed. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return; // the range may be locked again by now, for somebody else
            }
            closed = true;
        }
        giveUp();
    }

    private void giveUp() {
        FileLocks.unlock(
                DescriptorView.of(file), RecordLockBuilder.raw(kind), offset, RecordLockBuilder.length(byteSize));
    }

    @Override
    public String toString() {
        return "RecordLock[" + mode + " " + kind + ", "
                + (byteSize == TO_THE_END ? "from offset " + offset : byteSize + " bytes at offset " + offset) + " of "
                + file + (closed ? ", given up]" : "]");
    }
}
