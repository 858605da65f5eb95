package org.chagres.waiting;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.chagres.socket.SocketSetting.set;

import java.io.Writer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.chagres.socket.IpSocketOptions;
import org.chagres.socket.Message;
import org.chagres.socket.RawSocket;
import org.chagres.socket.UdpSocket;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixListener;
import org.chagres.socket.UnixSeqPacket;

/**
 * Makes sockets in its network namespace, and sends them to who connects to the name that is its argument; or drops
 * what is still to be sent to an address. Ends when that other one does.
 */
final class SilentNetworkProgram {
    /** What to say for a socket. */
    static final String MAKE = "make";

    /** What to say for a raw one, of packets with their header. */
    static final String MAKE_RAW = "make raw";

    private static final int TRIAL_PROTOCOL = 253;
    private static final int LONGEST = 64;

    /** For who started it: after that he is gone. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private SilentNetworkProgram() {}

    public static void main(String[] arguments) throws Exception {
        try (UnixListener<UnixSeqPacket> listener = UnixListener.bindSeqPacket(UnixAddress.of(Path.of(arguments[0])))) {
            System.out.println("ready");
            Process ip = new ProcessBuilder("ip", "-force", "-batch", "-")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD) // of an address that nobody sent to
                    .start();
            try (UnixSeqPacket line = listener.tryAccept(PATIENCE).orElseThrow();
                    Writer neighbours = ip.outputWriter(StandardCharsets.UTF_8);
                    Arena arena = Arena.ofConfined()) {
                serve(line, neighbours, arena.allocate(LONGEST));
            }
            ip.waitFor();
        }
    }

    private static void serve(UnixSeqPacket line, Writer neighbours, MemorySegment memory) throws Exception {
        long count;
        while ((count = line.receive(memory)) > 0) {
            String words = new String(memory.asSlice(0, count).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
            if (words.equals(MAKE)) {
                try (UdpSocket socket = UdpSocket.create(StandardProtocolFamily.INET)) {
                    line.send(Message.of(new byte[1]).with(socket));
                }
            } else if (words.equals(MAKE_RAW)) {
                try (RawSocket socket = RawSocket.create(
                        StandardProtocolFamily.INET, TRIAL_PROTOCOL, set(IpSocketOptions.IP_HDRINCL, true))) {
                    line.send(Message.of(new byte[1]).with(socket));
                }
            } else {
                neighbours.write("neigh del " + words + " dev near\n");
                neighbours.flush();
            }
        }
    }
}
