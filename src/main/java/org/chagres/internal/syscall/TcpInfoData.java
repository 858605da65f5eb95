package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalLong;
import org.chagres.internal.generated.Linux;

/**
 * {@code struct tcp_info}, as long as the kernel told it: each kernel adds to its end. The names are those of C. What is
 * behind the end is 0 if Linux 5.4 has it already, and otherwise empty.
 *
 * <p>Times are in microseconds, but {@code last…} and {@code total_rto_time} in milliseconds.
 */
public record TcpInfoData(MemorySegment segment) {
    public static final int BYTE_SIZE = Linkage.POSSIBLE ? Linux.TCP_INFO_BYTE_SIZE() : 0;

    /** As much as Linux 5.4 tells. */
    public static final int LEAST_BYTE_SIZE = Linkage.POSSIBLE ? Linux.TCP_INFO_LEAST_BYTE_SIZE() : 0;

    public static final int OPTION_TIMESTAMPS = Linkage.POSSIBLE ? Linux.TCPI_OPT_TIMESTAMPS() : 0;
    public static final int OPTION_SACK = Linkage.POSSIBLE ? Linux.TCPI_OPT_SACK() : 0;
    public static final int OPTION_WSCALE = Linkage.POSSIBLE ? Linux.TCPI_OPT_WSCALE() : 0;
    public static final int OPTION_ECN = Linkage.POSSIBLE ? Linux.TCPI_OPT_ECN() : 0;
    public static final int OPTION_ECN_SEEN = Linkage.POSSIBLE ? Linux.TCPI_OPT_ECN_SEEN() : 0;
    public static final int OPTION_SYN_DATA = Linkage.POSSIBLE ? Linux.TCPI_OPT_SYN_DATA() : 0;

    public int state() {
        return octet(Linux.TCP_INFO_TCPI_STATE_OFFSET());
    }

    public int congestionState() {
        return octet(Linux.TCP_INFO_TCPI_CA_STATE_OFFSET());
    }

    public int retransmits() {
        return octet(Linux.TCP_INFO_TCPI_RETRANSMITS_OFFSET());
    }

    public int probes() {
        return octet(Linux.TCP_INFO_TCPI_PROBES_OFFSET());
    }

    public int backoff() {
        return octet(Linux.TCP_INFO_TCPI_BACKOFF_OFFSET());
    }

    public int options() {
        return octet(Linux.TCP_INFO_TCPI_OPTIONS_OFFSET());
    }

    public int windowScales() {
        return octet(Linux.TCP_INFO_TCPI_WSCALE_OFFSET());
    }

    public int flags() {
        return octet(Linux.TCP_INFO_TCPI_FLAGS_OFFSET());
    }

    public long rto() {
        return number(Linux.TCP_INFO_TCPI_RTO_OFFSET());
    }

    public long ato() {
        return number(Linux.TCP_INFO_TCPI_ATO_OFFSET());
    }

    public long sndMss() {
        return number(Linux.TCP_INFO_TCPI_SND_MSS_OFFSET());
    }

    public long rcvMss() {
        return number(Linux.TCP_INFO_TCPI_RCV_MSS_OFFSET());
    }

    public long unacked() {
        return number(Linux.TCP_INFO_TCPI_UNACKED_OFFSET());
    }

    public long sacked() {
        return number(Linux.TCP_INFO_TCPI_SACKED_OFFSET());
    }

    public long lost() {
        return number(Linux.TCP_INFO_TCPI_LOST_OFFSET());
    }

    public long retrans() {
        return number(Linux.TCP_INFO_TCPI_RETRANS_OFFSET());
    }

    public long lastDataSent() {
        return number(Linux.TCP_INFO_TCPI_LAST_DATA_SENT_OFFSET());
    }

    public long lastDataRecv() {
        return number(Linux.TCP_INFO_TCPI_LAST_DATA_RECV_OFFSET());
    }

    public long lastAckRecv() {
        return number(Linux.TCP_INFO_TCPI_LAST_ACK_RECV_OFFSET());
    }

    public long pmtu() {
        return number(Linux.TCP_INFO_TCPI_PMTU_OFFSET());
    }

    public long rcvSsthresh() {
        return number(Linux.TCP_INFO_TCPI_RCV_SSTHRESH_OFFSET());
    }

    public long rtt() {
        return number(Linux.TCP_INFO_TCPI_RTT_OFFSET());
    }

    public long rttvar() {
        return number(Linux.TCP_INFO_TCPI_RTTVAR_OFFSET());
    }

    public long sndSsthresh() {
        return number(Linux.TCP_INFO_TCPI_SND_SSTHRESH_OFFSET());
    }

    public long sndCwnd() {
        return number(Linux.TCP_INFO_TCPI_SND_CWND_OFFSET());
    }

    public long advmss() {
        return number(Linux.TCP_INFO_TCPI_ADVMSS_OFFSET());
    }

    public long reordering() {
        return number(Linux.TCP_INFO_TCPI_REORDERING_OFFSET());
    }

    public long rcvRtt() {
        return number(Linux.TCP_INFO_TCPI_RCV_RTT_OFFSET());
    }

