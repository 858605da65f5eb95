package org.chagres.socket;

import static org.chagres.socket.LocalSockets.ownName;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Tells how many connections may wait to be accepted, for each backlog that it is given; records do as streams do. */
final class BacklogProgram {
    private static final int ENOUGH = 64;

    private BacklogProgram() {}

    public static void main(String[] arguments) throws Exception {
        UnixAddress address = ownName("backlog");
        for (String word : arguments) {
            int backlog = Integer.parseInt(word);
            int streams;
            try (var listener = UnixListener.bind(address, Set.of(), backlog)) {
                streams = count(() -> UnixStream.tryConnect(listener.localAddress(), Duration.ZERO));
            }
            int records;
            try (var listener = UnixListener.bindSeqPacket(address, Set.of(), backlog)) {
                records = count(() -> UnixSeqPacket.tryConnect(listener.localAddress(), Duration.ZERO));
            }
            System.out.println(backlog + ": " + streams + " " + records);
        }
    }

    private interface Connecting {
        Optional<? extends UnixSocket> next() throws Exception;
    }

    private static int count(Connecting connecting) throws Exception {
        List<UnixSocket> open = new ArrayList<>();
        try {
            while (open.size() < ENOUGH) {
                Optional<? extends UnixSocket> next = connecting.next();
                if (next.isEmpty()) {
                    break;
                }
                open.add(next.get());
            }
            return open.size();
        } finally {
            open.forEach(UnixSocket::close);
        }
    }
}
