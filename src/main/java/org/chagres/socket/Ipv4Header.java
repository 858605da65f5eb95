package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.chagres.internal.view.InetAddresses;

/**
 * The header of a packet of IPv4 (RFC 791): what a {@link RawSocket} of IPv4 receives before the rest, and what it
 * sends itself with {@link IpSocketOptions#IP_HDRINCL}. Immutable; each method that changes something answers a new
 * one.
 *
 * <pre>
 *    0      1      2        4    6               8     9       10         12       16        20
 *    +------+------+--------+----+---------------+-----+-------+----------+--------+---------+- - - -
 *    | 4, n | TOS  | length | id | flags, offset | TTL | proto | checksum | source | destin. | options
 *    +------+------+--------+----+---------------+-----+-------+----------+--------+---------+- - - -
 * </pre>
 *
 * All in network order, on Linux without exception.
 *
 * {@snippet class = "org.chagres.examples.RawPackets" region = "header"}
 *
 * <p><b>What the kernel fills in</b> when it sends one: the total length and the checksum always, the identification
 * and the source if they are 0. All else goes as it is here, also the protocol, whichever the socket has. The address
 * that the packet is sent to says which way it goes; that of the header is what the receiver sees.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/raw.7.html">raw(7)</a>
 */
public final class Ipv4Header {
    /** The length of a header without options, in bytes. */
    public static final int LEAST_BYTE_SIZE = 20;

    /** The length of a header with as many options as can be, in bytes. */
    public static final int MOST_BYTE_SIZE = 60;

    private static final int VERSION = 4;
    private static final int BITS_OF_LENGTH = 4;
    private static final int LENGTH_MASK = 0xf;
    private static final int TYPE_OF_SERVICE = 1;
    private static final int TOTAL_LENGTH = 2;
    private static final int IDENTIFICATION = 4;
    private static final int FRAGMENT = 6;
    private static final int TIME_TO_LIVE = 8;
    private static final int PROTOCOL = 9;
    private static final int CHECKSUM = 10;
    private static final int SOURCE = 12;
    private static final int DESTINATION = 16;

    private static final int DONT_FRAGMENT = 0x4000;
    private static final int MORE_FRAGMENTS = 0x2000;
    private static final int OFFSET_MASK = 0x1fff;
    private static final int OFFSET_UNIT = 8;
    private static final int MOST_OF_AN_OFFSET = OFFSET_MASK * OFFSET_UNIT;
    private static final int MOST_OF_A_BYTE = 0xff;
    private static final int MOST_OF_A_SHORT = 0xffff;
    private static final int FIRST_TIME_TO_LIVE = 64;

    /** All of it, as it is sent. */
    private final byte[] bytes;

    private Ipv4Header(byte[] bytes) {
        this.bytes = bytes;
    }

    // Made.

    /**
     * A header for a packet to be sent: from whichever address the kernel chooses, with a time to live of 64, and may
     * be split. All else is 0.
     *
     * @param protocol of what is behind the header, 0 to 255
     * @param destination where it goes
     * @return the header
     * @throws IllegalArgumentException if the protocol is no number of one
     */
    public static Ipv4Header of(int protocol, Inet4Address destination) {
        byte[] bytes = new byte[LEAST_BYTE_SIZE];
        bytes[0] = firstByte(LEAST_BYTE_SIZE);
        bytes[TIME_TO_LIVE] = FIRST_TIME_TO_LIVE;
        return new Ipv4Header(bytes)
                .withByte(PROTOCOL, "protocol", protocol)
                .withAddress(DESTINATION, requireNonNull(destination, "destination"));
    }

    private static byte firstByte(int byteSize) {
        return (byte) ((VERSION << BITS_OF_LENGTH) | (byteSize / Integer.BYTES));
    }

    /**
     * The header that a packet begins with.
     *
     * @param packet what a raw socket of IPv4 received, from its first byte on; more may be behind it
     * @return the header
     * @throws IllegalArgumentException if it does not begin with a whole header of IPv4
     */
    public static Ipv4Header parse(MemorySegment packet) {
        long present = requireNonNull(packet, "packet").byteSize();
        int first = present == 0 ? 0 : Byte.toUnsignedInt(packet.get(ValueLayout.JAVA_BYTE, 0));
        int byteSize = (first & LENGTH_MASK) * Integer.BYTES;
        if (first >> BITS_OF_LENGTH != VERSION || byteSize < LEAST_BYTE_SIZE || byteSize > present) {
            throw new IllegalArgumentException("no header of IPv4: " + present + " bytes"
                    + (present == 0 ? "" : ", version " + (first >> BITS_OF_LENGTH) + ", header of " + byteSize));
        }
        return new Ipv4Header(packet.asSlice(0, byteSize).toArray(ValueLayout.JAVA_BYTE));
    }

