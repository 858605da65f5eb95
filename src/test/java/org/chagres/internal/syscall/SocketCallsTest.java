package org.chagres.internal.syscall;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.syscall.DescriptorCalls.siocatmark;
import static org.chagres.internal.syscall.MessageCalls.recvmmsg;
import static org.chagres.internal.syscall.MessageCalls.recvmsg;
import static org.chagres.internal.syscall.MessageCalls.sendmsg;
import static org.chagres.internal.syscall.SocketCalls.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntToLongFunction;
import org.assertj.core.api.SoftAssertions;
import org.chagres.Errno;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the kernel answers to what the library above never asks: numbers that are no sockets or not open, calls that a
 * kind of socket does not have, addresses of another family, sockets that are named or connected twice, bad pointers.
 */
@ExtendWith(LeakCheck.class)
class SocketCallsTest {
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int NOT_OPEN = -1;
    private static final int UNKNOWN = 500;
    private static final int SO_KEEPALIVE = SocketNumbers.SO_KEEPALIVE;
    private static final int SOL_SOCKET = SocketNumbers.SOL_SOCKET;

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment byteOfMemory = arena.allocate(1);
    private final MemorySegment badPointer = MemorySegment.ofAddress(8).reinterpret(1);
    private final List<Integer> open = new ArrayList<>();

    /** What is open and no socket. */
    private int noSocket;

    @BeforeEach
    void openSomething() {
        noSocket = opened(ReadinessCalls.eventfd(0, ReadinessCalls.EFD_CLOEXEC));
    }

    @AfterEach
    void closeAll() {
        open.forEach(DescriptorCalls::close);
    }

    private int opened(int number) {
        assertThat(number).isNotNegative();
        open.add(number);
        return number;
    }

    private int made(int family, int type) {
        return opened(socket(family, type | SOCK_CLOEXEC, 0));
    }

    private static int no(Errno errno) {
        return -errno.number();
    }

    // Pairs.

