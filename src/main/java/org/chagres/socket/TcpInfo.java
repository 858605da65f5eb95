package org.chagres.socket;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import org.chagres.internal.syscall.TcpInfoData;
import org.chagres.internal.view.OptionValue;

/**
 * What the kernel knows of a TCP connection ({@link TcpSocketOptions#TCP_INFO}, {@code struct tcp_info}), at one
 * moment. Sizes in segments are in those that are sent. Counts of 32 bits go on with 0 from 4294967295.
 *
 * <p>Newer kernels tell more. What those since Linux 5.4 added is empty if the kernel did not tell it; what Linux 5.4
 * tells is 0 where a kernel, or what passes for one, tells less, and {@link #byteSize} says how much that was.
 *
 * <p>Immutable.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/tcp.7.html">tcp(7)</a>
 */
public final class TcpInfo {
    /** The states of a connection (RFC 9293), in the order of their numbers. */
    public enum State {
        /** A number that this library has no name for. */
        UNKNOWN,
        /** Both ends can send. */
        ESTABLISHED,
        /** Connecting: asked. */
        SYN_SENT,
        /** Connecting: asked by the other end, and answered. */
        SYN_RECV,
        /** This end has closed, which is not acknowledged yet. */
        FIN_WAIT1,
        /** This end has closed, the other one has not. */
        FIN_WAIT2,
        /** Both ends have closed; what is late on its way is waited for. */
        TIME_WAIT,
        /** Not connected, or no longer. */
        CLOSE,
        /** The other end has closed, this one has not. */
        CLOSE_WAIT,
        /** Both ends have closed, this one as the second, which is not acknowledged yet. */
        LAST_ACK,
        /** Accepts connections. */
        LISTEN,
        /** Both ends have closed at once, which is not acknowledged yet. */
        CLOSING
    }

    /** How the connection is with congestion, in the order of the kernel's numbers. */
    public enum CongestionState {
        /** Nothing to be seen of it. */
        OPEN,
        /** Something came twice, or out of order. */
        DISORDER,
        /** The window is made smaller, as congestion was told. */
        CWR,
        /** Something was lost, and is repeated. */
        RECOVERY,
        /** The time of something was over, or it was refused. */
        LOSS,
        /** A number that this library has no name for. */
        UNKNOWN
    }

    /** Why data in the first packet of this end did not arrive with it, in the order of the kernel's numbers. */
    public enum FastOpenFailure {
        /** Nothing is known of a failure. */
        UNSPECIFIED,
        /** There was no cookie yet. */
        COOKIE_UNAVAILABLE,
        /** The packet was acknowledged without its data. */
        DATA_NOT_ACKNOWLEDGED,
        /** The packet had to be repeated, without data. */
        FIRST_PACKET_RETRANSMITTED
    }

    static final OptionValue<TcpInfo> VALUE = OptionValue.readOnly(TcpInfo.class, TcpInfoData.BYTE_SIZE, TcpInfo::new);

    private static final int HALF_BYTE_BITS = 4;
    private static final int HALF_BYTE = 0xF;

    /** The first of the flags is one bit, the next are two. */
    private static final int FAST_OPEN_SHIFT = 1;

    private static final int FAST_OPEN_MASK = 3;

    private static final long NOT_MEASURED = 0xFFFF_FFFFL;
    private static final long NO_THRESHOLD = 0x7FFF_FFFF;
    private static final long NO_LIMIT = -1;

    private final TcpInfoData data;

    /** Copies the kernel's answer. */
    TcpInfo(MemorySegment answer) {
        long[] copy = new long[Math.toIntExact(Math.ceilDiv(answer.byteSize(), Long.BYTES))]; // aligned as in C
        data = new TcpInfoData(
                MemorySegment.ofArray(copy).asSlice(0, answer.byteSize()).copyFrom(answer));
    }

    /**
     * How many bytes the kernel told.
     *
     * @return 232 of Linux 5.4, more of newer ones
     */
    public int byteSize() {
        return (int) data.segment().byteSize();
    }

    /**
     * The state of the connection.
     *
     * @return the state
     */
    public State state() {
        State[] states = State.values();
        return data.state() < states.length ? states[data.state()] : State.UNKNOWN;
    }

    /**
     * How it is with congestion.
     *
     * @return the state of the algorithm
     */
    public CongestionState congestionState() {
        CongestionState[] states = CongestionState.values();
        return states[Math.min(data.congestionState(), states.length - 1)];
    }