    // What is in it.

    /**
     * How long the header is, so where the rest begins.
     *
     * @return in bytes, 20 to 60, by four
     */
    public int byteSize() {
        return bytes.length;
    }

    /**
     * The type of service, or traffic class.
     *
     * @return 0 to 255
     */
    public int typeOfService() {
        return Byte.toUnsignedInt(bytes[TYPE_OF_SERVICE]);
    }

    /**
     * How long the packet is, with the header.
     *
     * @return in bytes, 0 to 65535; 0 of one that was not sent yet
     */
    public int totalLength() {
        return number(TOTAL_LENGTH);
    }

    /**
     * What the fragments of one packet have in common.
     *
     * @return 0 to 65535
     */
    public int identification() {
        return number(IDENTIFICATION);
    }

    /**
     * Whether no router may split it (DF).
     *
     * @return whether it is so
     */
    public boolean isDontFragment() {
        return (number(FRAGMENT) & DONT_FRAGMENT) != 0;
    }

    /**
     * Whether it is a fragment that is not the last one (MF).
     *
     * @return whether it is so; what a raw socket received is whole
     */
    public boolean hasMoreFragments() {
        return (number(FRAGMENT) & MORE_FRAGMENTS) != 0;
    }

    /**
     * Where the bytes of a fragment belong in the packet that was split.
     *
     * @return in bytes, 0 to 65528, by eight
     */
    public int fragmentOffset() {
        return (number(FRAGMENT) & OFFSET_MASK) * OFFSET_UNIT;
    }

    /**
     * How many routers it may still pass.
     *
     * @return 0 to 255
     */
    public int timeToLive() {
        return Byte.toUnsignedInt(bytes[TIME_TO_LIVE]);
    }

    /**
     * The protocol of what is behind the header.
     *
     * @return 0 to 255
     */
    public int protocol() {
        return Byte.toUnsignedInt(bytes[PROTOCOL]);
    }

    /**
     * The checksum of the header.
     *
     * @return 0 to 65535
     */
    public int checksum() {
        return number(CHECKSUM);
    }

    /**
     * Whether the checksum is that of the header.
     *
     * @return whether it is; the kernel drops what comes with another
     */
    public boolean isChecksumRight() {
        return Inet.checksum(MemorySegment.ofArray(bytes)) == 0;
    }

    /**
     * Where it comes from.
     *
     * @return the address
     */
    public Inet4Address source() {
        return address(SOURCE);
    }

    /**
     * Where it goes.
     *
     * @return the address
     */
    public Inet4Address destination() {
        return address(DESTINATION);
    }

    /**
     * The options.
     *
     * @return their bytes, 0 to 40, by four
     */
    public byte[] options() {
        return Arrays.copyOfRange(bytes, LEAST_BYTE_SIZE, bytes.length);
    }

    private int number(int offset) {
        return Short.toUnsignedInt(ByteBuffer.wrap(bytes).getShort(offset));
    }

    private Inet4Address address(int offset) {
        return (Inet4Address) InetAddresses.address(Arrays.copyOfRange(bytes, offset, offset + Integer.BYTES), 0);
    }

    // Changed.

    /**
     * The same with another type of service.
     *
     * @param typeOfService 0 to 255
     * @return the header
     * @throws IllegalArgumentException if it is none
     */
    public Ipv4Header typeOfService(int typeOfService) {
        return withByte(TYPE_OF_SERVICE, "typeOfService", typeOfService);
    }

    /**
     * The same with another length of the packet, which the kernel overwrites: for other ways to send, and for
     * {@link #withChecksum()}.
     *
     * @param byteSize with the header, 0 to 65535
     * @return the header
     * @throws IllegalArgumentException if it is none
     */
    public Ipv4Header totalLength(int byteSize) {
        return withNumber(TOTAL_LENGTH, "totalLength", byteSize);
    }

    /**
     * The same with another identification.
     *
     * @param identification 0 to 65535; 0 for one of the kernel's
     * @return the header
     * @throws IllegalArgumentException if it is none
     */
    public Ipv4Header identification(int identification) {
        return withNumber(IDENTIFICATION, "identification", identification);
    }

