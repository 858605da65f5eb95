package org.chagres.examples;

import static org.chagres.socket.IcmpSocketOptions.ICMP6_FILTER;
import static org.chagres.socket.IcmpSocketOptions.ICMP_FILTER;
import static org.chagres.socket.IpSocketOptions.IP_RECVERR;
import static org.chagres.socket.IpSocketOptions.IP_RECVTTL;
import static org.chagres.socket.Ipv6SocketOptions.IPV6_RECVERR;
import static org.chagres.socket.Ipv6SocketOptions.IPV6_RECVHOPLIMIT;
import static org.chagres.socket.SocketSetting.set;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.socket.AddressQuery;
import org.chagres.socket.Datagram;
import org.chagres.socket.IcmpFilter;
import org.chagres.socket.Inet;
import org.chagres.socket.Ipv4Header;
import org.chagres.socket.RawSocket;
import org.chagres.socket.ReceiveOption;
import org.chagres.socket.ReceivedDatagram;
import org.chagres.socket.SocketSetting;

/**
 * Asks a host for echoes: {@code Ping HOST [COUNT]} tells of each how long it took, and which did not come within a
 * second. Ends with 0 if any came, with 1 if none did.
 */
public final class Ping {
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final int FIRST_COUNT = 4;

    private static final int ICMP = 1;
    private static final int ICMP_V6 = 58;

    // A message of ICMP: type, code, checksum, identifier, sequence number, bytes.
    private static final int CHECKSUM = 2;
    private static final int IDENTIFIER = 4;
    private static final int SEQUENCE = 6;
    private static final int MESSAGE_BYTES = 64;
    private static final int LONGEST_PACKET = 65536;
    private static final double NANOS_PER_MILLISECOND = 1e6;

    private final RawSocket socket;
    private final InetAddress host;
    private final boolean isV4;
    private final boolean isRaw;
    private final short identifier = (short) ProcessHandle.current().pid();
    private final MemorySegment memory;
    private final List<Double> times = new ArrayList<>();

    private Ping(RawSocket socket, InetAddress host, MemorySegment memory) {
        this.socket = socket;
        this.host = host;
        this.memory = memory;
        isV4 = host instanceof Inet4Address;
        isRaw = socket.isRaw();
    }

    // @start region="open"
    /** A socket for which no privilege is needed where the system is set up so; else a raw one. */
    private static RawSocket open(boolean isV4) throws IOException {
        StandardProtocolFamily family = isV4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
        SocketSetting<Boolean> errors = set(isV4 ? IP_RECVERR : IPV6_RECVERR, true);
        SocketSetting<Boolean> hops = set(isV4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, true);
        try {
            return RawSocket.icmp(family, errors, hops);
        } catch (ErrnoException refused) {
            if (refused.errno() != Errno.EACCES) {
                throw refused;
            }
        }
        // All that comes by ICMP comes here, but for what the filter stops.
        return isV4
                ? RawSocket.create(family, ICMP, errors, hops, set(ICMP_FILTER, IcmpFilter.passOnly(0)))
                : RawSocket.create(family, ICMP_V6, errors, hops, set(ICMP6_FILTER, IcmpFilter.passOnly(129)));
    }
    // @end

    // @start region="request"
    private Datagram request(int sequence) {
        ByteBuffer message = ByteBuffer.allocate(MESSAGE_BYTES); // in network order, as always in Java
        message.put(0, (byte) (isV4 ? 8 : 128)); // ECHO
        message.putShort(IDENTIFIER, identifier); // which an ICMP datagram socket has a number of its own for
        message.putShort(SEQUENCE, (short) sequence);
        if (isV4 && isRaw) { // otherwise it is the kernel's
            message.putShort(CHECKSUM, (short) Inet.checksum(MemorySegment.ofBuffer(message)));
        }
        return Datagram.of(message).to(new InetSocketAddress(host, 0));
    }
    // @end

