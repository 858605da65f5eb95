package org.chagres.socket;

import java.io.IOException;
import java.net.StandardProtocolFamily;

/** Makes raw sockets and ICMP datagram sockets, and tells of each what came of it; run as a user without privileges. */
final class RawUser {
    private RawUser() {}

    /** What makes one. */
    private interface Maker {
        RawSocket make(StandardProtocolFamily family) throws IOException;
    }

    public static void main(String[] arguments) {
        for (StandardProtocolFamily family :
                new StandardProtocolFamily[] {StandardProtocolFamily.INET, StandardProtocolFamily.INET6}) {
            tell(family, each -> RawSocket.create(each, 253));
            tell(family, RawSocket::icmp);
        }
    }

    private static void tell(StandardProtocolFamily family, Maker maker) {
        try (RawSocket socket = maker.make(family)) {
            System.out.println("made one of protocol " + socket.protocol());
        } catch (IOException refused) {
            System.out.println(refused.getMessage());
        }
    }
}
