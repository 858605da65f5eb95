package org.chagres.internal.syscall;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages and control messages as C and the kernel have them, over a pair of datagram sockets. */
@ExtendWith(LeakCheck.class)
class MessagesTest {
    private final Arena arena = Arena.ofAuto();
    private int here;
    private int there;

    @BeforeEach
    void makeAPair() {
        long pair =
                SocketCalls.socketpairEnds(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM | SocketCalls.SOCK_CLOEXEC, 0);
        assertThat(pair).isPositive();
        here = (int) pair;
        there = (int) (pair >>> Integer.SIZE);
    }

    @AfterEach
    void closeIt() {
        DescriptorCalls.close(here);
        DescriptorCalls.close(there);
    }

    // Arithmetic and layout, against C.

    @Test
    void lengthAndSpaceAreThoseOfC() {
        String source = """
                long numbers[34];
                for (int i = 0; i < 17; i++) {
                    numbers[i] = CMSG_LEN(i);
                    numbers[17 + i] = CMSG_SPACE(i);
                }
                dump(numbers, sizeof numbers);
                """;
        MemorySegment numbers = Dump.of(source, arena);
        for (int i = 0; i < 17; i++) {
            assertThat(ControlMessages.length(i)).isEqualTo(numbers.getAtIndex(JAVA_LONG, i));
            assertThat(ControlMessages.space(i)).isEqualTo(numbers.getAtIndex(JAVA_LONG, 17 + i));
        }
    }

