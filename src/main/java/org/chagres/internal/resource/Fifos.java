package org.chagres.internal.resource;

import static org.chagres.internal.syscall.DescriptorCalls.*;
import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.FileCalls.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.FileCalls;
import org.chagres.internal.syscall.ReadinessCalls;

/** FIFOs by name: made, opened, removed. Answers are {@code >= 0} or {@code -errno}, or one of the constants. */
public final class Fifos {
    /** Nobody has opened the other end in time. */
    public static final int TIMED_OUT = Waiter.TIMED_OUT;

    /** There is a file of that name, but of another kind. */
    public static final int NOT_A_FIFO = Waiter.CLOSED - 3;

    private Fifos() {}

    /** How to open. */
    public enum Access {
        READING(0),
        WRITING(O_WRONLY),
        BOTH(O_RDWR);

        private final int flags;

        Access(int flags) {
            this.flags = flags | O_CLOEXEC | O_NOCTTY;
        }
    }

    /** Makes a FIFO with exactly these permissions, whatever the umask of the process is. */
    public static int create(MemorySegment path, int mode) {
        int answer = mkfifo(path, mode);
        if (answer < 0) {
            return answer;
        }
        answer = setMode(path, mode);
        if (answer == NOT_A_FIFO) {
            return -EEXIST; // by now
        }
        if (answer < 0) {
            unlink(path);
        }
        return answer;
    }

    /**
     * By way of a descriptor, so that no link is followed as by chmod(2), which takes whatever the name has become.
     */
    private static int setMode(MemorySegment path, int mode) {
        int number = FileCalls.open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
        if (number < 0) {
            return number;
        }
        try (Arena arena = Arena.ofConfined()) {
            int made = FileCalls.mode(number);
            if (made < 0 || (made & S_IFMT) != S_IFIFO) {
                return made < 0 ? made : NOT_A_FIFO;
            }
            return (made & 0777) == mode ? 0 : chmod(arena.allocateFrom("/proc/self/fd/" + number), mode);
        } finally {
            DescriptorCalls.close(number);
        }
    }

    /** 0 if there is a FIFO of that name, {@link #NOT_A_FIFO}, or {@code -errno}. */
    public static int check(MemorySegment path) {
        int number = FileCalls.open(path, O_PATH | O_CLOEXEC, 0);
        if (number < 0) {
            return number;
        }
        boolean is = isFifo(number);
        DescriptorCalls.close(number);
        return is ? 0 : NOT_A_FIFO;
    }

    /** Removes the name. */
    public static int remove(MemorySegment path) {
        int answer = check(path);
        return answer < 0 ? answer : unlink(path);
    }

    /** Opens at once; {@code -ENXIO} for writing if nobody has it open for reading. */
    public static int openNow(MemorySegment path, Access access) {
        int number = opened(path, access.flags | O_NONBLOCK);
        return number < 0 ? number : blocking(number);
    }

    /** A socket refuses to be opened as a FIFO without readers does, and a directory to be written. */
    private static int opened(MemorySegment path, int flags) {
        int number = FileCalls.open(path, flags, 0);
        boolean ofAnother = (number == -ENXIO || number == -EISDIR) && check(path) == NOT_A_FIFO;
        return ofAnother ? NOT_A_FIFO : number;
    }

    /** Opens one end, waiting for at most so long until somebody has the other. */
    public static int open(MemorySegment path, Access access, long nanos) throws InterruptedException {
        Interruption.check();
        try (Trial trial = new Trial(path, access)) {
            if (nanos <= 0) {
                return trial.attemptAtCap();
            }
            Gate gate = new Gate();
            try {
                int answer = Thread.currentThread().isVirtual()
                        ? new Lines().await(gate, trial, trial, nanos)
                        : trial.await(gate, nanos);
                return answer == TIMED_OUT ? trial.lastLook() : answer;
            } catch (InterruptedException interrupted) {
                int number = trial.lastLook();
                if (number < 0) {
                    throw interrupted;
                }
                Thread.currentThread().interrupt();
                return number;
            }
        }
    }

    /** A FIFO that was opened without waiting becomes as others are; anything else is closed again. */
    private static int blocking(int number) {
        int answer = isFifo(number) ? fcntl(number, F_SETFL, 0) : NOT_A_FIFO;
        if (answer < 0) {
            DescriptorCalls.close(number);
            return answer;
        }
        return number;
    }

    private static boolean isFifo(int number) {
        return (FileCalls.mode(number) & S_IFMT) == S_IFIFO;
    }

    /** Opening one end and waiting for the other. */
    private static final class Trial implements Lines.Call, AutoCloseable {
        private static final int NONE = -1;

        private final MemorySegment path;
        private final Access access;

        /**
         * A read end that we keep open while nobody has the other: opened and closed, it would lose what is written.
         */
        private int probe = NONE;

        Trial(MemorySegment path, Access access) {
            this.path = path;
            this.access = access;
        }

        @Override
        public int attempt() {
            return probe == NONE ? TIMED_OUT : attemptToRead(); // with a helper it need not be tried before
        }

        /** Who opened the other end since the last try has reason to believe that we are there. */
        int lastLook() {
            return probe == NONE ? TIMED_OUT : attemptToRead();
        }

        @Override
        public int attemptAtCap() {
            if (access == Access.READING) {
                return attemptToRead();
            }
            int answer = openNow(path, access);
            return answer == -ENXIO || answer == -EINTR ? TIMED_OUT : answer;
        }

        private int attemptToRead() {
            if (probe == NONE) {
                int number = opened(path, access.flags | O_NONBLOCK);
                if (number < 0) {
                    return number == -EINTR ? TIMED_OUT : number;
                }
                if (!isFifo(number)) {
                    DescriptorCalls.close(number);
                    return NOT_A_FIFO;
                }
                probe = number;
            }
            // Reading to nowhere takes nothing out, and tells: the end if there is no writer, else EAGAIN, or EFAULT if
            // there are bytes. A poll tells of a hang-up only if there was a writer since we opened it.
            if (read(probe, MemorySegment.NULL, 1) == 0
                    && ReadinessCalls.pollOne(probe, ReadinessCalls.POLLIN, 0) <= 0) {
                return TIMED_OUT;
            }
            int number = probe;
            probe = NONE;
            return blocking(number);
        }

        @Override
        public int await(Gate gate, long nanos) throws InterruptedException {
            Waiter waiter = Waiter.enter(gate, nanos);
            try {
                waiter.watchDeadline();
                Pause pause = new Pause();
                int answer;
                do {
                    answer = waiter.refusal();
                    // What nothing can end must not block; and a probe has perhaps met a writer that is gone by now.
                    if (answer == 0 && (waiter.isSliced() || probe != NONE)) {
                        answer = attemptAtCap();
                        if (answer == TIMED_OUT) {
                            pause.park(this, waiter.nanosForCall());
                            answer = -EINTR;
                        }
                    } else if (answer == 0) {
                        answer = opened(path, access.flags);
                        if (answer >= 0 && !isFifo(answer)) {
                            DescriptorCalls.close(answer);
                            answer = NOT_A_FIFO;
                        }
                    }
                } while (waiter.goesOnAfter(answer));
                return answer;
            } finally {
                waiter.leave();
            }
        }

        @Override
        public void close() {
            if (probe != NONE) {
                DescriptorCalls.close(probe);
            }
        }
    }
}
