package org.chagres.waiting;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.chagres.socket.AddressInfo;
import org.chagres.socket.AddressQuery;
import org.chagres.socket.Inet;
import org.chagres.socket.NameFlag;
import org.chagres.socket.NameInfo;
import org.chagres.socket.SocketType;

/** The rows of lookups. Nothing is closed, and what waits is no call of the kernel's. */
final class LookupWaits {
    private static final String NOBODY = "nothing";

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
                    .whenLate(Ending.returned(NOBODY)));

    private LookupWaits() {}

    private static Wait looking(String method, LookupScene.Call call) {
        return Wait.of(method, () -> new LookupScene(call))
                .returns("its port", "")
                .neverAtOnce();
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
