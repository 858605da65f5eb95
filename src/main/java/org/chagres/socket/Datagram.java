package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What {@link InetDatagramSocket#send(Datagram)} sends: bytes, where they go, and how. Immutable; each method answers a
 * new one.
 *
 * {@snippet class = "org.chagres.examples.InetChapter" region = "datagram"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/udp.7.html">udp(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/sendmsg.2.html">sendmsg(2)</a>
 */
public final class Datagram {
    private static final int MOST_OF_A_BYTE = 255;
    private static final int MOST_OF_A_SHORT = 65535;

    private final List<MemorySegment> pieces;
    private final Optional<InetSocketAddress> to;
    private final Optional<InetAddress> from;
    private final OptionalInt interfaceIndex;
    private final OptionalInt hopLimit;
    private final OptionalInt trafficClass;
    private final OptionalInt segmentByteSize;
    private final Set<SendOption> options;

    private Datagram(Datagram.Parts parts) {
        this.pieces = parts.pieces;
        this.to = parts.to;
        this.from = parts.from;
        this.interfaceIndex = parts.interfaceIndex;
        this.hopLimit = parts.hopLimit;
        this.trafficClass = parts.trafficClass;
        this.segmentByteSize = parts.segmentByteSize;
        this.options = parts.options;
    }

    /** All there is to one, while it is put together. */
    private static final class Parts {
        private List<MemorySegment> pieces = List.of();
        private Optional<InetSocketAddress> to = Optional.empty();
        private Optional<InetAddress> from = Optional.empty();
        private OptionalInt interfaceIndex = OptionalInt.empty();
        private OptionalInt hopLimit = OptionalInt.empty();
        private OptionalInt trafficClass = OptionalInt.empty();
        private OptionalInt segmentByteSize = OptionalInt.empty();
        private Set<SendOption> options = Set.of();

        private Parts() {}

        private Parts(Datagram datagram) {
            pieces = datagram.pieces;
            to = datagram.to;
            from = datagram.from;
            interfaceIndex = datagram.interfaceIndex;
            hopLimit = datagram.hopLimit;
            trafficClass = datagram.trafficClass;
            segmentByteSize = datagram.segmentByteSize;
            options = datagram.options;
        }
    }

    /**
     * Bytes, of one piece of memory or several, one after the other.
     *
     * @param pieces the bytes as they are when they are sent; none is a datagram of no bytes
     * @return the datagram
     */
    public static Datagram of(MemorySegment... pieces) {
        Parts parts = new Parts();
        parts.pieces = List.of(requireNonNull(pieces, "pieces"));
        return new Datagram(parts);
    }

    /**
     * The bytes of a buffer from its position to its limit; the position stays.
     *
     * @param bytes the bytes as they are when they are sent
     * @return the datagram
     */
    public static Datagram of(ByteBuffer bytes) {
        return of(MemorySegment.ofBuffer(requireNonNull(bytes, "bytes")));
    }

    /**
     * The bytes of an array.
     *
     * @param bytes the bytes as they are when they are sent
     * @return the datagram
     */
    public static Datagram of(byte[] bytes) {
        return of(MemorySegment.ofArray(requireNonNull(bytes, "bytes")));
    }

    /**
     * The bytes of a text in UTF-8.
     *
     * @param text the text
     * @return the datagram
     */
    public static Datagram of(String text) {
        return of(requireNonNull(text, "text").getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The same to an address; without one it goes to whom the socket is connected.
     *
     * @param address where it goes
     * @return the datagram
     */
    public Datagram to(InetSocketAddress address) {
        Parts parts = new Parts(this);
        parts.to = Optional.of(requireNonNull(address, "address"));
        return new Datagram(parts);
    }

    /**
     * The same from an address of this machine, where the kernel would choose one by the way that leads to the
     * receiver: a server with several addresses answers from the one it was asked at.
     *
     * @param address an address of this machine; a link-local one with its interface, by which it goes unless
     *     {@link #by} says otherwise
     * @return the datagram
     */
    public Datagram from(InetAddress address) {
        Parts parts = new Parts(this);
        parts.from = Optional.of(requireNonNull(address, "address"));
        return new Datagram(parts);
    }

    /**
     * The same by an interface of this machine.
     *
     * @param networkInterface which
     * @return the datagram
     */
    public Datagram by(NetworkInterface networkInterface) {
        Parts parts = new Parts(this);
        parts.interfaceIndex = OptionalInt.of(
                requireNonNull(networkInterface, "networkInterface").getIndex());
        return new Datagram(parts);
    }

    /**
     * The same over at most so many routers: the time to live of IPv4, the hop limit of IPv6.
     *
     * @param hops 1 to 255; 1 does not leave the network
     * @return the datagram
     * @throws IllegalArgumentException if there can be no so many
     */
    public Datagram hopLimit(int hops) {
        Parts parts = new Parts(this);
        parts.hopLimit = OptionalInt.of(inRange("hops", hops, 1, MOST_OF_A_BYTE));
        return new Datagram(parts);
    }

    /**
     * The same with a traffic class: the type of service of IPv4, of which six bits are a code of differentiated
     * services, and two are for notices of congestion.
     *
     * @param trafficClass 0 to 255
     * @return the datagram
     * @throws IllegalArgumentException if it is none
     */
    public Datagram trafficClass(int trafficClass) {
        Parts parts = new Parts(this);
        parts.trafficClass = OptionalInt.of(inRange("trafficClass", trafficClass, 0, MOST_OF_A_BYTE));
        return new Datagram(parts);
    }

    /**
     * The same cut into datagrams of UDP of so many bytes by the kernel, which is cheaper than to send each; the last
     * may have less ({@code UDP_SEGMENT}, Linux 4.18). The whole has at most 65,507 bytes by IPv4, and 64 datagrams, or
     * 128 since Linux 6.9.
     *
     * @param byteSize how many bytes each has, which must not be more than the way takes in one packet: 1 to 65535
     * @return the datagrams
     * @throws IllegalArgumentException if there can be no so many
     */
    public Datagram segments(int byteSize) {
        Parts parts = new Parts(this);
        parts.segmentByteSize = OptionalInt.of(inRange("byteSize", byteSize, 1, MOST_OF_A_SHORT));
        return new Datagram(parts);
    }

    /**
     * The same sent in certain ways.
     *
     * @param options how; {@link SendOption#MORE} has the kernel put what is sent next into the same datagram
     * @return the datagram
     */
    public Datagram with(SendOption... options) {
        Parts parts = new Parts(this);
        EnumSet<SendOption> all = EnumSet.noneOf(SendOption.class);
        all.addAll(this.options);
        all.addAll(List.of(requireNonNull(options, "options")));
        parts.options = Set.copyOf(all);
        return new Datagram(parts);
    }

    private static int inRange(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " must be " + least + " to " + most + ", not " + value);
        }
        return value;
    }

    List<MemorySegment> pieces() {
        return pieces;
    }

    Optional<InetSocketAddress> to() {
        return to;
    }

    Optional<InetAddress> from() {
        return from;
    }

    OptionalInt interfaceIndex() {
        return interfaceIndex;
    }

    OptionalInt hopLimit() {
        return hopLimit;
    }

    OptionalInt trafficClass() {
        return trafficClass;
    }

    OptionalInt segmentByteSize() {
        return segmentByteSize;
    }

    Set<SendOption> options() {
        return options;
    }

    @Override
    public String toString() {
        long byteSize = 0;
        for (MemorySegment piece : pieces) {
            byteSize += piece.byteSize();
        }
        return "Datagram[" + byteSize + " bytes"
                + to.map(address -> ", to " + address).orElse("") + "]";
    }
}
