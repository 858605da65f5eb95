package org.chagres.examples;

import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.chagres.socket.HostEntry;
import org.chagres.socket.Inet;
import org.chagres.socket.LookupException;
import org.chagres.socket.NetworkDatabase;
import org.chagres.socket.NetworkEntry;
import org.chagres.socket.ProtocolEntry;
import org.chagres.socket.ServiceEntry;

/** The tour's chapter on the databases of services, protocols, networks and hosts. */
final class NamesChapter implements Tour.Chapter {
    @Override
    public void walk(Tour tour) throws Exception {
        services(tour);
        protocols(tour);
        networks(tour);
        hosts(tour);
        tour.see(
                "what nobody knows", Tour.outcome(() -> NetworkDatabase.service("no-such-service")), "LookupException");
    }

    /** Looks up one entry. */
    @FunctionalInterface
    private interface Lookup<T> {
        T find() throws LookupException, InterruptedException;
    }

    /** What most systems have an entry of; small ones may not. */
    private static <T> Optional<T> usual(Tour tour, Lookup<T> lookup) throws InterruptedException {
        try {
            return Optional.of(lookup.find());
        } catch (LookupException missing) {
            tour.say("(It is not here: " + missing.getMessage() + ".)");
            return Optional.empty();
        }
    }

    private static void services(Tour tour) throws Exception {
        tour.say("Services: one by its name, one by its port, and all of them.");
        Optional<ServiceEntry> http = usual(tour, () -> NetworkDatabase.service("http", "tcp"));
        if (http.isEmpty()) {
            return;
        }
        tour.see("the port of http", http.get().port(), 80);
        tour.see("the name of port 80", NetworkDatabase.service(80, "tcp").name(), "http");
        try (Stream<ServiceEntry> all = NetworkDatabase.services()) {
            tour.see(
                    "a second list while the first is open",
                    NetworkDatabase.tryServices(Duration.ofMillis(10)).isPresent(),
                    false);
            tour.see("http is one of all", all.anyMatch(http.get()::equals), true);
        }
    }

    private static void protocols(Tour tour) throws Exception {
        tour.say("Protocols.");
        Optional<ProtocolEntry> udp = usual(tour, () -> NetworkDatabase.protocol("udp"));
        if (udp.isEmpty()) {
            return;
        }
        tour.see("the number of udp", udp.get().number(), 17);
        tour.see("the name of 17", NetworkDatabase.protocol(17).name(), "udp");
        try (Stream<ProtocolEntry> all = NetworkDatabase.protocols()) {
            tour.see("udp is one of all", all.anyMatch(udp.get()::equals), true);
        }
    }

    private static void networks(Tour tour) throws Exception {
        tour.say("Networks.");
        Optional<NetworkEntry> loopback = usual(tour, () -> NetworkDatabase.network("loopback"));
        if (loopback.isEmpty()) {
            return;
        }
        tour.see("the address of loopback", loopback.get().address(), Inet.parse("127.0.0.0"));
        tour.see(
                "the network of that address",
                NetworkDatabase.network(loopback.get().address()).name(),
                "loopback");
        try (Stream<NetworkEntry> all = NetworkDatabase.networks()) {
            tour.see("loopback is one of all", all.anyMatch(loopback.get()::equals), true);
        }
    }

    private static void hosts(Tour tour) throws Exception {
        tour.say("Hosts, with all the addresses that they have.");
        InetAddress address = Inet.parse("127.0.0.1");
        Optional<HostEntry> localhost =
                usual(tour, () -> NetworkDatabase.host("localhost", StandardProtocolFamily.INET));
        if (localhost.isEmpty()) {
            return;
        }
        tour.see("127.0.0.1 is one of localhost", localhost.get().addresses().contains(address), true);
        tour.see("a host by that address", NetworkDatabase.host(address).addresses(), List.of(address));
        try (Stream<HostEntry> all = NetworkDatabase.hosts()) {
            tour.see("one of all has it", all.anyMatch(it -> it.addresses().contains(address)), true);
        }
    }
}