    /**
     * Why data in the first packet of this end did not arrive with it (fast open).
     *
     * @return the reason
     */
    public FastOpenFailure fastOpenFailure() {
        return FastOpenFailure.values()[data.flags() >>> FAST_OPEN_SHIFT & FAST_OPEN_MASK];
    }

    /**
     * How often the oldest of what is unacknowledged was repeated as its time was over.
     *
     * @return such repetitions in a row
     */
    public int retransmits() {
        return data.retransmits();
    }

    /**
     * How many questions in a row, whether there is room again or whether the other end is still there, went
     * unanswered.
     *
     * @return the questions
     */
    public int probes() {
        return data.probes();
    }

    /**
     * How often the time until the next repetition was doubled.
     *
     * @return the doublings
     */
    public int backoff() {
        return data.backoff();
    }

    /**
     * Whether segments carry times.
     *
     * @return whether they do
     */
    public boolean hasTimestamps() {
        return has(TcpInfoData.OPTION_TIMESTAMPS);
    }

    /**
     * Whether pieces are acknowledged that came out of order (SACK).
     *
     * @return whether they are
     */
    public boolean hasSelectiveAcknowledgements() {
        return has(TcpInfoData.OPTION_SACK);
    }

    /**
     * Whether windows are multiplied, by {@link #sendWindowScale} and {@link #receiveWindowScale}.
     *
     * @return whether they are
     */
    public boolean hasWindowScaling() {
        return has(TcpInfoData.OPTION_WSCALE);
    }

    /**
     * Whether both ends agreed on being told of congestion by marks (ECN).
     *
     * @return whether they did
     */
    public boolean hasCongestionNotification() {
        return has(TcpInfoData.OPTION_ECN);
    }

    /**
     * Whether at least one packet came that could have been marked.
     *
     * @return whether one came
     */
    public boolean hasSeenCongestionNotification() {
        return has(TcpInfoData.OPTION_ECN_SEEN);
    }

    /**
     * Whether the data in the first packet were acknowledged with it (fast open).
     *
     * @return whether they were
     */
    public boolean hasDataInFirstPacket() {
        return has(TcpInfoData.OPTION_SYN_DATA);
    }

    /**
     * By how many bits the window of the other end is shifted.
     *
     * @return 0 to 14
     */
    public int sendWindowScale() {
        return data.windowScales() & HALF_BYTE;
    }

    /**
     * By how many bits the window told to the other end is shifted.
     *
     * @return 0 to 14
     */
    public int receiveWindowScale() {
        return data.windowScales() >>> HALF_BYTE_BITS;
    }

    /**
     * Whether {@link #deliveryRate} is that small as the program did not send more.
     *
     * @return whether it is
     */
    public boolean isDeliveryRateLimitedByProgram() {
        return (data.flags() & 1) != 0;
    }

    /**
     * How long it is until something unacknowledged is repeated.
     *
     * @return the time
     */
    public Duration retransmissionTimeout() {
        return micros(data.rto());
    }

    /**
     * How long an acknowledgement is put off.
     *
     * @return the time
     */
    public Duration acknowledgementTimeout() {
        return micros(data.ato());
    }

    /**
     * How many bytes a segment sent has at most.
     *
     * @return bytes
     */
    public long sendSegmentByteSize() {
        return data.sndMss();
    }

    /**
     * How many bytes segments received seem to have at most: an estimate.
     *
     * @return bytes
     */
    public long receiveSegmentByteSize() {
        return data.rcvMss();
    }

    /**
     * How many segments are on their way, or lost, and unacknowledged.
     *
     * @return segments
     */
    public long unacknowledged() {
        return listens() ? 0 : data.unacked();
    }

    /**
     * How many of those came out of order, and are known to have come.
     *
     * @return segments
     */
    public long selectivelyAcknowledged() {
        return listens() ? 0 : data.sacked();
    }

    /**
     * How many of those are thought to be lost.
     *
     * @return segments
     */
    public long lost() {
        return data.lost();
    }

    /**
     * How many of those were sent again.
     *
     * @return segments
     */
    public long retransmitted() {
        return data.retrans();
    }

    /**
     * How many connections of a listener wait to be accepted.
     *
     * @return connections; empty if the socket does not listen
     */
    public OptionalLong acceptQueueLength() {
        return listens() ? OptionalLong.of(data.unacked()) : OptionalLong.empty();
    }

    /**
     * How many may wait: the backlog of {@code listen(2)}.
     *
     * @return connections; empty if the socket does not listen
     */
    public OptionalLong acceptQueueLimit() {
        return listens() ? OptionalLong.of(data.sacked()) : OptionalLong.empty();
    }

