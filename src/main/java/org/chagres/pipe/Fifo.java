package org.chagres.pipe;

import static java.nio.file.attribute.PosixFilePermission.OWNER_READ;
import static java.nio.file.attribute.PosixFilePermission.OWNER_WRITE;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Fifos;
import org.chagres.internal.resource.FileModes;
import org.chagres.internal.resource.FileNames;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Timeouts;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.FileOpening;

/**
 * A pipe that has a name in the file system, so that processes which know nothing of each other can meet there. This
 * object is the name; each opening makes an end of its own.
 *
 * {@snippet class = "org.chagres.examples.FifoPair" region = "write"}
 *
 * <p><b>Opening waits.</b> {@link #openForReading()} until somebody opens it for writing, and the other way round; if
 * the other end is open already, not at all. The wait ends when the thread is interrupted
 * ({@link InterruptedException}: the interrupted status is cleared), and where a time is given when that is over. On
 * virtual threads no carrier is blocked.
 *
 * <p><b>Lifetime.</b> The name stays until {@link #remove()}, whoever made it and whoever ended; ends that are open go
 * on without it. The bytes live only as long as somebody has an end open.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/fifo.7.html">fifo(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man3/mkfifo.3.html">mkfifo(3)</a>
 */
public final class Fifo {
    /** A link to nothing is neither there nor can it be made. */
    private static final int MOST_TRIES = 100;

    private final Path path;

    private Fifo(Path path) {
        this.path = path;
    }

    /**
     * Makes a FIFO that its owner alone may use ({@code rw-------}).
     *
     * @param path its name; nothing must have it
     * @return the FIFO
     * @throws ErrnoException as for {@link #create(Path, Set)}
     * @throws IllegalArgumentException as for {@link #create(Path, Set)}
     */
    public static Fifo create(Path path) throws ErrnoException {
        return create(path, FileOpening.OWNER_ONLY);
    }

    /**
     * Makes a FIFO ({@code mkfifo(3)}). It has these permissions exactly, whatever the umask is.
     *
     * @param path its name; nothing must have it
     * @param permissions who may read from it and write to it; its owner must be able to do both
     * @return the FIFO
     * @throws ErrnoException {@code EEXIST} if something has that name; {@code ENOENT}, {@code ENOTDIR} if there is no
     *     such directory; {@code EACCES} if this process may not write there; {@code ENAMETOOLONG}; another one with
     *     the kernel's reason
     * @throws IllegalArgumentException if {@code permissions} do not let the owner read and write; if {@code path} is
     *     not of the default file system, or has characters that the JVM's encoding of file names does not have
     */
    public static Fifo create(Path path, Set<PosixFilePermission> permissions) throws ErrnoException {
        Fifo fifo = new Fifo(requireNonNull(path, "path"));
        int mode = FileModes.toMode(permissions);
        if (!permissions.contains(OWNER_READ) || !permissions.contains(OWNER_WRITE)) {
            throw new IllegalArgumentException(
                    "a FIFO is of no use if its owner cannot read and write: " + permissions);
        }
        try (Arena arena = Arena.ofConfined()) {
            int answer = Fifos.create(FileNames.of(path, arena), mode);
            if (answer < 0) {
                String hint = Errno.of(-answer) == Errno.EEXIST ? "Fifo.open takes one that is there" : "";
                throw new ErrnoException("mkfifo", -answer, "making the FIFO " + path, hint);
            }
        }
        return fifo;
    }

    /**
     * A FIFO that is there already, made by whomever.
     *
     * @param path its name
     * @return the FIFO
     * @throws ErrnoException {@code ENOENT} if nothing has that name; {@code EACCES} if a directory on the way may not
     *     be searched
     * @throws FileSystemException if something has that name but is no FIFO
     * @throws IOException one of these
     * @throws IllegalArgumentException if {@code path} is not of the default file system, or has characters that the
     *     JVM's encoding of file names does not have
     */
    public static Fifo open(Path path) throws IOException {
        Fifo fifo = new Fifo(requireNonNull(path, "path"));
        try (Arena arena = Arena.ofConfined()) {
            fifo.checked(Fifos.check(FileNames.of(path, arena)), "looking for the FIFO " + path);
        }
        return fifo;
    }

    /**
     * The FIFO of a name, made if there is none, for its owner alone. Of several that do so at once one makes it.
     *
     * @param path its name
     * @return the FIFO
     * @throws ErrnoException as for {@link #create(Path, Set)}
     * @throws FileSystemException if something has that name but is no FIFO
     * @throws IOException one of these
     * @throws IllegalArgumentException as for {@link #create(Path, Set)}
     */
    public static Fifo openOrCreate(Path path) throws IOException {
        for (int tries = 1; ; tries++) {
            try {
                return create(path);
            } catch (ErrnoException failure) {
                if (failure.errno() != Errno.EEXIST) {
                    throw failure;
                }
            }
            try {
                return open(path);
            } catch (ErrnoException failure) {
                if (failure.errno() != Errno.ENOENT || tries == MOST_TRIES) { // else it was removed meanwhile
                    throw failure;
                }
            }
        }
    }

    /**
     * The name.
     *
     * @return as it was given
     */
    public Path path() {
        return path;
    }

