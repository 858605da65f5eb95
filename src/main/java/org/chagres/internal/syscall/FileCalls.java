package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** Files by name, and what only files have: a mode, a size, a position. */
public final class FileCalls {
    public static final int AT_FDCWD = Linkage.POSSIBLE ? Linux.AT_FDCWD() : 0;
    public static final int AT_SYMLINK_FOLLOW = Linkage.POSSIBLE ? Linux.AT_SYMLINK_FOLLOW() : 0;
    public static final int FALLOC_FL_COLLAPSE_RANGE = Linkage.POSSIBLE ? Linux.FALLOC_FL_COLLAPSE_RANGE() : 0;
    public static final int FALLOC_FL_INSERT_RANGE = Linkage.POSSIBLE ? Linux.FALLOC_FL_INSERT_RANGE() : 0;
    public static final int FALLOC_FL_KEEP_SIZE = Linkage.POSSIBLE ? Linux.FALLOC_FL_KEEP_SIZE() : 0;
    public static final int FALLOC_FL_PUNCH_HOLE = Linkage.POSSIBLE ? Linux.FALLOC_FL_PUNCH_HOLE() : 0;
    public static final int FALLOC_FL_ZERO_RANGE = Linkage.POSSIBLE ? Linux.FALLOC_FL_ZERO_RANGE() : 0;
    public static final int HUGETLBFS_MAGIC = Linkage.POSSIBLE ? Linux.HUGETLBFS_MAGIC() : 0;
    public static final int O_APPEND = Linkage.POSSIBLE ? Linux.O_APPEND() : 0;
    public static final int O_CLOEXEC = Linkage.POSSIBLE ? Linux.O_CLOEXEC() : 0;
    public static final int O_CREAT = Linkage.POSSIBLE ? Linux.O_CREAT() : 0;
    public static final int O_DIRECT = Linkage.POSSIBLE ? Abi.Numbers.O_DIRECT : 0;
    public static final int O_DSYNC = Linkage.POSSIBLE ? Linux.O_DSYNC() : 0;
    public static final int O_EXCL = Linkage.POSSIBLE ? Linux.O_EXCL() : 0;
    public static final int O_NOATIME = Linkage.POSSIBLE ? Linux.O_NOATIME() : 0;
    public static final int O_NOCTTY = Linkage.POSSIBLE ? Linux.O_NOCTTY() : 0;
    public static final int O_NOFOLLOW = Linkage.POSSIBLE ? Abi.Numbers.O_NOFOLLOW : 0;
    public static final int O_NONBLOCK = Linkage.POSSIBLE ? Linux.O_NONBLOCK() : 0;
    public static final int O_PATH = Linkage.POSSIBLE ? Linux.O_PATH() : 0;
    public static final int O_RDWR = Linkage.POSSIBLE ? Linux.O_RDWR() : 0;
    public static final int O_SYNC = Linkage.POSSIBLE ? Linux.O_SYNC() : 0;
    public static final int O_TMPFILE = Linkage.POSSIBLE ? Abi.Numbers.O_TMPFILE : 0;
    public static final int O_TRUNC = Linkage.POSSIBLE ? Linux.O_TRUNC() : 0;
    public static final int O_WRONLY = Linkage.POSSIBLE ? Linux.O_WRONLY() : 0;
    public static final int S_IFBLK = Linkage.POSSIBLE ? Linux.S_IFBLK() : 0;
    public static final int S_IFDIR = Linkage.POSSIBLE ? Linux.S_IFDIR() : 0;
    public static final int S_IFIFO = Linkage.POSSIBLE ? Linux.S_IFIFO() : 0;
    public static final int S_IFMT = Linkage.POSSIBLE ? Linux.S_IFMT() : 0;
    public static final int S_IFREG = Linkage.POSSIBLE ? Linux.S_IFREG() : 0;
    public static final int S_IFSOCK = Linkage.POSSIBLE ? Linux.S_IFSOCK() : 0;
    public static final int SEEK_CUR = Linkage.POSSIBLE ? Linux.SEEK_CUR() : 0;
    public static final int SEEK_SET = Linkage.POSSIBLE ? Linux.SEEK_SET() : 0;

    private static final NativeFunction CHMOD = NativeFunction.named("chmod");
    private static final NativeFunction FALLOCATE = NativeFunction.named("fallocate");
    private static final NativeFunction FCHMOD = NativeFunction.named("fchmod");
    private static final NativeFunction FSTATFS = NativeFunction.named("fstatfs");
    private static final NativeFunction FTRUNCATE = NativeFunction.named("ftruncate");
    private static final NativeFunction LINKAT = NativeFunction.named("linkat");
    private static final NativeFunction LSEEK = NativeFunction.named("lseek");
    private static final NativeFunction MKFIFO = NativeFunction.named("mkfifo");
    private static final NativeFunction OPEN = NativeFunction.named("open");
    private static final NativeFunction UNLINK = NativeFunction.named("unlink");

