package org.chagres.readiness;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.chagres.ByteSink;
import org.chagres.ByteSource;
import org.chagres.Descriptor;
import org.chagres.Pollable;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.pipe.Pipe;
import org.chagres.socket.SocketPair;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.socket.UdpSocket;
import org.chagres.socket.UnixStream;

/** What sends signals: one of each kind, to write to and to be told of. Needs no library of assertions. */
enum SignalLink {
    PIPE,
    TERMINAL,
    UNIX,
    TCP,
    UDP;

    private static final long TIOCSPTLCK = 0x40045431;
    private static final long TIOCGPTN = 0x80045430;

    /** Both ends. */
    record Ends(Pollable reader, Pollable writer) implements AutoCloseable {
        /** Sends so many bytes; a terminal passes on whole lines. */
        void write(int count) throws IOException, InterruptedException {
            byte[] line = "a line\n".repeat((count + 6) / 7).substring(0, count).getBytes();
            if (line.length > 0) {
                line[line.length - 1] = '\n';
            }
            if (writer instanceof UdpSocket udp) {
                udp.send(MemorySegment.ofArray(line));
            } else {
                ((ByteSink) writer).writeFully(line);
            }
        }

        /** Takes what is there, and waits for nothing; answers how many bytes that were. */
        long readAll() throws IOException, InterruptedException {
            MemorySegment memory = MemorySegment.ofArray(new byte[4096]);
            long all = 0;
            while (true) {
                long count = 0;
                if (reader instanceof UdpSocket udp) {
                    count = udp.tryReceive(memory, Duration.ZERO);
                } else {
                    count = ((ByteSource) reader).tryRead(memory, Duration.ZERO);
                }
                if (count <= 0) {
                    return all;
                }
                all += count;
            }
        }

        @Override
        public void close() {
            reader.close();
            writer.close();
        }
    }

    Ends open() throws IOException, InterruptedException {
        return switch (this) {
            case PIPE -> {
                Pipe pipe = Pipe.create();
                yield new Ends(pipe.source(), pipe.sink());
            }
            case TERMINAL -> terminal();
            case UNIX -> {
                SocketPair<UnixStream> pair = UnixStream.pair();
                yield new Ends(pair.first(), pair.second());
            }
            case TCP -> {
                try (TcpListener listener = TcpListener.bind(anyPort())) {
                    TcpStream writer = TcpStream.connect(listener.localAddress());
                    yield new Ends(listener.accept(), writer);
                }
            }
            case UDP -> {
                UdpSocket reader = UdpSocket.bind(anyPort());
                yield new Ends(reader, UdpSocket.connectedTo(reader.localAddress()));
            }
        };
    }

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /** The master writes lines, and the other end reads them; without an echo. */
    private static Ends terminal() throws IOException {
        Descriptor master = Descriptor.open(Path.of("/dev/ptmx"), StandardOpenOption.READ, StandardOpenOption.WRITE);
        try (Arena arena = Arena.ofConfined()) {
            int number = number(master);
            MemorySegment word = arena.allocate(ValueLayout.JAVA_INT);
            DescriptorCalls.ioctl(number, TIOCSPTLCK, word.address());
            DescriptorCalls.ioctl(number, TIOCGPTN, word.address());
            Path path = Path.of("/dev/pts/" + word.get(ValueLayout.JAVA_INT, 0));
            return new Ends(Descriptor.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE), master);
        }
    }

    static int number(Object resource) {
        return Integer.parseInt(resource.toString().replaceFirst("(?s).*fd=(\\d+).*", "$1"));
    }

    /** The library's threads for signals, as the JVM knows them. */
    static List<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("chagres-signals")
                        || thread.getName().equals("chagres-events"))
                .toList();
    }
}
