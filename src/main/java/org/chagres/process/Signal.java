package org.chagres.process;

import java.util.Map;
import java.util.TreeMap;

/**
 * A signal by its number. Those most used have a constant; 34 to 64 are real-time signals.
 *
 * @param number 1 to 64
 * @see <a href="https://man7.org/linux/man-pages/man7/signal.7.html">signal(7)</a>
 */
public record Signal(int number) {
    private static final int HIGHEST = 64;

    /** The terminal was closed. */
    public static final Signal SIGHUP = new Signal(1);

    /** Ctrl-C. */
    public static final Signal SIGINT = new Signal(2);

    /** Ctrl-\. */
    public static final Signal SIGQUIT = new Signal(3);

    /** {@code abort(3)}. */
    public static final Signal SIGABRT = new Signal(6);

    /** Ends the process; it cannot do anything about it. */
    public static final Signal SIGKILL = new Signal(9);

    /** For whatever two programs agree on. */
    public static final Signal SIGUSR1 = new Signal(10);

    /** A wrong access to memory. */
    public static final Signal SIGSEGV = new Signal(11);

    /** For whatever two programs agree on. */
    public static final Signal SIGUSR2 = new Signal(12);

    /** It wrote to a pipe that nobody reads from. */
    public static final Signal SIGPIPE = new Signal(13);

    /** A timer. */
    public static final Signal SIGALRM = new Signal(14);

    /** A request to end. */
    public static final Signal SIGTERM = new Signal(15);

    /** Goes on after it was stopped. */
    public static final Signal SIGCONT = new Signal(18);

    /** Stops the process; it cannot do anything about it. */
    public static final Signal SIGSTOP = new Signal(19);

    /** A descriptor is ready; see {@link org.chagres.readiness.SignalEvents}. */
    public static final Signal SIGIO = new Signal(29);

    // As x86-64 and aarch64 number them; it is the same on both.
    private static final Map<Integer, String> NAMES = new TreeMap<>(Map.ofEntries(
            Map.entry(1, "SIGHUP"),
            Map.entry(2, "SIGINT"),
            Map.entry(3, "SIGQUIT"),
            Map.entry(4, "SIGILL"),
            Map.entry(5, "SIGTRAP"),
            Map.entry(6, "SIGABRT"),
            Map.entry(7, "SIGBUS"),
            Map.entry(8, "SIGFPE"),
            Map.entry(9, "SIGKILL"),
            Map.entry(10, "SIGUSR1"),
            Map.entry(11, "SIGSEGV"),
            Map.entry(12, "SIGUSR2"),
            Map.entry(13, "SIGPIPE"),
            Map.entry(14, "SIGALRM"),
            Map.entry(15, "SIGTERM"),
            Map.entry(16, "SIGSTKFLT"),
            Map.entry(17, "SIGCHLD"),
            Map.entry(18, "SIGCONT"),
            Map.entry(19, "SIGSTOP"),
            Map.entry(20, "SIGTSTP"),
            Map.entry(21, "SIGTTIN"),
            Map.entry(22, "SIGTTOU"),
            Map.entry(23, "SIGURG"),
            Map.entry(24, "SIGXCPU"),
            Map.entry(25, "SIGXFSZ"),
            Map.entry(26, "SIGVTALRM"),
            Map.entry(27, "SIGPROF"),
            Map.entry(28, "SIGWINCH"),
            Map.entry(29, "SIGIO"),
            Map.entry(30, "SIGPWR"),
            Map.entry(31, "SIGSYS")));

    /**
     * A signal by its number.
     *
     * @throws IllegalArgumentException if {@code number} is not 1 to 64
     */
    public Signal {
        if (number < 1 || number > HIGHEST) {
            throw new IllegalArgumentException("a signal is 1 to " + HIGHEST + ", not " + number);
        }
    }

    /**
     * The name.
     *
     * @return such as {@code SIGTERM}, or {@code signal 40} for one that has none
     */
    @Override
    public String toString() {
        return NAMES.getOrDefault(number, "signal " + number);
    }
}
