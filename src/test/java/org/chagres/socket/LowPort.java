package org.chagres.socket;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Binds to ports, one after the other, and tells of each what came of it; run as a user without privileges. */
final class LowPort {
    private LowPort() {}

    public static void main(String[] ports) {
        for (String port : ports) {
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port));
            try (TcpListener listener = TcpListener.bind(address)) {
                System.out.println("bound to " + listener.localAddress().getPort());
            } catch (IOException refused) {
                System.out.println(refused.getMessage());
            }
        }
    }
}
