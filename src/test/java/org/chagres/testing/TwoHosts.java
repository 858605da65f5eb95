package org.chagres.testing;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;

/**
 * Two hosts on one wire, of which each has addresses of IPv4 and IPv6. Their interface is called {@code wire} on both,
 * and has different numbers. The addresses are those that are kept for documents, and are nobody's.
 */
public final class TwoHosts implements AutoCloseable {
    public static final String LEFT = "192.0.2.1";
    public static final String RIGHT = "192.0.2.2";
    public static final String LEFT6 = "2001:db8::1";
    public static final String RIGHT6 = "2001:db8::2";
    public static final String LEFT_LOCAL = "fe80::1";
    public static final String RIGHT_LOCAL = "fe80::2";

    /** The number of the wire at the left. */
    public static final int AT_LEFT = 11;

    /** The number of the wire at the right. */
    public static final int AT_RIGHT = 22;

    private static final String WIRE = "wire";

    private final Host left;
    private final Host right;

    private TwoHosts(Host left, Host right) {
        this.left = left;
        this.right = right;
    }

    /** Two hosts and a cable. */
    public static TwoHosts make() throws Exception {
        TwoHosts two = unjoined();
        try {
            two.left.join(WIRE, AT_LEFT, two.right, WIRE, AT_RIGHT);
            return two.configured();
        } catch (Throwable failure) {
            two.close();
            throw failure;
        }
    }

    /** Two hosts whose cable has a host in the middle, which has no address and sees {@code left} and {@code right}. */
    static TwoHosts makeAround(Host middle) throws Exception {
        TwoHosts two = unjoined();
        try {
            two.left.join(WIRE, AT_LEFT, middle, "left", 33);
            two.right.join(WIRE, AT_RIGHT, middle, "right", 44);
            middle.set("net/ipv6/conf/all/disable_ipv6", "1");
            middle.run("ip link set dev left up; ip link set dev right up");
            return two.configured();
        } catch (Throwable failure) {
            two.close();
            throw failure;
        }
    }

    private static TwoHosts unjoined() throws Exception {
        Host left = Host.make();
        try {
            return new TwoHosts(left, Host.make());
        } catch (Throwable failure) {
            left.close();
            throw failure;
        }
    }

    private TwoHosts configured() {
        left.give(WIRE, LEFT + "/24", LEFT6 + "/64", LEFT_LOCAL + "/64");
        right.give(WIRE, RIGHT + "/24", RIGHT6 + "/64", RIGHT_LOCAL + "/64");
        left.awaitUp(WIRE);
        right.awaitUp(WIRE);
        return this;
    }

    public Host left() {
        return left;
    }

    public Host right() {
        return right;
    }

    public NetworkInterface leftWire() throws Exception {
        return left.networkInterface(WIRE);
    }

    public NetworkInterface rightWire() throws Exception {
        return right.networkInterface(WIRE);
    }

    /** An address that nobody has, and to which what the left sends is lost without a word. */
    public InetSocketAddress blackHole(int last) throws IOException {
        left.run("ip neigh replace 192.0.2.%d lladdr 02:00:00:00:00:99 nud permanent dev wire".formatted(last));
        return Host.address("192.0.2." + last, 80);
    }

    /** From now on what the left sends to the right by IPv4 is lost without a word. */
    public void silence() {
        left.run("ip neigh replace " + RIGHT + " lladdr 02:00:00:00:00:99 nud permanent dev wire");
    }

    /** The opposite of {@link #silence()}. */
    public void endSilence() {
        left.run("ip neigh del " + RIGHT + " dev wire");
    }

    @Override
    public void close() {
        try {
            left.close();
        } finally {
            right.close();
        }
    }
}