    @ParameterizedTest
    @CsvSource({
        "0, 1, 0, EAFNOSUPPORT",
        "47, 2, 0, EAFNOSUPPORT",
        "1, 75, 0, EINVAL",
        "2, 2, 0, EOPNOTSUPP",
        "2, 2, 17, EOPNOTSUPP",
        "2, 1, 0, EOPNOTSUPP",
        "2, 1, 6, EOPNOTSUPP",
        "10, 1, 0, EOPNOTSUPP",
        "2, 1, 17, EPROTONOSUPPORT",
        "2, 2, 6, EPROTONOSUPPORT",
        "2, 1, 1, EPROTONOSUPPORT",
        "1, 1, 17, EPROTONOSUPPORT"
    })
    void onlyLocalSocketsArePaired(int family, int type, int protocol, Errno errno) {
        Set<String> before = Kernel.descriptors();
        assertThat(socketpairEnds(family, type, protocol)).isEqualTo(no(errno));
        assertThat(socketpair(family, type, protocol, arena.allocate(JAVA_INT, 2)))
                .isEqualTo(no(errno));
        assertThat(Kernel.descriptors()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void localSocketsOfEachTypeArePaired(int type) {
        MemorySegment pair = arena.allocate(2 * JAVA_INT.byteSize());
        assertThat(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair)).isZero();
        int first = opened(pair.getAtIndex(JAVA_INT, 0));
        int second = opened(pair.getAtIndex(JAVA_INT, 1));
        MemorySegment sent = arena.allocateFrom("x");
        assertThat(send(first, sent, 1, 0)).isOne();
        assertThat(recv(second, byteOfMemory, 1, 0)).isOne();
        assertThat(byteOfMemory.mismatch(sent.asSlice(0, 1))).isEqualTo(-1);
        assertThat(getsockoptInt(second, SOL_SOCKET, SocketNumbers.SO_TYPE)).isEqualTo(type);
    }

    // What is no socket.

    private record Call(String name, IntToLongFunction of) {}

    /** Every call that takes a socket, with otherwise good arguments. */
    private List<Call> calls() {
        MemorySegment address = loopback(0);
        MemorySegment value = arena.allocate(JAVA_INT);
        MemorySegment length = arena.allocateFrom(JAVA_INT, Integer.BYTES);
        return List.of(
                new Call("bind", socket -> bind(socket, address, SockaddrIn.BYTE_SIZE)),
                new Call("listen", socket -> listen(socket, 1)),
                new Call("accept4", socket -> accept4(socket, 0, 0, SOCK_CLOEXEC)),
                new Call("connect", socket -> connect(socket, address, SockaddrIn.BYTE_SIZE)),
                new Call("getsockname", socket -> getsockname(socket, value, length)),
                new Call("socketName", socket -> socketName(socket, value)),
                new Call("getpeername", socket -> getpeername(socket, value, length)),
                new Call("peerName", socket -> peerName(socket, value)),
                new Call("shutdown", socket -> shutdown(socket, SHUT_RDWR)),
                new Call("getsockopt", socket -> getsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, value, length)),
                new Call("getsockoptInto", socket -> getsockoptInto(socket, SOL_SOCKET, SO_KEEPALIVE, value)),
                new Call("getsockoptInt", socket -> getsockoptInt(socket, SOL_SOCKET, SO_KEEPALIVE)),
                new Call("setsockopt", socket -> setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, value, 4)),
                new Call("setsockoptInt", socket -> setsockoptInt(socket, SOL_SOCKET, SO_KEEPALIVE, 1)),
                new Call("send", socket -> send(socket, byteOfMemory, 1, MSG_NOSIGNAL)),
                new Call("sendmsg", socket -> sendmsg(socket, message(), MSG_NOSIGNAL)),
                new Call("sendmmsg", socket -> MessageCalls.sendmmsg(socket, messages(), 1, MSG_NOSIGNAL)),
                new Call("recv", socket -> recv(socket, byteOfMemory, 1, MSG_DONTWAIT)),
                new Call("recvmsg", socket -> recvmsg(socket, message(), MSG_DONTWAIT)),
                new Call("recvmmsg", socket -> recvmmsg(socket, messages(), 1, MSG_DONTWAIT, 0)));
    }

    @Test
    void aNumberThatIsNotOpenIsABadDescriptor() {
        assertAll(NOT_OPEN, Errno.EBADF);
    }

    /** The same rows. */
    @Test
    void whatIsNoSocketIsToldSo() {
        assertAll(noSocket, Errno.ENOTSOCK);
    }

    private void assertAll(int number, Errno errno) {
        SoftAssertions softly = new SoftAssertions();
        for (Call call : calls()) {
            softly.assertThat(call.of().applyAsLong(number)).as(call.name()).isEqualTo(no(errno));
        }
        softly.assertAll();
    }

    @Test
    void theMarkIsOfStreamsAlone() {
        assertThat(siocatmark(NOT_OPEN)).isEqualTo(no(Errno.EBADF));
        assertThat(siocatmark(noSocket)).isEqualTo(no(Errno.ENOTTY));
        assertThat(siocatmark(made(AF_INET, SOCK_DGRAM))).isEqualTo(no(Errno.ENOTTY));
        assertThat(siocatmark(made(AF_INET, SOCK_STREAM))).isBetween(0, 1);
        assertThat(DescriptorCalls.ioctl(made(AF_INET, SOCK_STREAM), 0x4711, 0)).isEqualTo(no(Errno.ENOTTY));
    }

    // Names.

    private MemorySegment loopback(int port) {
        SockaddrIn address = SockaddrIn.allocate(arena);
        address.setFamily(AF_INET);
        address.setPort(port);
        address.setAddress(new byte[] {127, 0, 0, 1});
        return address.segment();
    }

    /** The kernel is to choose. */
    private MemorySegment noName() {
        SockaddrUn address = SockaddrUn.allocate(arena);
        address.setFamily(AF_UNIX);
        return address.segment();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aNameOfAnotherFamilyIsNotOneOfTheSocket(int type) {
        MemorySegment local = noName();
        assertThat(bind(made(AF_INET, type), local, (int) local.byteSize())).isEqualTo(no(Errno.EAFNOSUPPORT));
        assertThat(bind(made(AF_UNIX, type), loopback(0), SockaddrIn.BYTE_SIZE)).isEqualTo(no(Errno.EINVAL));
    }

    @Test
    void aFamilyThatIsNoneIsNotConnectedTo() {
        MemorySegment unknown = loopback(1);
        new SockaddrIn(unknown).setFamily(47);
        assertThat(connect(made(AF_INET, SOCK_STREAM), unknown, SockaddrIn.BYTE_SIZE))
                .isEqualTo(no(Errno.EAFNOSUPPORT));
        assertThat(connect(made(AF_INET, SOCK_DGRAM), unknown, SockaddrIn.BYTE_SIZE))
                .isEqualTo(no(Errno.EAFNOSUPPORT));
    }

    /** There is no second name. */
    @Test
    void aSocketThatHasANameGetsNoOther() {
        int local = made(AF_UNIX, SOCK_STREAM);
        assertThat(bind(local, noName(), SockaddrUn.NAME_OFFSET)).isZero();
        MemorySegment other = noName();
        other.set(JAVA_BYTE, SockaddrUn.NAME_OFFSET + 1, (byte) 'x');
        assertThat(bind(local, other, SockaddrUn.NAME_OFFSET + 2)).isEqualTo(no(Errno.EINVAL));
        int internet = made(AF_INET, SOCK_STREAM);
        assertThat(bind(internet, loopback(0), SockaddrIn.BYTE_SIZE)).isZero();
        assertThat(bind(internet, loopback(0), SockaddrIn.BYTE_SIZE)).isEqualTo(no(Errno.EINVAL));
    }

    @Test
    void aLocalSocketWithoutANameHasNothingButItsFamily() {
        MemorySegment name = SockaddrUn.allocate(arena).segment();
        assertThat(socketName(made(AF_UNIX, SOCK_STREAM), name)).isEqualTo(SockaddrUn.NAME_OFFSET);
        assertThat(new SockaddrUn(name).family()).isEqualTo(AF_UNIX);
    }

    @Test
    void anEmptyNameIsNotConnectedTo() {
        for (int type : new int[] {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) {
            assertThat(connect(made(AF_UNIX, type), noName(), SockaddrUn.NAME_OFFSET))
                    .isEqualTo(no(Errno.EINVAL));
        }
    }

    @Test
    void onlyStreamsAndRecordsListenAndOnlyThoseThatListenAccept() {
        int datagrams = made(AF_INET, SOCK_DGRAM);
        int localDatagrams = made(AF_UNIX, SOCK_DGRAM);
        for (int number : new int[] {datagrams, localDatagrams}) {
            assertThat(listen(number, 1)).isEqualTo(no(Errno.EOPNOTSUPP));
            assertThat(accept4(number, 0, 0, SOCK_CLOEXEC)).isEqualTo(no(Errno.EOPNOTSUPP));
        }
        for (int number : new int[] {made(AF_INET, SOCK_STREAM), made(AF_UNIX, SOCK_STREAM)}) {
            assertThat(accept4(number, 0, 0, SOCK_CLOEXEC)).isEqualTo(no(Errno.EINVAL));
        }
        assertThat(listen(made(AF_UNIX, SOCK_STREAM), 1)).as("without a name").isEqualTo(no(Errno.EINVAL));
    }

    @Test
    void whatIsConnectedIsNotConnectedAgain() {
        int listener = made(AF_INET, SOCK_STREAM);
        assertThat(bind(listener, loopback(0), SockaddrIn.BYTE_SIZE)).isZero();
        assertThat(listen(listener, 1)).isZero();
        MemorySegment address = loopback(0);
        assertThat(socketName(listener, address)).isEqualTo(SockaddrIn.BYTE_SIZE);
        int client = made(AF_INET, SOCK_STREAM);
        assertThat(connect(client, address, SockaddrIn.BYTE_SIZE)).isZero();
        assertThat(connect(client, address, SockaddrIn.BYTE_SIZE)).isEqualTo(no(Errno.EISCONN));
        assertThat(connect(listener, address, SockaddrIn.BYTE_SIZE)).isEqualTo(no(Errno.EISCONN));
    }

    // Directions.

    @ParameterizedTest
    @ValueSource(ints = {-1, 3, Integer.MIN_VALUE})
    void aDirectionThatIsNoneIsInvalid(int how) {
        long pair = socketpairEnds(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        opened((int) (pair >>> Integer.SIZE));
        assertThat(shutdown(opened((int) pair), how)).isEqualTo(no(Errno.EINVAL));
        assertThat(shutdown((int) pair, SHUT_WR)).isZero();
    }

    // Options.

    @Test
    void optionsThatThereAreNotAreToldByTheirLevel() {
        int stream = made(AF_INET, SOCK_STREAM);
        for (int level : new int[] {0, TCP}) { // IP, TCP
            assertThat(getsockoptInt(stream, level, -1)).isEqualTo(no(Errno.ENOPROTOOPT));
            assertThat(setsockoptInt(stream, level, -1, 1)).isEqualTo(no(Errno.ENOPROTOOPT));
        }
        for (int level : new int[] {UNKNOWN, UDP}) { // kernels differ in how they refuse to tell
            assertThat(getsockoptInt(stream, level, 1)).isIn((long) no(Errno.EOPNOTSUPP), (long) no(Errno.ENOPROTOOPT));
            assertThat(setsockoptInt(stream, level, 1, 1)).isEqualTo(no(Errno.ENOPROTOOPT));
        }
        assertThat(setsockopt(stream, SOL_SOCKET, SO_KEEPALIVE, byteOfMemory, 0))
                .isEqualTo(no(Errno.EINVAL));
        assertThat(setsockopt(stream, SOL_SOCKET, SO_KEEPALIVE, badPointer, 4)).isEqualTo(no(Errno.EFAULT));
        assertThat(getsockopt(stream, SOL_SOCKET, SO_KEEPALIVE, byteOfMemory, badPointer))
                .isEqualTo(no(Errno.EFAULT));
    }

    // Bytes and messages.

    private Msghdr message() {
        Msghdr message = Msghdr.allocate(arena);
        message.setPieces(Iovecs.of(List.of(byteOfMemory), arena));
        return message;
    }

    private Mmsghdrs messages() {
        Iovecs pieces = Iovecs.of(List.of(byteOfMemory), arena);
        Mmsghdrs messages = Mmsghdrs.allocate(arena, 1, pieces);
        messages.message(0).setPieces(pieces);
        return messages;
    }

    /** Two ends of a connection over the loopback interface. */
    private int[] connection() {
        int listener = made(AF_INET, SOCK_STREAM);
        assertThat(bind(listener, loopback(0), SockaddrIn.BYTE_SIZE)).isZero();
        assertThat(listen(listener, 1)).isZero();
        MemorySegment address = loopback(0);
        assertThat(socketName(listener, address)).isEqualTo(SockaddrIn.BYTE_SIZE);
        int client = made(AF_INET, SOCK_STREAM);
        assertThat(connect(client, address, SockaddrIn.BYTE_SIZE)).isZero();
        return new int[] {client, opened(accept4(listener, 0, 0, SOCK_CLOEXEC))};
    }

    @Test
    void memoryThatIsNotThereIsNeitherSentNorFilled() {
        int[] both = connection();
        assertThat(send(both[0], badPointer, 1, MSG_NOSIGNAL)).isEqualTo(no(Errno.EFAULT));
        assertThat(send(both[0], byteOfMemory, 1, MSG_NOSIGNAL)).isOne();
        assertThat(recv(both[1], badPointer, 1, 0)).isEqualTo(no(Errno.EFAULT));
        Msghdr unnamed = message();
        unnamed.setName(badPointer, 16);
        assertThat(sendmsg(made(AF_INET, SOCK_DGRAM), unnamed, 0)).isEqualTo(no(Errno.EFAULT));
        assertThat(recv(both[1], byteOfMemory, 1, 0)).as("it is there still").isOne();
    }

    /** What is out of band is not there, and nothing went wrong. */
    @Test
    void nothingOutOfBandIsInvalidAndNothingThatWentWrongIsNoWait() {
        int[] both = connection();
        assertThat(recv(both[0], byteOfMemory, 1, MSG_OOB)).isEqualTo(no(Errno.EINVAL));
        assertThat(recv(both[0], byteOfMemory, 1, MSG_ERRQUEUE)).isEqualTo(no(Errno.EAGAIN));
        assertThat(recv(made(AF_INET, SOCK_DGRAM), byteOfMemory, 1, MSG_ERRQUEUE))
                .isEqualTo(no(Errno.EAGAIN));
    }

    /** Of a stream nobody is told. */
    @Test
    void aStreamTellsNoNameThoughThereIsRoom() {
        int[] both = connection();
        assertThat(send(both[0], byteOfMemory, 1, 0)).isOne();
        Msghdr message = message();
        message.setName(SockaddrIn.allocate(arena).segment(), SockaddrIn.BYTE_SIZE);
        assertThat(recvmsg(both[1], message, 0)).isOne();
        assertThat(message.nameLength()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0, 1000000000", "-1, 0", "0, -1", "1, 9223372036854775807"})
    void aTimeThatIsNoneIsInvalid(long seconds, long nanos) {
        MemorySegment time = arena.allocateFrom(JAVA_LONG, seconds, nanos);
        int datagrams = made(AF_INET, SOCK_DGRAM);
        assertThat(recvmmsg(datagrams, messages(), 1, MSG_DONTWAIT, time.address()))
                .isEqualTo(no(Errno.EINVAL));
    }

    // Control messages.

    private int[] datagramPair() {
        long pair = socketpairEnds(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        return new int[] {opened((int) pair), opened((int) (pair >>> Integer.SIZE))};
    }

    private Msghdr withDescriptors(int... numbers) {
        long byteSize = numbers.length * JAVA_INT.byteSize();
        MemorySegment control = arena.allocate(ControlMessages.space(byteSize), Long.BYTES);
        ControlMessages written = ControlMessages.in(control);
        MemorySegment.copy(
                MemorySegment.ofArray(numbers),
                0,
                written.append(SOL_SOCKET, SocketNumbers.SCM_RIGHTS, byteSize),
                0,
                byteSize);
        Msghdr message = message();
        message.setControl(control, written.byteSize());
        return message;
    }

    /** Neither an error nor something that comes. */
    @Test
    void noDescriptorsInAMessageForThemAreNone() {
        int[] both = datagramPair();
        Set<String> before = Kernel.descriptors();
        assertThat(sendmsg(both[0], withDescriptors(), 0)).isOne();
        Msghdr received = message();
        MemorySegment control = arena.allocate(ControlMessages.space(4), Long.BYTES);
        received.setControl(control, control.byteSize());
        assertThat(recvmsg(both[1], received, MSG_CMSG_CLOEXEC)).isOne();
        assertThat(received.flags() & MSG_CTRUNC).isZero();
        assertThat(received.controlByteSize()).isZero();
        assertThat(Kernel.descriptors()).isEqualTo(before);
    }

    /** The bytes come, that something was cut off is told, and no descriptor is left open. */
    @ParameterizedTest
    @ValueSource(longs = {0, 13, 16, 19})
    void descriptorsThatThereIsNoRoomForAreCutOffAndClosed(long room) {
        int[] both = datagramPair();
        Set<String> before = Kernel.descriptors();
        assertThat(sendmsg(both[0], withDescriptors(noSocket), 0)).isOne();
        Msghdr received = message();
        MemorySegment control = room == 0 ? MemorySegment.NULL : arena.allocate(room, Long.BYTES);
        received.setControl(control, room);
        assertThat(recvmsg(both[1], received, MSG_CMSG_CLOEXEC)).isOne();
        assertThat(received.flags() & MSG_CTRUNC).isNotZero();
        ControlMessages read = ControlMessages.of(control, received.controlByteSize());
        while (read.next()) {
            assertThat(read.data().byteSize()).isLessThan(JAVA_INT.byteSize());
        }
        assertThat(Kernel.descriptors()).isEqualTo(before);
    }

    @Test
    void aDescriptorThatIsNotOpenIsNotSent() {
        int[] both = datagramPair();
        assertThat(sendmsg(both[0], withDescriptors(NOT_OPEN), 0)).isEqualTo(no(Errno.EBADF));
        assertThat(recv(both[1], byteOfMemory, 1, MSG_DONTWAIT)).isEqualTo(no(Errno.EAGAIN));
    }

    @Test
    void muchRoomForControlMessagesIsNoHarm() {
        int[] both = datagramPair();
        assertThat(sendmsg(both[0], withDescriptors(noSocket), 0)).isOne();
        Msghdr received = message();
        MemorySegment control = arena.allocate(128 << 10, Long.BYTES);
        received.setControl(control, control.byteSize());
        assertThat(recvmsg(both[1], received, MSG_CMSG_CLOEXEC)).isOne();
        assertThat(received.flags() & MSG_CTRUNC).isZero();
        ControlMessages read = ControlMessages.of(control, received.controlByteSize());
        assertThat(read.next()).isTrue();
        opened(read.data().get(JAVA_INT, 0));
        assertThat(read.next()).isFalse();
    }
}
