package org.chagres.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.chagres.socket.LinuxSocketOptions.SO_OOBINLINE;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Set;
import org.chagres.ByteSource;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Readiness;
import org.chagres.readiness.Selection;
import org.chagres.socket.Datagram;
import org.chagres.socket.Inet;
import org.chagres.socket.Message;
import org.chagres.socket.ReceiveOption;
import org.chagres.socket.SendOption;
import org.chagres.socket.SocketPair;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.socket.UdpSocket;
import org.chagres.socket.UnixStream;

/** The tour's chapter on urgent data: one byte of a stream, of which is told ahead. */
final class UrgentChapter implements Tour.Chapter {
    private static final Set<Readiness> URGENT = Set.of(Readiness.URGENT);

    @Override
    public void walk(Tour tour) throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0));
                TcpStream sender = TcpStream.connect(listener.localAddress());
                TcpStream receiver = listener.accept()) {
            taken(tour, sender, receiver);
            lost(tour, sender, receiver);
            inline(tour, sender, receiver);
        }
        refused(tour);
        local(tour);
    }

    private static void taken(Tour tour, TcpStream sender, TcpStream receiver) throws Exception {
        tour.say("By TCP: abc, de! out of band, and fgh. Of what is sent out of band the last byte is urgent.");
        TcpOptions.sendUrgent(sender);
        tour.see("told, with nothing read", receiver.tryPoll(URGENT, Duration.ofSeconds(30)), URGENT);
        Selection ready = Selection.trySelect(Set.of(), Set.of(), Set.of(receiver), Duration.ZERO);
        tour.see("in the third set, as of select", ready.exceptional(), Set.of(receiver));
        tour.see("a read stops at its place", read(receiver), "abcde");
        tour.see("at the mark", receiver.atMark(), true);
        tour.see("the urgent byte", take(receiver), "!");
        tour.see("behind it", readFully(receiver, 3), "fgh");
        tour.see("at the mark", receiver.atMark(), false);
    }

    private static void lost(Tour tour, TcpStream sender, TcpStream receiver) throws Exception {
        tour.say("Who reads on without having taken it has lost it.");
        sendUrgent(sender, "ij!");
        receiver.poll(URGENT);
        sender.writeFully("kl".getBytes(US_ASCII));
        tour.see("read", read(receiver) + readFully(receiver, 2), "ijkl");
        tour.see("taken now", Tour.outcome(() -> take(receiver)), "EINVAL");
    }

    private static void inline(Tour tour, TcpStream sender, TcpStream receiver) throws Exception {
        tour.say("In line it is a byte like the others, the first behind the mark.");
        receiver.setOption(SO_OOBINLINE, true);
        sendUrgent(sender, "mn!");
        tour.see("told nonetheless", receiver.tryPoll(URGENT, Duration.ofSeconds(30)), URGENT);
        tour.see("taken", Tour.outcome(() -> take(receiver)), "EINVAL");
        tour.see("a read stops here too", read(receiver), "mn");
        tour.see("at the mark", receiver.atMark(), true);
        tour.see("and the next one has it", read(receiver), "!");
    }

    private static void refused(Tour tour) throws Exception {
        tour.say("UDP has nothing urgent.");
        try (UdpSocket server = UdpSocket.bind(Inet.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            Datagram urgent = Datagram.of("!").with(SendOption.OUT_OF_BAND);
            tour.see("sent out of band", Tour.outcome(() -> client.send(urgent)), "EOPNOTSUPP");
        }
    }

    private static void local(Tour tour) throws Exception {
        tour.say("Local streams have it too, since Linux 5.15.");
        try (SocketPair<UnixStream> pair = UnixStream.pair()) {
            UnixStream receiver = pair.second();
            try {
                sendUrgent(pair.first());
            } catch (ErrnoException failure) {
                if (failure.errno() != Errno.EOPNOTSUPP) {
                    throw failure;
                }
                tour.say("(The kernel here has none: EOPNOTSUPP.)");
                return;
            }
            tour.see("told", receiver.tryPoll(URGENT, Duration.ofSeconds(30)), URGENT);
            tour.see("taken, with the rest unread", takeUrgent(receiver), '!');
            tour.see("a read stops at its place", read(receiver), "all is well");
            tour.see("at the mark", receiver.atMark(), true);
        }
    }

    private static void sendUrgent(UnixStream stream) throws IOException, InterruptedException {
        // @start region="local-send"
        stream.send(Message.of("all is well!").with(SendOption.OUT_OF_BAND)); // the exclamation mark is urgent
        // @end
    }

    private static char takeUrgent(UnixStream stream) throws IOException, InterruptedException {
        // @start region="local-receive"
        byte[] urgent = new byte[1];
        stream.receive(MemorySegment.ofArray(urgent), 0, ReceiveOption.OUT_OF_BAND); // 0: with no descriptors
        // @end
        return (char) urgent[0];
    }

    private static void sendUrgent(TcpStream stream, String text) throws IOException, InterruptedException {
        stream.send(MemorySegment.ofArray(text.getBytes(US_ASCII)), SendOption.OUT_OF_BAND);
    }

    private static String take(TcpStream stream) throws IOException, InterruptedException {
        MemorySegment room = MemorySegment.ofArray(new byte[10]);
        return SocketChapter.text(room, stream.receive(room, ReceiveOption.OUT_OF_BAND));
    }

    private static String read(ByteSource source) throws IOException, InterruptedException {
        MemorySegment room = MemorySegment.ofArray(new byte[100]);
        return SocketChapter.text(room, source.read(room));
    }

    private static String readFully(ByteSource source, int count) throws IOException, InterruptedException {
        byte[] bytes = new byte[count];
        source.readFully(bytes);
        return new String(bytes, US_ASCII);
    }
}
