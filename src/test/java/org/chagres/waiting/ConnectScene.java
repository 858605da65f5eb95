package org.chagres.waiting;

import static org.chagres.waiting.Blocked.Call.CONNECT;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixListener;
import org.chagres.socket.UnixSeqPacket;
import org.chagres.socket.UnixSocket;
import org.chagres.socket.UnixStream;

/** A listener that has as many connections waiting as it wants. */
final class ConnectScene implements Scene {
    private static final Set<PosixFilePermission> OWNER =
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    /** The call; it returns a connection, or nothing. */
    @FunctionalInterface
    interface Call {
        UnixSocket on(UnixAddress address, Duration timeout) throws Exception;
    }

    private final UnixListener<?> listener;
    private final UnixAddress address;
    private final Call call;
    private final List<UnixSocket> others = new ArrayList<>();

    private ConnectScene(boolean records, Call call) {
        this.call = call;
        try {
            listener = records
                    ? UnixListener.bindSeqPacket(UnixAddress.unnamed(), OWNER, 0)
                    : UnixListener.bind(UnixAddress.unnamed(), OWNER, 0);
            address = listener.localAddress();
            Optional<? extends UnixSocket> other;
            do {
                other = records
                        ? UnixSeqPacket.tryConnect(address, Duration.ZERO)
                        : UnixStream.tryConnect(address, Duration.ZERO);
                other.ifPresent(others::add);
            } while (other.isPresent());
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    static ConnectScene ofStream(Call call) {
        return new ConnectScene(false, call);
    }

    static ConnectScene ofRecords(Call call) {
        return new ConnectScene(true, call);
    }

    /** Closes what it got. */
    @Override
    public Object await(Duration timeout) throws Exception {
        try (UnixSocket connection = call.on(address, timeout)) {
            return connection == null ? "nobody" : connection.getClass().getSimpleName();
        }
    }

    /** Where waits are sliced, it tries again after a pause. */
    @Override
    public boolean isWaiting(Attempt attempt) {
        return Blocked.isIn(attempt, Blocked.ANY, CONNECT) || Blocked.isPausing(attempt);
    }

    /** Makes room. */
    @Override
    public void event() throws Exception {
        listener.accept().close();
    }

    /** Sockets that have the listener's name but itself: those that were not accepted. */
    @Override
    public String state() {
        try {
            long named = Files.readAllLines(Path.of("/proc/net/unix")).stream()
                    .filter(line -> line.endsWith(" " + address))
                    .count();
            return named - 1 + " connections";
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Override
    public void close() {
        others.forEach(UnixSocket::close);
        listener.close();
    }
}
