package org.chagres.internal.resource;

import static org.chagres.internal.syscall.ChildCalls.*;
import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.SignalCalls.*;

import org.chagres.internal.syscall.DescriptorCalls;

/**
 * A child process from its start until it has been waited for. It is waited for by its own descriptor and never by
 * {@code wait} for any child, so that nobody's exit status is taken from anybody. What nobody waits for any more, as
 * the handle was closed or forgotten, the library waits for in the background: no zombie is left.
 *
 * <p>Answers are those of {@link OpenDescriptor}, or how it ended: see {@link #status} and {@link #hasExited}.
 */
public final class Child extends Gate {
    private static final int READABLE = Readinesses.READABLE;

    /** It ended, but somebody else took the status. */
    public static final long LOST = Long.MIN_VALUE;

    private static final long RUNNING = 0;

    private final int pid;
    private final Life life;

    /** What goes on without the handle. */
    private static final class Life implements SafetyNet.Release {
        private final int pid;
        private final OpenDescriptor descriptor;
        private long ended = RUNNING; // guarded by this
        private boolean handedOver; // guarded by this

        Life(int pid, OpenDescriptor descriptor) {
            this.pid = pid;
            this.descriptor = descriptor;
        }

        /** How it ended, 0 if it has not. */
        synchronized long ended() {
            if (ended == RUNNING) {
                long answer;
                do {
                    answer = descriptor.askLong(number -> waitidEnded(P_PIDFD, number, WEXITED | WNOHANG));
                } while (answer == -EINTR);
                ended = answer == -ECHILD ? LOST : Math.max(answer, RUNNING);
                return answer < 0 && ended == RUNNING ? answer : ended; // of another failure nothing is known
            }
            return ended;
        }

        /** As long as it has not been waited for, not even as a zombie, nobody else has its number. */
        synchronized int signalGroup(int signal) {
            if (ended != RUNNING) {
                return -ESRCH;
            }
            int there = descriptor.ask(number -> pidfd_send_signal(number, 0)); // -ESRCH if others waited for it
            return there == -ESRCH || there == OpenDescriptor.WAS_CLOSED ? -ESRCH : kill(-pid, signal);
        }

        /** Waits for it in the background if it still runs; answers whether this was not done before. */
        @Override
        public boolean run() {
            synchronized (this) {
                if (handedOver) {
                    return false;
                }
                handedOver = true;
            }
            if (ended() != RUNNING) {
                descriptor.close();
                return true;
            }
            Thread.ofVirtual()
                    .name("chagres-reaper-" + pid)
                    .inheritInheritableThreadLocals(false)
                    .start(this::reap);
            return true;
        }

        private void reap() {
            OpenDescriptor[] one = {descriptor};
            while (ended() == RUNNING) {
                try {
                    Polling.await(one, new int[] {READABLE}, new int[1], OpenDescriptor.FOREVER);
                } catch (InterruptedException nobodyDoes) {
                    // Wait on: it would be a zombie otherwise.
                }
            }
            descriptor.close();
        }
    }

    private Child(int pid, Life life) {
        this.pid = pid;
        this.life = life;
    }

    /**
     * Sees to it that the kernel keeps the status of children until somebody asks: it does not if SIGCHLD is ignored,
     * as whoever started this JVM may have left it.
     */
    public static void keepStatus() {
        boolean kept = handler(SIGCHLD) != IGNORING_HANDLER && (actionFlags(SIGCHLD) & SA_NOCLDWAIT) == 0;
        if (!kept) {
            handleByDefault(SIGCHLD);
        }
    }

    /** Takes a number for the descriptor of a child, before that is started; answers it or {@code -errno}. */
    public static int reserve() {
        return DescriptorObject.eventCounter(0, false);
    }

    /** Gives back what {@link #reserve} took. */
    public static void giveBack(int reserved) {
        DescriptorCalls.close(reserved);
    }

    /**
     * The descriptor of a child just started, in the place of what was reserved, or {@code -errno}: then there is no
     * child any more. {@code -ESRCH} if others waited for it already; its number may be anybody's by now.
     */
    public static int descriptor(int pid, int reserved) {
        giveBack(reserved);
        int number = pidfd_open(pid, 0);
        if (number < 0 && number != -ESRCH) {
            kill(pid, SIGKILL);
            long answer;
            do {
                answer = waitidEnded(P_PID, pid, WEXITED);
            } while (answer == -EINTR);
        }
        return number;
    }

    /** Takes charge of a child just started. */
    public static Child own(int pid, int descriptor) {
        Life life = new Life(pid, OpenDescriptor.ownWithoutNet(descriptor, "ChildProcess"));
        Child child = new Child(pid, life);
        SafetyNet.register(child, life, "ChildProcess pid=", pid);
        return child;
    }

    public int pid() {
        return pid;
    }

    /** Waits for at most so long until it has ended; answers how. */
    public long await(long nanos) throws InterruptedException {
        Interruption.check();
        if (isClosed()) {
            return OpenDescriptor.WAS_CLOSED;
        }
        long deadline = System.nanoTime() + nanos; // not looked at if there is none
        OpenDescriptor[] one = {life.descriptor};
        while (true) {
            long ended = life.ended();
            if (ended != RUNNING) {
                return ended;
            }
            long rest = nanos == OpenDescriptor.FOREVER || nanos <= 0 ? nanos : deadline - System.nanoTime();
            int answer = Polling.await(this, one, new int[] {READABLE}, new int[1], rest);
            if (answer < 0) {
                return answer == OpenDescriptor.WAS_CLOSED ? OpenDescriptor.CLOSED : answer;
            }
        }
    }

    /** Whether it ended by itself. */
    public static boolean hasExited(long ended) {
        return ended >>> Integer.SIZE == CLD_EXITED;
    }

    /** Whether it left a core dump. */
    public static boolean hasDumped(long ended) {
        return ended >>> Integer.SIZE == CLD_DUMPED;
    }

    /** The exit status, or the signal. */
    public static int status(long ended) {
        return (int) ended;
    }

    /** Sends it a signal; {@code -ESRCH} if it has been waited for. */
    public int signal(int signal) {
        return life.descriptor.ask(number -> pidfd_send_signal(number, signal));
    }

    /** Sends a signal to the process group that it leads. */
    public int signalGroup(int signal) {
        return life.signalGroup(signal);
    }

    /** Lets go of it; it goes on if it runs. */
    @Override
    public void close() {
        super.close();
        life.descriptor.wakeParked();
        life.run();
    }
}
