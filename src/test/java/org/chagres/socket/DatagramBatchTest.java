package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.chagres.socket.InetSockets.*;
import static org.chagres.socket.LocalSockets.bytes;
import static org.chagres.socket.LocalSockets.text;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.chagres.Errno;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several datagrams in one call, each with its address. */
@ExtendWith(LeakCheck.class)
class DatagramBatchTest {
    private static void put(DatagramBatch batch, int index, String text) {
        batch.memory(index).copyFrom(bytes(text));
        batch.setByteSize(index, text.length());
    }

    private static String text(DatagramBatch batch, int index) {
        MemorySegment all = batch.bytes(index);
        return LocalSockets.text(all, all.byteSize());
    }

    /** Receives one by one what was sent. */
    private static String next(UdpSocket socket) throws Exception {
        MemorySegment into = Waiting.memory(100);
        return LocalSockets.text(into, socket.tryReceive(into, LONG));
    }

    /** Receives until so many came; a call may return when the first are there. */
    private static void receiveAll(UdpSocket socket, DatagramBatch batch, int count) throws Exception {
        assertThat(socket.receiveMany(batch)).isEqualTo(count);
    }

    @Test
    void newBatchHasRoomForSoMany() {
        try (Arena arena = Arena.ofConfined()) {
            DatagramBatch batch = DatagramBatch.allocate(arena, 3, 10);
            assertThat(batch.capacity()).isEqualTo(3);
            for (int i = 0; i < 3; i++) {
                assertThat(batch.memory(i).byteSize()).isEqualTo(10);
                assertThat(batch.address(i)).isEmpty();
            }
            assertThat(batch).hasToString("DatagramBatch[3 of 10 bytes]");
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void severalAreSentAndReceivedAndSentBackAsTheyAre(ThreadKind kind) throws Exception {
        for (Version version : Version.values()) {
            try (Arena arena = Arena.ofShared();
                    UdpSocket server = UdpSocket.bind(version.loopback(0));
                    UdpSocket client = UdpSocket.connectedTo(server.localAddress());
                    UdpSocket other = UdpSocket.connectedTo(server.localAddress())) {
                DatagramBatch out = DatagramBatch.allocate(arena, 4, 20);
                DatagramBatch in = DatagramBatch.allocate(arena, 8, 20);
                put(out, 0, "one");
                put(out, 1, "");
                put(out, 2, "three");
                put(out, 3, "four");
                kind.start(() -> {
                            assertThat(client.sendMany(out, 0, 3)).isEqualTo(3);
                            assertThat(other.sendMany(out, 3, 1)).isEqualTo(1);
                            receiveAll(server, in, 4);
                            assertThat(List.of(text(in, 0), text(in, 1), text(in, 2), text(in, 3)))
                                    .containsExactly("one", "", "three", "four");
                            assertThat(in.address(0)).contains(client.localAddress());
                            assertThat(in.address(1)).contains(client.localAddress());
                            assertThat(in.address(3)).contains(other.localAddress());
                            assertThat(server.sendMany(in, 0, 4)).isEqualTo(4);
                            assertThat(List.of(next(client), next(client), next(client)))
                                    .containsExactly("one", "", "three");
                            assertThat(next(other)).isEqualTo("four");
                            return null;
                        })
                        .get();
            }
        }
    }

    @Test
    void addressesOfBothVersionsGoFromASocketOfVersion6() throws Exception {
        try (Arena arena = Arena.ofConfined();
                UdpSocket both = UdpSocket.bind(Version.V6.any(0));
                UdpSocket v4 = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket v6 = UdpSocket.bind(Version.V6.loopback(0))) {
            DatagramBatch batch = DatagramBatch.allocate(arena, 2, 20);
            put(batch, 0, "to 4");
            put(batch, 1, "to 6");
            batch.setAddress(0, v4.localAddress());
            batch.setAddress(1, v6.localAddress());
            assertThat(batch.address(0)).contains(v4.localAddress());
            assertThat(batch.address(1)).contains(v6.localAddress());
            assertThat(both.sendMany(batch, 0, 2)).isEqualTo(2);
            assertThat(next(v4)).isEqualTo("to 4");
            assertThat(next(v6)).isEqualTo("to 6");
            int port = both.localAddress().getPort();
            v4.send(Datagram.of("from 4").to(Version.V4.loopback(port)));
            v6.send(Datagram.of("from 6").to(Version.V6.loopback(port)));
            receiveAll(both, batch, 2);
            assertThat(batch.address(0)).contains(v4.localAddress());
            assertThat(batch.address(1)).contains(v6.localAddress());
            assertThat(both.sendMany(batch, 0, 2)).isEqualTo(2);
            assertThat(next(v4)).isEqualTo("from 4");
            assertThat(next(v6)).isEqualTo("from 6");
        }
    }

    @Test
    void addressIsSetClearedAndLooked() throws Exception {
        try (Arena arena = Arena.ofConfined();
                UdpSocket friend = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            DatagramBatch batch = DatagramBatch.allocate(arena, 2, 20);
            put(batch, 0, "a");
            put(batch, 1, "b");
            batch.setAddress(0, friend.localAddress());
            assertThat(client.sendMany(batch, 0, 2)).isEqualTo(2);
            assertThat(next(friend)).isEqualTo("a");
            assertThat(next(server)).isEqualTo("b");
            batch.clearAddress(0);
            assertThat(batch.address(0)).isEmpty();
            assertThat(client.sendMany(batch, 0, 1)).isOne();
            assertThat(next(server)).isEqualTo("a");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> batch.setAddress(0, InetSocketAddress.createUnresolved("gatun.invalid", 9)));
            assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> batch.setAddress(0, null));
        }
    }

