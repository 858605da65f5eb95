package org.chagres;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ByteChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Set;
import org.chagres.internal.view.DescriptorChannel;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.FileOpening;

/**
 * An open file descriptor that this process owns: of a file, a pipe, a terminal, a socket, of anything. It is
 * close-on-exec, always: no child of this JVM inherits it by accident.
 *
 * {@snippet class = "org.chagres.examples.DescriptorChapter" region = "file"}
 *
 * <p><b>Numbers.</b> {@link #adopt} takes charge of a number that other code opened, {@link #release} gives one away;
 * nothing else deals in numbers. While a descriptor is open no call ever works on a number that was closed and perhaps
 * given to another file: {@link #close()} wakes those who use it, and the last one out closes the number.
 *
 * <p><b>Duplicates</b> refer to the same open file description: they share its position and its status flags, with each
 * other and with every process that inherited it or got it over a socket, but not close-on-exec.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/open.2.html">open(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/dup.2.html">dup(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/fcntl.2.html">fcntl(2)</a>
 */
public sealed interface Descriptor extends ByteSource, ByteSink permits DescriptorView {

    /**
     * Opens a file ({@code open(2)}); one that is created has the permissions {@code rw-------}.
     *
     * @param path which; a relative one starts from the directory the JVM was started in
     * @param options as for {@link #open(Path, Set, OpenOption...)}
     * @return the open file
     * @throws ErrnoException as for {@link #open(Path, Set, OpenOption...)}
     * @throws IllegalArgumentException as for {@link #open(Path, Set, OpenOption...)}
     */
    static Descriptor open(Path path, OpenOption... options) throws ErrnoException {
        return open(path, FileOpening.OWNER_ONLY, options);
    }

    /**
     * Opens a file ({@code open(2)}), and never waits: a FIFO is opened by {@link org.chagres.pipe.Fifo}.
     *
     * @param path which; a relative one starts from the directory the JVM was started in
     * @param permissions those of a file that is created, less the umask of this process
     * @param options of {@link java.nio.file.StandardOpenOption}: {@code READ}, which is also meant by none,
     *     {@code WRITE}, {@code APPEND} (each write goes to the end), {@code TRUNCATE_EXISTING}, {@code CREATE} (also
     *     without {@code WRITE}; opens it if it is there), {@code CREATE_NEW} (must not be there), {@code SYNC},
     *     {@code DSYNC}; and {@link java.nio.file.LinkOption#NOFOLLOW_LINKS}
     * @return the open file
     * @throws ErrnoException {@code ENOENT} if there is no such file or directory; {@code EEXIST} if it must not be
     *     there and is; {@code EACCES} if this process may not; {@code EISDIR} if a directory is to be written;
     *     {@code ELOOP} if it is a symbolic link that must not be followed; {@code EMFILE}, {@code ENFILE} if there are
     *     as many open files as may be; {@code ENXIO} if it is a FIFO that nobody reads from, or a socket; another one
     *     with the kernel's reason
     * @throws IllegalArgumentException if {@code path} is not of the default file system, or has characters that the
     *     JVM's encoding of file names does not have; if the options contradict each other, or one is not of those
     *     above
     */
    static Descriptor open(Path path, Set<PosixFilePermission> permissions, OpenOption... options)
            throws ErrnoException {
        return FileOpening.open(
                requireNonNull(path, "path"),
                requireNonNull(permissions, "permissions"),
                requireNonNull(options, "options"));
    }

    /**
     * Takes charge of a number that other code opened, and makes it close-on-exec. From here on nobody else may close
     * it: see that it has no other owner, such as an object of the JDK's.
     *
     * @param number an open descriptor of this process; none of the standard streams, which belong to the whole
     *     process: take {@link #duplicateOf}
     * @return its owner
     * @throws ErrnoException {@code EBADF} if it is not open
     * @throws IllegalArgumentException if it is 0, 1 or 2
     */
    static Descriptor adopt(int number) throws ErrnoException {
        return DescriptorView.adopt(number);
    }

