package org.chagres.internal.resource;

import static org.chagres.internal.syscall.SignalOwnerCalls.*;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import java.util.function.IntUnaryOperator;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.internal.syscall.SignalCalls;

/**
 * Whom the signals of a descriptor go to, which they are, and whether they are sent. Nothing here can end this process:
 * of its threads only the taker of {@link SignalDelivery} can be an owner, and only of signals that it takes.
 *
 * <p>Answers are {@code >= 0}, {@code -errno}, {@link OpenDescriptor#WAS_CLOSED} or one of those below.
 */
public final class DescriptorSignals {
    /** The descriptor has a {@link SignalRegistration}. */
    public static final int REGISTERED = OpenDescriptor.CLOSED - 16;

    /** The signals go to somebody else. */
    public static final int OF_ANOTHER = OpenDescriptor.CLOSED - 17;

    /** They were turned on by way of another descriptor, or another process. */
    public static final int ON_ELSEWHERE = OpenDescriptor.CLOSED - 18;

    /** The owner is in this process, and would not take them. */
    public static final int WOULD_END_THIS_PROCESS = OpenDescriptor.CLOSED - 19;

    /** The owner is this process, and does not take that signal. */
    public static final int NOT_TAKEN = OpenDescriptor.CLOSED - 20;

    public static final int THREAD = F_OWNER_TID;
    public static final int PROCESS = F_OWNER_PID;
    public static final int GROUP = F_OWNER_PGRP;

    /** The numbers of descriptors that {@link #turn} turned on, until they are closed. */
    private static final Set<Integer> ON = ConcurrentHashMap.newKeySet();

    private static final IntConsumer FORGET = ON::remove;

    private DescriptorSignals() {}

    /** How to set and ask the owner. */
    public enum Means {
        FCNTL_EX,
        FCNTL,
        FIOSETOWN,
        SIOCSPGRP
    }

    /** The number of the thread that owns what this process owns, or {@code -errno}. */
    public static int ownThread() {
        return SignalDelivery.taker();
    }

    /** The owner: its type in the upper half, its number in the lower one, which is 0 for nobody. */
    public static long owner(OpenDescriptor descriptor, Means means) {
        return descriptor.askLong(number -> {
            long exact = ownerEx(number);
            return exact < 0
                    ? exact
                    : switch (means) {
                        case FCNTL_EX -> exact;
                        case FCNTL -> plainOwner(number);
                        case FIOSETOWN -> ioctlOwner(number, FIOGETOWN);
                        case SIOCSPGRP -> ioctlOwner(number, SIOCGPGRP);
                    };
        });
    }

    public static int id(long owner) {
        return (int) owner;
    }

    public static int type(long owner) {
        return (int) (owner >> Integer.SIZE);
    }

    static boolean isTaker(long owner) {
        return type(owner) == THREAD && SignalDelivery.isTaker(id(owner));
    }

    /** Sets the owner; 0 for nobody. */
    public static int setOwner(OpenDescriptor descriptor, Means means, int type, int id) {
        return change(descriptor, number -> {
            boolean own = type == THREAD && SignalDelivery.isTaker(id);
            if (!own && isInThisProcess(type, id)) {
                return WOULD_END_THIS_PROCESS;
            }
            int answer = own ? takeSignalOf(number) : 0;
            int signed = type == GROUP ? -id : id;
            return answer < 0
                    ? answer
                    : switch (means) {
                        case FCNTL_EX -> setOwnerEx(number, type, id);
                        case FCNTL -> setPlainOwner(number, signed);
                        case FIOSETOWN -> ioctlSetOwner(number, FIOSETOWN, signed);
                        case SIOCSPGRP -> ioctlSetOwner(number, SIOCSPGRP, signed);
                    };
        });
    }

    private static boolean isInThisProcess(int type, int id) {
        int pid = ProcessCalls.getpid();
        return type == GROUP
                ? id != 0 && id == ProcessCalls.getpgid(0)
                : id != 0 && (id == pid || SignalCalls.tgkill(pid, id, 0) == 0);
    }

    private static int takeSignalOf(int number) {
        int signal = signal(number);
        if (signal < 0) {
            return signal;
        }
        if (!SignalDelivery.isTakeable(signal)) {
            return NOT_TAKEN;
        }
        SignalDelivery.take(signal);
        return 0;
    }

    /** The signal, 0 for SIGIO without a word of the descriptor. */
    public static int signalOf(OpenDescriptor descriptor) {
        return descriptor.ask(number -> signal(number));
    }

    /** Sets the signal. */
    public static int setSignalOf(OpenDescriptor descriptor, int signal) {
        return change(descriptor, number -> {
            long owner = ownerEx(number);
            if (owner < 0) {
                return (int) owner;
            }
            if (isTaker(owner)) {
                if (!SignalDelivery.isTakeable(signal)) {
                    return NOT_TAKEN;
                }
                SignalDelivery.take(signal);
            } else if (isInThisProcess(type(owner), id(owner))) { // another copy of this library's taker, say
                return WOULD_END_THIS_PROCESS;
            }
            return setSignal(number, signal);
        });
    }

    /** 1 if signals are sent. */
    public static int isOn(OpenDescriptor descriptor) {
        return descriptor.ask(number -> {
            int flags = DescriptorCalls.fcntl(number, DescriptorCalls.F_GETFL, 0);
            return flags < 0 ? flags : (flags & O_ASYNC) == 0 ? 0 : 1;
        });
    }

    /**
     * Turns the signals on or off. With no owner this process becomes it, as the kernel would have it of terminals: but
     * the thread that takes them, and not the process.
     */
    public static int turn(OpenDescriptor descriptor, boolean on, boolean byFlag) {
        int taker = on ? SignalDelivery.taker() : 0;
        if (taker < 0) {
            return taker;
        }
        return change(descriptor, number -> {
            boolean hadNone = on && id(ownerEx(number)) == 0;
            int answer = on ? own(number, taker) : 0;
            if (answer >= 0) {
                answer = byFlag ? setFlag(descriptor, number, on) : fioasync(number, on);
                if (answer < 0 && hadNone) {
                    setOwnerEx(number, PROCESS, 0);
                }
            }
            if (answer >= 0 && !on) {
                forget(number);
                descriptor.notAtEnd(FORGET);
            } else if (answer >= 0 && ON.add(number)) {
                descriptor.notAtEnd(FORGET); // registrations forget without that
                descriptor.atEnd(FORGET);
            }
            return answer;
        });
    }

    private static int own(int number, int taker) {
        long owner = ownerEx(number);
        if (owner < 0) {
            return (int) owner;
        }
        if (id(owner) == 0) {
            int answer = takeSignalOf(number);
            return answer < 0 ? answer : setOwnerEx(number, THREAD, taker);
        }
        return !isTaker(owner) && isInThisProcess(type(owner), id(owner)) ? WOULD_END_THIS_PROCESS : 0;
    }

    private static int setFlag(OpenDescriptor descriptor, int number, boolean on) {
        synchronized (descriptor) { // as the other flags are changed
            return DescriptorObject.setFlags(number, on ? O_ASYNC : 0, O_ASYNC);
        }
    }

    static boolean wasTurnedOnHere(int number) {
        return ON.contains(number);
    }

    static void forget(int number) {
        ON.remove(number);
    }

    private static int change(OpenDescriptor descriptor, IntUnaryOperator change) {
        return SignalDelivery.change(
                descriptor, number -> SignalDelivery.isRegistered(number) ? REGISTERED : change.applyAsInt(number));
    }
}
