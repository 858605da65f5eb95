package org.chagres.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.chagres.testing.Host;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs the traceroute in a network of three hosts in a row. The program has no capability at all.
 *
 * <pre>
 *    here  192.0.2.1 ------ 192.0.2.254  router  198.51.100.254 ------ 198.51.100.1  there
 *    2001:db8:1::1 ----- 2001:db8:1::254         2001:db8:2::254 ----- 2001:db8:2::1
 * </pre>
 */
@ExtendWith(LeakCheck.class)
class TracerouteTest {
    private static final String TIMES = "(  [0-9]+\\.[0-9]{3} ms){3}\n";

    private static final List<Host> HOSTS = new ArrayList<>();

    @BeforeAll
    static void joinThreeHostsInARow() throws Exception {
        Run.assumeInstalled("setpriv");
        for (int i = 0; i < 3; i++) {
            HOSTS.add(Host.make());
        }
        Host here = HOSTS.get(0);
        Host router = HOSTS.get(1);
        Host there = HOSTS.get(2);
        here.join("wire", 11, router, "left", 33);
        there.join("wire", 22, router, "right", 44);
        // By its link-local address a router asks where on the wire a host of IPv6 is.
        here.give("wire", "192.0.2.1/24", "2001:db8:1::1/64", "fe80::1/64");
        router.give("left", "192.0.2.254/24", "2001:db8:1::254/64", "fe80::2/64");
        router.give("right", "198.51.100.254/24", "2001:db8:2::254/64", "fe80::3/64");
        there.give("wire", "198.51.100.1/24", "2001:db8:2::1/64", "fe80::4/64");
        here.awaitUp("wire");
        there.awaitUp("wire");
        router.awaitUp("left");
        router.awaitUp("right");
        router.set("net/ipv4/ip_forward", "1");
        router.set("net/ipv6/conf/all/forwarding", "1");
        here.run("ip route add default via 192.0.2.254; ip -6 route add default via 2001:db8:1::254");
        there.run("ip route add default via 198.51.100.254; ip -6 route add default via 2001:db8:2::254");
        for (Host host : HOSTS) { // a test is done sooner than reports are allowed again
            host.set("net/ipv4/icmp_ratelimit", "0");
            host.set("net/ipv6/icmp/ratelimit", "0");
        }
        router.run("ip route add prohibit 203.0.113.0/24");
        router.run("ip neigh add 198.51.100.99 lladdr 02:00:00:00:00:99 nud permanent dev right"); // says nothing
    }

    @AfterAll
    static void end() {
        HOSTS.forEach(Host::close);
        HOSTS.clear();
    }

    private static Run trace(Object... arguments) {
        List<String> command = new ArrayList<>(List.of("setpriv", "--bounding-set=-all"));
        command.addAll(Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), Traceroute.class, arguments));
        return HOSTS.getFirst()
                .attempt(command.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" ")));
    }

    @ParameterizedTest
    @CsvSource({"198.51.100.1, 192.0.2.254, 198.51.100.1", "2001:db8:2::1, 2001:db8:1:0:0:0:0:254, 2001:db8:2:0:0:0:0:1"
    })
    void theRouterAndThenTheHostAnswer(String host, String router, String shown) {
        assertThat(trace(host).output())
                .matches("to " + shown + ", at most 30 hops\n 1  " + router + TIMES + " 2  " + shown + TIMES);
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 127.0.0.1", "192.0.2.254, 192.0.2.254", "::1, 0:0:0:0:0:0:0:1"})
    void aHostWithoutARouterInBetweenIsTheFirst(String host, String shown) {
        assertThat(trace(host).output()).matches("to " + shown + ", at most 30 hops\n 1  " + shown + TIMES);
    }

    @Test
    void whatIsNotHeardOfIsAnAsteriskAndTheHopsEnd() {
        Run run = trace("198.51.100.99", 2);
        assertThat(run.out())
                .matches("to 198.51.100.99, at most 2 hops\n 1  192.0.2.254" + TIMES + " 2  \\*  \\*  \\*\n");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void aRouterThatRefusesIsTheEnd() {
        Run run = trace("203.0.113.1");
        assertThat(run.out())
                .matches("to 203.0.113.1, at most 30 hops\n 1  192.0.2.254(  [0-9]+\\.[0-9]{3} ms  EHOSTUNREACH){3}\n");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void anErrorOfThisMachineIsTheEnd() {
        Run run = trace("255.255.255.255");
        assertThat(run.out()).isEqualTo("to 255.255.255.255, at most 30 hops\n 1  EACCES  EACCES  EACCES\n");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void toldNothingItTellsHowToUseIt() {
        Run run = trace();
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).isEqualTo("usage: Traceroute HOST [HOPS]\n");
    }
}