    /**
     * How long ago data were sent, or the connection was made; of a socket that never was connected it means nothing.
     *
     * @return the time, in milliseconds
     */
    public Duration sinceDataSent() {
        return Duration.ofMillis(data.lastDataSent());
    }

    /**
     * How long ago data came, or the connection was made; of a socket that never was connected it means nothing.
     *
     * @return the time, in milliseconds
     */
    public Duration sinceDataReceived() {
        return Duration.ofMillis(data.lastDataRecv());
    }

    /**
     * How long ago an acknowledgement came; of a socket that never was connected it means nothing.
     *
     * @return the time, in milliseconds
     */
    public Duration sinceAcknowledgementReceived() {
        return Duration.ofMillis(data.lastAckRecv());
    }

    /**
     * The greatest packet that gets to the other end as far as known, with its headers.
     *
     * @return bytes
     */
    public long pathMtu() {
        return data.pmtu();
    }

    /**
     * How far the window told to the other end may grow for now.
     *
     * @return bytes
     */
    public long receiveWindowThreshold() {
        return data.rcvSsthresh();
    }

    /**
     * How long it takes from sending something to its acknowledgement, smoothed.
     *
     * @return the time; zero if none was measured
     */
    public Duration roundTripTime() {
        return micros(data.rtt());
    }

    /**
     * How far that strays, on average.
     *
     * @return the time
     */
    public Duration roundTripTimeVariation() {
        return micros(data.rttvar());
    }

    /**
     * The shortest such time of the last minutes ({@code /proc/sys/net/ipv4/tcp_min_rtt_wlen}).
     *
     * @return the time; empty if none was measured
     */
    public Optional<Duration> leastRoundTripTime() {
        return data.minRtt() == NOT_MEASURED ? Optional.empty() : Optional.of(micros(data.minRtt()));
    }

    /**
     * The same, as estimated from what comes.
     *
     * @return the time; zero if it is not known
     */
    public Duration receiverRoundTripTime() {
        return micros(data.rcvRtt());
    }

    /**
     * From which {@link #congestionWindow} on that grows slowly.
     *
     * @return segments; empty while there was no congestion
     */
    public OptionalLong slowStartThreshold() {
        return data.sndSsthresh() >= NO_THRESHOLD ? OptionalLong.empty() : OptionalLong.of(data.sndSsthresh());
    }

    /**
     * How many segments may be on their way.
     *
     * @return segments
     */
    public long congestionWindow() {
        return data.sndCwnd();
    }

    /**
     * How many bytes a segment may have at most, as the other end was told.
     *
     * @return bytes
     */
    public long advertisedSegmentByteSize() {
        return data.advmss();
    }

    /**
     * By how many segments the order of what was sent may change before a loss is supposed.
     *
     * @return segments
     */
    public long reordering() {
        return data.reordering();
    }

    /**
     * For how many bytes the receive buffer is laid out.
     *
     * @return bytes
     */
    public long receiveSpace() {
        return data.rcvSpace();
    }

    /**
     * How many bytes the other end has room for, as it told last.
     *
     * @return bytes
     */
    public long sendWindow() {
        return data.sndWnd();
    }

    /**
     * How many bytes this end told that it has room for.
     *
     * @return bytes; empty before Linux 6.2
     */
    public OptionalLong receiveWindow() {
        return data.rcvWnd();
    }

    /**
     * How many segments were sent again altogether.
     *
     * @return segments
     */
    public long totalRetransmitted() {
        return data.totalRetrans();
    }

    /**
     * How many bytes a second are sent at most, as the kernel reckons.
     *
     * @return bytes a second; empty if as many as possible
     */
    public OptionalLong pacingRate() {
        return rate(data.pacingRate());
    }

    /**
     * How many it may reckon with ({@link LinuxSocketOptions#SO_MAX_PACING_RATE}).
     *
     * @return bytes a second; empty if there is no limit
     */
    public OptionalLong greatestPacingRate() {
        return rate(data.maxPacingRate());
    }

    /**
     * How many bytes a second arrived lately, at the other end.
     *
     * @return bytes a second; 0 if it is not known
     */
    public long deliveryRate() {
        return data.deliveryRate();
    }

    /**
     * How many bytes of data were sent, repetitions included.
     *
     * @return bytes
     */
    public long bytesSent() {
        return data.bytesSent();
    }

    /**
     * How many of them were repetitions.
     *
     * @return bytes
     */
    public long bytesRetransmitted() {
        return data.bytesRetrans();
    }

