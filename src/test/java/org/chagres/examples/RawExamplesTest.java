package org.chagres.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs what the documentation shows of raw sockets, in a network namespace. */
@ExtendWith(LeakCheck.class)
class RawExamplesTest {
    /** With an interface at whose other end nobody answers, and a network that no way leads to. */
    private static final String NETWORK = """
            ip link set lo up
            ip link add near type veth peer name far
            ip link set near up
            ip link set far up
            ip addr add 192.0.2.1/24 dev near
            ip neigh add 192.0.2.99 lladdr 02:00:00:00:00:63 dev near
            ip route add prohibit 203.0.113.0/24
            """;

    private static final String FOR_ALL = "echo '0 2147483647' > /proc/sys/net/ipv4/ping_group_range\n";

    private static Run run(String setUp, Class<?> example, Object... arguments) {
        Run.assumeInstalled("unshare");
        Run.assumeInstalled("ip");
        List<String> start = List.of("unshare", "--net", "sh", "-eu", "-c", NETWORK + setUp + "exec \"$@\"", "sh");
        List<String> trial = new ArrayList<>(start);
        trial.add("true");
        Run made = Run.command(trial, Map.of());
        Assumptions.assumeTrue(made.status() == 0, () -> "no network namespace of our own: " + made.err());
        List<String> command = new ArrayList<>(start);
        command.addAll(Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), example, arguments));
        return Run.command(command, Map.of());
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 127.0.0.1, 64", "::1, 0:0:0:0:0:0:0:1, 64", "192.0.2.1, 192.0.2.1, 64"})
    void pingTellsHowLongEachEchoTook(String host, String address, int ttl) {
        for (String setUp : List.of("", FOR_ALL)) {
            String out = run(setUp, Ping.class, host, 2).output();
            String kind = setUp.isEmpty() ? "a raw socket" : "an ICMP datagram socket";
            String line = " 64 bytes from " + address + ", ttl=" + ttl + ", [0-9]+\\.[0-9]{3} ms\n";
            String times = "min/avg/max [0-9.]+/[0-9.]+/[0-9.]+ ms\n";
            assertThat(out)
                    .matches("by " + kind + "\nseq=1" + line + "seq=2" + line + "2 sent, 2 received, 0 lost\n" + times);
        }
    }

    @Test
    void pingTellsWhatIsLostAndEnds() {
        for (String setUp : List.of("", FOR_ALL)) {
            Run ping = run(setUp, Ping.class, "192.0.2.99", 2);
            assertThat(ping.status()).isEqualTo(1);
            assertThat(ping.out()).endsWith("seq=1 lost\nseq=2 lost\n2 sent, 0 received, 2 lost\n");
        }
    }

    @Test
    void pingTellsTheErrorOfAHostThatCannotBeReached() {
        Run ping = run("", Ping.class, "203.0.113.1", 1);
        assertThat(ping.status()).isEqualTo(1);
        assertThat(ping.out()).contains("seq=1 EACCES").endsWith("1 sent, 0 received, 1 lost\n");
    }

    @Test
    void pingOfOneNeighbourThatIsNotThereSaysWhoSaysSo() {
        Run ping = run("echo 200 > /proc/sys/net/ipv4/neigh/near/retrans_time_ms\n", Ping.class, "192.0.2.50", 1);
        assertThat(ping.status()).isEqualTo(1);
        assertThat(ping.out()).contains("seq=1 EHOSTUNREACH, says 192.0.2.1\n");
    }

    @Test
    void pingToldNothingTellsHowToUseIt() {
        Run ping = run("", Ping.class);
        assertThat(ping.status()).isEqualTo(2);
        assertThat(ping.err()).isEqualTo("usage: Ping HOST [COUNT]\n");
    }

    /** First to one who may do anything but ask for echoes by datagrams, and then to one who may do nothing else. */
    @Test
    void theTourSaysWhatItMayNot() {
        Run.assumeInstalled("setpriv");
        String privileged = run("", Tour.class, "Raw").output();
        assertThat(privileged)
                .contains(
                        "the kernel's answer: [0, locks]",
                        "net.ipv4.ping_group_range: EACCES.)",
                        " 0 of them not as told");
        String pinging = run(FOR_ALL + "exec setpriv --bounding-set=-all \"$@\"\n", Tour.class, "Raw")
                .output();
        assertThat(pinging)
                .contains("no CAP_NET_RAW.)", "without a header: [0, gates]", " 0 of them not as told")
                .doesNotContain("locks");
    }

    @Test
    void packetsComeWithTheHeaderThatTheyWereGiven() {
        assertThat(run("", RawPackets.class).output()).isEqualTo("""
                        locks from 127.61.0.1
                        25 bytes from 127.61.0.99, time to live 7, identification cafe, checksum right
                        with its checksum the sum is 0
                        """);
    }
}
