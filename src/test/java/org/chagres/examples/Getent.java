package org.chagres.examples;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.chagres.socket.HostEntry;
import org.chagres.socket.Inet;
import org.chagres.socket.LookupException;
import org.chagres.socket.NetworkDatabase;
import org.chagres.socket.NetworkEntry;
import org.chagres.socket.ProtocolEntry;
import org.chagres.socket.ServiceEntry;

/**
 * Prints all entries of a database, or those of some names and numbers, as {@code getent(1)} does:
 * {@code Getent services|protocols|networks|hosts [KEY…]}. Ends with 2 if a key is not found.
 */
public final class Getent {
    private static final List<String> DATABASES = List.of("services", "protocols", "networks", "hosts");

    private static final int USAGE = 1;
    private static final int NOT_FOUND = 2;

    private static final Pattern PORT = Pattern.compile("0*[0-9]{1,5}");
    private static final Pattern NUMBER = Pattern.compile("0*[0-9]{1,9}"); // 3pc is a name

    private Getent() {}

    /** Prints what was asked for. */
    public static void main(String[] arguments) throws InterruptedException {
        if (arguments.length == 0 || !DATABASES.contains(arguments[0])) {
            System.err.println("usage: Getent services|protocols|networks|hosts [KEY...]");
            System.exit(USAGE);
        }
        List<String> keys = List.of(arguments).subList(1, arguments.length);
        if (keys.isEmpty()) {
            printAll(arguments[0]);
        }
        boolean found = true;
        for (String key : keys) {
            found &= find(arguments[0], key);
        }
        System.exit(found ? 0 : NOT_FOUND);
    }

    private static void printAll(String database) throws InterruptedException {
        switch (database) {
            case "services" -> printServices();
            case "protocols" -> {
                try (Stream<ProtocolEntry> protocols = NetworkDatabase.protocols()) {
                    protocols.forEach(Getent::print);
                }
            }
            case "networks" -> {
                try (Stream<NetworkEntry> networks = NetworkDatabase.networks()) {
                    networks.forEach(Getent::print);
                }
            }
            default -> {
                try (Stream<HostEntry> hosts = NetworkDatabase.hosts()) {
                    hosts.forEach(Getent::print);
                }
            }
        }
    }

    // @start region="all"
    static void printServices() throws InterruptedException {
        try (Stream<ServiceEntry> services = NetworkDatabase.services()) {
            services.forEach(Getent::print);
        }
    }
    // @end

    private static boolean find(String database, String key) throws InterruptedException {
        try {
            switch (database) {
                case "services" -> print(service(key));
                case "protocols" -> print(protocol(key));
                case "networks" -> print(network(key));
                default -> print(host(key));
            }
            return true;
        } catch (LookupException notFound) {
            return false;
        }
    }

    /** A name or a port, of any protocol or, behind a slash, one. */
    private static ServiceEntry service(String key) throws LookupException {
        int slash = key.indexOf('/');
        String service = slash < 0 ? key : key.substring(0, slash);
        boolean number = PORT.matcher(service).matches() && Integer.parseInt(service) <= 65535;
        if (slash < 0) {
            return number ? NetworkDatabase.service(Integer.parseInt(service)) : NetworkDatabase.service(service);
        }
        String protocol = key.substring(slash + 1);
        return number
                ? NetworkDatabase.service(Integer.parseInt(service), protocol)
                : NetworkDatabase.service(service, protocol);
    }

    private static ProtocolEntry protocol(String key) throws LookupException {
        return NUMBER.matcher(key).matches()
                ? NetworkDatabase.protocol(Integer.parseInt(key))
                : NetworkDatabase.protocol(key);
    }

    private static NetworkEntry network(String key) throws LookupException, InterruptedException {
        Optional<InetAddress> address = address(key).filter(Inet4Address.class::isInstance);
        return address.isPresent() ? NetworkDatabase.network(address.get()) : NetworkDatabase.network(key);
    }

    /** Of an address, or of a name: the addresses of IPv6 if it has any, and those of IPv4 if not. */
    private static HostEntry host(String key) throws LookupException, InterruptedException {
        Optional<InetAddress> address = address(key);
        return address.isPresent() ? NetworkDatabase.host(address.get()) : hostOfName(key);
    }

    private static Optional<InetAddress> address(String key) {
        try {
            return Optional.of(Inet.parse(key));
        } catch (IllegalArgumentException aName) {
            return Optional.empty();
        }
    }

    // @start region="host"
    static HostEntry hostOfName(String name) throws LookupException, InterruptedException {
        try {
            return NetworkDatabase.host(name, StandardProtocolFamily.INET6);
        } catch (LookupException none) {
            return NetworkDatabase.host(name, StandardProtocolFamily.INET);
        }
    }
    // @end

    private static void print(ServiceEntry service) {
        print(column(service.name(), 21), service.port() + "/" + service.protocol(), service.aliases());
    }

    private static void print(ProtocolEntry protocol) {
        print(column(protocol.name(), 21), Integer.toString(protocol.number()), protocol.aliases());
    }

    private static void print(NetworkEntry network) {
        print(column(network.name(), 21), Inet.ntop(network.address().getAddress()), network.aliases());
    }

    private static void print(HostEntry host) {
        for (InetAddress address : host.addresses()) {
            print(column(Inet.ntop(address.getAddress()), 15), host.name(), host.aliases());
        }
    }

    private static String column(String text, int width) {
        return text + " ".repeat(Math.max(width - text.length(), 0));
    }

    private static void print(String first, String second, Collection<String> aliases) {
        List<String> words = new ArrayList<>(List.of(first, second));
        words.addAll(aliases);
        System.out.println(String.join(" ", words));
    }
}
