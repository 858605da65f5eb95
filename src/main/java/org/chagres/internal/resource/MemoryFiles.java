package org.chagres.internal.resource;

import static org.chagres.internal.syscall.DescriptorCalls.*;
import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.FileCalls.*;
import static org.chagres.internal.syscall.MappingCalls.*;
import static org.chagres.internal.syscall.MemoryFileCalls.*;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.chagres.internal.syscall.FileCalls;
import org.chagres.internal.syscall.FileStat;

/** Files that are nothing but memory. Every answer is {@code >= 0} or {@code -errno}. */
public final class MemoryFiles {
    public static final int SEAL_SEAL = F_SEAL_SEAL;
    public static final int SEAL_SHRINK = F_SEAL_SHRINK;
    public static final int SEAL_GROW = F_SEAL_GROW;
    public static final int SEAL_WRITE = F_SEAL_WRITE;
    public static final int SEAL_FUTURE_WRITE = F_SEAL_FUTURE_WRITE;
    public static final int SEAL_EXECUTABLE = F_SEAL_EXEC;

    /** Where the objects of the POSIX name space are: what shm_open(3) of every C library for Linux says. */
    public static final String FOLDER = "/dev/shm/";

    /** How links to memory files begin: they are in no folder. */
    public static final String LINK_PREFIX = "/memfd:";

    private static final int NAME_MAX = 255;

    private MemoryFiles() {}

    /** Makes a file without a name, of no bytes; the name given is for people. */
    public static int create(String name, boolean sealable, boolean executable, int hugePageLog2) {
        int flags = MFD_CLOEXEC;
        flags |= sealable ? MFD_ALLOW_SEALING : 0;
        flags |= executable ? 0 : MFD_NOEXEC_SEAL;
        if (hugePageLog2 != SharedMemoryObject.SMALL_PAGES) {
            flags |= MFD_HUGETLB | hugePageLog2 << MAP_HUGE_SHIFT;
        }
        try (Arena arena = Arena.ofConfined()) {
            return memfd_create(NativeText.of(name, arena), flags);
        }
    }

    /** Which seals a file has; {@code -EINVAL} if it is of a kind that has none. */
    public static int seals(int number) {
        return fcntl(number, F_GET_SEALS, 0);
    }

    public static int seal(int number, int seals) {
        return fcntl(number, F_ADD_SEALS, seals);
    }

    /** The size of the huge pages that a file consists of; 0 if it does not. */
    public static long hugePageByteSize(int number) {
        return hugePageSize(number);
    }

    /** The name in the {@linkplain DescriptorObject#link link} of a memory file. */
    public static String nameInLink(String link) {
        return link.substring(LINK_PREFIX.length()).replaceFirst(" \\(deleted\\)$", "");
    }

    /**
     * Whether the system gives no more memory than it has: then a page of a memory file that was never touched may be
     * missing, and touching it a fault.
     */
    public static boolean isMemoryPromisedStrictly() {
        return Overcommit.STRICT;
    }

    private static final class Overcommit {
        static final boolean STRICT = read();

        private static boolean read() {
            try {
                return Files.readAllLines(Path.of("/proc/sys/vm/overcommit_memory"))
                        .contains("2");
            } catch (IOException unreadable) {
                return true;
            }
        }
    }

    /** Opens an object of the POSIX name space. */
    public static int open(String name, boolean writable) {
        try (Arena arena = Arena.ofConfined()) {
            int number;
            do {
                number = shmOpen(name, writable ? O_RDWR : 0, 0, arena);
            } while (number == -EINTR);
            if (number < 0) {
                return number;
            }
            FileStat stat = new FileStat();
            int answer = stat(number, stat);
            if (answer >= 0 && (stat.mode() & S_IFMT) != S_IFREG) {
                answer = -ENODEV;
            }
            if (answer < 0) {
                close(number);
                return answer;
            }
            return number;
        }
    }

    /** C libraries before glibc 2.34 have these functions in a library of their own, which is not loaded. */
    private static int shmOpen(String name, int flags, int mode, Arena arena) {
        if (isTooLong(name, arena)) {
            return -ENAMETOOLONG;
        }
        try {
            return shm_open(NativeText.of("/" + name, arena), flags | O_CLOEXEC | O_NONBLOCK, mode);
        } catch (UnsupportedOperationException elsewhere) {
            return FileCalls.open(
                    NativeText.of(FOLDER + name, arena), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode);
        }
    }

    /**
     * Creates an object of the POSIX name space, which must not exist, with its memory: who opens the name finds all of
     * it. For that it is made without a name, and gets that only at the end.
     */
    public static int create(String name, long byteSize, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = NativeText.of(FOLDER + name, arena); // first: it may throw
            int number = FileCalls.open(NativeText.of(FOLDER, arena), O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
            if (number < 0) {
                return number;
            }
            int answer = DescriptorObject.allocate(number, 0, 0, byteSize);
            if (answer >= 0) {
                answer = linkat(
                        AT_FDCWD, NativeText.of("/proc/self/fd/" + number, arena), AT_FDCWD, path, AT_SYMLINK_FOLLOW);
            }
            if (answer < 0) {
                close(number);
                return answer;
            }
            return number;
        }
    }

    /** Some C libraries say EINVAL. */
    private static boolean isTooLong(String name, Arena arena) {
        return NativeText.of(name, arena).byteSize() > NAME_MAX + 1;
    }

    /** Removes the name of an object of the POSIX name space. */
    public static int unlink(String name) {
        try (Arena arena = Arena.ofConfined()) {
            return unlinkName(name, arena);
        }
    }

    private static int unlinkName(String name, Arena arena) {
        if (isTooLong(name, arena)) {
            return -ENAMETOOLONG;
        }
        try {
            MemorySegment text = NativeText.of("/" + name, arena);
            return shm_unlink(text);
        } catch (UnsupportedOperationException elsewhere) {
            return FileCalls.unlink(NativeText.of(FOLDER + name, arena));
        }
    }
}