    /**
     * Opens it for reading, waiting until somebody has it open for writing ({@code open(2)}).
     *
     * @return a read end
     * @throws ErrnoException {@code ENOENT} if the name was removed; {@code EACCES} if this process may not read from
     *     it; {@code EMFILE}, {@code ENFILE} if there are as many open files as may be
     * @throws FileSystemException if something else has that name now
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public PipeSource openForReading() throws IOException, InterruptedException {
        return new PipeSource(opened(Fifos.Access.READING, OpenDescriptor.FOREVER));
    }

    /**
     * Opens it for reading, waiting for at most a time until somebody has it open for writing.
     *
     * @param timeout how long; zero or less does not wait: then it is open for the time of a look, and somebody who
     *     opens it for writing at this very moment succeeds, and finds nobody reading; one of more than 292 years is
     *     for ever
     * @return a read end; empty if the time was over
     * @throws IOException as for {@link #openForReading()}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public Optional<PipeSource> tryOpenForReading(Duration timeout) throws IOException, InterruptedException {
        int number = opened(Fifos.Access.READING, Timeouts.nanos(timeout));
        return number == Fifos.TIMED_OUT ? Optional.empty() : Optional.of(new PipeSource(number));
    }

    /**
     * Opens it for reading at once. Until somebody has opened it for writing, reading comes to the end (-1); a poll
     * tells when there are bytes.
     *
     * @return a read end
     * @throws IOException as for {@link #openForReading()}
     */
    public PipeSource openForReadingNow() throws IOException {
        return new PipeSource(openedNow(Fifos.Access.READING));
    }

    /**
     * Opens it for writing, waiting until somebody has it open for reading ({@code open(2)}).
     *
     * @return a write end
     * @throws ErrnoException {@code ENOENT} if the name was removed; {@code EACCES} if this process may not write to
     *     it; {@code EMFILE}, {@code ENFILE} if there are as many open files as may be
     * @throws FileSystemException if something else has that name now
     * @throws IOException one of these
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public PipeSink openForWriting() throws IOException, InterruptedException {
        return new PipeSink(opened(Fifos.Access.WRITING, OpenDescriptor.FOREVER));
    }

    /**
     * Opens it for writing, waiting for at most a time until somebody has it open for reading.
     *
     * @param timeout how long; zero or less does not wait, and one of more than 292 years is for ever
     * @return a write end; empty if the time was over
     * @throws IOException as for {@link #openForWriting()}
     * @throws InterruptedException if the thread is interrupted, or was when it came here
     */
    public Optional<PipeSink> tryOpenForWriting(Duration timeout) throws IOException, InterruptedException {
        int number = opened(Fifos.Access.WRITING, Timeouts.nanos(timeout));
        return number == Fifos.TIMED_OUT ? Optional.empty() : Optional.of(new PipeSink(number));
    }

    /**
     * Opens it for writing at once.
     *
     * @return a write end
     * @throws ErrnoException {@code ENXIO} if nobody has it open for reading; others as for {@link #openForWriting()}
     * @throws IOException as for {@link #openForWriting()}
     */
    public PipeSink openForWritingNow() throws IOException {
        return new PipeSink(openedNow(Fifos.Access.WRITING));
    }

    /**
     * Opens it for reading and writing, which never waits. Who reads so never comes to the end of the bytes, as there
     * is a writer: this one.
     *
     * @return both ends in one
     * @throws ErrnoException {@code ENOENT} if the name was removed; {@code EACCES} if this process may not do both;
     *     {@code EMFILE}, {@code ENFILE} if there are as many open files as may be
     * @throws FileSystemException if something else has that name now
     * @throws IOException one of these
     */
    public Descriptor openForBoth() throws IOException {
        return DescriptorView.own(openedNow(Fifos.Access.BOTH), "Fifo");
    }

    private int opened(Fifos.Access access, long nanos) throws IOException, InterruptedException {
        try (Arena arena = Arena.ofConfined()) {
            int answer = Fifos.open(FileNames.of(path, arena), access, nanos);
            return answer == Fifos.TIMED_OUT ? answer : checked(answer, access);
        }
    }

    private int openedNow(Fifos.Access access) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            return checked(Fifos.openNow(FileNames.of(path, arena), access), access);
        }
    }

    /**
     * Removes the name, for everybody ({@code unlink(2)}); of a symbolic link to a FIFO the link.
     *
     * @throws ErrnoException {@code ENOENT} if it was removed; {@code EACCES}, {@code EPERM} if this process may not
     *     remove it
     * @throws FileSystemException if something else has that name now, which is left alone
     * @throws IOException one of these
     */
    public void remove() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int answer = Fifos.remove(FileNames.of(path, arena));
            if (answer == Fifos.NOT_A_FIFO) {
                throw new FileSystemException(path.toString(), null, "is not a FIFO");
            }
            if (answer < 0) {
                throw new ErrnoException("unlink", -answer, "removing the FIFO " + path);
            }
        }
    }

    private int checked(int answer, Fifos.Access access) throws IOException {
        String intent = "opening the FIFO " + path
                + switch (access) {
                    case READING -> " for reading";
                    case WRITING -> " for writing";
                    case BOTH -> " for reading and writing";
                };
        return checked(answer, intent);
    }

    private int checked(int answer, String intent) throws IOException {
        if (answer == Fifos.NOT_A_FIFO) {
            throw new FileSystemException(path.toString(), null, "is not a FIFO");
        }
        if (answer < 0) {
            String hint = Errno.of(-answer) == Errno.ENXIO ? "nobody has it open for reading" : "";
            throw new ErrnoException("open", -answer, intent, hint);
        }
        return answer;
    }

    @Override
    public String toString() {
        return "Fifo[" + path + "]";
    }
}
