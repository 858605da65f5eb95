package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import org.chagres.internal.generated.Linux;

/**
 * Copies between pieces of native memory. Apart from other calls on memory, as these have a shape of their own, which
 * costs start-up time.
 */
public final class CopyCalls {
    private static final VectorFunction MEMCPY = VectorFunction.named("memcpy");
    private static final VectorFunction PROCESS_VM_READV = VectorFunction.named("process_vm_readv");

    private CopyCalls() {}

    /** Copies; a page that is not there kills the JVM ({@code memcpy(3)}). */
    public static long memcpy(MemorySegment to, MemorySegment from, long count) {
        CallState state = CallState.enter();
        try {
            return MEMCPY.answerLong(state, to, from, to.address(), from.address(), count, 0, 0, 0);
        } finally {
            state.exit();
        }
    }

    /**
     * Copies from memory of a process, which may be this one ({@code process_vm_readv(2)}); a page that is not there is
     * an error. Of one piece of memory each, so the counts are 1.
     */
    public static long process_vm_readv(
            int process, MemorySegment local, long localCount, MemorySegment remote, long remoteCount, long flags) {
        CallState state = CallState.enter();
        try {
            long into = putIovec(state, 0, local);
            long from = putIovec(state, Linux.IOVEC_BYTE_SIZE(), remote);
            return PROCESS_VM_READV.answerLong(
                    state, local, remote, process, into, localCount, from, remoteCount, flags);
        } finally {
            state.exit();
        }
    }

    private static long putIovec(CallState state, long at, MemorySegment piece) {
        state.putScratch(at + Linux.IOVEC_IOV_LEN_OFFSET(), piece.byteSize());
        return state.putScratch(at + Linux.IOVEC_IOV_BASE_OFFSET(), piece.address());
    }
}