    /**
     * A new descriptor for what a number that others own refers to, a standard stream included
     * ({@code F_DUPFD_CLOEXEC}).
     *
     * @param number an open descriptor of this process
     * @return the duplicate
     * @throws ErrnoException {@code EBADF} if it is not open; {@code EMFILE} if this process has as many open files as
     *     it may
     */
    static Descriptor duplicateOf(int number) throws ErrnoException {
        return DescriptorView.duplicateOf(number);
    }

    /**
     * Itself.
     *
     * @return this
     */
    @Override
    default Descriptor descriptor() {
        return this;
    }

    /**
     * Gives the number away, open: this object is closed from now on, and the caller has to close the number. It stays
     * close-on-exec; {@code fcntl(2)} with {@code F_SETFD} changes that. To lend a number,
     * {@code duplicate().release()}.
     *
     * @return the number
     * @throws java.nio.channels.ClosedChannelException if closed
     * @throws IOException that
     * @throws IllegalStateException if another thread uses it just now
     */
    int release() throws IOException;

    /**
     * A new descriptor for the same open file description ({@code F_DUPFD_CLOEXEC}). Closing it gives up record locks
     * of this process on the file ({@link org.chagres.file.LockKind#POSIX}).
     *
     * @return the duplicate, with the lowest number from 3 on that is free
     * @throws ErrnoException {@code EMFILE} if this process has as many open files as it may
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    Descriptor duplicate() throws IOException;

    /**
     * A descriptor of a chosen number for the same open file description ({@code dup3(2)}). What had that number before
     * is closed, without a word to whoever uses it: choose one that is yours, and {@link #release()} its owner first,
     * if that is an object of this library.
     *
     * @param number 3 or more; for the standard streams see {@link #redirect}
     * @return the owner of that number
     * @throws ErrnoException {@code EBADF} if {@code number} is beyond the limit of open files
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if {@code number} is less than 3, or this descriptor's own
     */
    Descriptor duplicateOnto(int number) throws IOException;

    /**
     * Has a standard stream of this process refer to the same open file description, until the result is closed
     * ({@code dup3(2)}). It is the stream of the whole process: of {@code System.out} as well as of native code and of
     * children that inherit it. {@code System.out} and {@code System.err} are flushed before.
     *
     * @param stream which
     * @return to be closed when the stream is to go again where it went before
     * @throws ErrnoException {@code EMFILE} if this process has as many open files as it may
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    default Redirection redirect(StandardStream stream) throws IOException {
        return Redirection.of(this, stream);
    }

    /**
     * Whether this was opened for reading.
     *
     * @return {@code true} if reading is not refused with {@code EBADF}
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    boolean isReadable() throws IOException;

    /**
     * Whether this was opened for writing.
     *
     * @return {@code true} if writing is not refused with {@code EBADF}
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    boolean isWritable() throws IOException;

    /**
     * The status flags of the open file description ({@code F_GETFL}).
     *
     * @return those that are set
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    Set<StatusFlag> statusFlags() throws IOException;

    /**
     * Sets the status flags of the open file description ({@code F_SETFL}), for all who share it: see
     * {@link StatusFlag}.
     *
     * @param flags those to be set; the others are cleared
     * @throws ErrnoException {@code EPERM} if append mode may not be cleared, or the file is another user's
     *     ({@link StatusFlag#NO_ACCESS_TIME}); {@code EINVAL} if the file system has no direct access
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    void setStatusFlags(Set<StatusFlag> flags) throws IOException;

    /**
     * The size of the file ({@code fstat(2)}).
     *
     * @return in bytes; 0 for what is no file
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    long byteSize() throws IOException;

    /**
     * Where the next read or write goes ({@code lseek(2)}).
     *
     * @return in bytes from the beginning of the file
     * @throws ErrnoException {@code ESPIPE} if this is a pipe, a FIFO or a socket
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    long position() throws IOException;

    /**
     * Sets where the next read or write goes, for all who share the description ({@code lseek(2)}).
     *
     * @param position in bytes from the beginning of the file; beyond its end too
     * @throws ErrnoException {@code ESPIPE} if this is a pipe, a FIFO or a socket
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if {@code position} is negative
     */
    void setPosition(long position) throws IOException;

