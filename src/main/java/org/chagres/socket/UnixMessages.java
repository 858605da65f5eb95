package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.chagres.Descriptor;
import org.chagres.Pollable;
import org.chagres.internal.resource.Messages;
import org.chagres.internal.resource.Messages.Outgoing;
import org.chagres.internal.resource.Messages.Receipt;
import org.chagres.internal.resource.Messages.Received;
import org.chagres.internal.resource.Messages.Travelling;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.SocketViews;
import org.chagres.internal.view.Transfers;
import org.chagres.internal.view.UnixAddresses;
import org.chagres.internal.view.UnixAddresses.Written;

/** Messages of local sockets: what users give and get becomes what the kernel takes and tells. */
final class UnixMessages {
    /** How many pieces of native memory go as they are; more, or any on the heap, are copied together. */
    private static final int MOST_PIECES = OpenDescriptor.MOST_PIECES;

    private UnixMessages() {}

    static OptionalLong send(UnixSocket socket, Message message, long nanos) throws IOException, InterruptedException {
        Travelling with = travelling(socket, message);
        boolean direct = goAsTheyAre(message.pieces());
        if (direct && message.to().isEmpty()) { // nothing to put anywhere: most messages
            return send(socket, message, message.pieces(), with, NOWHERE, nanos);
        }
        try (Arena arena = Arena.ofConfined()) {
            Written name = name(message, arena);
            List<MemorySegment> pieces = direct ? message.pieces() : List.of(gathered(socket, message.pieces(), arena));
            return send(socket, message, pieces, with, name, nanos);
        }
    }

    private static OptionalLong send(
            UnixSocket socket, Message message, List<MemorySegment> pieces, Travelling with, Written name, long nanos)
            throws IOException, InterruptedException {
        int flags = SocketFlags.of(message.options());
        long answer =
                Messages.send(DescriptorView.of(socket), pieces, with, name.memory(), name.length(), flags, nanos);
        if (answer == OpenDescriptor.TIMED_OUT) {
            return OptionalLong.empty();
        }
        sent(answer, socket, message);
        message.given().forEach(Pollable::close);
        return OptionalLong.of(socket instanceof UnixStream ? rest(socket, pieces, answer, flags, nanos) : answer);
    }

    /** Of a stream the kernel sends as much as there is room for, where it may not wait: so go on with the rest. */
    private static long rest(UnixSocket socket, List<MemorySegment> pieces, long first, int flags, long nanos) {
        long start = System.nanoTime();
        long size = byteSize(pieces);
        long done = first;
        try {
            while (done < size) {
                long left = nanos == OpenDescriptor.FOREVER ? nanos : nanos - (System.nanoTime() - start);
                long answer = Messages.send(
                        DescriptorView.of(socket), rest(pieces, done), NOTHING, MemorySegment.NULL, 0, flags, left);
                if (answer <= 0) {
                    break; // what was sent counts; what stops it is told by the next call
                }
                done += answer;
            }
        } catch (InterruptedException late) {
            Thread.currentThread().interrupt();
        }
        return done;
    }

