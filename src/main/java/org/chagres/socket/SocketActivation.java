package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.view.DescriptorView;

/**
 * Sockets that a service manager opened for this process, and handed over at its start: systemd's socket activation
 * ({@code LISTEN_PID}, {@code LISTEN_FDS}, {@code LISTEN_FDNAMES}). A program that inetd starts has its connection as
 * standard input: {@code UnixStream.of(Descriptor.duplicateOf(0))}.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/sd_listen_fds.3.html">sd_listen_fds(3)</a>
 */
public final class SocketActivation {
    private static final int FIRST_NUMBER = 3;

    private static boolean taken; // guarded by the class

    private SocketActivation() {}

    /**
     * One of the sockets.
     *
     * @param name as the service manager calls it; {@code unknown} if it does not
     * @param descriptor the socket; {@link UnixListener#of} and its like make of it what it is
     */
    public record Inherited(String name, Descriptor descriptor) {
        /** Refuses nulls. */
        public Inherited {
            requireNonNull(name, "name");
            requireNonNull(descriptor, "descriptor");
        }
    }

    /**
     * Takes charge of the sockets that were handed over, once: they are close-on-exec from here on.
     *
     * @return in the manager's order; empty if none were meant for this process, and the second time
     * @throws ErrnoException {@code EBADF} if one that was announced is not open; none is taken then
     * @throws IllegalStateException if the number of them that was announced is no number, or one of them is an
     *     ordinary file: then it is not what was announced
     */
    public static synchronized List<Inherited> take() throws ErrnoException {
        String pid = System.getenv("LISTEN_PID");
        String count = System.getenv("LISTEN_FDS");
        if (taken
                || pid == null
                || count == null
                || !pid.equals(Long.toString(ProcessHandle.current().pid()))) {
            return List.of();
        }
        int announced = number(count);
        String names = System.getenv("LISTEN_FDNAMES");
        String[] named = names == null ? new String[0] : names.split(":", -1);
        for (int i = 0; i < announced; i++) { // all of them before any: others may be of the JVM
            DescriptorView.requireNoFile(FIRST_NUMBER + i);
        }
        taken = true;
        List<Inherited> sockets = new ArrayList<>();
        for (int i = 0; i < announced; i++) {
            String name = i < named.length && !named[i].isEmpty() ? named[i] : "unknown";
            sockets.add(new Inherited(name, DescriptorView.adopt(FIRST_NUMBER + i)));
        }
        return List.copyOf(sockets);
    }

    private static int number(String count) {
        try {
            int number = Integer.parseInt(count);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException none) {
            // as of a negative one
        }
        throw new IllegalStateException("LISTEN_FDS is no number of descriptors: " + count);
    }
}