    private FileCalls() {}

    /** Opens the file of a name that ends with a zero byte ({@code open(2)}). */
    public static int open(MemorySegment path, int flags, long mode) {
        return OPEN.callInt(path.address(), flags, mode);
    }

    /** Makes a FIFO ({@code mkfifo(3)}). */
    public static int mkfifo(MemorySegment path, int mode) {
        return MKFIFO.callInt(path.address(), mode, 0);
    }

    /** Sets the permissions of a file ({@code chmod(2)}). */
    public static int chmod(MemorySegment path, int mode) {
        return CHMOD.callInt(path.address(), mode, 0);
    }

    /** Sets the permissions of what a descriptor refers to ({@code fchmod(2)}). */
    public static int fchmod(int descriptor, int mode) {
        return FCHMOD.callInt(descriptor, mode, 0);
    }

    /** Removes the name of a file ({@code unlink(2)}). */
    public static int unlink(MemorySegment path) {
        return UNLINK.callInt(path.address(), 0, 0);
    }

    /** Gives a file one more name ({@code linkat(2)}). */
    public static int linkat(int oldDirectory, MemorySegment oldPath, int directory, MemorySegment path, int flags) {
        return LINKAT.callInt(oldDirectory, oldPath.address(), directory, path.address(), flags, 0);
    }

    /** What kind of file it is, and how large ({@code fstat(2)}). */
    public static int stat(int descriptor, FileStat into) {
        CallState state = CallState.enter();
        try {
            MemorySegment stat = state.scratch();
            int result = (int) SignalCalls.syscall(Abi.Numbers.SYS_FSTAT, descriptor, stat.address(), 0);
            if (result >= 0) {
                into.mode = stat.get(ValueLayout.JAVA_INT, Abi.Numbers.STAT_ST_MODE_OFFSET);
                into.byteSize = stat.get(ValueLayout.JAVA_LONG, Linux.STAT_ST_SIZE_OFFSET());
                into.blockSize = stat.get(ValueLayout.JAVA_INT, Linux.STAT_ST_BLKSIZE_OFFSET());
            }
            return result;
        } finally {
            state.exit();
        }
    }

    /** The type of the file system in the buffer, and the size of its blocks ({@code fstatfs(2)}). */
    public static int fstatfs(int descriptor, MemorySegment buffer) {
        return FSTATFS.callInt(descriptor, buffer.address(), 0);
    }

    /** The size of a page of the hugetlb file system; 0 of any other ({@code fstatfs}). */
    public static long hugePageSize(int descriptor) {
        CallState state = CallState.enter();
        try {
            MemorySegment statfs = state.scratch();
            int result = FSTATFS.answerInt(state, descriptor, statfs.address(), 0);
            if (result < 0) {
                return result;
            }
            boolean huge = statfs.get(ValueLayout.JAVA_INT, Linux.STATFS_F_TYPE_OFFSET()) == HUGETLBFS_MAGIC;
            return huge ? statfs.get(ValueLayout.JAVA_LONG, Linux.STATFS_F_BSIZE_OFFSET()) : 0;
        } finally {
            state.exit();
        }
    }

    /** What a descriptor refers to, as a mode word ({@code fstat(2)}). */
    public static int mode(int descriptor) {
        CallState state = CallState.enter();
        try {
            MemorySegment stat = state.scratch();
            int result = (int) SignalCalls.syscall(Abi.Numbers.SYS_FSTAT, descriptor, stat.address(), 0);
            return result < 0 ? result : stat.get(ValueLayout.JAVA_INT, Abi.Numbers.STAT_ST_MODE_OFFSET);
        } finally {
            state.exit();
        }
    }

    /** How many bytes a file has ({@code fstat(2)}). */
    public static long size(int descriptor) {
        CallState state = CallState.enter();
        try {
            MemorySegment stat = state.scratch();
            long result = SignalCalls.syscall(Abi.Numbers.SYS_FSTAT, descriptor, stat.address(), 0);
            return result < 0 ? result : stat.get(ValueLayout.JAVA_LONG, Linux.STAT_ST_SIZE_OFFSET());
        } finally {
            state.exit();
        }
    }

    /** Moves or tells the position ({@code lseek(2)}). */
    public static long lseek(int descriptor, long offset, int whence) {
        return LSEEK.callLong(descriptor, offset, whence);
    }

    /** Makes a file as long or short as that ({@code ftruncate(2)}). */
    public static int ftruncate(int descriptor, long length) {
        return FTRUNCATE.callInt(descriptor, length, 0);
    }

    /** Changes what a range of a file takes on the disk ({@code fallocate(2)}). */
    public static int fallocate(int descriptor, int mode, long offset, long length) {
        return FALLOCATE.callInt(descriptor, mode, offset, length);
    }
}