    /**
     * Makes the file as long as that ({@code ftruncate(2)}): what is behind is lost, what is missing reads as zeros.
     * The position stays. Memory that is mapped from behind the new end faults (SIGBUS) in every process.
     *
     * @param byteSize the new size in bytes
     * @throws ErrnoException {@code EINVAL} if this is no file, or was not opened for writing; {@code EFBIG} if it is
     *     more than files can have; {@code EPERM} if a seal forbids it
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if {@code byteSize} is negative
     */
    void truncate(long byteSize) throws IOException;

    /**
     * Changes what a range of the file takes on the disk ({@code fallocate(2)}).
     *
     * @param what to do
     * @param offset the beginning of the range, in bytes
     * @param byteSize its length, in bytes, at least 1
     * @throws ErrnoException {@code EOPNOTSUPP} if the file system cannot; {@code ENOSPC} if there is not so much
     *     space; {@code EBADF} if this was not opened for writing; {@code EINVAL} if a range to take out or put in is
     *     not whole blocks, or reaches the end; {@code ENODEV}, {@code ESPIPE} if this is no file; {@code EPERM} if a
     *     seal forbids it
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if {@code offset} is negative, or {@code byteSize} less than 1
     */
    void allocate(FileRange what, long offset, long byteSize) throws IOException;

    /**
     * Reads at an offset of the file, and leaves the position as it is ({@code pread(2)}).
     *
     * @param into where to
     * @param offset in bytes from the beginning of the file
     * @return how many bytes were read; -1 if {@code offset} is at the end or beyond; 0 only if {@code into} is empty
     * @throws ErrnoException {@code ESPIPE} if this is a pipe, a FIFO or a socket; {@code EBADF} if it was opened for
     *     writing only
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if {@code offset} is negative, or {@code into} is read-only
     */
    long readAt(MemorySegment into, long offset) throws IOException;

    /**
     * Writes at an offset of the file, and leaves the position as it is ({@code pwrite(2)}). In append mode Linux
     * writes to the end, wherever the offset is.
     *
     * @param from what
     * @param offset in bytes from the beginning of the file
     * @return how many bytes were written; fewer than there are only if the disk is full, or a limit is reached
     * @throws ErrnoException {@code ESPIPE} if this is a pipe, a FIFO or a socket; {@code EBADF} if it was opened for
     *     reading only; {@code ENOSPC} if the disk is full
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if {@code offset} is negative
     */
    long writeAt(MemorySegment from, long offset) throws IOException;

    /**
     * Copies a part of this file to a sink inside the kernel, and leaves the position as it is ({@code sendfile(2)}).
     * Waits until there is room.
     *
     * @param to where to; a pipe, a socket or a file
     * @param offset where to begin, in bytes from the beginning of this file
     * @param byteSize how many at most
     * @return how many bytes were copied; -1 if {@code offset} is at the end or beyond; 0 only if {@code byteSize} is 0
     * @throws java.nio.channels.ClosedChannelException if either is closed;
     *     {@link java.nio.channels.AsynchronousCloseException} if meanwhile
     * @throws ErrnoException {@code EINVAL}, {@code ESPIPE} if this is no file; {@code EINVAL} if {@code to} is in
     *     append mode; {@code EPIPE} if nobody reads from {@code to} any more
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code offset} or {@code byteSize} is negative
     */
    long sendFile(ByteSink to, long offset, long byteSize) throws IOException, InterruptedException;

    /**
     * Copies as {@link #sendFile} does, waiting for at most a time.
     *
     * @param to where to
     * @param offset where to begin
     * @param byteSize how many at most
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return how many bytes were copied; -1 if {@code offset} is at the end or beyond; 0 if the time was over
     * @throws IOException as for {@link #sendFile}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     * @throws IllegalArgumentException if {@code offset} or {@code byteSize} is negative
     */
    long trySendFile(ByteSink to, long offset, long byteSize, Duration timeout)
            throws IOException, InterruptedException;

    /**
     * This descriptor as a channel, without a buffer. It is no {@link java.nio.channels.InterruptibleChannel}: an
     * interrupt throws {@link java.io.InterruptedIOException}, leaves the interrupted status set and this open. Closing
     * the channel closes this.
     *
     * @return a new channel
     */
    @Override
    default ByteChannel channel() {
        return new DescriptorChannel(this);
    }
}
