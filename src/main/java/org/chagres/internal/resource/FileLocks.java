package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.LockCalls.*;

import org.chagres.internal.syscall.LockCalls;
import org.chagres.internal.syscall.LockInTheWay;

/**
 * Locks on files and ranges of them. Answers are {@code >= 0}, {@code -errno}, or as {@link OpenDescriptor} has them.
 */
public final class FileLocks {
    private FileLocks() {}

    /** Whose a lock is, and so which call takes it. */
    public enum Kind {
        /** The process's ({@code F_SETLK}). */
        PROCESS,
        /** The open file description's ({@code F_OFD_SETLK}). */
        DESCRIPTION,
        /** The open file description's, of the whole file ({@code flock}). */
        WHOLE
    }

    /** Locks without waiting; {@link OpenDescriptor#TIMED_OUT} if another lock is in the way. */
    public static int tryLock(OpenDescriptor file, Kind kind, boolean shared, long start, long length) {
        if (!file.use()) {
            return OpenDescriptor.WAS_CLOSED;
        }
        try {
            Trial trial = new Trial(file.number(), kind, shared, start, length);
            return unlessClosed(file, trial, trial.now());
        } finally {
            file.unuse();
        }
    }

    /** Locks, waiting for at most so long; a length of 0 is to the end of the file, wherever it will be. */
    public static int lock(OpenDescriptor file, Kind kind, boolean shared, long start, long length, long nanos)
            throws InterruptedException {
        Interruption.check();
        if (!file.use()) {
            return OpenDescriptor.WAS_CLOSED;
        }
        try {
            Trial trial = new Trial(file.number(), kind, shared, start, length);
            int answer = nanos > 0 ? trial.attempt() : trial.now();
            if (answer == OpenDescriptor.TIMED_OUT && nanos > 0) {
                // In a line of its own: other requests may be compatible with what stops this one.
                answer = Thread.currentThread().isVirtual()
                        ? new Lines().await(file, trial, trial, nanos)
                        : trial.await(file, nanos);
            }
            return unlessClosed(file, trial, answer);
        } finally {
            file.unuse();
        }
    }

    /** A lock that came while the descriptor was closed is given up again: a duplicate would keep it. */
    private static int unlessClosed(OpenDescriptor file, Trial trial, int answer) {
        if (answer < 0 || !file.isClosed()) {
            return answer;
        }
        unlock(trial.number, trial.kind, trial.start, trial.length);
        return OpenDescriptor.CLOSED;
    }

    /** Gives up what is locked in a range; nothing is an answer too. */
    public static int unlock(OpenDescriptor file, Kind kind, long start, long length) {
        return file.ask(number -> unlock(number, kind, start, length));
    }

    private static int unlock(int number, Kind kind, long start, long length) {
        return switch (kind) {
            case PROCESS -> setLock(number, F_SETLK, F_UNLCK, start, length);
            case DESCRIPTION -> setLock(number, F_OFD_SETLK, F_UNLCK, start, length);
            case WHOLE -> flock(number, LOCK_UN);
        };
    }

    /** Which lock is in the way of one; 1 if there is one, 0 if none. Not of the kind {@link Kind#WHOLE}. */
    public static int inTheWay(
            OpenDescriptor file, Kind kind, boolean shared, long start, long length, LockInTheWay into) {
        int command = kind == Kind.PROCESS ? F_GETLK : F_OFD_GETLK;
        return file.ask(number -> {
            int answer = getLock(number, command, shared ? F_RDLCK : F_WRLCK, start, length, into);
            return answer < 0 ? answer : into.type() == F_UNLCK ? 0 : 1;
        });
    }

    public static boolean isShared(LockInTheWay lock) {
        return lock.type() == F_RDLCK;
    }

    /** One request. */
    private record Trial(int number, Kind kind, boolean shared, long start, long length) implements Lines.Call {
        /** Without waiting, however often a signal comes first. */
        int now() {
            int answer;
            do {
                answer = answered(request(false));
            } while (answer == -EINTR);
            return answer;
        }

        @Override
        public int attempt() {
            int answer = answered(request(false));
            return answer == -EINTR ? Waiter.TIMED_OUT : answer; // who waits looks at the time before the next
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
                    if (answer == 0) {
                        // What nothing can end must not block.
                        answer = waiter.isSliced() ? answered(request(false)) : request(true);
                        if (answer == Waiter.TIMED_OUT) { // so, or a file system that does not wait
                            pause.park(this, waiter.nanosForCall());
                            answer = -EINTR;
                        }
                    }
                } while (waiter.goesOnAfter(answer));
                return answer;
            } finally {
                waiter.leave();
            }
        }

        /** Another lock is in the way: fcntl(2) permits either number, and some file systems use the other. */
        private static int answered(int answer) {
            return answer == -EACCES ? Waiter.TIMED_OUT : answer;
        }

        private int request(boolean wait) {
            int type = shared ? F_RDLCK : F_WRLCK;
            return switch (kind) {
                case PROCESS -> setLock(number, wait ? F_SETLKW : F_SETLK, type, start, length);
                case DESCRIPTION -> setLock(number, wait ? F_OFD_SETLKW : F_OFD_SETLK, type, start, length);
                case WHOLE -> LockCalls.flock(number, (shared ? LOCK_SH : LOCK_EX) | (wait ? 0 : LOCK_NB));
            };
        }
    }
}
