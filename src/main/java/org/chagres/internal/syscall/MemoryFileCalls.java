package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import org.chagres.internal.generated.Linux;

/** Files that are nothing but memory: without a name, and of the POSIX name space. */
public final class MemoryFileCalls {
    public static final int F_ADD_SEALS = Linkage.POSSIBLE ? Linux.F_ADD_SEALS() : 0;
    public static final int F_GET_SEALS = Linkage.POSSIBLE ? Linux.F_GET_SEALS() : 0;
    public static final int F_SEAL_EXEC = Linkage.POSSIBLE ? Linux.F_SEAL_EXEC() : 0;
    public static final int F_SEAL_FUTURE_WRITE = Linkage.POSSIBLE ? Linux.F_SEAL_FUTURE_WRITE() : 0;
    public static final int F_SEAL_GROW = Linkage.POSSIBLE ? Linux.F_SEAL_GROW() : 0;
    public static final int F_SEAL_SEAL = Linkage.POSSIBLE ? Linux.F_SEAL_SEAL() : 0;
    public static final int F_SEAL_SHRINK = Linkage.POSSIBLE ? Linux.F_SEAL_SHRINK() : 0;
    public static final int F_SEAL_WRITE = Linkage.POSSIBLE ? Linux.F_SEAL_WRITE() : 0;
    public static final int MFD_ALLOW_SEALING = Linkage.POSSIBLE ? Linux.MFD_ALLOW_SEALING() : 0;
    public static final int MFD_CLOEXEC = Linkage.POSSIBLE ? Linux.MFD_CLOEXEC() : 0;
    public static final int MFD_HUGETLB = Linkage.POSSIBLE ? Linux.MFD_HUGETLB() : 0;
    public static final int MFD_NOEXEC_SEAL = Linkage.POSSIBLE ? Linux.MFD_NOEXEC_SEAL() : 0;

    private static final NativeFunction MEMFD_CREATE = NativeFunction.named("memfd_create");
    private static final NativeFunction SHM_OPEN = NativeFunction.named("shm_open");
    private static final NativeFunction SHM_UNLINK = NativeFunction.named("shm_unlink");

    private MemoryFileCalls() {}

    /** Makes a file without a name; the one given is for people ({@code memfd_create(2)}). */
    public static int memfd_create(MemorySegment name, int flags) {
        return MEMFD_CREATE.callInt(name.address(), flags, 0);
    }

    /** Opens a POSIX shared memory object ({@code shm_open(3)}). */
    public static int shm_open(MemorySegment name, int flags, int mode) {
        return SHM_OPEN.callInt(name.address(), flags, mode);
    }

    /** Removes the name of a POSIX shared memory object ({@code shm_unlink(3)}). */
    public static int shm_unlink(MemorySegment name) {
        return SHM_UNLINK.callInt(name.address(), 0, 0);
    }
}
