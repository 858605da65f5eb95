package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/**
 * Signals that tell of descriptors: whom, which one, and whether. An owner is answered as one number, its type in the
 * upper half and its number in the lower one; 0 in the lower half is nobody.
 */
public final class SignalOwnerCalls {
    public static final int F_OWNER_PGRP = Linkage.POSSIBLE ? Linux.F_OWNER_PGRP() : 0;
    public static final int F_OWNER_PID = Linkage.POSSIBLE ? Linux.F_OWNER_PID() : 0;
    public static final int F_OWNER_TID = Linkage.POSSIBLE ? Linux.F_OWNER_TID() : 0;
    public static final int FIOGETOWN = Linkage.POSSIBLE ? Linux.FIOGETOWN() : 0;
    public static final int FIOSETOWN = Linkage.POSSIBLE ? Linux.FIOSETOWN() : 0;
    public static final int O_ASYNC = Linkage.POSSIBLE ? Linux.O_ASYNC() : 0;
    public static final int SIOCGPGRP = Linkage.POSSIBLE ? Linux.SIOCGPGRP() : 0;
    public static final int SIOCSPGRP = Linkage.POSSIBLE ? Linux.SIOCSPGRP() : 0;

    private SignalOwnerCalls() {}

    /** Sets whom the signals go to ({@code F_SETOWN_EX}). */
    public static int setOwnerEx(int descriptor, int type, int id) {
        CallState state = CallState.enter();
        try {
            MemorySegment owner = state.scratch();
            owner.set(ValueLayout.JAVA_INT, Linux.F_OWNER_EX_TYPE_OFFSET(), type);
            owner.set(ValueLayout.JAVA_INT, Linux.F_OWNER_EX_PID_OFFSET(), id);
            return DescriptorCalls.fcntlOnScratch(state, descriptor, Linux.F_SETOWN_EX());
        } finally {
            state.exit();
        }
    }

    /** Whom the signals go to ({@code F_GETOWN_EX}). */
    public static long ownerEx(int descriptor) {
        CallState state = CallState.enter();
        try {
            int result = DescriptorCalls.fcntlOnScratch(state, descriptor, Linux.F_GETOWN_EX());
            MemorySegment owner = state.scratch();
            return result < 0
                    ? result
                    : owner(
                            owner.get(ValueLayout.JAVA_INT, Linux.F_OWNER_EX_TYPE_OFFSET()),
                            owner.get(ValueLayout.JAVA_INT, Linux.F_OWNER_EX_PID_OFFSET()));
        } finally {
            state.exit();
        }
    }

    /** Sets whom, a group by its negative number ({@code F_SETOWN}). */
    public static int setPlainOwner(int descriptor, int id) {
        return DescriptorCalls.fcntl(descriptor, Linux.F_SETOWN(), id);
    }

    /**
     * Whom ({@code F_GETOWN}), of a descriptor that {@link #ownerEx} has answered for: group 1 is answered by -1, as an
     * error is.
     */
    public static long plainOwner(int descriptor) {
        return ofSigned((int) DescriptorCalls.fcntlBoth(descriptor, Linux.F_GETOWN()));
    }

    /** Sets whom, a group by its negative number ({@code FIOSETOWN} or {@code SIOCSPGRP}). */
    public static int ioctlSetOwner(int descriptor, int request, int id) {
        CallState state = CallState.enter();
        try {
            state.scratch().set(ValueLayout.JAVA_INT, 0, id);
            return DescriptorCalls.ioctlOnScratch(state, descriptor, request);
        } finally {
            state.exit();
        }
    }

    /** Whom ({@code FIOGETOWN} or {@code SIOCGPGRP}). */
    public static long ioctlOwner(int descriptor, int request) {
        CallState state = CallState.enter();
        try {
            int result = DescriptorCalls.ioctlOnScratch(state, descriptor, request);
            return result < 0 ? result : ofSigned(state.scratch().get(ValueLayout.JAVA_INT, 0));
        } finally {
            state.exit();
        }
    }

    private static long owner(int type, int id) {
        return (long) type << Integer.SIZE | id;
    }

    private static long ofSigned(int id) {
        return id < 0 ? owner(F_OWNER_PGRP, -id) : owner(F_OWNER_PID, id);
    }

    /** Sets which signal; 0 for SIGIO without a word of the descriptor ({@code F_SETSIG}). */
    public static int setSignal(int descriptor, int signal) {
        return DescriptorCalls.fcntl(descriptor, Linux.F_SETSIG(), signal);
    }

    /** Which signal ({@code F_GETSIG}). */
    public static int signal(int descriptor) {
        return DescriptorCalls.fcntl(descriptor, Linux.F_GETSIG(), 0);
    }

    /** Turns the signals on or off ({@code FIOASYNC}); {@code -ENOTTY} of what never sends any. */
    public static int fioasync(int descriptor, boolean on) {
        CallState state = CallState.enter();
        try {
            state.scratch().set(ValueLayout.JAVA_INT, 0, on ? 1 : 0);
            return DescriptorCalls.ioctlOnScratch(state, descriptor, Linux.FIOASYNC());
        } finally {
            state.exit();
        }
    }
}
