package org.chagres.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.chagres.ByteSource;
import org.chagres.Readiness;
import org.chagres.process.ChildProcess;
import org.chagres.process.Signal;
import org.chagres.readiness.SignalEvent;
import org.chagres.readiness.SignalEvents;
import org.chagres.readiness.SignalOwner;
import org.chagres.readiness.SignalSettings;
import org.chagres.socket.Inet;
import org.chagres.socket.SendOption;
import org.chagres.socket.SocketPair;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.socket.UnixStream;

/** The tour's chapter on signals: a socket tells that it is ready, and the JVM lives. */
final class SignalChapter implements Tour.Chapter {
    @Override
    public void walk(Tour tour) throws Exception {
        try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
            events(tour, executor);
        }
        owner(tour);
    }

    private static void events(Tour tour, Executor executor) throws Exception {
        tour.say("A socket sends signals; a handler in an executor reads what came.");
        BlockingQueue<String> read = new LinkedBlockingQueue<>();
        try (SocketPair<UnixStream> pair = UnixStream.pair();
                SignalEvents events = listen(pair.first(), executor, read)) {
            pair.second().writeFully("the weather is fine".getBytes(US_ASCII));
            tour.see("read by the handler", take(read), "the weather is fine");
            tour.see("still registered", events.isOpen(), true);
        }
        BlockingQueue<SignalEvent> urgent = new LinkedBlockingQueue<>();
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0));
                TcpStream sender = TcpStream.connect(listener.localAddress());
                TcpStream stream = listener.accept()) {
            // @start region="urgent"
            SignalEvents events =
                    SignalEvents.on(stream, Set.of(Readiness.URGENT), executor, urgent::add, Signal.SIGIO);
            // @end
            sender.send(MemorySegment.ofArray("!".getBytes(US_ASCII)), SendOption.OUT_OF_BAND);
            tour.see("something urgent", take(urgent).isUrgent(), true);
            events.close();
        }
    }

    private static SignalEvents listen(ByteSource socket, Executor executor, BlockingQueue<String> lines)
            throws IOException {
        // @start region="events"
        byte[] bytes = new byte[4096];
        MemorySegment memory = MemorySegment.ofArray(bytes);
        SignalEvents events = SignalEvents.on(socket, Set.of(Readiness.READABLE), executor, event -> {
            try {
                long count;
                while ((count = socket.tryRead(memory, Duration.ZERO)) > 0) { // until there is no more
                    lines.add(new String(bytes, 0, (int) count, US_ASCII));
                }
            } catch (ClosedChannelException over) { // by somebody else, while this ran
                return;
            } catch (IOException failure) {
                throw new UncheckedIOException(failure); // to the uncaught exception handler
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        });
        // @end
        return events;
    }

    private static <T> T take(BlockingQueue<T> queue) throws InterruptedException {
        T taken = queue.poll(30, TimeUnit.SECONDS);
        if (taken == null) {
            throw new IllegalStateException("nothing came");
        }
        return taken;
    }

    private static void owner(Tour tour) throws Exception {
        tour.say("Signals to another process, which is none the wiser, as they are turned off before one comes.");
        try (ChildProcess child = ChildProcess.command("cat").start();
                SocketPair<UnixStream> pair = UnixStream.pair()) {
            own(pair.first(), child.pid());
            tour.see("its owner", SignalSettings.of(pair.first()).owner(), SignalOwner.process(child.pid()));
            child.signal(Signal.SIGTERM);
        }
    }

    private static void own(UnixStream socket, long pid) throws IOException {
        // @start region="owner"
        SignalSettings signals = SignalSettings.of(socket);
        signals.setOwner(SignalOwner.process(pid)); // it said that it is ready
        signals.setSignal(new Signal(40)); // its handler finds the descriptor in si_fd
        signals.turnOn();
        // @end
        signals.turnOff();
    }
}
