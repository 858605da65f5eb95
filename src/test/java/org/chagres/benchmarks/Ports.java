package org.chagres.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/** Ports of IPv4 on this machine: the kernel finds a free one, and a file tells others. */
final class Ports {
    private Ports() {}

    /**
     * Has the JDK's sockets be of IPv4 alone, as the others here are. To be called before there are any.
     */
    static void useIPv4() {
        System.setProperty("java.net.preferIPv4Stack", "true");
    }

    static InetSocketAddress loopback(int port) throws IOException {
        return host(1, port);
    }

    /** Another address of this machine: the same port there is another one. */
    static InetSocketAddress otherLoopback(int port) throws IOException {
        return host(2, port);
    }

    private static InetSocketAddress host(int number, int port) throws IOException {
        return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) number}), port);
    }

    static void tell(Path path, int port) throws IOException {
        Files.writeString(path, Integer.toString(port));
    }

    static int told(Path path) throws IOException {
        return Integer.parseInt(Files.readString(path));
    }
}