    /**
     * The same for a packet that may be split on the way, or not.
     *
     * @param dontFragment whether not
     * @return the header
     */
    public Ipv4Header dontFragment(boolean dontFragment) {
        int others = number(FRAGMENT) & ~DONT_FRAGMENT;
        return withNumber(FRAGMENT, "flags", dontFragment ? others | DONT_FRAGMENT : others);
    }

    /**
     * The same for a fragment of a packet.
     *
     * @param offset where its bytes belong, 0 to 65528, by eight
     * @param more whether another comes behind it
     * @return the header
     * @throws IllegalArgumentException if the offset is none
     */
    public Ipv4Header fragment(int offset, boolean more) {
        if (offset % OFFSET_UNIT != 0) {
            throw new IllegalArgumentException("offset is no multiple of " + OFFSET_UNIT + ": " + offset);
        }
        int units = inRange("offset", offset, MOST_OF_AN_OFFSET) / OFFSET_UNIT;
        int flags = (number(FRAGMENT) & DONT_FRAGMENT) | (more ? MORE_FRAGMENTS : 0);
        return withNumber(FRAGMENT, "fragment", flags | units);
    }

    /**
     * The same for as many routers as may be passed.
     *
     * @param routers 0 to 255; with 0 it does not leave this machine
     * @return the header
     * @throws IllegalArgumentException if there can be no so many
     */
    public Ipv4Header timeToLive(int routers) {
        return withByte(TIME_TO_LIVE, "timeToLive", routers);
    }

    /**
     * The same from an address, which the kernel does not check.
     *
     * @param source where it says that it comes from; {@code 0.0.0.0} for the one that the kernel chooses
     * @return the header
     */
    public Ipv4Header source(Inet4Address source) {
        return withAddress(SOURCE, requireNonNull(source, "source"));
    }

    /**
     * The same with options.
     *
     * @param options their bytes, at most 40; filled up with zeros, which end them, to a multiple of four
     * @return the header
     * @throws IllegalArgumentException if they are more
     */
    public Ipv4Header options(byte[] options) {
        inRange("options.length", requireNonNull(options, "options").length, MOST_BYTE_SIZE - LEAST_BYTE_SIZE);
        int byteSize = LEAST_BYTE_SIZE + Math.ceilDiv(options.length, Integer.BYTES) * Integer.BYTES;
        byte[] all = Arrays.copyOf(Arrays.copyOf(bytes, LEAST_BYTE_SIZE), byteSize);
        System.arraycopy(options, 0, all, LEAST_BYTE_SIZE, options.length);
        all[0] = firstByte(byteSize);
        return new Ipv4Header(all);
    }

    /**
     * The same with its checksum, which the kernel overwrites: for other ways to send.
     *
     * @return the header
     */
    public Ipv4Header withChecksum() {
        Ipv4Header without = withNumber(CHECKSUM, "checksum", 0);
        return without.withNumber(CHECKSUM, "checksum", Inet.checksum(MemorySegment.ofArray(without.bytes)));
    }

    /**
     * Its bytes, as they are sent: {@code Datagram.of(MemorySegment.ofArray(header.toBytes()), payload)}.
     *
     * @return 20 to 60 bytes, by four
     */
    public byte[] toBytes() {
        return bytes.clone();
    }

    private Ipv4Header withByte(int offset, String name, int value) {
        byte[] all = bytes.clone();
        all[offset] = (byte) inRange(name, value, MOST_OF_A_BYTE);
        return new Ipv4Header(all);
    }

    private Ipv4Header withNumber(int offset, String name, int value) {
        byte[] all = bytes.clone();
        ByteBuffer.wrap(all).putShort(offset, (short) inRange(name, value, MOST_OF_A_SHORT));
        return new Ipv4Header(all);
    }

    private Ipv4Header withAddress(int offset, Inet4Address address) {
        byte[] all = bytes.clone();
        System.arraycopy(address.getAddress(), 0, all, offset, Integer.BYTES);
        return new Ipv4Header(all);
    }

    private static int inRange(String name, int value, int most) {
        if (value < 0 || value > most) {
            throw new IllegalArgumentException(name + " is not in 0 to " + most + ": " + value);
        }
        return value;
    }

    /** Whether the other is a header of the same bytes. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Ipv4Header header && Arrays.equals(bytes, header.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "Ipv4Header[" + source().getHostAddress() + " to "
                + destination().getHostAddress() + ", protocol " + protocol() + ", "
                + HexFormat.of().formatHex(bytes) + "]";
    }
}