    static int send(UnixSocket socket, List<Message> messages, long nanos) throws IOException, InterruptedException {
        for (Message message : requireNonNull(messages, "messages")) {
            requireNonNull(message, "message");
        }
        if (socket instanceof UnixStream && nanos != OpenDescriptor.FOREVER) {
            throw new UnsupportedOperationException("of a stream the last message may be sent in part when the time is"
                    + " over, which a number of messages cannot tell: trySend tells a number of bytes");
        }
        if (messages.isEmpty()) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            List<Outgoing> outgoing = new ArrayList<>(messages.size());
            for (Message message : messages) {
                if (!message.options().equals(messages.getFirst().options())) {
                    throw new IllegalArgumentException("messages that go together are sent with the same options");
                }
                Written name = name(message, arena);
                outgoing.add(new Outgoing(
                        List.of(gathered(socket, message.pieces(), arena)),
                        travelling(socket, message),
                        name.memory(),
                        name.length()));
            }
            int flags = SocketFlags.of(messages.getFirst().options());
            int[] byteSizes = new int[outgoing.size()];
            int answer = Messages.send(DescriptorView.of(socket), outgoing, flags, nanos, byteSizes);
            if (answer == OpenDescriptor.TIMED_OUT) {
                return 0;
            }
            sent(answer, socket, messages);
            messages.subList(0, answer).forEach(message -> message.given().forEach(Pollable::close));
            if (socket instanceof UnixStream && answer > 0) { // the last of them may have been sent in part
                rest(socket, outgoing.get(answer - 1).pieces(), byteSizes[answer - 1], flags, OpenDescriptor.FOREVER);
            }
            return answer;
        }
    }

    private static void sent(long answer, UnixSocket socket, Object what) throws IOException {
        if (answer == Messages.SENT_ONE_CLOSED) {
            throw new ClosedChannelException();
        }
        if (answer < 0) {
            throw SocketViews.failure(answer, "sendmsg", socket, "sending " + what + " by");
        }
    }

    private static Travelling travelling(UnixSocket socket, Message message) {
        List<Pollable> descriptors = message.descriptors();
        if (socket instanceof UnixStream && !descriptors.isEmpty() && byteSize(message.pieces()) == 0) {
            throw new IllegalArgumentException("a stream carries descriptors with at least one byte: " + message);
        }
        if (socket instanceof UnixStream && message.credentials().isPresent() && byteSize(message.pieces()) == 0) {
            throw new IllegalArgumentException("a stream carries credentials with at least one byte: " + message);
        }
        if (descriptors.size() > Messages.MOST_DESCRIPTORS) {
            throw new IllegalArgumentException(
                    "a message has at most " + Messages.MOST_DESCRIPTORS + " descriptors, not " + descriptors.size());
        }
        if (descriptors.isEmpty() && message.credentials().isEmpty()) {
            return NOTHING;
        }
        List<OpenDescriptor> open = new ArrayList<>(descriptors.size());
        for (Pollable descriptor : descriptors) {
            open.add(DescriptorView.of(descriptor));
        }
        Credentials as = message.credentials().orElse(NOBODY);
        return new Travelling(open, message.credentials().isPresent(), as.pid(), as.uid(), as.gid());
    }

    private static Written name(Message message, Arena arena) {
        if (message.to().isEmpty()) {
            return NOWHERE;
        }
        return UnixAddresses.write(message.to().get(), arena);
    }

    private static final Credentials NOBODY = new Credentials(0, 0, 0);

    private static final Written NOWHERE = new Written(MemorySegment.NULL, 0);

    private static final Travelling NOTHING = new Travelling(List.of(), false, 0, 0, 0);

    private static boolean goAsTheyAre(List<MemorySegment> pieces) {
        for (MemorySegment piece : pieces) { // no stream: on the way of each message
            if (!piece.isNative()) {
                return false;
            }
        }
        return pieces.size() <= MOST_PIECES;
    }

    private static MemorySegment gathered(UnixSocket socket, List<MemorySegment> pieces, Arena arena)
            throws IOException {
        MemorySegment all = arena.allocate(byteSize(pieces));
        Transfers.gather(pieces, all, "sendmsg", DescriptorView.of(socket));
        return all;
    }

    /** Memory to receive into, after a look whether what it is for is there: what came could not be put back. */
    private static MemorySegment room(UnixSocket socket, List<MemorySegment> into, Arena arena) throws IOException {
        MemorySegment room = arena.allocate(byteSize(into));
        Transfers.gather(into, room, "recvmsg", DescriptorView.of(socket));
        return room;
    }

    private static void scattered(
            UnixSocket socket, ReceivedMessage message, MemorySegment room, List<MemorySegment> into)
            throws IOException {
        try {
            long count = Math.min(message.byteCount(), room.byteSize());
            Transfers.scatter(room, count, into, "recvmsg", DescriptorView.of(socket));
        } catch (Throwable failure) {
            message.close();
            throw failure;
        }
    }

    private static long byteSize(List<MemorySegment> pieces) {
        long all = 0;
        for (MemorySegment piece : pieces) {
            all = Math.addExact(all, piece.byteSize());
        }
        return all;
    }

    static Optional<ReceivedMessage> receive(
            UnixSocket socket, List<MemorySegment> into, int mostDescriptors, ReceiveOption[] options, long nanos)
            throws IOException, InterruptedException {
        check(into, mostDescriptors);
        if (goAsTheyAre(into)) {
            return receiveDirectly(socket, into, mostDescriptors, options, nanos);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment room = room(socket, into, arena);
            Optional<ReceivedMessage> message = receiveDirectly(socket, List.of(room), mostDescriptors, options, nanos);
            if (message.isPresent()) {
                scattered(socket, message.get(), room, into);
            }
            return message;
        }
    }

    private static Optional<ReceivedMessage> receiveDirectly(
            UnixSocket socket, List<MemorySegment> pieces, int mostDescriptors, ReceiveOption[] options, long nanos)
            throws IOException, InterruptedException {
        int flags = SocketFlags.of(options);
        Receipt receipt = Messages.receive(DescriptorView.of(socket), pieces, mostDescriptors, flags, nanos);
        if (receipt.answer() == OpenDescriptor.TIMED_OUT) {
            return Optional.empty();
        }
        SocketViews.checked(receipt.answer(), "recvmsg", socket, "receiving a message by");
        Receipt all = isToBeFilled(socket, options)
                ? filled(socket, receipt, pieces, mostDescriptors, nanos, flags)
                : receipt;
        return Optional.of(received(socket, all, byteSize(pieces), true));
    }

    static List<ReceivedMessage> receiveMany(
            UnixSocket socket, List<MemorySegment> into, int mostDescriptors, ReceiveOption[] options, long nanos)
            throws IOException, InterruptedException {
        check(into, mostDescriptors);
        int flags = SocketFlags.of(options);
        if ((flags & Messages.PEEK) != 0) {
            throw new IllegalArgumentException("of several messages PEEK would tell the first again and again");
        }
        if (into.isEmpty()) {
            return List.of();
        }
        if ((flags & Messages.OUT_OF_BAND) != 0) { // there is one such byte
            return receive(socket, List.of(into.getFirst()), mostDescriptors, options, nanos)
                    .map(List::of)
                    .orElse(List.of());
        }
        try (Arena arena = Arena.ofConfined()) {
            List<MemorySegment> pieces = new ArrayList<>(into.size());
            for (MemorySegment piece : into) {
                pieces.add(room(socket, List.of(piece), arena));
            }
            List<Receipt> receipts = new ArrayList<>(into.size());
            int answer = Messages.receive(DescriptorView.of(socket), pieces, mostDescriptors, flags, nanos, receipts);
            if (answer == OpenDescriptor.TIMED_OUT) {
                return List.of();
            }
            SocketViews.checked(answer, "recvmmsg", socket, "receiving messages by");
            List<ReceivedMessage> messages = new ArrayList<>(answer);
            int taken = 0;
            try {
                while (taken < answer) {
                    int i = taken++;
                    boolean isLast = !(socket instanceof UnixSeqPacket) || areNothing(receipts.subList(taken, answer));
                    messages.add(received(socket, receipts.get(i), into.get(i).byteSize(), isLast));
                    scattered(socket, messages.getLast(), pieces.get(i), List.of(into.get(i)));
                    if (messages.getLast().isAtEnd() && areNothing(receipts.subList(taken, answer))) {
                        break; // the kernel tells the end once for each
                    }
                }
            } catch (Throwable failure) {
                messages.forEach(ReceivedMessage::close);
                receipts.subList(taken, answer)
                        .forEach(receipt -> receipt.received().close());
                throw failure;
            }
            return List.copyOf(messages);
        }
    }

    private static boolean areNothing(List<Receipt> receipts) {
        for (Receipt receipt : receipts) {
            if (receipt.answer() > 0 || !receipt.received().isNothing()) {
                return false;
            }
        }
        return true;
    }

    private static void check(List<MemorySegment> into, int mostDescriptors) {
        if (mostDescriptors < 0 || mostDescriptors > Messages.MOST_DESCRIPTORS) {
            throw new IllegalArgumentException(
                    "a message has 0 to " + Messages.MOST_DESCRIPTORS + " descriptors, not " + mostDescriptors);
        }
        for (MemorySegment piece : requireNonNull(into, "into")) {
            SocketViews.requireWritable(piece);
            OpenDescriptor.checkUsable(piece); // what came could not be put back
        }
    }

    private static boolean isToBeFilled(UnixSocket socket, ReceiveOption[] options) {
        List<ReceiveOption> all = List.of(options);
        return options.length > 0
                && socket instanceof UnixStream
                && all.contains(ReceiveOption.WAIT_ALL)
                && !all.contains(ReceiveOption.PEEK)
                && !all.contains(ReceiveOption.OUT_OF_BAND);
    }

    /**
     * The kernel fills the memory only where it may wait in the call, and a signal stops it: so go on with the rest, up
     * to something that travels with it: what belongs to whose bytes must not be mixed.
     */
    private static Receipt filled(
            UnixSocket socket, Receipt first, List<MemorySegment> pieces, int mostDescriptors, long nanos, int flags) {
        long start = System.nanoTime();
        long room = byteSize(pieces);
        Receipt last = first;
        long done = first.answer();
        try {
            while (last.answer() > 0 && done < room && last.received().isNothing()) {
                long rest = nanos == OpenDescriptor.FOREVER ? nanos : nanos - (System.nanoTime() - start);
                Receipt next =
                        Messages.receive(DescriptorView.of(socket), rest(pieces, done), mostDescriptors, flags, rest);
                if (next.answer() <= 0) {
                    DescriptorView.of(socket).owe(next.answer());
                    break; // the end is there, too, for the next call
                }
                done += next.answer();
                last = next;
            }
        } catch (InterruptedException late) {
            Thread.currentThread().interrupt(); // what came counts
        }
        return new Receipt(done, last.received());
    }

    private static List<MemorySegment> rest(List<MemorySegment> pieces, long done) {
        List<MemorySegment> rest = new ArrayList<>();
        long before = 0;
        for (MemorySegment piece : pieces) {
            long skipped = Math.clamp(done - before, 0, piece.byteSize());
            if (skipped < piece.byteSize()) {
                rest.add(piece.asSlice(skipped));
            }
            before += piece.byteSize();
        }
        return rest;
    }

    /** {@code isLast} if nothing came after it by the same call. */
    private static ReceivedMessage received(UnixSocket socket, Receipt receipt, long room, boolean isLast) {
        Received received = receipt.received();
        boolean hasProcess = received.process() >= 0;
        int[] numbers = received.numbers();
        if (hasProcess) {
            numbers = Arrays.copyOf(numbers, numbers.length + 1);
            numbers[numbers.length - 1] = received.process();
        }
        List<Descriptor> owned = own(numbers);
        List<Descriptor> descriptors = hasProcess ? owned.subList(0, owned.size() - 1) : owned;
        try {
            long count = receipt.answer();
            boolean atEnd = count == 0 && room > 0 && isLast && isEnd(socket, received, descriptors);
            return new ReceivedMessage(
                    count,
                    atEnd,
                    received.has(Messages.TRUNCATED),
                    received.has(Messages.CONTROL_TRUNCATED),
                    received.has(Messages.END_OF_RECORD),
                    received.has(Messages.OUT_OF_BAND),
                    UnixAddresses.read(received.name(), received.nameLength()),
                    descriptors,
                    received.hasCredentials() && !atEnd // of nobody, where the kernel tells some at the end
                            ? Optional.of(new Credentials(received.pid(), received.uid(), received.gid()))
                            : Optional.empty(),
                    received.label().isEmpty() ? Optional.empty() : Optional.of(received.label()),
                    received.seconds() < 0
                            ? Optional.empty()
                            : Optional.of(Instant.ofEpochSecond(received.seconds(), received.nanos())),
                    hasProcess ? Optional.of(owned.getLast()) : Optional.empty());
        } catch (Throwable failure) {
            owned.forEach(Descriptor::close);
            throw failure;
        }
    }

    /** Of no bytes: whether it is the end, or a datagram or record of none. */
    private static boolean isEnd(UnixSocket socket, Received received, List<Descriptor> descriptors) {
        return switch (socket) {
            case UnixStream stream -> descriptors.isEmpty();
            case UnixSeqPacket packet ->
                received.isNothing()
                        && !received.has(Messages.END_OF_RECORD)
                        && DescriptorView.of(packet).ask(Messages::isAtEnd) != 0;
            case UnixDatagram datagram -> false;
        };
    }

    /** All of them or none: what cannot be owned is closed. */
    private static List<Descriptor> own(int[] numbers) {
        List<Descriptor> owned = new ArrayList<>(numbers.length);
        try {
            for (int number : numbers) {
                owned.add(DescriptorView.own(number, "Descriptor"));
            }
            return owned;
        } catch (Throwable noMemory) {
            owned.forEach(Descriptor::close);
            Messages.close(numbers, owned.size());
            throw noMemory;
        }
    }
}
