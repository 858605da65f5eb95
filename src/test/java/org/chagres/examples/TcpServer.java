package org.chagres.examples;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;

/** A server with a virtual thread for each connection, which ends in good order: {@link Echo} runs one. */
public final class TcpServer {
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final TcpListener listener;
    private final Service service;
    private final Thread acceptor;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<TcpStream> connections = ConcurrentHashMap.newKeySet();

    /** What is done for each connection. */
    public interface Service {
        /** Serves a connection to its end; it is closed afterwards. */
        void serve(TcpStream connection) throws IOException, InterruptedException;
    }

    private TcpServer(TcpListener listener, Service service) {
        this.listener = listener;
        this.service = service;
        this.acceptor = Thread.ofVirtual().unstarted(this::accept);
    }

    /** Serves, from now on, those who connect to an address. */
    public static TcpServer start(InetSocketAddress address, Service service) throws IOException {
        TcpServer server = new TcpServer(TcpListener.bind(address), service);
        server.acceptor.start();
        return server;
    }

    /** Where it listens. */
    public InetSocketAddress address() throws IOException {
        return listener.localAddress();
    }

    // @start region="server"
    private void accept() {
        boolean open = true;
        while (open) {
            try {
                TcpStream connection = listener.accept();
                connections.add(connection);
                threads.execute(() -> serve(connection));
            } catch (ClosedChannelException | InterruptedException end) {
                open = false;
            } catch (IOException failure) { // such as too many open files: who connects waits until some are closed
                System.err.println(failure);
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }

    private void serve(TcpStream connection) {
        try (connection) {
            service.serve(connection);
        } catch (IOException | InterruptedException failure) { // of this connection, not of the server
            System.err.println(failure);
        } finally {
            connections.remove(connection);
        }
    }
    // @end

    // @start region="stop"
    /** Accepts nobody more, and has each connection come to its end after what has arrived. */
    public void stop(Duration patience) throws InterruptedException {
        listener.close();
        acceptor.join();
        for (TcpStream connection : connections) {
            try {
                connection.shutdownInput(); // its thread reads what is there, and then the end
            } catch (IOException gone) {
                // it has ended by itself
            }
        }
        threads.shutdown();
        if (!threads.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            connections.forEach(TcpStream::close); // who does not read does not keep us
        }
        threads.close();
    }
    // @end
}
