package org.chagres.socket;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.chagres.ErrnoException;
import org.chagres.testing.Await;
import org.chagres.testing.Host;
import org.chagres.testing.ThreadKind;

/**
 * Connects on virtual threads that have one carrier, as all of their process are on the host that {@link
 * UnreachableTest} starts it on. Tells how each ended.
 */
final class ConnectsOnVirtualThreads {
    private static final int CROWD = 100;

    private ConnectsOnVirtualThreads() {}

    /** The addresses in numbers, and ports: one that answers, a black hole, one that nobody has. */
    public static void main(String[] arguments) throws Exception {
        InetSocketAddress good = address(arguments[0]);
        InetSocketAddress hole = address(arguments[1]);
        InetSocketAddress nobody = address(arguments[2]);

        List<FutureTask<String>> crowd = new ArrayList<>();
        for (int i = 0; i < CROWD; i++) {
            crowd.add(ThreadKind.VIRTUAL.start(() -> outcome(TcpConnector.to(hole), Duration.ofSeconds(1))));
        }
        // While they all wait.
        System.out.println(ThreadKind.VIRTUAL
                .start(() -> outcome(TcpConnector.to(good), Duration.ofSeconds(20)))
                .get());
        int inVain = 0;
        for (FutureTask<String> one : crowd) {
            inVain += one.get().equals("nothing") ? 1 : 0;
        }
        System.out.println(inVain + " in vain");

        System.out.println(ThreadKind.VIRTUAL
                .start(() -> outcome(TcpConnector.to(nobody), Duration.ofSeconds(20)))
                .get());
        System.out.println(ThreadKind.VIRTUAL
                .start(() -> outcome(TcpConnector.to(List.of(hole, good)), Duration.ofSeconds(4)))
                .get());

        FutureTask<String> task = new FutureTask<>(() -> outcome(TcpConnector.to(hole), Duration.ofSeconds(20)));
        Thread thread = ThreadKind.VIRTUAL.builder().start(task);
        Await.until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        thread.interrupt();
        System.out.println(task.get());
    }

    private static InetSocketAddress address(String hostAndPort) throws IOException {
        int colon = hostAndPort.lastIndexOf(':');
        return Host.address(hostAndPort.substring(0, colon), Integer.parseInt(hostAndPort.substring(colon + 1)));
    }

    private static String outcome(TcpConnector connector, Duration time) throws IOException {
        try {
            return connector
                    .tryConnect(time)
                    .map(stream -> {
                        stream.close();
                        return "connected";
                    })
                    .orElse("nothing");
        } catch (ErrnoException failure) {
            return failure.errno().name();
        } catch (InterruptedException interrupt) {
            return "interrupted";
        }
    }
}
