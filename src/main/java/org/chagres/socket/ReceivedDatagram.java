package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What came with a datagram that {@link InetDatagramSocket#receiveFrom} received. What is optional is told where the
 * option that asks for it is on.
 *
 * @param byteCount how many bytes it has; more than the memory if it was cut. 0 of an empty one, and if receiving was
 *     shut down
 * @param isTruncated whether it was cut, as there was not enough memory
 * @param from who sent it; of an error report where the datagram was sent to. Empty if receiving was shut down
 * @param destination the address of this machine, or of the group, that it was sent to ({@code IP_PKTINFO},
 *     {@code IPV6_RECVPKTINFO})
 * @param interfaceIndex the number of the interface it came by (the same options)
 * @param hopLimit how many more routers it could have passed ({@code IP_RECVTTL}, {@code IPV6_RECVHOPLIMIT})
 * @param trafficClass its traffic class ({@code IP_RECVTOS}, {@code IPV6_RECVTCLASS})
 * @param segmentByteSize how many bytes each of the datagrams has that the kernel put together in one, the last perhaps
 *     less ({@code UDP_GRO}); empty if it is one
 * @param dropped how many datagrams this socket had lost for lack of room when this one came ({@code SO_RXQ_OVFL})
 * @param time when it came ({@code SO_TIMESTAMPNS}, {@code SO_TIMESTAMP})
 * @param report of the {@linkplain ReceiveOption#ERROR_QUEUE error queue}: what became of a datagram that was sent; the
 *     bytes are its bytes
 */
public record ReceivedDatagram(
        long byteCount,
        boolean isTruncated,
        Optional<InetSocketAddress> from,
        Optional<InetAddress> destination,
        OptionalInt interfaceIndex,
        OptionalInt hopLimit,
        OptionalInt trafficClass,
        OptionalInt segmentByteSize,
        OptionalLong dropped,
        Optional<Instant> time,
        Optional<DatagramReport> report) {
    /** Refuses nulls. */
    public ReceivedDatagram {
        requireNonNull(from, "from");
        requireNonNull(destination, "destination");
        requireNonNull(interfaceIndex, "interfaceIndex");
        requireNonNull(hopLimit, "hopLimit");
        requireNonNull(trafficClass, "trafficClass");
        requireNonNull(segmentByteSize, "segmentByteSize");
        requireNonNull(dropped, "dropped");
        requireNonNull(time, "time");
        requireNonNull(report, "report");
    }
}
