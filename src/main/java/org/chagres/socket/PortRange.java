package org.chagres.socket;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.view.OptionValue;

/**
 * From which ports the kernel chooses one ({@link IpSocketOptions#IP_LOCAL_PORT_RANGE}).
 *
 * @param first the lowest, 0 to 65535; 0 for the lowest of the system's range
 * @param last the highest, 0 to 65535; 0 for the highest of the system's range
 */
public record PortRange(int first, int last) {
    private static final int GREATEST_PORT = 0xFFFF;

    static final OptionValue<PortRange> VALUE =
            new OptionValue<>(PortRange.class, Integer.BYTES, PortRange::of, PortRange::put);

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if one of them is no port, or they are the wrong way round
     */
    public PortRange {
        checkPort(first);
        checkPort(last);
        if (first > last && last != 0) {
            throw new IllegalArgumentException("the first port is " + first + ", and the last " + last);
        }
    }

    private static void checkPort(int port) {
        if (port < 0 || port > GREATEST_PORT) {
            throw new IllegalArgumentException("a port is 0 to " + GREATEST_PORT + ", not " + port);
        }
    }

    /** The kernel has both in one number, the last in its upper half. */
    private static PortRange of(MemorySegment memory) {
        int both = memory.get(ValueLayout.JAVA_INT, 0);
        return new PortRange(both & GREATEST_PORT, both >>> Short.SIZE);
    }

    private static void put(PortRange range, MemorySegment memory) {
        memory.set(ValueLayout.JAVA_INT, 0, range.last << Short.SIZE | range.first);
    }
}
