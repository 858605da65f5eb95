package org.chagres.socket;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.chagres.testing.Await;

/**
 * A name server on loopback that answers when it is told to, and lookups that ask it: run in namespaces of its own, where
 * it is the only one. Prints what happened, a line each.
 */
final class SlowNameServer implements AutoCloseable {
    private static final int PORT = 53;
    private static final int HEADER = 12;
    private static final short RESPONSE = (short) 0x8180;
    private static final int TYPE_A = 1;
    private static final int TYPE_PTR = 12;
    private static final int NO_SUCH_NAME = 3;

    private final DatagramSocket socket;
    private final BlockingQueue<DatagramPacket> questions = new LinkedBlockingQueue<>();
    private final AtomicInteger asked = new AtomicInteger();
    private volatile boolean answers;

    private SlowNameServer() throws Exception {
        socket = new DatagramSocket(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), PORT));
        Thread.ofPlatform().daemon().start(this::serve);
    }

    private void serve() {
        try {
            while (true) {
                DatagramPacket question = new DatagramPacket(new byte[512], 512);
                socket.receive(question);
                asked.getAndIncrement();
                if (answers) {
                    socket.send(answer(question));
                } else {
                    questions.add(question);
                }
            }
        } catch (Exception closed) {
            // That is the end.
        }
    }

    /** Names that begin with "no" nobody has; all others are 192.0.2.1, which has the name somewhere.test. */
    private static DatagramPacket answer(DatagramPacket question) {
        byte[] asked = Arrays.copyOf(question.getData(), question.getLength());
        int end = HEADER;
        while (asked[end] != 0) {
            end += asked[end] + 1;
        }
        int type = ByteBuffer.wrap(asked).getShort(end + 1);
        boolean unknown = asked[HEADER + 1] == 'n' && asked[HEADER + 2] == 'o';
        byte[] data = unknown
                ? new byte[0]
                : switch (type) {
                    case TYPE_A -> new byte[] {(byte) 192, 0, 2, 1};
                    case TYPE_PTR -> "\11somewhere\4test\0".getBytes(StandardCharsets.ISO_8859_1);
                    default -> new byte[0];
                };
        ByteBuffer reply = ByteBuffer.allocate(512);
        reply.put(asked, 0, 2).putShort((short) (RESPONSE | (unknown ? NO_SUCH_NAME : 0)));
        reply.putShort((short) 1).putShort((short) (data.length > 0 ? 1 : 0)).putInt(0);
        reply.put(asked, HEADER, end + 5 - HEADER);
        if (data.length > 0) {
            reply.putShort((short) 0xc00c)
                    .putShort((short) type)
                    .putShort((short) 1)
                    .putInt(60);
            reply.putShort((short) data.length).put(data);
        }
        return new DatagramPacket(reply.array(), reply.position(), question.getSocketAddress());
    }

    private void answerAll() throws Exception {
        answers = true;
        for (DatagramPacket question = questions.poll(); question != null; question = questions.poll()) {
            socket.send(answer(question));
        }
    }

    @Override
    public void close() {
        socket.close();
    }

    public static void main(String[] arguments) throws Exception {
        try (SlowNameServer server = new SlowNameServer()) {
            // Freed while the server is silent.
            AddressQuery query =
                    AddressQuery.of("slow.test", "80").type(SocketType.STREAM).family(StandardProtocolFamily.INET);
            long start = System.nanoTime();
            boolean empty = query.tryLookup(Duration.ofMillis(50)).isEmpty();
            System.out.println("late " + empty + ", at once " + isAtOnce(start));

            for (boolean virtual : new boolean[] {false, true}) {
                int before = server.asked.get();
                List<Object> ending = new ArrayList<>();
                Thread thread = (virtual ? Thread.ofVirtual() : Thread.ofPlatform()).start(() -> {
                    try {
                        ending.add(query.lookup());
                    } catch (Exception freed) {
                        ending.add(freed.getClass().getSimpleName());
                    }
                });
                Await.until(() -> server.asked.get() > before, "the server is asked");
                start = System.nanoTime();
                thread.interrupt();
                thread.join();
                System.out.println(ending + ", at once " + isAtOnce(start));
            }

            server.answerAll();
            System.out.println(query.lookup().getFirst().address());
            System.out.println(Inet.nameOf(
                    new InetSocketAddress(InetAddress.getByName("192.0.2.1"), 80),
                    NameFlag.NAME_REQUIRED,
                    NameFlag.NUMERIC_SERVICE));
            System.out.println(error(AddressQuery.of("nobody.test")));
            System.out.println(error(query.family(StandardProtocolFamily.INET6)));

            System.out.println(host("slow.test", StandardProtocolFamily.INET));
            System.out.println(NetworkDatabase.host(InetAddress.getByName("192.0.2.1")));
            System.out.println(host("nobody.test", StandardProtocolFamily.INET));
            System.out.println(host("slow.test", StandardProtocolFamily.INET6));
        }
        System.out.println(error(AddressQuery.of("gone.test")));
        System.out.println(host("gone.test", StandardProtocolFamily.INET));
    }

    private static String host(String name, StandardProtocolFamily family) throws InterruptedException {
        try {
            return NetworkDatabase.host(name, family).toString();
        } catch (LookupException failure) {
            return failure.error().toString();
        }
    }

    private static String error(AddressQuery query) throws InterruptedException {
        try {
            return query.lookup().toString();
        } catch (LookupException failure) {
            return failure.error().toString();
        }
    }

    /** Long before the C library gives up, after seconds. */
    private static boolean isAtOnce(long start) {
        return System.nanoTime() - start < 1_000_000_000;
    }
}
