package org.chagres.waiting;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.util.List;
import java.util.Optional;
import org.chagres.socket.AddressInfo;
import org.chagres.socket.AddressQuery;
import org.chagres.socket.Inet;
import org.chagres.socket.LookupError;
import org.chagres.socket.LookupException;
import org.chagres.socket.NameFlag;
import org.chagres.socket.NameInfo;
import org.chagres.socket.NetworkDatabase;
import org.chagres.socket.SocketType;

/** The rows of lookups. What waits is no call of the kernel's, and there is nothing to close as yet. */
final class LookupWaits {
    private static final String NOBODY = "nothing";
    private static final Ending LATE = Ending.returned(Optional.empty());

    static final List<Wait> ALL = List.of(
            looking("AddressQuery.lookup()", (port, timeout) -> port(query(port).lookup())),
            looking(
                            "AddressQuery.tryLookup(Duration)",
                            (port, timeout) -> query(port)
                                    .tryLookup(timeout)
                                    .<Object>map(LookupWaits::port)
                                    .orElse(NOBODY))
                    .whenLate(Ending.returned(NOBODY)),
            looking(
                    "Inet.nameOf(InetSocketAddress, NameFlag[])",
                    (port, timeout) -> port(Inet.nameOf(address(port), NameFlag.NUMERIC_SERVICE))),
            looking(
                            "Inet.tryNameOf(InetSocketAddress, Duration, NameFlag[])",
                            (port, timeout) -> Inet.tryNameOf(address(port), timeout, NameFlag.NUMERIC_SERVICE)
                                    .<Object>map(LookupWaits::port)
                                    .orElse(NOBODY))
                    .whenLate(Ending.returned(NOBODY)),
            answeredNobody(
                    "NetworkDatabase.host(String, StandardProtocolFamily)",
                    (port, timeout) -> NetworkDatabase.host(name(port), StandardProtocolFamily.INET)),
            answeredNobody(
                            "NetworkDatabase.tryHost(String, StandardProtocolFamily, Duration)",
                            (port, timeout) ->
                                    NetworkDatabase.tryHost(name(port), StandardProtocolFamily.INET, timeout))
                    .whenLate(LATE),
            answeredNobody(
                    "NetworkDatabase.host(InetAddress)", (port, timeout) -> NetworkDatabase.host(numbered(port))),
            answeredNobody(
                            "NetworkDatabase.tryHost(InetAddress, Duration)",
                            (port, timeout) -> NetworkDatabase.tryHost(numbered(port), timeout))
                    .whenLate(LATE),
            answeredNobody("NetworkDatabase.network(String)", (port, timeout) -> NetworkDatabase.network(name(port))),
            answeredNobody(
                            "NetworkDatabase.tryNetwork(String, Duration)",
                            (port, timeout) -> NetworkDatabase.tryNetwork(name(port), timeout))
                    .whenLate(LATE),
            answeredNobody(
                    "NetworkDatabase.network(InetAddress)", (port, timeout) -> NetworkDatabase.network(numbered(port))),
            answeredNobody(
                            "NetworkDatabase.tryNetwork(InetAddress, Duration)",
                            (port, timeout) -> NetworkDatabase.tryNetwork(numbered(port), timeout))
                    .whenLate(LATE),
            listing("hosts(ListingOption[])", timeout -> Optional.of(NetworkDatabase.hosts())),
            listing("tryHosts(Duration, ListingOption[])", NetworkDatabase::tryHosts)
                    .whenLate(LATE),
            listing("networks(ListingOption[])", timeout -> Optional.of(NetworkDatabase.networks())),
            listing("tryNetworks(Duration, ListingOption[])", NetworkDatabase::tryNetworks)
                    .whenLate(LATE),
            listing("protocols(ListingOption[])", timeout -> Optional.of(NetworkDatabase.protocols())),
            listing("tryProtocols(Duration, ListingOption[])", NetworkDatabase::tryProtocols)
                    .whenLate(LATE),
            listing("services(ListingOption[])", timeout -> Optional.of(NetworkDatabase.services())),
            listing("tryServices(Duration, ListingOption[])", NetworkDatabase::tryServices)
                    .whenLate(LATE));

    private LookupWaits() {}

    private static Wait looking(String method, LookupScene.Call call) {
        return Wait.of(method, () -> new LookupScene(call))
                .returns("its port", "")
                .neverAtOnce();
    }

    /** The answer comes, and is that nobody has the name or number. */
    private static Wait answeredNobody(String method, LookupScene.Call call) {
        return looking(method, (port, timeout) -> {
                    try {
                        return call.on(port, timeout);
                    } catch (LookupException failure) {
                        return failure.error() == LookupError.EAI_NONAME ? port : failure;
                    }
                })
                .fewAtOnce();
    }

    /** Others may have the database as well, so it may be a while until it is free again. */
    private static Wait listing(String method, ListingScene.Call call) {
        return Wait.of("NetworkDatabase." + method, () -> new ListingScene(call))
                .returns("a stream", "")
                .neverAtOnce()
                .fewAtOnce();
    }

    private static String name(int port) {
        return Integer.toString(port);
    }

    private static InetAddress numbered(int port) {
        return InetAddress.ofLiteral("127.0." + port / 256 + "." + port % 256);
    }

    private static AddressQuery query(int port) {
        return AddressQuery.of("127.0.0.1", Integer.toString(port)).type(SocketType.STREAM);
    }

    private static InetSocketAddress address(int port) {
        return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
    }

    private static int port(List<AddressInfo> found) {
        return found.getFirst().address().getPort();
    }

    private static int port(NameInfo names) {
        return Integer.parseInt(names.service());
    }
}
