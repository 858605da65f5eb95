package org.chagres.internal.view;

import java.lang.foreign.MemorySegment;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Map;
import java.util.Optional;
import org.chagres.internal.syscall.InternetNumbers;
import org.chagres.internal.syscall.SocketNumbers;

/** A socket option: what the kernel calls it, and how its value is written in memory. */
public final class LinuxSocketOption<T> implements SocketOption<T> {
    private enum Use {
        READ_AND_WRITE,
        READ_ONLY,
        WRITE_ONLY
    }

    static final LinuxSocketOption<Integer> FAMILY =
            readOnly("SO_DOMAIN", SocketNumbers.SO_DOMAIN, OptionValue.INTEGER);

    /** Those of the JDK that name the same. */
    private static final Map<SocketOption<?>, LinuxSocketOption<?>> OF_THE_JDK = Map.ofEntries(
            Map.entry(
                    StandardSocketOptions.SO_BROADCAST,
                    of("SO_BROADCAST", SocketNumbers.SO_BROADCAST, OptionValue.BOOLEAN)),
            Map.entry(
                    StandardSocketOptions.SO_KEEPALIVE,
                    of("SO_KEEPALIVE", SocketNumbers.SO_KEEPALIVE, OptionValue.BOOLEAN)),
            Map.entry(
                    StandardSocketOptions.SO_LINGER,
                    of("SO_LINGER", SocketNumbers.SO_LINGER, OptionValue.LINGER_OF_THE_JDK)),
            Map.entry(StandardSocketOptions.SO_RCVBUF, of("SO_RCVBUF", SocketNumbers.SO_RCVBUF, OptionValue.INTEGER)),
            Map.entry(
                    StandardSocketOptions.SO_REUSEADDR,
                    of("SO_REUSEADDR", SocketNumbers.SO_REUSEADDR, OptionValue.BOOLEAN)),
            Map.entry(
                    StandardSocketOptions.SO_REUSEPORT,
                    of("SO_REUSEPORT", SocketNumbers.SO_REUSEPORT, OptionValue.BOOLEAN)),
            Map.entry(StandardSocketOptions.SO_SNDBUF, of("SO_SNDBUF", SocketNumbers.SO_SNDBUF, OptionValue.INTEGER)),
            Map.entry(
                    StandardSocketOptions.TCP_NODELAY,
                    tcp("TCP_NODELAY", InternetNumbers.TCP_NODELAY, OptionValue.BOOLEAN)),
            Map.entry(StandardSocketOptions.IP_TOS, ip("IP_TOS", InternetNumbers.IP_TOS, OptionValue.within(0, 255))),
            Map.entry(
                    StandardSocketOptions.IP_MULTICAST_TTL,
                    ip("IP_MULTICAST_TTL", InternetNumbers.IP_MULTICAST_TTL, OptionValue.within(0, 255))),
            Map.entry(
                    StandardSocketOptions.IP_MULTICAST_LOOP,
                    ip("IP_MULTICAST_LOOP", InternetNumbers.IP_MULTICAST_LOOP, OptionValue.BOOLEAN)));

    /** Those of them that are other options of IPv6; there they are for both. */
    private static final Map<SocketOption<?>, LinuxSocketOption<?>> OF_THE_JDK_IN_IPV6 = Map.of(
            StandardSocketOptions.IP_TOS,
            ipv6("IPV6_TCLASS", InternetNumbers.IPV6_TCLASS, OptionValue.within(0, 255)),
            StandardSocketOptions.IP_MULTICAST_TTL,
            ipv6("IPV6_MULTICAST_HOPS", InternetNumbers.IPV6_MULTICAST_HOPS, OptionValue.within(0, 255)),
            StandardSocketOptions.IP_MULTICAST_LOOP,
            ipv6("IPV6_MULTICAST_LOOP", InternetNumbers.IPV6_MULTICAST_LOOP, OptionValue.BOOLEAN));

    /**
     * Those of {@code jdk.net.ExtendedSocketOptions}, by name: that is another module, which this one does not need.
     */
    private static final Map<String, LinuxSocketOption<?>> OF_JDK_NET = Map.of(
            "SO_INCOMING_NAPI_ID",
            readOnly("SO_INCOMING_NAPI_ID", SocketNumbers.SO_INCOMING_NAPI_ID, OptionValue.INTEGER),
            "TCP_KEEPCOUNT",
            tcp("TCP_KEEPCNT", InternetNumbers.TCP_KEEPCNT, OptionValue.INTEGER),
            "TCP_KEEPIDLE",
            tcp("TCP_KEEPIDLE", InternetNumbers.TCP_KEEPIDLE, OptionValue.INTEGER),
            "TCP_KEEPINTERVAL",
            tcp("TCP_KEEPINTVL", InternetNumbers.TCP_KEEPINTVL, OptionValue.INTEGER),
            "TCP_QUICKACK",
            tcp("TCP_QUICKACK", InternetNumbers.TCP_QUICKACK, OptionValue.BOOLEAN));

