package org.chagres.testing;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Two hosts on a wire that a program stands in the middle of: it delays, drops, doubles and overtakes packets of TCP
 * and UDP, at random but each time alike, and counts. Needs nothing of the kernel but packet sockets.
 */
public final class BadWire implements AutoCloseable {
    /** Frames have the kernel's header for what its cards do by themselves, so that sums and long ones stay whole. */
    private static final String PROGRAM = """
            import heapq, random, select, socket, sys, time
            delay, jitter, loss, double = (float(word) for word in sys.argv[1:5])
            chance = random.Random(20)
            ends = []
            for name in ('left', 'right'):
                end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                end.setsockopt(263, 15, 1)  # PACKET_VNET_HDR
                end.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
                end.bind((name, 0))
                ends.append(end)
            counts = dict.fromkeys(('seen', 'dropped', 'doubled', 'passed'), 0)
            waiting, number = [], 0
            print('ready', flush=True)
            while True:
                now = time.monotonic()
                while waiting and waiting[0][0] <= now:
                    _, _, to, frame, counted = heapq.heappop(waiting)
                    to.send(frame)
                    counts['passed'] += counted
                rest = waiting[0][0] - now if waiting else None
                for ready in select.select(ends + [sys.stdin], [], [], rest)[0]:
                    if ready is sys.stdin:
                        if not sys.stdin.readline():
                            sys.exit()
                        print(counts['seen'], counts['dropped'], counts['doubled'], counts['passed'], flush=True)
                        continue
                    frame, where = ready.recvfrom(1 << 17)
                    if where[2] == socket.PACKET_OUTGOING:
                        continue
                    to = ends[1 - ends.index(ready)]
                    kind = frame[22:24]
                    protocol = frame[33] if kind == b'\\x08\\0' else frame[30] if kind == b'\\x86\\xdd' else 0
                    if protocol not in (6, 17):
                        to.send(frame)
                        continue
                    counted = protocol == 17
                    counts['seen'] += counted
                    copies = 1
                    if chance.random() < loss:
                        copies = 0
                        counts['dropped'] += counted
                    elif chance.random() < double:
                        copies = 2
                        counts['doubled'] += counted
                    for _ in range(copies):
                        number += 1
                        due = time.monotonic() + delay + jitter * chance.random()
                        heapq.heappush(waiting, (due, number, to, frame, counted))
            """;

    private final Host middle;
    private final TwoHosts hosts;
    private final Peer program;

    private BadWire(Host middle, TwoHosts hosts, Peer program) {
        this.middle = middle;
        this.hosts = hosts;
        this.program = program;
    }

    /**
     * Makes one.
     *
     * @param delay how many seconds each packet is on its way
     * @param jitter how many seconds more it is at most; so one overtakes another
     * @param loss how probable it is that one is lost
     * @param doubling how probable it is that one comes twice
     */
    public static BadWire make(double delay, double jitter, double loss, double doubling) throws Exception {
        Run.assumeInstalled("python3");
        Host middle = Host.make();
        try {
            TwoHosts hosts = TwoHosts.makeAround(middle);
            try {
                Peer program = middle.program(
                        List.of("python3", "-c", PROGRAM, "" + delay, "" + jitter, "" + loss, "" + doubling));
                String ready = program.hear();
                if (!ready.equals("ready")) {
                    program.close();
                    throw new AssertionError(ready);
                }
                return new BadWire(middle, hosts, program);
            } catch (Throwable failure) {
                hosts.close();
                throw failure;
            }
        } catch (Throwable failure) {
            middle.close();
            throw failure;
        }
    }

    public TwoHosts hosts() {
        return hosts;
    }

    /** What became of the datagrams so far. */
    public Map<String, Integer> counts() {
        String[] words = program.ask("counts").split(" ");
        Map<String, Integer> counts = new TreeMap<>();
        List<String> names = List.of("seen", "dropped", "doubled", "passed");
        for (int i = 0; i < names.size(); i++) {
            counts.put(names.get(i), Integer.parseInt(words[i]));
        }
        return counts;
    }

    @Override
    public void close() {
        try (middle;
                hosts) {
            program.close();
        }
    }
}
