package org.chagres.process;

import static java.util.Objects.requireNonNull;

/**
 * How a process ended: by itself, or by a signal.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/wait.2.html">waitid(2)</a>
 */
public sealed interface Termination {

    /**
     * It ended by itself ({@code exit(3)}, or the end of {@code main}).
     *
     * @param status 0 to 255; 0 is success by convention. A shell ends with 127 if it did not find the command, with
     *     126 if it could not execute it, and with 128 and the number of the signal if that ended the command
     */
    record Exited(int status) implements Termination {
        /**
         * Keeps a status.
         *
         * @throws IllegalArgumentException if {@code status} is not 0 to 255
         */
        public Exited {
            if (status < 0 || status > 255) {
                throw new IllegalArgumentException("an exit status is 0 to 255, not " + status);
            }
        }
    }

    /**
     * A signal ended it.
     *
     * @param signal which
     * @param coreDumped whether it left a core dump
     */
    record Signaled(Signal signal, boolean coreDumped) implements Termination {
        /** Keeps what it was. */
        public Signaled {
            requireNonNull(signal, "signal");
        }
    }

    /**
     * Whether it ended by itself and with status 0.
     *
     * @return {@code true} for {@code Exited[status=0]} alone
     */
    default boolean isSuccess() {
        return this instanceof Exited exited && exited.status() == 0;
    }
}