    @Test
    void controlMessagesAreWrittenAsCReadsThem() {
        String source = """
                union { char bytes[64]; struct cmsghdr align; } control;
                memset(&control, 0, sizeof control);
                struct msghdr message = { .msg_control = &control, .msg_controllen = CMSG_SPACE(5) + CMSG_SPACE(12) };
                struct cmsghdr *one = CMSG_FIRSTHDR(&message);
                one->cmsg_len = CMSG_LEN(5), one->cmsg_level = 0x10000001, one->cmsg_type = 0x20000002;
                memcpy(CMSG_DATA(one), "abcde", 5);
                struct cmsghdr *two = CMSG_NXTHDR(&message, one);
                two->cmsg_len = CMSG_LEN(12), two->cmsg_level = 3, two->cmsg_type = 4;
                memcpy(CMSG_DATA(two), "0123456789ab", 12);
                dump(&control, message.msg_controllen);
                """;
        MemorySegment memory = arena.allocate(ControlMessages.space(5) + ControlMessages.space(12), Long.BYTES)
                .fill((byte) 'z');
        ControlMessages written = ControlMessages.in(memory);
        written.append(0x10000001, 0x20000002, 5).copyFrom(MemorySegment.ofArray("abcde".getBytes()));
        written.append(3, 4, 12).copyFrom(MemorySegment.ofArray("0123456789ab".getBytes()));

        assertThat(written.byteSize()).isEqualTo(memory.byteSize());
        assertThat(memory.mismatch(Dump.of(source, arena))).isEqualTo(-1);
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> written.append(5, 6, 0));
    }

    // Walking.

    @Test
    void whatWasWrittenIsReadInOrder() {
        MemorySegment memory = arena.allocate(200, Long.BYTES);
        ControlMessages written = ControlMessages.in(memory);
        written.append(1, 2, 3).set(JAVA_BYTE, 2, (byte) 33);
        written.append(4, 5, 0);
        written.append(6, 7, 8).set(JAVA_LONG, 0, 88);

        ControlMessages read = ControlMessages.of(memory, written.byteSize());
        assertThat(read.next()).isTrue();
        assertThat(read.level()).isEqualTo(1);
        assertThat(read.type()).isEqualTo(2);
        assertThat(read.data().toArray(JAVA_BYTE)).containsExactly(0, 0, 33);
        assertThat(read.next()).isTrue();
        assertThat(read.data().byteSize()).isZero();
        assertThat(read.next()).isTrue();
        assertThat(read.type()).isEqualTo(7);
        assertThat(read.data().get(JAVA_LONG, 0)).isEqualTo(88);
        assertThat(read.next()).isFalse();
        assertThat(read.next()).isFalse();
    }

    @Test
    void theLastOneMayLackItsPadding() {
        MemorySegment memory = arena.allocate(64, Long.BYTES);
        ControlMessages.in(memory).append(1, 2, 4).set(JAVA_INT, 0, 44);
        ControlMessages read = ControlMessages.of(memory.asSlice(0, 20), 20);
        assertThat(read.next()).isTrue();
        assertThat(read.data().toArray(JAVA_INT)).containsExactly(44);
        assertThat(read.next()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 15})
    void aLengthThatCannotBeEndsTheWalk(long length) {
        MemorySegment memory = arena.allocate(64, Long.BYTES);
        ControlMessages.in(memory).append(1, 2, 4);
        memory.set(JAVA_LONG, 0, length);
        assertThat(ControlMessages.of(memory, 64).next()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {49, 65, Integer.MAX_VALUE, Long.MAX_VALUE - 7, Long.MAX_VALUE})
    void aLengthBeyondTheMemoryIsCutToIt(long length) {
        MemorySegment memory = arena.allocate(48, Long.BYTES);
        ControlMessages.in(memory).append(1, 2, 4);
        memory.set(JAVA_LONG, 0, length);
        ControlMessages read = ControlMessages.of(memory, 4711);
        assertThat(read.next()).isTrue();
        assertThat(read.data().byteSize()).isEqualTo(32);
        assertThat(read.next()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 8, 15})
    void lessMemoryThanAHeaderHasNone(long byteSize) {
        MemorySegment memory = arena.allocate(64, Long.BYTES);
        ControlMessages.in(memory).append(1, 2, 4);
        assertThat(ControlMessages.of(memory, byteSize).next()).isFalse();
        assertThat(ControlMessages.of(MemorySegment.NULL, byteSize).next()).isFalse();
    }

    // Through the kernel.

    @Test
    void piecesAreGatheredAndScattered() {
        assertThat(MessageCalls.sendmsg(here, message("ab", "", "cde"), 0)).isEqualTo(5);

        MemorySegment first = arena.allocate(1);
        MemorySegment second = arena.allocate(10);
        Msghdr received = Msghdr.allocate(arena);
        received.setPieces(Iovecs.of(List.of(first, second), arena));
        assertThat(MessageCalls.recvmsg(there, received, 0)).isEqualTo(5);
        assertThat(first.get(JAVA_BYTE, 0)).isEqualTo((byte) 'a');
        assertThat(second.getString(0)).isEqualTo("bcde");
        assertThat(received.nameLength()).isZero();
        assertThat(received.controlByteSize()).isZero();
        assertThat(received.flags() & SocketCalls.MSG_TRUNC).isZero();
    }

    @Test
    void aDatagramThatIsCutSaysSo() {
        assertThat(SocketCalls.send(here, text("abcde"), 5, 0)).isEqualTo(5);
        Msghdr received = message("xy");
        assertThat(MessageCalls.recvmsg(there, received, 0)).isEqualTo(2);
        assertThat(received.flags() & SocketCalls.MSG_TRUNC).isNotZero();
    }

    @Test
    void theNameIsFilledInAndItsLengthTold() {
        MemorySegment own = SockaddrUn.allocate(arena).segment();
        new SockaddrUn(own).setFamily(SocketCalls.AF_UNIX);
        assertThat(SocketCalls.bind(here, own, SockaddrUn.NAME_OFFSET)).isZero(); // the kernel chooses
        int length = SocketCalls.socketName(here, own);
        assertThat(length).isEqualTo(SockaddrUn.NAME_OFFSET + 6);
        assertThat(SocketCalls.send(here, text("a"), 1, 0)).isOne();

        MemorySegment name = SockaddrUn.allocate(arena).segment();
        Msghdr received = message("x");
        received.setName(name, (int) name.byteSize());
        assertThat(MessageCalls.recvmsg(there, received, 0)).isOne();
        assertThat(received.nameLength()).isEqualTo(length);
        assertThat(name.asSlice(0, length).mismatch(own.asSlice(0, length))).isEqualTo(-1);
    }

    @Test
    void aNameThatIsLongerThanItsRoomIsCutAndItsLengthTold() {
        MemorySegment own = SockaddrUn.allocate(arena).segment();
        new SockaddrUn(own).setFamily(SocketCalls.AF_UNIX);
        assertThat(SocketCalls.bind(here, own, SockaddrUn.NAME_OFFSET)).isZero();
        MemorySegment three = arena.allocate(16).fill((byte) 'z').asSlice(0, 3);
        assertThat(SocketCalls.socketName(here, three)).isEqualTo(SockaddrUn.NAME_OFFSET + 6);
        assertThat(SocketCalls.peerName(there, three)).isEqualTo(SockaddrUn.NAME_OFFSET + 6);
    }

    @Test
    void credentialsAndDescriptorsTravel() {
        assertThat(SocketCalls.setsockoptInt(there, SocketNumbers.SOL_SOCKET, SocketNumbers.SO_PASSCRED, 1))
                .isZero();
        MemorySegment control =
                arena.allocate(ControlMessages.space(4) + ControlMessages.space(Ucred.BYTE_SIZE), Long.BYTES);
        ControlMessages written = ControlMessages.in(control);
        written.append(SocketNumbers.SOL_SOCKET, SocketNumbers.SCM_RIGHTS, 4).set(JAVA_INT, 0, here);
        int pid = ProcessCalls.getpid();
        new Ucred(written.append(SocketNumbers.SOL_SOCKET, SocketNumbers.SCM_CREDENTIALS, Ucred.BYTE_SIZE))
                .set(pid, (int) ProcessCalls.getuid(), (int) ProcessCalls.getgid());
        Msghdr sent = message("a");
        sent.setControl(control, written.byteSize());
        assertThat(MessageCalls.sendmsg(here, sent, 0)).isOne();

        control.fill((byte) 0);
        Msghdr received = message("x");
        received.setControl(control, control.byteSize());
        assertThat(MessageCalls.recvmsg(there, received, SocketCalls.MSG_CMSG_CLOEXEC))
                .isOne();
        assertThat(received.flags() & SocketCalls.MSG_CTRUNC).isZero();
        ControlMessages read = ControlMessages.of(control, received.controlByteSize());
        List<Integer> types = new ArrayList<>();
        while (read.next()) {
            assertThat(read.level()).isEqualTo(SocketNumbers.SOL_SOCKET);
            types.add(read.type());
            if (read.type() == SocketNumbers.SCM_RIGHTS) {
                assertThat(DescriptorCalls.close(read.data().get(JAVA_INT, 0))).isZero();
            } else {
                assertThat(new Ucred(read.data()).pid()).isEqualTo(pid);
            }
        }
        assertThat(types).containsExactlyInAnyOrder(SocketNumbers.SCM_RIGHTS, SocketNumbers.SCM_CREDENTIALS);
    }

    @Test
    void theRoomForOneDescriptorAdmitsTwoAndTheWalkerShowsBoth() {
        MemorySegment control = arena.allocate(ControlMessages.space(12), Long.BYTES);
        ControlMessages written = ControlMessages.in(control);
        MemorySegment numbers = written.append(SocketNumbers.SOL_SOCKET, SocketNumbers.SCM_RIGHTS, 12);
        for (int i = 0; i < 3; i++) {
            numbers.setAtIndex(JAVA_INT, i, here);
        }
        Msghdr sent = message("a");
        sent.setControl(control, written.byteSize());
        assertThat(MessageCalls.sendmsg(here, sent, 0)).isOne();

        Msghdr received = message("x");
        received.setControl(control, ControlMessages.space(4));
        assertThat(MessageCalls.recvmsg(there, received, SocketCalls.MSG_CMSG_CLOEXEC))
                .isOne();
        assertThat(received.flags() & SocketCalls.MSG_CTRUNC).isNotZero();
        ControlMessages read = ControlMessages.of(control, received.controlByteSize());
        assertThat(read.next()).isTrue();
        int[] came = read.data().toArray(JAVA_INT);
        for (int number : came) {
            assertThat(DescriptorCalls.close(number)).isZero();
        }
        assertThat(came).hasSize(2);
        assertThat(read.next()).isFalse();
    }

    @Test
    void severalMessagesGoInOneCallAndComeInOneCall() {
        List<MemorySegment> texts = List.of(text("one"), text(""), text("three"));
        Mmsghdrs sent = Mmsghdrs.allocate(arena, 3, Iovecs.of(texts.subList(0, 1), arena));
        for (int i = 0; i < 3; i++) {
            sent.message(i).setPieces(Iovecs.of(List.of(texts.get(i)), arena));
        }
        assertThat(MessageCalls.sendmmsg(here, sent, 3, 0)).isEqualTo(3);
        assertThat(sent.byteSize(2)).isEqualTo(5);

        List<MemorySegment> rooms = new ArrayList<>();
        Mmsghdrs received = Mmsghdrs.allocate(arena, 4, Iovecs.NONE);
        for (int i = 0; i < received.count(); i++) {
            rooms.add(arena.allocate(4));
            received.message(i).setPieces(Iovecs.of(List.of(rooms.get(i)), arena));
        }
        assertThat(MessageCalls.recvmmsg(there, received, 4, SocketCalls.MSG_DONTWAIT, 0))
                .isEqualTo(3);
        assertThat(received.byteSize(0)).isEqualTo(3);
        assertThat(rooms.getFirst().getString(0)).isEqualTo("one");
        assertThat(received.byteSize(1)).isZero();
        assertThat(received.byteSize(2)).isEqualTo(4);
        assertThat(received.message(2).flags() & SocketCalls.MSG_TRUNC).isNotZero();
        assertThat(MessageCalls.recvmmsg(there, received, 4, SocketCalls.MSG_DONTWAIT, 0))
                .isEqualTo(-Errnos.EAGAIN);
    }

    // The user's memory.

    @Test
    void memoryThatWasFreedIsRefusedAndNotSent() {
        Msghdr message = Msghdr.allocate(arena);
        Mmsghdrs several;
        try (Arena freed = Arena.ofConfined()) {
            Iovecs pieces = Iovecs.of(List.of(freed.allocate(8)), arena);
            message.setPieces(pieces);
            several = Mmsghdrs.allocate(arena, 1, pieces);
            several.message(0).setPieces(pieces);
        }
        assertThatIllegalStateException().isThrownBy(() -> MessageCalls.sendmsg(here, message, 0));
        assertThatIllegalStateException().isThrownBy(() -> MessageCalls.sendmmsg(here, several, 1, 0));
        assertThat(DescriptorCalls.fionread(there)).isZero();
    }

    @Test
    void memoryOfAnotherThreadIsRefusedUnlessItIsOnItsBehalf() throws Exception {
        try (Arena confined = Arena.ofConfined()) {
            Msghdr message = Msghdr.allocate(arena);
            message.setPieces(Iovecs.of(List.of(confined.allocate(8)), arena));
            assertThatExceptionOfType(WrongThreadException.class)
                    .isThrownBy(() -> elsewhere(() -> MessageCalls.sendmsg(here, message, 0)));
            assertThat(elsewhere(() -> MessageCalls.sendmsg(here, message.onBehalf(), 0)))
                    .isEqualTo(8);
        }
    }

    private static long elsewhere(Callable<Long> call) throws Exception {
        FutureTask<Long> task = new FutureTask<>(call);
        Thread.ofPlatform().start(task);
        try {
            return task.get();
        } catch (ExecutionException failure) {
            throw (Exception) failure.getCause();
        }
    }

    // Numbers.

    @Test
    void aNegativeOptionHasItsSignBackWhenItIsNarrowed() {
        int level = SocketNumbers.SOL_SOCKET;
        int option = SocketNumbers.SO_PEEK_OFF;
        assertThat(SocketCalls.getsockoptInt(there, level, option)).isEqualTo(0xFFFF_FFFFL);
        assertThat((int) SocketCalls.getsockoptInt(there, level, option)).isEqualTo(-1);
        assertThat(SocketCalls.setsockoptInt(there, level, option, 3)).isZero();
        assertThat(SocketCalls.getsockoptInt(there, level, option)).isEqualTo(3);
        assertThat(SocketCalls.setsockoptInt(there, level, option, -7)).isZero();
        assertThat((int) SocketCalls.getsockoptInt(there, level, option)).isNegative();
        assertThat(SocketCalls.getsockoptInt(there, level, 4711)).isEqualTo(-Errnos.ENOPROTOOPT);
    }

    @Test
    void permissionsOfASocketAreSetBeforeItHasAName() {
        assertThat(FileCalls.fchmod(here, 0600)).isZero();
        assertThat(FileCalls.mode(here)).isEqualTo(FileCalls.S_IFSOCK | 0600);
    }

    @Test
    void whatWasSentAndNotReceivedIsCounted() {
        assertThat(DescriptorCalls.siocoutq(here)).isZero();
        assertThat(SocketCalls.send(here, text("abc"), 3, 0)).isEqualTo(3);
        assertThat(DescriptorCalls.siocoutq(here)).isPositive();
        assertThat(SocketCalls.recv(there, arena.allocate(3), 3, 0)).isEqualTo(3);
        assertThat(DescriptorCalls.siocoutq(here)).isZero();
    }

    private MemorySegment text(String text) {
        return arena.allocateFrom(text).asSlice(0, text.length());
    }

    private Msghdr message(String... pieces) {
        List<MemorySegment> segments = new ArrayList<>();
        for (String piece : pieces) {
            segments.add(text(piece));
        }
        Msghdr message = Msghdr.allocate(arena);
        message.setPieces(Iovecs.of(segments, arena));
        return message;
    }
}
