package org.chagres.internal.resource;

import java.lang.foreign.MemorySegment;
import org.chagres.internal.syscall.SocketCalls;

/** Options of a socket as bytes. Answers are {@code >= 0}, {@code -errno}, or {@link OpenDescriptor#WAS_CLOSED}. */
public final class OptionCalls {
    private OptionCalls() {}

    /** Asks an option; answers how many bytes it has. */
    public static int get(OpenDescriptor socket, int level, int option, MemorySegment into) {
        return socket.ask(number -> SocketCalls.getsockoptInto(number, level, option, into));
    }

    public static int set(OpenDescriptor socket, int level, int option, MemorySegment value) {
        return socket.ask(number -> SocketCalls.setsockopt(number, level, option, value, (int) value.byteSize()));
    }
}
