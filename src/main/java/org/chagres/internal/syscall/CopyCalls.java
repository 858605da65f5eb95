package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import org.chagres.internal.generated.Linux;

/**
 * Copies between pieces of native memory. Apart from other calls on memory, as these have a shape of their own, which
 * costs start-up time. Addresses go as numbers, as slices would be garbage: whoever calls keeps mappings of our own
 * from being unmapped meanwhile, and the linker keeps a user's memory, which goes along, open.
 */
public final class CopyCalls {
    private static final VectorFunction MEMCPY = VectorFunction.named("memcpy");
    private static final VectorFunction PROCESS_VM_READV = VectorFunction.named("process_vm_readv");

    private CopyCalls() {}

    /** Copies; a page that is not there kills the JVM ({@code memcpy(3)}). */
    public static long memcpy(long to, long from, long count, MemorySegment users) {
        CallState state = CallState.enter();
        try {
            return MEMCPY.answerLong(state, users, MemorySegment.NULL, to, from, count, 0, 0, 0);
        } finally {
            state.exit();
        }
    }

    /**
     * Copies from memory of a process, which may be this one ({@code process_vm_readv(2)}); a page that is not there is
     * an error. Of one piece of memory each.
     */
    public static long process_vm_readv(int process, long to, long from, long count, MemorySegment users) {
        CallState state = CallState.enter();
        try {
            long local = putIovec(state, 0, to, count);
            long remote = putIovec(state, Linux.IOVEC_BYTE_SIZE(), from, count);
            return PROCESS_VM_READV.answerLong(state, users, MemorySegment.NULL, process, local, 1, remote, 1, 0);
        } finally {
            state.exit();
        }
    }

    private static long putIovec(CallState state, long at, long address, long byteSize) {
        state.putScratch(at + Linux.IOVEC_IOV_LEN_OFFSET(), byteSize);
        return state.putScratch(at + Linux.IOVEC_IOV_BASE_OFFSET(), address);
    }
}
