package org.chagres.socket;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.chagres.Pollable;
import org.chagres.testing.Await;
import org.chagres.testing.Kernel;
import org.chagres.testing.ThreadKind;

/**
 * Two threads meet at one socket after the other: one makes a call that would have to wait, the other one closes the
 * socket, or interrupts the first. In every fourth round it lets the first one through just before. After each round
 * what came must be with the one who called, or still there. Needs no library of assertions.
 */
final class SocketRace {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Set<PosixFilePermission> OWNER =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
    private static final byte OURS = 'R';

    /** How long a thread may hesitate. Both do, so that either may be the first. */
    private static final int MOST_NANOS = 40_000;

    /** What a call may come to, and nothing else. */
    enum Outcome {
        RESULT,
        INTERRUPTED,
        CLOSED_MEANWHILE,
        CLOSED_BEFORE
    }

    /** What is called. */
    enum Subject {
        ACCEPT(Accepting::new),
        CONNECT(Connecting::new),
        RECEIVE_BYTE(() -> new Receiving<>(UnixStream.pair())),
        RECEIVE_RECORD(() -> new Receiving<>(UnixSeqPacket.pair())),
        RECEIVE_DATAGRAM(() -> new Receiving<>(UnixDatagram.pair())),
        SEND_BYTE(() -> new Sending<>(UnixStream.pair())),
        SEND_RECORD(() -> new Sending<>(UnixSeqPacket.pair())),
        SEND_DATAGRAM(() -> new Sending<>(UnixDatagram.pair())),
        SEND_TO_ADDRESS(SendingTo::new),
        ACCEPT_TCP(InetRounds.Accepting::new),
        CONNECT_TCP(InetRounds.Connecting::new),
        RECEIVE_TCP(InetRounds.Receiving::new),
        SEND_TCP(InetRounds.Sending::new),
        RECEIVE_UDP(InetRounds.ReceivingDatagrams::new);

        private final Maker maker;

        Subject(Maker maker) {
            this.maker = maker;
        }

        /** Nobody else has the socket of a connect before that is over. */
        boolean canBeClosed() {
            return this != CONNECT && this != CONNECT_TCP;
        }
    }

    private interface Maker {
        Round make() throws Exception;
    }

    /** One meeting. */
    interface Round extends AutoCloseable {
        /** The call in one of its forms; it throws if what it got is not what came. */
        void call(int form) throws Exception;

        /** Whether nobody has to let it through. */
        default boolean comesByItself() {
            return false;
        }

        /** Lets the call through. */
        void letThrough() throws Exception;

        /** Closes what is called. */
        void closeSubject();

        /** Throws if something is neither with the caller nor still there. */
        void check(boolean done, boolean letThrough, boolean closed) throws Exception;

        @Override
        void close();
    }

    private static final int MOST_REPEATS = 10;

    private SocketRace() {}

