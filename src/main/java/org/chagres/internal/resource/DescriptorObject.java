package org.chagres.internal.resource;

import static org.chagres.internal.syscall.DescriptorCalls.*;

/** Descriptors by number: typed arguments become flag words here. Every answer is {@code >= 0} or {@code -errno}. */
public final class DescriptorObject {
    private DescriptorObject() {}

    /**
     * Makes both ends of a pipe, close-on-exec: the number of the read end in the lower half of the answer, that of the
     * write end in the upper.
     */
    public static long pipe(boolean packets) {
        return pipe2Ends(O_CLOEXEC | (packets ? O_DIRECT : 0));
    }

    /** How many bytes can be read now. */
    public static int available(int number) {
        return fionread(number);
    }

    /** How many bytes fit into a pipe. */
    public static int capacity(int number) {
        return fcntl(number, F_GETPIPE_SZ, 0);
    }

    public static int setCapacity(int number, int byteSize) {
        return fcntl(number, F_SETPIPE_SZ, byteSize);
    }
}
