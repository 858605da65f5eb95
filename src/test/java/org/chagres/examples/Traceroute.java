package org.chagres.examples;

import static org.chagres.socket.IpSocketOptions.IP_RECVERR;
import static org.chagres.socket.Ipv6SocketOptions.IPV6_RECVERR;
import static org.chagres.socket.SocketSetting.set;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.socket.AddressQuery;
import org.chagres.socket.Datagram;
import org.chagres.socket.DatagramReport;
import org.chagres.socket.DatagramReport.Origin;
import org.chagres.socket.ReceiveOption;
import org.chagres.socket.ReceivedDatagram;
import org.chagres.socket.UdpSocket;

/**
 * Shows which routers are on the way to a host: {@code Traceroute HOST [HOPS]} sends datagrams of UDP that may go one
 * hop, two hops and so on, three of each, and tells who reports that they went no further. An asterisk is one of which
 * nothing was heard within a second. Ends with 0 if the host was reached, with 1 if not. It needs no privilege: the
 * reports come by the error queues of the sockets.
 */
public final class Traceroute {
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final int MOST_HOPS = 30;
    private static final int PROBES = 3;
    private static final int FIRST_PORT = 33434; // by custom: nobody listens from here on
    private static final double NANOS_PER_MILLISECOND = 1e6;

    private static final int TIME_EXCEEDED = 11; // of ICMP
    private static final int TIME_EXCEEDED_V6 = 3;

    private final InetAddress host;
    private int port = FIRST_PORT;

    private Traceroute(InetAddress host) {
        this.host = host;
    }

    /** What was heard of a probe, from whom and after how long; an error of this machine's is from nobody. */
    private record Answer(Errno errno, String from, boolean isOnTheWay, double milliseconds) {
        static Answer of(DatagramReport report, double milliseconds) {
            return new Answer(
                    report.errno(),
                    report.reporter().map(InetAddress::getHostAddress).orElse(""),
                    isTimeExceeded(report),
                    milliseconds);
        }

        /** The host itself says so: nobody has the port. */
        boolean isArrival() {
            return errno == Errno.ECONNREFUSED;
        }
    }

    // @start region="probe"
    /** Sends a datagram that lives for so many hops; empty if nothing was heard of it. */
    private static Optional<DatagramReport> probe(InetSocketAddress to, int hops)
            throws IOException, InterruptedException {
        boolean isV4 = to.getAddress() instanceof Inet4Address;
        // Each has a socket of its own: a report that comes late is not taken for one of the next probe.
        try (UdpSocket socket = UdpSocket.connectedTo(to, set(isV4 ? IP_RECVERR : IPV6_RECVERR, true))) {
            socket.send(Datagram.of("Who is there?").hopLimit(hops));
            MemorySegment sent = MemorySegment.ofArray(new byte[100]); // comes back with the report
            return socket.tryReceiveFrom(sent, PATIENCE, ReceiveOption.ERROR_QUEUE)
                    .flatMap(ReceivedDatagram::report);
        }
    }

    private static boolean isTimeExceeded(DatagramReport report) {
        return report.origin() == Origin.ICMP && report.type() == TIME_EXCEEDED
                || report.origin() == Origin.ICMP6 && report.type() == TIME_EXCEEDED_V6;
    }
    // @end

    private Optional<Answer> ask(int hops) throws IOException, InterruptedException {
        InetSocketAddress to = new InetSocketAddress(host, port++);
        long start = System.nanoTime();
        try {
            Optional<DatagramReport> report = probe(to, hops);
            double milliseconds = (System.nanoTime() - start) / NANOS_PER_MILLISECOND;
            return report.map(heard -> Answer.of(heard, milliseconds));
        } catch (ErrnoException failure) { // it did not even leave
            return Optional.of(new Answer(failure.errno(), "", false, 0));
        }
    }

    private static String line(int hops, List<Optional<Answer>> answers) {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%2d", hops));
        String from = "";
        for (Optional<Answer> heard : answers) {
            if (heard.isEmpty()) {
                line.append("  *");
                continue;
            }
            Answer answer = heard.get();
            if (!answer.from().equals(from)) {
                from = answer.from();
                line.append("  ").append(from);
            }
            line.append(from.isEmpty() ? "" : String.format(Locale.ROOT, "  %.3f ms", answer.milliseconds()));
            line.append(answer.isOnTheWay() || answer.isArrival() ? "" : "  " + answer.errno());
        }
        return line.toString();
    }

    /** Whether it was reached. */
    private boolean run(int mostHops) throws IOException, InterruptedException {
        System.out.println("to " + host.getHostAddress() + ", at most " + mostHops + " hops");
        new Traceroute(InetAddress.getLoopbackAddress()).ask(1); // loading code is not to be timed
        for (int hops = 1; hops <= mostHops; hops++) {
            List<Optional<Answer>> answers = new ArrayList<>();
            for (int i = 0; i < PROBES; i++) {
                answers.add(ask(hops));
            }
            System.out.println(line(hops, answers));
            List<Answer> ends = answers.stream()
                    .flatMap(Optional::stream)
                    .filter(answer -> !answer.isOnTheWay())
                    .toList();
            if (!ends.isEmpty()) {
                return ends.stream().anyMatch(Answer::isArrival);
            }
        }
        return false;
    }

    /** Runs it. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("usage: Traceroute HOST [HOPS]");
            System.exit(2);
        }
        InetAddress host =
                AddressQuery.of(arguments[0]).lookup().getFirst().address().getAddress();
        int mostHops = arguments.length > 1 ? Integer.parseInt(arguments[1]) : MOST_HOPS;
        System.exit(new Traceroute(host).run(mostHops) ? 0 : 1);
    }
}
