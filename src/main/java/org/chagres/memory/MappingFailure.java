package org.chagres.memory;

import java.io.IOException;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;

/** Puts what the kernel answered about mappings into words, with what a user needs to see why. */
final class MappingFailure {
    private static final String LOCK_LIMIT =
            "the limit of locked memory (RLIMIT_MEMLOCK) is too small, or needs CAP_IPC_LOCK";

    private MappingFailure() {}

    /** Of a file. */
    static ErrnoException mapping(
            int errno, Descriptor file, Object name, long offset, Access access, Sharing sharing) {
        String intent =
                "mapping " + name + (offset == 0 ? "" : " from offset " + offset) + ", " + sharing + " " + access;
        String hint = switch (Errno.of(errno)) {
            case EACCES -> modes(file, access, sharing);
            case ENODEV -> "files of this kind, or of this file system, cannot be mapped";
            case EPERM ->
                "a seal of the file forbids it: sealed against writing it can be mapped READ_ONLY, or PRIVATE; or, of"
                        + " memory to be locked, " + LOCK_LIMIT;
            case ENOMEM ->
                "there is no room for so much, there are too many mappings (/proc/sys/vm/max_map_count), or, of a file of"
                        + " huge pages, not enough of them are free (HugePages_Free in /proc/meminfo)";
            default -> ofAny(Errno.of(errno));
        };
        return new ErrnoException("mmap", errno, intent, hint);
    }

    /** How the descriptor was opened, and how it would have to be. */
    private static String modes(Descriptor file, Access access, Sharing sharing) {
        String how;
        try {
            boolean reads = file.isReadable();
            how = file.isWritable() ? reads ? "reading and writing" : "writing only" : "reading only";
        } catch (IOException closedMeanwhile) {
            return "";
        }
        boolean writes = sharing == Sharing.SHARED && MappedMemoryBuilder.isWritable(access);
        return "it is open for " + how + ", and " + sharing + " " + access + " needs it open for "
                + (writes ? "reading and writing" : "reading");
    }

    static ErrnoException mappingNew(int errno, long byteSize, Access access, boolean hugePages) {
        String hint = switch (Errno.of(errno)) {
            case ENOMEM ->
                hugePages
                        ? "there are not enough free huge pages (HugePages_Free in /proc/meminfo)"
                        : "the system does not promise so much memory, there is no room for it between the other"
                                + " mappings, or there are too many (/proc/sys/vm/max_map_count);"
                                + " noReserve() has none promised; an address asked for may be"
                                + " beyond what this process can have";
            case EINVAL ->
                hugePages
                        ? "/sys/kernel/mm/hugepages has the sizes of huge pages there are, and an address must be a multiple of them"
                        : "";
            default -> ofAny(Errno.of(errno));
        };
        return new ErrnoException("mmap", errno, "mapping " + byteSize + " bytes of new memory, " + access, hint);
    }

    private static String ofAny(Errno errno) {
        return switch (errno) {
            case EEXIST -> "something is at that address: try another, or let the kernel choose";
            case EAGAIN, EPERM -> LOCK_LIMIT;
            case ENOMEM -> "there is no room for so much, or there are too many mappings (/proc/sys/vm/max_map_count)";
            default -> "";
        };
    }

    /** Of all other calls. */
    static ErrnoException of(String call, int errno, String intent) {
        return new ErrnoException(call, errno, intent, hint(call, Errno.of(errno)));
    }

    private static String hint(String call, Errno errno) {
        return switch (call) {
            case "process_vm_readv" ->
                switch (errno) {
                    case EFAULT ->
                        "the file of this memory, or of the other that was given, has become shorter than what is mapped,"
                                + " or its disk is full";
                    case EPERM, ENOSYS -> "a sandbox denies the call";
                    default -> "";
                };
            case "madvise" ->
                switch (errno) {
                    case EFAULT -> "the file has become shorter than what is mapped, or its disk is full";
                    case EINVAL ->
                        "this kernel does not know it, it is not for this kind of memory, or pages are locked";
                    default -> "";
                };
            case "msync" -> errno == Errno.EBUSY ? "pages locked in memory cannot be invalidated" : "";
            case "mlock", "mlock2" ->
                switch (errno) {
                    case ENOMEM -> LOCK_LIMIT + "; or the file has become shorter than what is mapped";
                    case EPERM, EAGAIN -> LOCK_LIMIT;
                    default -> "";
                };
            case "mremap" ->
                switch (errno) {
                    case EFAULT -> "a file must be longer first, and all of the mapping locked and advised alike";
                    case EEXIST -> "something is at that address: try another";
                    case EAGAIN -> LOCK_LIMIT;
                    case EINVAL -> "huge pages cannot be made more, and begin at multiples of their size";
                    case EPERM, ENOSYS ->
                        "a sandbox denies process_vm_readv(2), which looks whether the file is long enough";
                    default -> "";
                };
            case "mprotect" ->
                errno == Errno.EACCES ? "the file was not opened for writing, or is sealed against it" : "";
            default -> "";
        };
    }
}