    /**
     * How many bytes the other end acknowledged; the beginning of a connection is one of them for who connected, and
     * the end for both.
     *
     * @return bytes
     */
    public long bytesAcknowledged() {
        return data.bytesAcked();
    }

    /**
     * How many bytes came in order; the end is one of them.
     *
     * @return bytes
     */
    public long bytesReceived() {
        return data.bytesReceived();
    }

    /**
     * How many bytes were given to the kernel that it did not send yet.
     *
     * @return bytes
     */
    public long bytesNotSent() {
        return data.notsentBytes();
    }

    /**
     * How many segments were sent, empty ones and repetitions included.
     *
     * @return segments
     */
    public long segmentsSent() {
        return data.segsOut();
    }

    /**
     * How many segments came, empty ones included.
     *
     * @return segments
     */
    public long segmentsReceived() {
        return data.segsIn();
    }

    /**
     * How many segments with data were sent, repetitions included.
     *
     * @return segments
     */
    public long dataSegmentsSent() {
        return data.dataSegsOut();
    }

    /**
     * How many segments with data came.
     *
     * @return segments
     */
    public long dataSegmentsReceived() {
        return data.dataSegsIn();
    }

    /**
     * How many segments with data arrived at the other end, in order or not.
     *
     * @return segments
     */
    public long delivered() {
        return data.delivered();
    }

    /**
     * How many of them arrived marked for congestion.
     *
     * @return segments
     */
    public long deliveredWithCongestionMark() {
        return data.deliveredCe();
    }

    /**
     * For how long there was something to send or unacknowledged, in ticks of the kernel's clock: a moment may be
     * none.
     *
     * @return the time
     */
    public Duration busyTime() {
        return micros(data.busyTime());
    }

    /**
     * For how much of that time the other end had no room.
     *
     * @return the time
     */
    public Duration limitedByReceiveWindow() {
        return micros(data.rwndLimited());
    }

    /**
     * For how much of that time the send buffer was too small.
     *
     * @return the time
     */
    public Duration limitedBySendBuffer() {
        return micros(data.sndbufLimited());
    }

    /**
     * How often the other end told that it has something twice.
     *
     * @return reports
     */
    public long duplicatesReported() {
        return data.dsackDups();
    }

    /**
     * How often it was seen that the order of what was sent had changed.
     *
     * @return events
     */
    public long reorderingsSeen() {
        return data.reordSeen();
    }

    /**
     * How many segments came out of order.
     *
     * @return segments
     */
    public long outOfOrderReceived() {
        return data.rcvOoopack();
    }

    /**
     * How often another route of equal cost was tried.
     *
     * @return attempts; empty before Linux 6.2
     */
    public OptionalLong rehashes() {
        return data.rehash();
    }

    /**
     * How often something was repeated as its time was over.
     *
     * @return repetitions; empty before Linux 6.7
     */
    public OptionalLong timeouts() {
        return data.totalRto();
    }

    /**
     * How often the connection came back after such repetitions.
     *
     * @return times; empty before Linux 6.7
     */
    public OptionalLong timeoutRecoveries() {
        return data.totalRtoRecoveries();
    }

    /**
     * For how long altogether it was waited for that.
     *
     * @return the time, in milliseconds; empty before Linux 6.7
     */
    public Optional<Duration> timeInTimeouts() {
        return data.totalRtoTime().stream().mapToObj(Duration::ofMillis).findFirst();
    }

    /**
     * How many packets came marked for congestion.
     *
     * @return packets; empty before Linux 6.18
     */
    public OptionalLong congestionMarksReceived() {
        return data.receivedCe();
    }

    private boolean listens() {
        return state() == State.LISTEN;
    }

    private boolean has(int option) {
        return (data.options() & option) != 0;
    }

    private static Duration micros(long microseconds) {
        return Duration.of(microseconds, ChronoUnit.MICROS);
    }

    private static OptionalLong rate(long bytesPerSecond) {
        return bytesPerSecond == NO_LIMIT ? OptionalLong.empty() : OptionalLong.of(bytesPerSecond);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TcpInfo info && data.segment().mismatch(info.data.segment()) < 0;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(data.segment().toArray(ValueLayout.JAVA_BYTE));
    }

    @Override
    public String toString() {
        return "TcpInfo[state=" + state() + ", roundTripTime=" + roundTripTime() + ", congestionWindow="
                + congestionWindow() + ", unacknowledged=" + unacknowledged() + ", totalRetransmitted="
                + totalRetransmitted() + ", bytesSent=" + bytesSent() + ", bytesReceived=" + bytesReceived() + "]";
    }
}
