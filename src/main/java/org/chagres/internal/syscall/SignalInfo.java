package org.chagres.internal.syscall;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** Which signals to take, and what came with the one that was taken: a {@code sigset_t} and a {@code siginfo_t}. */
public final class SignalInfo {
    private final MemorySegment set;
    private final MemorySegment info;

    public SignalInfo(Arena arena) {
        set = arena.allocate(Linux.SIGSET_T_BYTE_SIZE(), Long.BYTES);
        info = arena.allocate(Linux.SIGINFO_BYTE_SIZE(), Long.BYTES);
    }

    public MemorySegment set() {
        return set;
    }

    public MemorySegment info() {
        return info;
    }

    /** Which to take, by the bits of {@link SignalCalls#bit}. */
    public void setSignals(long signals) {
        set.set(ValueLayout.JAVA_LONG, 0, signals);
    }

    /** Whether the kernel sent it for a descriptor; anybody may send the same number for other reasons. */
    public boolean isOfDescriptor() {
        int code = info.get(ValueLayout.JAVA_INT, Linux.SIGINFO_SI_CODE_OFFSET());
        return code >= Linux.POLL_IN() && code <= Linux.POLL_HUP();
    }

    /** The number that the descriptor had when its signals were turned on. */
    public int descriptor() {
        return info.get(ValueLayout.JAVA_INT, Linux.SIGINFO_SI_FD_OFFSET());
    }

    /** What happened, in the bits of {@code poll}. */
    public int band() {
        return (int) info.get(ValueLayout.JAVA_LONG, Linux.SIGINFO_SI_BAND_OFFSET());
    }
}
