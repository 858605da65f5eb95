package org.chagres.internal.resource;

import static org.chagres.internal.syscall.DescriptorCalls.*;
import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.FileCalls.*;
import static org.chagres.internal.syscall.PipeCalls.*;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.chagres.internal.syscall.FileCalls;
import org.chagres.internal.syscall.ReadinessCalls;

/** Descriptors by number: typed arguments become flag words here. Every answer is {@code >= 0} or {@code -errno}. */
public final class DescriptorObject {
    // How to open a file.
    public static final int WRITE_ONLY = O_WRONLY;
    public static final int READ_WRITE = O_RDWR;
    public static final int CREATE = O_CREAT;
    public static final int EXCLUSIVE = O_EXCL;
    public static final int TRUNCATE = O_TRUNC;
    public static final int NO_FOLLOW = O_NOFOLLOW;
    public static final int SYNC = O_SYNC;
    public static final int DATA_SYNC = O_DSYNC;

    // The status flags that can be changed.
    public static final int APPEND = O_APPEND;
    public static final int DIRECT = O_DIRECT;
    public static final int NO_ACCESS_TIME = O_NOATIME;
    public static final int NON_BLOCKING = O_NONBLOCK;

    // What to do with a range of a file.
    public static final int KEEP_SIZE = FALLOC_FL_KEEP_SIZE;
    public static final int PUNCH_HOLE = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE; // the kernel wants both
    public static final int ZERO_RANGE = FALLOC_FL_ZERO_RANGE;
    public static final int COLLAPSE_RANGE = FALLOC_FL_COLLAPSE_RANGE;
    public static final int INSERT_RANGE = FALLOC_FL_INSERT_RANGE;

    /** The first number that is nobody's standard stream. */
    public static final int FIRST_FREE = 3;

    private DescriptorObject() {}

    /** Opens a file; never waits, as it would for a FIFO's other end. */
    public static int open(MemorySegment path, int flags, int mode) {
        int number;
        do {
            number = FileCalls.open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, mode);
        } while (number == -EINTR);
        if (number < 0) {
            return number;
        }
        int answer = fcntl(number, F_SETFL, flags & (O_APPEND | O_DIRECT | O_NOATIME));
        if (answer < 0) {
            close(number);
            return answer;
        }
        return number;
    }

    /** Makes an open number close-on-exec; answers it. */
    public static int adopt(int number) {
        int flags = fcntl(number, F_GETFD, 0);
        if (flags >= 0 && (flags & FD_CLOEXEC) == 0) {
            flags = fcntl(number, F_SETFD, flags | FD_CLOEXEC);
        }
        return flags < 0 ? flags : number;
    }

    /** A number more for the same description, close-on-exec, and none of a standard stream. */
    public static int duplicate(int number) {
        return fcntl(number, F_DUPFD_CLOEXEC, FIRST_FREE);
    }

    /** Has another number refer to the same description, close-on-exec; {@code -EINVAL} if it is the same number. */
    public static int duplicateOnto(int number, int other) {
        return dup3Again(number, other, O_CLOEXEC);
    }

    /** Has a standard stream refer to the same description; children inherit it. */
    public static int redirect(int number, int standard) {
        return dup3Again(number, standard, 0);
    }

    /** Closes a standard stream that was not open before it was redirected. */
    public static int closeStandard(int standard) {
        return close(standard);
    }

    /** dup(2): EBUSY while another thread's open or dup is about to take the number. */
    private static int dup3Again(int number, int other, int flags) {
        int answer;
        do {
            answer = dup3(number, other, flags);
        } while (answer == -EINTR || answer == -EBUSY);
        return answer;
    }

    /** The status flags and the access mode. */
    public static int flags(int number) {
        return fcntl(number, F_GETFL, 0);
    }

    public static boolean isReadable(int flags) {
        int access = flags & (O_WRONLY | O_RDWR);
        return (flags & O_PATH) == 0 && (access == 0 || access == O_RDWR); // with both bits it is for neither
    }

    public static boolean isWritable(int flags) {
        int access = flags & (O_WRONLY | O_RDWR);
        return (flags & O_PATH) == 0 && (access == O_WRONLY || access == O_RDWR);
    }

    /** Sets those flags of a mask; the others stay. */
    public static int setFlags(int number, int flags, int mask) {
        int present = fcntl(number, F_GETFL, 0);
        return present < 0 ? present : fcntl(number, F_SETFL, (present & ~mask) | flags);
    }

    /** How many bytes a file has. */
    public static long size(int number) {
        return FileCalls.size(number);
    }

    public static long position(int number) {
        return lseek(number, 0, SEEK_CUR);
    }

    public static long setPosition(int number, long position) {
        return lseek(number, position, SEEK_SET);
    }

    public static int truncate(int number, long byteSize) {
        int answer;
        do {
            answer = ftruncate(number, byteSize);
        } while (answer == -EINTR);
        return answer;
    }

    public static int allocate(int number, int mode, long offset, long byteSize) {
        int answer;
        do {
            answer = fallocate(number, mode, offset, byteSize);
        } while (answer == -EINTR);
        return answer;
    }

    /** Reads at an offset: files do not wait. */
    public static long readAt(int number, MemorySegment into, long offset) {
        long answer;
        do {
            answer = pread(number, into, into.byteSize(), offset);
        } while (answer == -EINTR);
        return answer;
    }

    public static long writeAt(int number, MemorySegment from, long offset) {
        long answer;
        do {
            answer = pwrite(number, from, from.byteSize(), offset);
        } while (answer == -EINTR);
        return answer;
    }

    /**
     * Makes both ends of a pipe, close-on-exec: the number of the read end in the lower half of the answer, that of the
     * write end in the upper.
     */
    public static long pipe(boolean packets) {
        return pipe2Ends(O_CLOEXEC | (packets ? O_DIRECT : 0));
    }

    /** How many bytes can be read now. */
    public static int available(int number) {
        if ((FileCalls.mode(number) & S_IFMT) != S_IFREG) {
            return fionread(number);
        }
        // The kernel counts what is left of a file in 32 bits, and less than nothing behind its end.
        long left = FileCalls.size(number) - lseek(number, 0, SEEK_CUR);
        return Math.clamp(left, 0, Integer.MAX_VALUE);
    }

    /** 1 if it is one of a pipe or a FIFO, else 0. */
    public static int isPipe(int number) {
        int mode = FileCalls.mode(number);
        return mode < 0 ? mode : (mode & S_IFMT) == S_IFIFO ? 1 : 0;
    }

    /** 1 if it is an ordinary file or a directory, else 0. */
    public static int isFile(int number) {
        int mode = FileCalls.mode(number);
        return mode < 0 ? mode : (mode & S_IFMT) == S_IFREG || (mode & S_IFMT) == S_IFDIR ? 1 : 0;
    }

    /** How many bytes fit into a pipe. */
    public static int capacity(int number) {
        return fcntl(number, F_GETPIPE_SZ, 0);
    }

    public static int setCapacity(int number, int byteSize) {
        return fcntl(number, F_SETPIPE_SZ, byteSize);
    }

    /** Makes an event counter; read one at a time, or all at once. */
    public static int eventCounter(int value, boolean oneAtATime) {
        return ReadinessCalls.eventfd(
                value, ReadinessCalls.EFD_CLOEXEC | (oneAtATime ? ReadinessCalls.EFD_SEMAPHORE : 0));
    }

    /** What a number's link in the proc file system says; empty if it cannot be read. */
    public static String link(int number) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number)).toString();
        } catch (IOException | InvalidPathException unreadable) {
            return "";
        }
    }
}
