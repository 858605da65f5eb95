package org.chagres.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.chagres.socket.SocketSetting.set;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Scanner;
import java.util.TreeMap;
import org.chagres.ByteSink;
import org.chagres.ByteSource;
import org.chagres.socket.Datagram;
import org.chagres.socket.Inet;
import org.chagres.socket.LinuxSocketOptions;
import org.chagres.socket.ReceivedDatagram;
import org.chagres.socket.TcpStream;
import org.chagres.socket.UdpSocket;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixStream;

/**
 * Talks with a memcached server on this machine, by UDP and by streams.
 *
 * <p>{@code MemcachedUdp put PORT KEY BYTES} stores a value of so many bytes by UDP, and prints the answer;
 * {@code get PORT KEY} prints how many bytes a value has, and in how many datagrams it came; {@code tset PORT KEY BYTES}
 * and {@code uset PATH KEY BYTES} store by TCP and by a local socket; {@code peer PORT} prints the number of the address
 * family of a connected socket, and the port it is connected to.
 */
public final class MemcachedUdp {
    private static final int ROOM = 1 << 20; // for answers of many datagrams, which all come at once
    private static final int MOST_BYTES = 65_507; // of a datagram
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final byte FILLER = 'm';

    private MemcachedUdp() {}

    /** What came, and in how many datagrams. */
    private record Answer(MemorySegment bytes, int datagramCount) {
        String text() {
            return new String(bytes.toArray(ValueLayout.JAVA_BYTE), US_ASCII);
        }
    }

    private static UdpSocket connected(String port) throws IOException {
        InetSocketAddress server = Inet.loopback(Integer.parseInt(port));
        return UdpSocket.connectedTo(server, set(LinuxSocketOptions.SO_RCVBUF, ROOM)); // hears from nobody else
    }

    // @start region="ask"
    /** Sends a command in one datagram; the answer may be in many, which come in any order. */
    private static Answer ask(String port, byte[] command) throws IOException, InterruptedException {
        short request = (short) ProcessHandle.current().pid();
        ByteBuffer header = ByteBuffer.allocate(8); // a request of one datagram, in network order
        header.putShort(request).putShort((short) 0).putShort((short) 1).putShort((short) 0);
        TreeMap<Integer, byte[]> pieces = new TreeMap<>();
        int count = 1;
        try (UdpSocket server = connected(port)) {
            server.send(Datagram.of(MemorySegment.ofBuffer(header.flip()), MemorySegment.ofArray(command)));
            while (pieces.size() < count) {
                byte[] room = new byte[MOST_BYTES];
                ReceivedDatagram datagram = server.tryReceiveFrom(MemorySegment.ofArray(room), PATIENCE)
                        .orElseThrow(() -> new SocketTimeoutException("a datagram was lost, there or here"));
                ByteBuffer answer = ByteBuffer.wrap(room, 0, (int) datagram.byteCount());
                if (answer.remaining() >= header.capacity() && answer.getShort() == request) {
                    int number = Short.toUnsignedInt(answer.getShort());
                    count = Short.toUnsignedInt(answer.getShort());
                    pieces.put(number, Arrays.copyOfRange(room, header.capacity(), answer.limit()));
                }
            }
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        pieces.values().forEach(whole::writeBytes);
        return new Answer(MemorySegment.ofArray(whole.toByteArray()), count);
    }
    // @end

    private static byte[] storing(String key, int byteSize) {
        byte[] value = new byte[byteSize];
        Arrays.fill(value, FILLER);
        ByteArrayOutputStream command = new ByteArrayOutputStream();
        command.writeBytes(("set " + key + " 0 0 " + byteSize + "\r\n").getBytes(US_ASCII));
        command.writeBytes(value);
        command.writeBytes("\r\n".getBytes(US_ASCII));
        return command.toByteArray();
    }

    private static String put(String port, String key, int byteSize) throws IOException, InterruptedException {
        return ask(port, storing(key, byteSize)).text().strip();
    }

    /** An answer is {@code VALUE KEY FLAGS BYTES}, a line of its own, the value, and {@code END}. */
    private static String get(String port, String key) throws IOException, InterruptedException {
        Answer answer = ask(port, ("get " + key + "\r\n").getBytes(US_ASCII));
        String text = answer.text();
        try (Scanner words = new Scanner(text)) {
            if (!words.next().equals("VALUE")) {
                throw new ProtocolException(text);
            }
            words.next();
            words.next();
            int byteSize = words.nextInt();
            int begin = text.indexOf('\n') + 1;
            if (!text.substring(begin).equals("m".repeat(byteSize) + "\r\nEND\r\n")) {
                throw new ProtocolException("not the " + byteSize + " bytes that were stored");
            }
            return byteSize + " bytes in " + answer.datagramCount() + " datagrams";
        }
    }

    // @start region="streams"
    /** Whatever stream it is. */
    private static String store(ByteSink out, ByteSource in, String key, String byteSize)
            throws IOException, InterruptedException {
        out.writeFully(storing(key, Integer.parseInt(byteSize)));
        return in.reader(US_ASCII).readLine();
    }
    // @end

    private static String tset(String port, String key, String byteSize) throws IOException, InterruptedException {
        try (TcpStream stream = TcpStream.connect(Inet.loopback(Integer.parseInt(port)))) {
            return store(stream, stream, key, byteSize);
        }
    }

    private static String uset(Path path, String key, String byteSize) throws IOException, InterruptedException {
        try (UnixStream stream = UnixStream.connect(UnixAddress.of(path))) {
            return store(stream, stream, key, byteSize);
        }
    }

    private static String peer(String port) throws IOException {
        try (UdpSocket server = connected(port)) {
            int family = server.localAddress().getAddress() instanceof Inet4Address ? 2 : 10; // AF_INET, AF_INET6
            return family + " " + server.peerAddress().getPort();
        }
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        switch (arguments.length == 0 ? "" : arguments[0] + arguments.length) {
            case "put4" -> System.out.println(put(arguments[1], arguments[2], Integer.parseInt(arguments[3])));
            case "get3" -> System.out.println(get(arguments[1], arguments[2]));
            case "tset4" -> System.out.println(tset(arguments[1], arguments[2], arguments[3]));
            case "uset4" -> System.out.println(uset(Path.of(arguments[1]), arguments[2], arguments[3]));
            case "peer2" -> System.out.println(peer(arguments[1]));
            default -> {
                System.err.println("usage: MemcachedUdp put PORT KEY BYTES | get PORT KEY | tset PORT KEY BYTES"
                        + " | uset PATH KEY BYTES | peer PORT");
                System.exit(2);
            }
        }
    }
}