    private boolean ask(int sequence) throws IOException, InterruptedException {
        long start = System.nanoTime();
        try {
            socket.send(request(sequence));
            return await(sequence, start);
        } catch (ErrnoException failure) {
            String reporter = socket.tryReceiveFrom(memory, Duration.ZERO, ReceiveOption.ERROR_QUEUE)
                    .flatMap(ReceivedDatagram::report)
                    .flatMap(report -> report.reporter())
                    .map(address -> ", says " + address.getHostAddress())
                    .orElse("");
            System.out.println("seq=" + sequence + " " + failure.errno() + reporter);
            return false;
        }
    }

    private boolean await(int sequence, long start) throws IOException, InterruptedException {
        while (true) {
            Duration rest = PATIENCE.minusNanos(System.nanoTime() - start);
            Optional<ReceivedDatagram> received = rest.isPositive() // others may send without end
                    ? socket.tryReceiveFrom(memory, rest)
                    : Optional.empty();
            double milliseconds = (System.nanoTime() - start) / NANOS_PER_MILLISECOND;
            if (received.isEmpty()) {
                System.out.println("seq=" + sequence + " lost");
                return false;
            }
            MemorySegment message = message(memory.asSlice(0, received.get().byteCount()));
            if (isAnswer(message, sequence)) {
                times.add(milliseconds);
                System.out.println(String.format(
                        Locale.ROOT,
                        "seq=%d %d bytes from %s, ttl=%d, %.3f ms",
                        sequence,
                        message.byteSize(),
                        received.get().from().orElseThrow().getAddress().getHostAddress(),
                        received.get().hopLimit().orElse(0),
                        milliseconds));
                return true;
            }
        }
    }

    // @start region="answer"
    private MemorySegment message(MemorySegment packet) {
        return socket.receivesHeader() ? packet.asSlice(Ipv4Header.parse(packet).byteSize()) : packet;
    }
    // @end

    /** Others of this machine may ask too, and an answer may come when nobody waits for it any more. */
    private boolean isAnswer(MemorySegment message, int sequence) {
        if (message.byteSize() != MESSAGE_BYTES) {
            return false;
        }
        ByteBuffer bytes = ByteBuffer.wrap(message.toArray(ValueLayout.JAVA_BYTE));
        return bytes.get(0) == (byte) (isV4 ? 0 : 129)
                && bytes.getShort(SEQUENCE) == (short) sequence
                && (!isRaw || bytes.getShort(IDENTIFIER) == identifier);
    }

    private boolean run(int count) throws IOException, InterruptedException {
        socket.tryReceiveFrom(memory, Duration.ZERO); // what loads the code for that is not to be timed
        for (int sequence = 1; sequence <= count; sequence++) {
            if (ask(sequence) && sequence < count) {
                Thread.sleep(PAUSE);
            }
        }
        System.out.println(count + " sent, " + times.size() + " received, " + (count - times.size()) + " lost");
        times.stream()
                .mapToDouble(Double::doubleValue)
                .average()
                .ifPresent(average -> System.out.println(String.format(
                        Locale.ROOT,
                        "min/avg/max %.3f/%.3f/%.3f ms",
                        times.stream().min(Double::compare).orElseThrow(),
                        average,
                        times.stream().max(Double::compare).orElseThrow())));
        return !times.isEmpty();
    }

    /** Runs it. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("usage: Ping HOST [COUNT]");
            System.exit(2);
        }
        InetAddress host =
                AddressQuery.of(arguments[0]).lookup().getFirst().address().getAddress();
        int count = arguments.length > 1 ? Integer.parseInt(arguments[1]) : FIRST_COUNT;
        boolean answered;
        try (RawSocket socket = open(host instanceof Inet4Address);
                Arena arena = Arena.ofConfined()) {
            Ping ping = new Ping(socket, host, arena.allocate(LONGEST_PACKET));
            System.out.println("by " + (ping.isRaw ? "a raw socket" : "an ICMP datagram socket"));
            answered = ping.run(count);
        }
        System.exit(answered ? 0 : 1);
    }
}