    /** Every race on both kinds of thread, so many rounds each; tells what the calls came to, a line each. */
    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        int descriptors = Kernel.descriptors().size();
        for (Subject subject : Subject.values()) {
            for (ThreadKind kind : ThreadKind.values()) {
                for (boolean closing : new boolean[] {false, true}) {
                    if (!closing || subject.canBeClosed()) {
                        Outcome ended = closing ? Outcome.CLOSED_MEANWHILE : Outcome.INTERRUPTED;
                        Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
                        boolean both = false;
                        for (int i = 0; i < MOST_REPEATS && !both; i++) { // long pauses make one of them rare
                            run(subject, kind, closing, rounds)
                                    .forEach((outcome, count) -> outcomes.merge(outcome, count, Integer::sum));
                            both = outcomes.containsKey(Outcome.RESULT) && outcomes.containsKey(ended);
                        }
                        System.out.println(subject + (closing ? " closed, " : " interrupted, ") + kind + ": "
                                + (both ? "good" : outcomes));
                    }
                }
            }
        }
        System.out.println("descriptors left: " + (Kernel.descriptors().size() - descriptors));
    }

    /** How often the calls came to what. */
    static Map<Outcome, Integer> run(Subject subject, ThreadKind kind, boolean closing, int rounds) throws Exception {
        Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
        Random random = new Random(subject.ordinal());
        for (int i = 0; i < rounds; i++) {
            try (Round round = subject.maker.make()) {
                outcomes.merge(meet(round, kind, closing, i, random), 1, Integer::sum);
            } catch (Throwable failure) {
                throw new AssertionError(subject + ", round " + i + ", so far " + outcomes, failure);
            }
        }
        return outcomes;
    }

    private static Outcome meet(Round round, ThreadKind kind, boolean closing, int number, Random random)
            throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        int hesitation = random.nextInt(MOST_NANOS);
        FutureTask<Outcome> call = new FutureTask<>(() -> {
            begun.countDown();
            hesitate(hesitation);
            return outcome(round, number);
        });
        Thread caller = kind.builder().start(call);
        begun.await();
        hesitate(random.nextInt(MOST_NANOS));
        if (number % 8 == 1) { // not only where it is on its way
            Await.until(() -> call.isDone() || caller.getState() != Thread.State.RUNNABLE || !caller.isVirtual());
        }
        boolean letThrough = number % 4 == 0;
        if (letThrough) {
            round.letThrough();
            hesitate(random.nextInt(2 * MOST_NANOS));
        }
        if (closing) {
            round.closeSubject();
        } else {
            caller.interrupt();
        }
        Outcome outcome = call.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        caller.join();
        boolean foreseen = switch (outcome) {
            case RESULT -> letThrough || round.comesByItself();
            case INTERRUPTED -> !closing;
            case CLOSED_MEANWHILE, CLOSED_BEFORE -> closing;
        };
        require(foreseen, "it came to " + outcome);
        round.check(outcome == Outcome.RESULT, letThrough, closing);
        return outcome;
    }

    private static Outcome outcome(Round round, int form) throws Exception {
        try {
            round.call(form);
            return Outcome.RESULT;
        } catch (InterruptedException interrupt) {
            require(!Thread.currentThread().isInterrupted(), "still interrupted");
            return Outcome.INTERRUPTED;
        } catch (AsynchronousCloseException closed) {
            return Outcome.CLOSED_MEANWHILE;
        } catch (ClosedChannelException closed) {
            return Outcome.CLOSED_BEFORE;
        }
    }

    private static void hesitate(int nanos) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < nanos) {
            Thread.onSpinWait();
        }
        if (nanos % 8 == 0) {
            LockSupport.parkNanos(1); // where there is one processor, the other one comes first so
        }
    }

    private static void require(boolean condition, String complaint) {
        if (!condition) {
            throw new AssertionError(complaint);
        }
    }

    private static final class Accepting implements Round {
        private final UnixListener<UnixStream> listener = UnixListener.bind(UnixAddress.unnamed());
        private final UnixAddress address = listener.localAddress();
        private UnixStream client;
        private UnixStream accepted;

        Accepting() throws Exception {}

        @Override
        public void call(int form) throws Exception {
            accepted =
                    form % 2 == 0 ? listener.accept() : listener.tryAccept(LONG).orElseThrow();
        }

        @Override
        public void letThrough() throws Exception {
            client = UnixStream.connect(address);
        }

        @Override
        public void closeSubject() {
            listener.close();
        }

        /** What nobody accepted is still there, or its client is told. */
        @Override
        public void check(boolean done, boolean letThrough, boolean closed) throws Exception {
            if (!letThrough) {
                return;
            }
            if (!done && !closed) {
                accepted = listener.tryAccept(Duration.ZERO).orElseThrow();
            }
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment memory = arena.allocate(1);
                if (accepted == null) {
                    long count;
                    try {
                        count = client.read(memory);
                    } catch (org.chagres.ErrnoException reset) {
                        count = -1;
                    }
                    require(count == -1, "the client got " + count);
                } else {
                    accepted.writeFully(memory.fill(OURS));
                    client.readFully(memory.fill((byte) 0));
                    require(memory.get(JAVA_BYTE, 0) == OURS, "it is another's connection");
                }
            }
        }

        @Override
        public void close() {
            closeAll(listener, client, accepted);
        }
    }

    private static void closeAll(Pollable... all) {
        for (Pollable one : all) {
            if (one != null) {
                one.close();
            }
        }
    }

    private static final class Connecting implements Round {
        private final UnixListener<UnixStream> listener = UnixListener.bind(UnixAddress.unnamed(), OWNER, 0);
        private final UnixAddress address = listener.localAddress();
        private final UnixStream before = UnixStream.connect(address);
        private UnixStream connected;

        Connecting() throws Exception {}

        @Override
        public void call(int form) throws Exception {
            connected = form % 8 == 0
                    ? UnixStream.connect(address)
                    : UnixStream.tryConnect(address, LONG).orElseThrow();
        }

        @Override
        public void letThrough() throws Exception {
            listener.accept().close();
        }

        @Override
        public void closeSubject() {
            throw new UnsupportedOperationException();
        }

        /** No connection is in the listener's queue but the caller's. */
        @Override
        public void check(boolean done, boolean letThrough, boolean closed) throws Exception {
            if (!letThrough) {
                listener.accept().close();
            }
            Optional<UnixStream> accepted = listener.tryAccept(Duration.ZERO);
            accepted.ifPresent(UnixStream::close);
            require(accepted.isPresent() == done, done ? "the connection is not there" : "a connection is nobody's");
        }

        @Override
        public void close() {
            closeAll(listener, before, connected);
        }
    }

    /** Of a message with a descriptor, or of a piece. */
    private static final class Receiving<S extends UnixSocket> implements Round {
        private final S socket;
        private final S other;
        private final Arena arena = Arena.ofShared();
        private final MemorySegment memory = arena.allocate(1);
        private int form;

        Receiving(SocketPair<S> pair) {
            this.socket = pair.first();
            this.other = pair.second();
        }

        @Override
        public void call(int number) throws Exception {
            received(number, LONG);
        }

        private void received(int number, Duration time) throws Exception {
            long count = switch (number % 3) {
                case 0 -> receivedMessage(time);
                case 1 -> receivedMany(time);
                default -> receivedPiece(time);
            };
            require(count == 1, count + " bytes came");
            require(memory.get(JAVA_BYTE, 0) == OURS, "another byte came");
        }

        private long receivedMessage(Duration time) throws Exception {
            try (ReceivedMessage message = socket.tryReceive(memory, 1, time).orElseThrow()) {
                require(message.descriptorCount() == 1, "its descriptor did not come");
                return message.byteCount();
            }
        }

        private long receivedMany(Duration time) throws Exception {
            var messages = socket.tryReceiveMany(java.util.List.of(memory), 1, time);
            require(messages.size() == 1, messages.size() + " messages came");
            try (ReceivedMessage message = messages.getFirst()) {
                require(message.descriptorCount() == 1, "its descriptor did not come");
                return message.byteCount();
            }
        }

        private long receivedPiece(Duration time) throws Exception {
            return switch (socket) {
                case UnixStream stream -> stream.tryRead(memory, time);
                case UnixSeqPacket packets -> packets.tryReceive(memory, time);
                case UnixDatagram datagrams -> datagrams.tryReceive(memory, time);
                default -> throw new AssertionError(socket);
            };
        }

        @Override
        public void letThrough() throws Exception {
            other.send(Message.of(new byte[] {OURS}).with(other));
        }

        @Override
        public void closeSubject() {
            socket.close();
        }

        @Override
        public void check(boolean done, boolean letThrough, boolean closed) throws Exception {
            if (closed) {
                return;
            }
            if (letThrough && !done) {
                received(0, Duration.ZERO);
            }
            require(socket.tryReceive(memory, 1, Duration.ZERO).isEmpty(), "more came than was sent");
        }

        @Override
        public void close() {
            closeAll(socket, other);
            arena.close();
        }
    }

    /** Of a piece, or of a message with a descriptor, where the buffer is full. */
    private static final class Sending<S extends UnixSocket> implements Round {
        private static final int SMALL = 4096;

        private final S socket;
        private final S other;
        private final Arena arena = Arena.ofShared();
        private final MemorySegment memory = arena.allocate(1).fill(OURS);
        private int filled;

        Sending(SocketPair<S> pair) throws Exception {
            this.socket = pair.first();
            this.other = pair.second();
            socket.setOption(LinuxSocketOptions.SO_SNDBUF, SMALL);
            while (socket.trySend(Message.of(new byte[1]), Duration.ZERO).isPresent()) {
                filled++;
            }
        }

        @Override
        public void call(int number) throws Exception {
            boolean sent = switch (number / 4 % 3) {
                case 0 -> socket.trySend(Message.of(memory).with(socket), LONG).orElseThrow() == 1;
                case 1 -> sentMany();
                default -> sentPiece();
            };
            require(sent, "it was not sent");
        }

        /** Not by a stream, where the time may be over in the middle of one. */
        private boolean sentMany() throws Exception {
            List<Message> one = List.of(Message.of(memory));
            return (socket instanceof UnixStream ? socket.sendMany(one) : socket.trySendMany(one, LONG)) == 1;
        }

        private boolean sentPiece() throws Exception {
            return switch (socket) {
                case UnixStream stream -> stream.tryWrite(memory, LONG) == 1;
                case UnixSeqPacket packets -> packets.trySend(memory, LONG);
                case UnixDatagram datagrams -> datagrams.trySend(memory, LONG);
                default -> throw new AssertionError(socket);
            };
        }

        @Override
        public void letThrough() throws Exception {
            try (Arena ofDrain = Arena.ofConfined()) {
                MemorySegment into = ofDrain.allocate(1);
                for (; filled > 0; filled--) {
                    other.receive(into, 1).close();
                    require(into.get(JAVA_BYTE, 0) == 0, "it was sent before there was room");
                }
            }
        }

        @Override
        public void closeSubject() {
            socket.close();
        }

        @Override
        public void check(boolean done, boolean letThrough, boolean closed) throws Exception {
            letThrough();
            Optional<ReceivedMessage> last = other.tryReceive(memory.fill((byte) 0), 1, Duration.ZERO);
            last.ifPresent(ReceivedMessage::close);
            boolean came = memory.get(JAVA_BYTE, 0) == OURS;
            require(came == done, done ? "what was sent did not come" : "what was not sent came");
        }

        @Override
        public void close() {
            closeAll(socket, other);
            arena.close();
        }
    }

    /** To an address where the queue is full. */
    private static final class SendingTo implements Round {
        private final UnixDatagram receiver = UnixDatagram.bind(UnixAddress.unnamed());
        private final UnixDatagram filler = UnixDatagram.create();
        private final UnixDatagram sender = UnixDatagram.create();
        private final UnixAddress address = receiver.localAddress();
        private int filled;

        SendingTo() throws Exception {
            while (filler.trySend(Message.of(new byte[1]).to(address), Duration.ZERO)
                    .isPresent()) {
                filled++;
            }
        }

        @Override
        public void call(int number) throws Exception {
            Message message = Message.of(new byte[] {OURS}).to(address);
            boolean sent = number % 8 == 0
                    ? sender.trySend(message, LONG).orElseThrow() == 1
                    : sender.trySendMany(List.of(message), LONG) == 1;
            require(sent, "it was not sent");
        }

        @Override
        public void letThrough() throws Exception {
            MemorySegment into = MemorySegment.ofArray(new byte[1]);
            for (; filled > 0; filled--) {
                receiver.receive(into);
                require(into.get(JAVA_BYTE, 0) == 0, "it was sent before there was room");
            }
        }

        @Override
        public void closeSubject() {
            sender.close();
        }

        @Override
        public void check(boolean done, boolean letThrough, boolean closed) throws Exception {
            letThrough();
            MemorySegment into = MemorySegment.ofArray(new byte[1]);
            long count = receiver.tryReceive(into, Duration.ZERO);
            require((count == 1) == done, done ? "what was sent did not come" : "what was not sent came");
        }

        @Override
        public void close() {
            closeAll(receiver, filler, sender);
        }
    }
}
