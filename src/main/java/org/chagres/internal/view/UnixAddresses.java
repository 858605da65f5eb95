package org.chagres.internal.view;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import org.chagres.internal.resource.FileNames;
import org.chagres.internal.syscall.SockaddrUn;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.socket.UnixAddress;

/**
 * Addresses as the kernel has them; what they are is told by their length.
 *
 * <pre>
 *    0        2                                             110
 *    +--------+----------------------------------------------+
 *    | family |                                              |   length 2 (of some calls 0): unnamed
 *    | family | 0 | name: any bytes, as many as there are    |   length 3 + bytes: abstract
 *    | family | path                                | 0 |    |   length 3 + bytes: a path
 *    | family | path of 108 bytes                            |   length 110, and 111 from the kernel: a path
 *    +--------+----------------------------------------------+
 * </pre>
 */
public final class UnixAddresses {
    public static final UnixAddress.Unnamed UNNAMED = new UnixAddress.Unnamed();

    private UnixAddresses() {}

    /** Refuses a path that cannot be an address. */
    public static void check(Path path) {
        int byteSize = FileNames.bytes(path).length;
        int longest = SockaddrUn.longestName();
        if (byteSize == 0) {
            throw new IllegalArgumentException("an empty path names no socket");
        }
        if (byteSize > longest) {
            throw new IllegalArgumentException("the path of a socket has at most " + longest + " bytes, not " + byteSize
                    + ": take a shorter one, or a relative one; " + path);
        }
    }

    /** Refuses an abstract name that is too long; answers it otherwise. */
    public static byte[] checkAbstract(byte[] name) {
        int longest = SockaddrUn.longestName() - 1;
        if (name.length > longest) {
            throw new IllegalArgumentException(
                    "an abstract name has at most " + longest + " bytes, not " + name.length);
        }
        return name;
    }

    /** An address in memory, where so many bytes of it count. */
    public record Written(MemorySegment memory, int length) {}

    /** Writes an address. */
    public static Written write(UnixAddress address, SegmentAllocator allocator) {
        SockaddrUn into = SockaddrUn.allocate(allocator);
        into.setFamily(SocketCalls.AF_UNIX);
        return new Written(
                into.segment(),
                switch (address) {
                    case UnixAddress.Pathname pathname -> {
                        byte[] name = FileNames.bytes(pathname.path());
                        int zero = name.length < SockaddrUn.LONGEST_NAME ? 1 : 0;
                        yield put(name, into, SockaddrUn.NAME_OFFSET) + zero;
                    }
                    case UnixAddress.Abstract abstractName ->
                        put(abstractName.name(), into, SockaddrUn.NAME_OFFSET + 1);
                    case UnixAddress.Unnamed unnamed -> SockaddrUn.NAME_OFFSET;
                });
    }

    /** Into memory that is zero; answers where the name ends. */
    private static int put(byte[] name, SockaddrUn into, int at) {
        MemorySegment.copy(name, 0, into.segment(), ValueLayout.JAVA_BYTE, at, name.length);
        return at + name.length;
    }

    /** Reads an address of the length that the kernel told, which may be more than there is. */
    public static UnixAddress read(byte[] from, int length) {
        return read(MemorySegment.ofArray(from), length);
    }

    /** {@link #read(byte[], int)} of other memory. */
    public static UnixAddress read(MemorySegment from, int length) {
        if (length <= SockaddrUn.NAME_OFFSET) {
            return UNNAMED;
        }
        int family = new SockaddrUn(from).family();
        if (family != SocketCalls.AF_UNIX) {
            throw new IllegalArgumentException("the address is of family " + family + ", not local");
        }
        int end = Math.min(length, SockaddrUn.NAME_OFFSET + SockaddrUn.LONGEST_NAME);
        byte[] name = from.asSlice(SockaddrUn.NAME_OFFSET, end - SockaddrUn.NAME_OFFSET)
                .toArray(ValueLayout.JAVA_BYTE);
        if (name[0] == 0) {
            return UnixAddress.abstractName(Arrays.copyOfRange(name, 1, name.length));
        }
        int count = 0;
        while (count < name.length && name[count] != 0) {
            count++;
        }
        return UnixAddress.of(FileNames.path(Arrays.copyOf(name, count)));
    }
}
