package org.chagres.socket;

import org.chagres.internal.syscall.ProcessCalls;

/**
 * A process and on whose behalf it acts ({@code struct ucred}), as the kernel checked it. User and group numbers are
 * unsigned 32-bit numbers, hence {@code long}; all three are as this process's namespaces show them.
 *
 * <p>A process may be gone, and its number given to another one: who decides by it asks for the peer's process
 * descriptor instead.
 *
 * @param pid the process; 0 if this process's namespace does not show it
 * @param uid its user; 65534 if this process's namespace does not show it, and 4294967295 if there is none
 * @param gid its group; likewise
 * @see <a href="https://man7.org/linux/man-pages/man7/unix.7.html">unix(7)</a>
 */
public record Credentials(int pid, long uid, long gid) {
    private static final long GREATEST_ID = 0xFFFF_FFFFL;

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if {@code pid} is negative, or {@code uid} or {@code gid} no unsigned 32-bit
     *     number
     */
    public Credentials {
        if (pid < 0) {
            throw new IllegalArgumentException("the number of a process is not negative: " + pid);
        }
        checkId("uid", uid);
        checkId("gid", gid);
    }

    private static void checkId(String what, long id) {
        if (id < 0 || id > GREATEST_ID) {
            throw new IllegalArgumentException("a " + what + " is 0 to " + GREATEST_ID + ", not " + id);
        }
    }

    /**
     * Those of this process, with its real user and group: what the kernel tells of a sender that says nothing else.
     *
     * @return the credentials
     */
    public static Credentials ofThisProcess() {
        return new Credentials(ProcessCalls.getpid(), ProcessCalls.getuid(), ProcessCalls.getgid());
    }
}
