package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.chagres.socket.InternetSockets.TCP4;
import static org.chagres.socket.InternetSockets.TCP6;
import static org.chagres.socket.InternetSockets.get;
import static org.chagres.socket.TcpSocketOptions.TCP_INFO;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.chagres.Descriptor;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.testing.Await;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernel tells of a connection: of real ones, and of bytes as a C program writes them. */
@ExtendWith(LeakCheck.class)
class TcpInfoTest {
    private static final int BYTE_COUNT = 100_000;

    private static void move(Descriptor from, Descriptor to) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(BYTE_COUNT);
            assertThat(SocketCalls.send(LocalSockets.number(from), bytes, BYTE_COUNT, 0))
                    .isEqualTo(BYTE_COUNT);
            assertThat(SocketCalls.recv(LocalSockets.number(to), bytes, BYTE_COUNT, SocketCalls.MSG_WAITALL))
                    .isEqualTo(BYTE_COUNT);
        }
    }

    private static TcpInfo info(Descriptor socket) {
        try {
            return get(socket, TCP_INFO);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TCP4", "TCP6"})
    void aConnectionTellsWhatWentThroughIt(InternetSockets kind) throws Exception {
        try (InternetSockets.Connection connection = kind.connection()) {
            move(connection.client(), connection.server());
            Await.until(() -> info(connection.client()).unacknowledged() == 0, "an acknowledgement of everything");

            TcpInfo client = info(connection.client());
            TcpInfo server = info(connection.server());
            assertThat(client.byteSize()).isGreaterThanOrEqualTo(232);
            assertThat(client.state()).isEqualTo(TcpInfo.State.ESTABLISHED);
            assertThat(server.state()).isEqualTo(TcpInfo.State.ESTABLISHED);
            assertThat(client.congestionState()).isNotEqualTo(TcpInfo.CongestionState.UNKNOWN);
            assertThat(client.bytesSent() - client.bytesRetransmitted()).isEqualTo(BYTE_COUNT);
            assertThat(client.bytesAcknowledged()).isEqualTo(BYTE_COUNT + 1); // and the beginning
            assertThat(client.bytesNotSent()).isZero();
            assertThat(server.bytesReceived()).isEqualTo(BYTE_COUNT);
            assertThat(server.bytesSent()).isZero();
            assertThat(client.dataSegmentsSent()).isPositive();
            assertThat(server.dataSegmentsReceived()).isPositive();
            assertThat(client.segmentsSent()).isGreaterThan(client.dataSegmentsSent());
            assertThat(client.pathMtu()).isEqualTo(kind.longestOnTheLoopback());
            assertThat(client.sendWindow()).isPositive();
            assertThat(client.sendWindowScale()).isEqualTo(server.receiveWindowScale());
            assertThat(client.congestionWindow()).isPositive();
            assertThat(client.roundTripTime()).isBetween(Duration.ofNanos(1000), Duration.ofSeconds(5));
            assertThat(client.leastRoundTripTime())
                    .hasValueSatisfying(least -> assertThat(least).isLessThanOrEqualTo(Duration.ofSeconds(5)));
            assertThat(client.retransmissionTimeout()).isGreaterThan(client.roundTripTime());
            assertThat(client.sinceDataSent()).isBetween(Duration.ZERO, Duration.ofMinutes(5));
            assertThat(client.busyTime()).isBetween(Duration.ZERO, Duration.ofMinutes(5)); // in ticks of the clock
            assertThat(client.greatestPacingRate()).isEmpty();
            assertThat(client.deliveryRate()).isPositive();
            assertThat(client.delivered()).isGreaterThanOrEqualTo(client.dataSegmentsSent());
            assertThat(client.acceptQueueLength()).isEmpty();
            assertThat(client).hasToString(client.toString()).isNotEqualTo(server);
            assertThat(client.toString())
                    .startsWith("TcpInfo[state=ESTABLISHED, ")
                    .contains("bytesSent=" + client.bytesSent());
        }
    }

    @Test
    void theStateIsThatOfTheConnection() throws Exception {
        try (Descriptor fresh = TCP4.open()) {
            assertThat(info(fresh).state()).isEqualTo(TcpInfo.State.CLOSE);
            assertThat(info(fresh).leastRoundTripTime()).isEmpty();
            assertThat(info(fresh).roundTripTime()).isZero();
        }
        try (InternetSockets.Connection connection = TCP4.connection()) {
            SocketCalls.shutdown(LocalSockets.number(connection.client()), SocketCalls.SHUT_WR);
            Await.until(() -> info(connection.client()).state() == TcpInfo.State.FIN_WAIT2, "the end acknowledged");
            Await.until(() -> info(connection.server()).state() == TcpInfo.State.CLOSE_WAIT, "the end received");
            SocketCalls.shutdown(LocalSockets.number(connection.server()), SocketCalls.SHUT_WR);
            Await.until(() -> info(connection.server()).state() == TcpInfo.State.CLOSE, "both ends");
        }
    }

    @Test
    void aListenerTellsHowManyWaitToBeAccepted() throws Exception {
        try (InternetSockets.Connection connection = TCP4.connection();
                Descriptor second = TCP4.open();
                Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(32, Long.BYTES);
            int length = SocketCalls.socketName(LocalSockets.number(connection.listener()), address);
            assertThat(SocketCalls.connect(LocalSockets.number(second), address, length))
                    .isZero();
            Await.until(
                    () -> info(connection.listener()).acceptQueueLength().equals(OptionalLong.of(1)), "a connection");
            TcpInfo listener = info(connection.listener());
            assertThat(listener.state()).isEqualTo(TcpInfo.State.LISTEN);
            assertThat(listener.acceptQueueLimit()).hasValue(7);
            assertThat(listener.unacknowledged()).isZero();
            assertThat(listener.selectivelyAcknowledged()).isZero();
        }
    }

    @Test
    void itIsOnlyAsked() throws Exception {
        try (Descriptor socket = TCP6.open()) {
            TcpInfo info = info(socket);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> InternetSockets.set(socket, TCP_INFO, info))
                    .withMessage("TCP_INFO can only be asked");
        }
    }

    @Test
    void anotherProgramIsToldTheSame() throws Exception {
        Run.assumeInstalled("ss");
        try (InternetSockets.Connection connection = TCP4.connection()) {
            move(connection.client(), connection.server());
            Await.until(() -> info(connection.client()).unacknowledged() == 0, "an acknowledgement of everything");
            String seen = Run.command(
                            List.of(
                                    "ss",
                                    "--no-header",
                                    "--numeric",
                                    "--tcp",
                                    "--info",
                                    "--options",
                                    "src",
                                    "127.0.0.1:" + InternetSockets.port(connection.client())),
                            Map.of())
                    .output();
            TcpInfo info = info(connection.client());

            assertThat(word(seen, "wscale:(\\S+)")).isEqualTo(info.sendWindowScale() + "," + info.receiveWindowScale());
            assertThat(word(seen, "\\bmss:(\\d+)")).isEqualTo(Long.toString(info.sendSegmentByteSize()));
            assertThat(word(seen, "\\bpmtu:(\\d+)")).isEqualTo(Long.toString(info.pathMtu()));
            assertThat(word(seen, "\\badvmss:(\\d+)")).isEqualTo(Long.toString(info.advertisedSegmentByteSize()));
            assertThat(word(seen, "\\bcwnd:(\\d+)")).isEqualTo(Long.toString(info.congestionWindow()));
            assertThat(word(seen, "\\bbytes_sent:(\\d+)")).isEqualTo(Long.toString(info.bytesSent()));
            assertThat(word(seen, "\\bbytes_acked:(\\d+)")).isEqualTo(Long.toString(info.bytesAcknowledged()));
            assertThat(word(seen, "\\bsegs_out:(\\d+)")).isEqualTo(Long.toString(info.segmentsSent()));
            assertThat(word(seen, "\\bdata_segs_out:(\\d+)")).isEqualTo(Long.toString(info.dataSegmentsSent()));
            assertThat(word(seen, "\\bsegs_in:(\\d+)")).isEqualTo(Long.toString(info.segmentsReceived()));
            assertThat(word(seen, "\\bdelivered:(\\d+)")).isEqualTo(Long.toString(info.delivered()));
            assertThat(word(seen, "\\bsnd_wnd:(\\d+)")).isEqualTo(Long.toString(info.sendWindow()));
            assertThat(Double.parseDouble(word(seen, "\\brtt:([\\d.]+)/")) * 1000)
                    .isEqualTo(info.roundTripTime().toNanos() / 1000.0);
            assertThat(Double.parseDouble(word(seen, "\\bminrtt:([\\d.]+)")) * 1000)
                    .isEqualTo(info.leastRoundTripTime().orElseThrow().toNanos() / 1000.0);
            assertThat(Double.parseDouble(word(seen, "\\brto:([\\d.]+)")))
                    .isEqualTo(info.retransmissionTimeout().toNanos() / 1_000_000.0);
            assertThat(Pattern.compile("\\sts\\s").matcher(seen).find()).isEqualTo(info.hasTimestamps());
            assertThat(Pattern.compile("\\ssack\\s").matcher(seen).find())
                    .isEqualTo(info.hasSelectiveAcknowledgements());
            assertThat(seen.contains("app_limited")).isEqualTo(info.isDeliveryRateLimitedByProgram());
        }
    }

    private static String word(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern + " in " + text).isTrue();
        return matcher.group(1);
    }

    // Bytes.

    @Test
    void bitFieldsAreWhereCHasThem() {
        try (CProgram program = CProgram.compile("""
                #include <linux/tcp.h>
                #include <stdio.h>
                int main(void) {
                    struct tcp_info info = {
                        .tcpi_state = 1, .tcpi_ca_state = 3, .tcpi_options = TCPI_OPT_SACK | TCPI_OPT_ECN_SEEN,
                        .tcpi_snd_wscale = 7, .tcpi_rcv_wscale = 14,
                        .tcpi_delivery_rate_app_limited = 1, .tcpi_fastopen_client_fail = 2,
                        .tcpi_rtt = 1500, .tcpi_last_data_sent = 12, .tcpi_last_data_recv = 13,
                        .tcpi_last_ack_recv = 14, .tcpi_snd_ssthresh = 10, .tcpi_pacing_rate = ~0ULL,
                        .tcpi_min_rtt = ~0U, .tcpi_bytes_sent = 1ULL << 40, .tcpi_snd_wnd = 0xFFFFFFFF,
                    };
                    for (unsigned i = 0; i < sizeof info; i++) printf("%02x", ((unsigned char *) &info)[i]);
                }
                """)) {
            TcpInfo info = of(HexFormat.of().parseHex(program.run().output().strip()));
            assertThat(info.state()).isEqualTo(TcpInfo.State.ESTABLISHED);
            assertThat(info.congestionState()).isEqualTo(TcpInfo.CongestionState.RECOVERY);
            assertThat(info.hasSelectiveAcknowledgements()).isTrue();
            assertThat(info.hasSeenCongestionNotification()).isTrue();
            assertThat(info.hasTimestamps()).isFalse();
            assertThat(info.hasWindowScaling()).isFalse();
            assertThat(info.hasCongestionNotification()).isFalse();
            assertThat(info.hasDataInFirstPacket()).isFalse();
            assertThat(info.sendWindowScale()).isEqualTo(7);
            assertThat(info.receiveWindowScale()).isEqualTo(14);
            assertThat(info.isDeliveryRateLimitedByProgram()).isTrue();
            assertThat(info.fastOpenFailure()).isEqualTo(TcpInfo.FastOpenFailure.DATA_NOT_ACKNOWLEDGED);
            assertThat(info.roundTripTime()).isEqualTo(Duration.ofNanos(1_500_000));
            assertThat(info.sinceDataSent()).isEqualTo(Duration.ofMillis(12));
            assertThat(info.sinceDataReceived()).isEqualTo(Duration.ofMillis(13));
            assertThat(info.sinceAcknowledgementReceived()).isEqualTo(Duration.ofMillis(14));
            assertThat(info.slowStartThreshold()).hasValue(10);
            assertThat(info.pacingRate()).isEmpty();
            assertThat(info.greatestPacingRate()).hasValue(0);
            assertThat(info.leastRoundTripTime()).isEmpty();
            assertThat(info.bytesSent()).isEqualTo(1L << 40);
            assertThat(info.sendWindow()).isEqualTo(0xFFFF_FFFFL);
        }
    }

    @Test
    void whatAnOlderKernelDoesNotTellIsEmpty() {
        TcpInfo old = of(filled(232));
        assertThat(old.byteSize()).isEqualTo(232);
        assertThat(old.sendWindow()).isEqualTo(0x0101_0101);
        assertThat(old.receiveWindow()).isEmpty();
        assertThat(old.rehashes()).isEmpty();
        assertThat(old.timeouts()).isEmpty();
        assertThat(old.timeoutRecoveries()).isEmpty();
        assertThat(old.timeInTimeouts()).isEmpty();
        assertThat(old.congestionMarksReceived()).isEmpty();

        TcpInfo newer = of(filled(240));
        assertThat(newer.receiveWindow()).hasValue(0x0101_0101);
        assertThat(newer.rehashes()).hasValue(0x0101_0101);
        assertThat(newer.timeouts()).isEmpty();

        TcpInfo newest = of(filled(280));
        assertThat(newest.timeouts()).hasValue(0x0101);
        assertThat(newest.timeoutRecoveries()).hasValue(0x0101);
        assertThat(newest.timeInTimeouts()).contains(Duration.ofMillis(0x0101_0101));
        assertThat(newest.congestionMarksReceived()).hasValue(0x0101_0101);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 103, 104, 231})
    void whatEvenLinux54TellsIsZeroWhereItIsNotTold(int byteSize) {
        TcpInfo less = of(filled(byteSize));
        assertThat(less.byteSize()).isEqualTo(byteSize);
        assertThat(less.state()).isEqualTo(byteSize > 0 ? TcpInfo.State.ESTABLISHED : TcpInfo.State.UNKNOWN);
        assertThat(less.totalRetransmitted()).isEqualTo(byteSize >= 104 ? 0x0101_0101 : 0);
        assertThat(less.sendWindow()).isZero();
        assertThat(less.receiveWindow()).isEmpty();
    }

    @Test
    void numbersThatAreNewAreUnknown() {
        byte[] bytes = filled(232);
        bytes[0] = (byte) 200;
        bytes[1] = (byte) 200;
        assertThat(of(bytes).state()).isEqualTo(TcpInfo.State.UNKNOWN);
        assertThat(of(bytes).congestionState()).isEqualTo(TcpInfo.CongestionState.UNKNOWN);
    }

    @Test
    void sameBytesAreEqual() {
        assertThat(of(filled(232)))
                .isEqualTo(of(filled(232)))
                .hasSameHashCodeAs(of(filled(232)))
                .isNotEqualTo(of(filled(231)));
    }

    @Test
    void itOutlivesTheMemoryThatItWasReadFrom() {
        TcpInfo info;
        try (Arena arena = Arena.ofConfined()) {
            info = new TcpInfo(arena.allocate(280).fill((byte) 1));
        }
        assertThat(info.state()).isEqualTo(TcpInfo.State.ESTABLISHED);
    }

    private static byte[] filled(int byteSize) {
        byte[] bytes = new byte[byteSize];
        Arrays.fill(bytes, (byte) 1);
        return bytes;
    }

    private static TcpInfo of(byte[] bytes) {
        return new TcpInfo(MemorySegment.ofArray(bytes));
    }
}