    public long rcvSpace() {
        return number(Linux.TCP_INFO_TCPI_RCV_SPACE_OFFSET());
    }

    public long totalRetrans() {
        return number(Linux.TCP_INFO_TCPI_TOTAL_RETRANS_OFFSET());
    }

    public long segsOut() {
        return number(Linux.TCP_INFO_TCPI_SEGS_OUT_OFFSET());
    }

    public long segsIn() {
        return number(Linux.TCP_INFO_TCPI_SEGS_IN_OFFSET());
    }

    public long notsentBytes() {
        return number(Linux.TCP_INFO_TCPI_NOTSENT_BYTES_OFFSET());
    }

    public long minRtt() {
        return number(Linux.TCP_INFO_TCPI_MIN_RTT_OFFSET());
    }

    public long dataSegsIn() {
        return number(Linux.TCP_INFO_TCPI_DATA_SEGS_IN_OFFSET());
    }

    public long dataSegsOut() {
        return number(Linux.TCP_INFO_TCPI_DATA_SEGS_OUT_OFFSET());
    }

    public long delivered() {
        return number(Linux.TCP_INFO_TCPI_DELIVERED_OFFSET());
    }

    public long deliveredCe() {
        return number(Linux.TCP_INFO_TCPI_DELIVERED_CE_OFFSET());
    }

    public long dsackDups() {
        return number(Linux.TCP_INFO_TCPI_DSACK_DUPS_OFFSET());
    }

    public long reordSeen() {
        return number(Linux.TCP_INFO_TCPI_REORD_SEEN_OFFSET());
    }

    public long rcvOoopack() {
        return number(Linux.TCP_INFO_TCPI_RCV_OOOPACK_OFFSET());
    }

    public long sndWnd() {
        return number(Linux.TCP_INFO_TCPI_SND_WND_OFFSET());
    }

    public long pacingRate() {
        return longNumber(Linux.TCP_INFO_TCPI_PACING_RATE_OFFSET());
    }

    public long maxPacingRate() {
        return longNumber(Linux.TCP_INFO_TCPI_MAX_PACING_RATE_OFFSET());
    }

    public long bytesAcked() {
        return longNumber(Linux.TCP_INFO_TCPI_BYTES_ACKED_OFFSET());
    }

    public long bytesReceived() {
        return longNumber(Linux.TCP_INFO_TCPI_BYTES_RECEIVED_OFFSET());
    }

    public long deliveryRate() {
        return longNumber(Linux.TCP_INFO_TCPI_DELIVERY_RATE_OFFSET());
    }

    public long busyTime() {
        return longNumber(Linux.TCP_INFO_TCPI_BUSY_TIME_OFFSET());
    }

    public long rwndLimited() {
        return longNumber(Linux.TCP_INFO_TCPI_RWND_LIMITED_OFFSET());
    }

    public long sndbufLimited() {
        return longNumber(Linux.TCP_INFO_TCPI_SNDBUF_LIMITED_OFFSET());
    }

    public long bytesSent() {
        return longNumber(Linux.TCP_INFO_TCPI_BYTES_SENT_OFFSET());
    }

    public long bytesRetrans() {
        return longNumber(Linux.TCP_INFO_TCPI_BYTES_RETRANS_OFFSET());
    }

    public OptionalLong rcvWnd() {
        return newer(Linux.TCP_INFO_TCPI_RCV_WND_OFFSET());
    }

    public OptionalLong rehash() {
        return newer(Linux.TCP_INFO_TCPI_REHASH_OFFSET());
    }

    public OptionalLong totalRtoTime() {
        return newer(Linux.TCP_INFO_TCPI_TOTAL_RTO_TIME_OFFSET());
    }

    public OptionalLong receivedCe() {
        return newer(Linux.TCP_INFO_TCPI_RECEIVED_CE_OFFSET());
    }

    public OptionalLong totalRto() {
        return newerShort(Linux.TCP_INFO_TCPI_TOTAL_RTO_OFFSET());
    }

    public OptionalLong totalRtoRecoveries() {
        return newerShort(Linux.TCP_INFO_TCPI_TOTAL_RTO_RECOVERIES_OFFSET());
    }

    private boolean has(int offset, int byteSize) {
        return offset + byteSize <= segment.byteSize();
    }

    private int octet(int offset) {
        return has(offset, Byte.BYTES) ? Byte.toUnsignedInt(segment.get(ValueLayout.JAVA_BYTE, offset)) : 0;
    }

    private long number(int offset) {
        return newer(offset).orElse(0);
    }

    private long longNumber(int offset) {
        return has(offset, Long.BYTES) ? segment.get(ValueLayout.JAVA_LONG, offset) : 0;
    }

    private OptionalLong newer(int offset) {
        return has(offset, Integer.BYTES)
                ? OptionalLong.of(Integer.toUnsignedLong(segment.get(ValueLayout.JAVA_INT, offset)))
                : OptionalLong.empty();
    }

    private OptionalLong newerShort(int offset) {
        return has(offset, Short.BYTES)
                ? OptionalLong.of(Short.toUnsignedLong(segment.get(ValueLayout.JAVA_SHORT, offset)))
                : OptionalLong.empty();
    }
}
