package org.chagres.socket;

import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Sockets;
import org.chagres.internal.view.DescriptorView;

/**
 * Sockets by number, for what has no type of its own here: streams and records of SCTP, say, which many kernels do not
 * have, and say so.
 *
 * {@snippet :
 * LowSocket.open(2, 5, 132); // AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP: ESOCKTNOSUPPORT without SCTP
 * }
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/socket.2.html">socket(2)</a>
 */
public final class LowSocket {
    private LowSocket() {}

    /**
     * Makes a socket ({@code socket(2)}), close-on-exec.
     *
     * @param family such as {@code AF_UNIX}, which is 1; the names that begin with PF_ are the same numbers
     * @param type such as {@code SOCK_STREAM}, which is 1, {@code SOCK_DGRAM}, which is 2
     * @param protocol mostly 0: what the family has for the type
     * @return the socket; what it is can be asked of {@link UnixStream#of}, {@link RawSocket#of} and their like
     * @throws ErrnoException {@code EAFNOSUPPORT} if this kernel has no such family; {@code ESOCKTNOSUPPORT} if
     *     the family has no such type; {@code EINVAL} if the type, or the protocol, is none of any family;
     *     {@code EPROTONOSUPPORT} if it has no such protocol for the type; {@code EPROTOTYPE} if the protocol is of
     *     another type; {@code EPERM}, {@code EACCES} if it needs a privilege; {@code EMFILE}, {@code ENFILE} if there
     *     are as many open files as may be
     */
    public static Descriptor open(int family, int type, int protocol) throws ErrnoException {
        int number = Sockets.create(family, type, protocol);
        if (number < 0) {
            throw new ErrnoException(
                    "socket",
                    -number,
                    "making a socket of family " + family + ", type " + type + ", protocol " + protocol,
                    hint(Errno.of(-number)));
        }
        return DescriptorView.ownSocket(number, "Socket");
    }

    private static String hint(Errno errno) {
        return switch (errno) {
            case EAFNOSUPPORT -> "it is the family that this kernel does not have";
            case ESOCKTNOSUPPORT -> "it is the type that the family does not have";
            case EINVAL -> "it is the type, or the protocol: no family has such a number";
            case EPROTONOSUPPORT -> "it is the protocol that the family does not have for this type";
            case EPROTOTYPE -> "it is the protocol: it is of another type";
            case EPERM -> "it needs CAP_NET_RAW";
            case EACCES -> "it needs a privilege: for ICMP datagrams a group that net.ipv4.ping_group_range has";
            default -> "";
        };
    }
}