    private final String name;
    private final int level;
    private final int number;
    private final OptionValue<T> value;
    private final Use use;

    private LinuxSocketOption(int level, String name, int number, OptionValue<T> value, Use use) {
        this.level = level;
        this.name = name;
        this.number = number;
        this.value = value;
        this.use = use;
    }

    /** One of all sockets that can be asked and set. */
    public static <T> LinuxSocketOption<T> of(String name, int number, OptionValue<T> value) {
        return of(SocketNumbers.SOL_SOCKET, name, number, value);
    }

    /** One that can be asked and set, of the protocol that is the level. */
    public static <T> LinuxSocketOption<T> of(int level, String name, int number, OptionValue<T> value) {
        return new LinuxSocketOption<>(level, name, number, value, Use.READ_AND_WRITE);
    }

    public static <T> LinuxSocketOption<T> readOnly(String name, int number, OptionValue<T> value) {
        return readOnly(SocketNumbers.SOL_SOCKET, name, number, value);
    }

    public static <T> LinuxSocketOption<T> readOnly(int level, String name, int number, OptionValue<T> value) {
        return new LinuxSocketOption<>(level, name, number, value, Use.READ_ONLY);
    }

    public static <T> LinuxSocketOption<T> writeOnly(String name, int number, OptionValue<T> value) {
        return new LinuxSocketOption<>(SocketNumbers.SOL_SOCKET, name, number, value, Use.WRITE_ONLY);
    }

    private static <T> LinuxSocketOption<T> ip(String name, int number, OptionValue<T> value) {
        return of(InternetNumbers.IPPROTO_IP, name, number, value);
    }

    private static <T> LinuxSocketOption<T> ipv6(String name, int number, OptionValue<T> value) {
        return of(InternetNumbers.IPPROTO_IPV6, name, number, value);
    }

    private static <T> LinuxSocketOption<T> tcp(String name, int number, OptionValue<T> value) {
        return of(InternetNumbers.IPPROTO_TCP, name, number, value);
    }

    /**
     * What an option of the user's is.
     *
     * @throws IllegalArgumentException if it is none of this library's, nor one of the JDK's that name the same
     */
    @SuppressWarnings("unchecked") // those of the maps have the same type of value
    static <T> LinuxSocketOption<T> of(SocketOption<T> option) {
        if (option instanceof LinuxSocketOption<T> ours) {
            return ours;
        }
        LinuxSocketOption<?> same = OF_THE_JDK.get(option);
        if (same == null && option.getClass().getPackageName().equals("jdk.net")) {
            same = OF_JDK_NET.get(option.name());
        }
        if (same == null || same.type() != option.type()) {
            throw new IllegalArgumentException("the option " + option.name()
                    + " is not known here: LinuxSocketOptions, IpSocketOptions and so on have those that are");
        }
        return (LinuxSocketOption<T>) same;
    }

    /** What an option of the user's is in IPv6, if it is another one there. */
    @SuppressWarnings("unchecked") // as above
    static <T> Optional<LinuxSocketOption<T>> inIpv6(SocketOption<T> option) {
        return Optional.ofNullable((LinuxSocketOption<T>) OF_THE_JDK_IN_IPV6.get(option));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Class<T> type() {
        return value.type();
    }

    public boolean isReadable() {
        return use != Use.WRITE_ONLY;
    }

    public boolean isWritable() {
        return use != Use.READ_ONLY;
    }

    int level() {
        return level;
    }

    int number() {
        return number;
    }

    /** How many bytes a value takes; of one that varies how many are tried first. */
    int byteSize() {
        return value.byteSize();
    }

    T decode(MemorySegment memory) {
        return value.decoder().apply(memory);
    }

    /** @throws IllegalArgumentException if the value is none that can be */
    void encode(T newValue, MemorySegment memory) {
        value.encoder().accept(newValue, memory);
    }

    @Override
    public String toString() {
        return name;
    }
}
