package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.chagres.socket.IpSocketOptions.IP_HDRINCL;
import static org.chagres.socket.SocketSetting.set;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import org.chagres.socket.Datagram;
import org.chagres.socket.Inet;
import org.chagres.socket.Ipv4Header;
import org.chagres.socket.RawSocket;

/**
 * Sends itself packets of a protocol of its own, on this machine's loopback: one with the kernel's header, and one with
 * its own. Needs {@code CAP_NET_RAW}.
 */
public final class RawPackets {
    private static final int TRIAL_PROTOCOL = 253;
    private static final int LONGEST_PACKET = 65536;

    private RawPackets() {}

    private static String exchange(Inet4Address own) throws IOException, InterruptedException {
        // @start region="raw"
        try (RawSocket socket = RawSocket.create(StandardProtocolFamily.INET, TRIAL_PROTOCOL);
                Arena arena = Arena.ofConfined()) {
            socket.bind(new InetSocketAddress(own, 0)); // what is sent to other addresses does not concern us
            socket.send(Datagram.of("locks").to(new InetSocketAddress(own, 0)));

            MemorySegment memory = arena.allocate(LONGEST_PACKET);
            MemorySegment packet = memory.asSlice(0, socket.receive(memory));
            Ipv4Header header = Ipv4Header.parse(packet); // IPv6 has none here
            String text = new String(packet.asSlice(header.byteSize()).toArray(ValueLayout.JAVA_BYTE), UTF_8);
            return text + " from " + header.source().getHostAddress();
        }
        // @end
    }

    private static void withHeader(Inet4Address own, Inet4Address pretended) throws IOException, InterruptedException {
        try (RawSocket socket = RawSocket.create(StandardProtocolFamily.INET, TRIAL_PROTOCOL);
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(LONGEST_PACKET);
            socket.bind(new InetSocketAddress(own, 0));
            // @start region="header"
            Ipv4Header header = Ipv4Header.of(TRIAL_PROTOCOL, own)
                    .source(pretended) // which nobody checks
                    .timeToLive(7)
                    .identification(0xcafe);
            try (RawSocket sender =
                    RawSocket.create(StandardProtocolFamily.INET, TRIAL_PROTOCOL, set(IP_HDRINCL, true))) {
                MemorySegment payload = MemorySegment.ofArray("gates".getBytes(UTF_8));
                sender.send(Datagram.of(MemorySegment.ofArray(header.toBytes()), payload)
                        .to(new InetSocketAddress(own, 0)));
            }
            // @end
            Ipv4Header received = Ipv4Header.parse(memory.asSlice(0, socket.receive(memory)));
            System.out.println(received.totalLength() + " bytes from "
                    + received.source().getHostAddress() + ", time to live " + received.timeToLive()
                    + ", identification " + Integer.toHexString(received.identification()) + ", checksum "
                    + (received.isChecksumRight() ? "right" : "wrong"));
        }
    }

    private static int checksum() {
        // @start region="checksum"
        byte[] message = {8, 0, 0, 0, 0, 1, 0, 1}; // of ICMP: type, code, checksum, identifier, sequence number
        int checksum = Inet.checksum(MemorySegment.ofArray(message));
        message[2] = (byte) (checksum >> Byte.SIZE);
        message[3] = (byte) checksum;
        // @end
        return Inet.checksum(MemorySegment.ofArray(message));
    }

    /** Runs it. */
    public static void main(String[] arguments) throws Exception {
        System.out.println(exchange((Inet4Address) Inet.parse("127.61.0.1")));
        withHeader((Inet4Address) Inet.parse("127.61.0.1"), (Inet4Address) Inet.parse("127.61.0.99"));
        System.out.println("with its checksum the sum is " + checksum());
    }
}
