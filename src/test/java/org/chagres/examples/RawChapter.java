package org.chagres.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.chagres.socket.IcmpSocketOptions.ICMP_FILTER;
import static org.chagres.socket.IpSocketOptions.IP_HDRINCL;
import static org.chagres.socket.SocketSetting.set;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.socket.Datagram;
import org.chagres.socket.IcmpFilter;
import org.chagres.socket.Inet;
import org.chagres.socket.Ipv4Header;
import org.chagres.socket.LookupException;
import org.chagres.socket.NetworkDatabase;
import org.chagres.socket.RawSocket;

/** The tour's chapter on packets of IP and messages of ICMP, on this machine's loopback. */
final class RawChapter implements Tour.Chapter {
    private static final int ANSWER = 0;
    private static final int REQUEST = 8;
    private static final int CHECKSUM = 2; // where it is in a message of ICMP
    private static final int HEAD = 8; // of such a message

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Override
    public void walk(Tour tour) throws Exception {
        raw(tour);
        datagrams(tour);
    }

    private static void raw(Tour tour) throws Exception {
        tour.say("A raw socket receives what comes by one protocol, with the header of IP.");
        int icmp = protocol("icmp", 1);
        tour.see("the protocol icmp, by its name", icmp, 1);
        try (RawSocket receiver = RawSocket.create(
                        StandardProtocolFamily.INET, icmp, set(ICMP_FILTER, IcmpFilter.passOnly(ANSWER, REQUEST)));
                RawSocket sender = RawSocket.create(StandardProtocolFamily.INET, icmp, set(IP_HDRINCL, true))) {
            exchange(tour, receiver, sender);
        } catch (ErrnoException refused) {
            if (refused.errno() != Errno.EPERM && refused.errno() != Errno.EACCES) {
                throw refused;
            }
            tour.say("(This process may not: " + refused.errno() + ", as it has no CAP_NET_RAW.)");
        }
    }

    private static int protocol(String name, int otherwise) {
        try {
            return NetworkDatabase.protocol(name).number();
        } catch (LookupException missing) { // a small system
            return otherwise;
        }
    }

    private static void exchange(Tour tour, RawSocket receiver, RawSocket sender) throws Exception {
        InetSocketAddress own = new InetSocketAddress(ownAddress(), 0);
        receiver.bind(own); // what is sent to other addresses does not concern us

        byte[] request = echo("locks");
        ByteBuffer.wrap(request).putShort(CHECKSUM, (short) Inet.checksum(MemorySegment.ofArray(request)));
        tour.see("the sum of a message with its checksum", Inet.checksum(MemorySegment.ofArray(request)), 0);
        Ipv4Header header = Ipv4Header.of(receiver.protocol(), ownAddress())
                .source(ownAddress())
                .timeToLive(7)
                .identification(0xcafe);
        sender.send(Datagram.of(MemorySegment.ofArray(header.toBytes()), MemorySegment.ofArray(request))
                .to(own));

        MemorySegment packet = receive(receiver);
        Ipv4Header received = Ipv4Header.parse(packet);
        tour.see("sent with a header of our own, time to live", received.timeToLive(), 7);
        tour.see("identification", Integer.toHexString(received.identification()), "cafe");
        tour.see("its checksum, by the kernel, is right", received.isChecksumRight(), true);
        tour.see("its length, by the kernel", received.totalLength(), received.byteSize() + request.length);
        tour.see("the request", message(packet.asSlice(received.byteSize())), List.of(REQUEST, "locks"));

        MemorySegment second = receive(receiver);
        Ipv4Header answer = Ipv4Header.parse(second);
        tour.see("the kernel's answer", message(second.asSlice(answer.byteSize())), List.of(ANSWER, "locks"));
    }

    private static void datagrams(Tour tour) throws Exception {
        tour.say("An ICMP datagram socket asks for echoes, without privilege where the system is set up so.");
        try (RawSocket socket = RawSocket.icmp(StandardProtocolFamily.INET)) {
            InetSocketAddress own = new InetSocketAddress(ownAddress(), 0);
            socket.send(Datagram.of(echo("gates")).to(own)); // the checksum is the kernel's
            tour.see("the answer, without a header", message(receive(socket)), List.of(ANSWER, "gates"));
            tour.see(
                    "anything else",
                    Tour.outcome(() -> socket.send(Datagram.of(new byte[HEAD]).to(own))),
                    "EINVAL");
        } catch (ErrnoException refused) {
            if (refused.errno() != Errno.EACCES) {
                throw refused;
            }
            tour.say("(No group of this process is in net.ipv4.ping_group_range: EACCES.)");
        }
    }

    /** An address of the loopback that another tour at the same time does not have. */
    private static Inet4Address ownAddress() {
        long pid = ProcessHandle.current().pid();
        return (Inet4Address) Inet.parse("127.61." + (pid >> Byte.SIZE & 0xff) + "." + (pid & 0xff));
    }

    /** A request for an echo, without its checksum. */
    private static byte[] echo(String text) {
        return ByteBuffer.allocate(HEAD + text.length()) // in network order, as always in Java
                .put((byte) REQUEST)
                .position(HEAD)
                .put(text.getBytes(US_ASCII))
                .array();
    }

    private static MemorySegment receive(RawSocket socket) throws IOException, InterruptedException {
        MemorySegment room = MemorySegment.ofArray(new byte[1500]);
        long length = socket.tryReceive(room, PATIENCE);
        if (length < 0) {
            throw new IllegalStateException("nothing came");
        }
        return room.asSlice(0, length);
    }

    /** The type and the text of a message. */
    private static List<Object> message(MemorySegment message) {
        byte[] text = message.asSlice(HEAD).toArray(ValueLayout.JAVA_BYTE);
        return List.of((int) message.get(ValueLayout.JAVA_BYTE, 0), new String(text, US_ASCII));
    }
}