    @Test
    void whatCouldNotBeSentEndsTheBatchAndIsToldByTheNextCall() throws Exception {
        try (Arena arena = Arena.ofConfined();
                UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.create(StandardProtocolFamily.INET)) {
            DatagramBatch batch = DatagramBatch.allocate(arena, 3, 70_000);
            for (int i = 0; i < 3; i++) {
                put(batch, i, "" + i);
                batch.setAddress(i, server.localAddress());
            }
            batch.setByteSize(1, 65_508);
            assertThat(client.sendMany(batch, 0, 3)).isOne(); // the second cannot be
            refused(Errno.EMSGSIZE, "65507", () -> client.sendMany(batch, 1, 2));
            assertThat(client.sendMany(batch, 2, 1)).isOne();
            assertThat(next(server)).isEqualTo("0");
            assertThat(next(server)).isEqualTo("2");
            batch.clearAddress(2);
            refused(Errno.EDESTADDRREQ, "no address was given", () -> client.sendMany(batch, 2, 1));
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void truncationIsSeenAndNotSentBackByAccident(ThreadKind kind) throws Exception {
        try (Arena arena = Arena.ofShared();
                UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            DatagramBatch batch = DatagramBatch.allocate(arena, 2, 4);
            client.send(bytes("truncated"));
            client.send(bytes("next"));
            kind.start(() -> {
                        receiveAll(server, batch, 2);
                        assertThat(batch.byteSize(0)).isEqualTo(9);
                        assertThat(text(batch, 0)).isEqualTo("trun");
                        assertThat(text(batch, 1)).isEqualTo("next");
                        assertThatIllegalArgumentException()
                                .isThrownBy(() -> server.sendMany(batch, 0, 2))
                                .withMessageContaining("datagram 0");
                        assertThat(server.sendMany(batch, 1, 1)).isOne();
                        batch.setByteSize(0, 4);
                        assertThat(server.sendMany(batch, 0, 1)).isOne();
                        assertThat(next(client)).isEqualTo("next");
                        assertThat(next(client)).isEqualTo("trun");
                        client.send(bytes("whole"));
                        receiveAll(server, batch, 1); // each time there is room for all of it
                        assertThat(batch.byteSize(0)).isEqualTo(5);
                        return null;
                    })
                    .get();
        }
    }

    @Test
    void moreThanThereIsRoomForWaits() throws Exception {
        try (Arena arena = Arena.ofConfined();
                UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            DatagramBatch batch = DatagramBatch.allocate(arena, 2, 10);
            for (int i = 0; i < 5; i++) {
                client.send(bytes("" + i));
            }
            StringBuilder all = new StringBuilder();
            for (int count : new int[] {2, 2, 1}) {
                receiveAll(server, batch, count);
                for (int i = 0; i < count; i++) {
                    all.append(text(batch, i));
                }
            }
            assertThat(all).hasToString("01234");
            assertThat(server.tryReceiveMany(batch, Duration.ZERO)).isZero();
            assertThat(server.tryReceiveMany(batch, MOMENT)).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void receiveWaitsForTheFirstAlone(ThreadKind kind) throws Exception {
        try (Arena arena = Arena.ofShared();
                UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            DatagramBatch batch = DatagramBatch.allocate(arena, 8, 10);
            Waiting<Integer> receiving = Waiting.start(kind, () -> server.tryReceiveMany(batch, LONG));
            client.send(bytes("x"));
            assertThat(receiving.get()).isOne();
            assertThat(text(batch, 0)).isEqualTo("x");
            assertThat(client.trySendMany(batch, 0, 0, MOMENT)).isZero(); // nothing is no error
            assertThat(client.sendMany(batch, 8, 0)).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void closeEndsAReceive(ThreadKind kind) throws Exception {
        try (Arena arena = Arena.ofShared()) {
            UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
            DatagramBatch batch = DatagramBatch.allocate(arena, 8, 10);
            Waiting<Integer> receiving = Waiting.start(kind, () -> server.receiveMany(batch));
            server.close(); // before it or meanwhile
            assertThat(receiving.failure()).isInstanceOf(ClosedChannelException.class);
            assertThatExceptionOfType(ClosedChannelException.class)
                    .isThrownBy(() -> server.sendMany(batch, 0, 1))
                    .isNotInstanceOf(AsynchronousCloseException.class);
        }
    }

    @Test
    void indexesAndSizesOutOfRangeAreRefused() throws Exception {
        try (Arena arena = Arena.ofConfined();
                UdpSocket socket = UdpSocket.create(StandardProtocolFamily.INET)) {
            DatagramBatch batch = DatagramBatch.allocate(arena, 2, 4);
            for (int index : new int[] {-1, 2}) {
                for (Callable<?> call : List.<Callable<?>>of(
                        () -> batch.memory(index),
                        () -> batch.bytes(index),
                        () -> batch.byteSize(index),
                        () -> batch.address(index),
                        () -> {
                            batch.clearAddress(index);
                            return null;
                        },
                        () -> {
                            batch.setByteSize(index, 0);
                            return null;
                        },
                        () -> {
                            batch.setAddress(index, Version.V4.loopback(9));
                            return null;
                        },
                        () -> socket.sendMany(batch, index, 1))) {
                    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(call::call);
                }
            }
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> socket.sendMany(batch, 1, 2));
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> socket.sendMany(batch, 0, -1));
            assertThatIllegalArgumentException().isThrownBy(() -> batch.setByteSize(0, 5));
            assertThatIllegalArgumentException().isThrownBy(() -> batch.setByteSize(0, -1));
            assertThatIllegalArgumentException().isThrownBy(() -> DatagramBatch.allocate(arena, 0, 4));
            assertThatIllegalArgumentException().isThrownBy(() -> DatagramBatch.allocate(arena, 1, -1));
            assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> DatagramBatch.allocate(null, 1, 1));
            assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> socket.receiveMany(null));
            assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> socket.sendMany(null, 0, 0));
        }
    }

    @Test
    void memoryThatIsGoneOrAnothersIsRefused() throws Exception {
        try (UdpSocket server = UdpSocket.bind(Version.V4.loopback(0));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            DatagramBatch gone;
            try (Arena arena = Arena.ofConfined()) {
                DatagramBatch batch = DatagramBatch.allocate(arena, 2, 4);
                for (ThreadKind kind : ThreadKind.values()) {
                    assertThat(Waiting.start(kind, () -> client.sendMany(batch, 0, 1))
                                    .failure())
                            .isInstanceOf(WrongThreadException.class);
                    assertThat(Waiting.start(kind, () -> server.tryReceiveMany(batch, Duration.ZERO))
                                    .failure())
                            .isInstanceOf(WrongThreadException.class);
                }
                batch.setByteSize(0, 3);
                assertThat(client.sendMany(batch, 0, 1)).isOne();
                gone = batch;
            }
            assertThatIllegalStateException().isThrownBy(() -> client.sendMany(gone, 0, 1));
            assertThatIllegalStateException().isThrownBy(() -> server.receiveMany(gone));
            assertThatIllegalStateException().isThrownBy(() -> gone.setByteSize(0, 1));
            assertThatIllegalStateException().isThrownBy(() -> gone.address(0));
            assertThat(server.tryReceive(Waiting.memory(9), LONG)).isEqualTo(3); // what was sent is there
        }
    }

    @Test
    void moreThanTheKernelTakesAtOnceGoesInParts() throws Exception {
        try (Arena arena = Arena.ofConfined();
                UdpSocket server = UdpSocket.bind(
                        Version.V4.loopback(0), SocketSetting.set(LinuxSocketOptions.SO_RCVBUF, 100_000));
                UdpSocket client = UdpSocket.connectedTo(server.localAddress())) {
            DatagramBatch batch = DatagramBatch.allocate(arena, 1100, 1);
            int sent = client.sendMany(batch, 0, 1100);
            assertThat(sent).isEqualTo(1024); // UIO_MAXIOV
        }
    }
}
