package org.chagres.memory;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.chagres.ByteSink;
import org.chagres.ByteSource;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.pipe.Pipe;
import org.chagres.socket.Datagram;
import org.chagres.socket.Inet;
import org.chagres.socket.Ipv4Header;
import org.chagres.socket.Message;
import org.chagres.socket.ReceiveOption;
import org.chagres.socket.ReceivedMessage;
import org.chagres.socket.SocketPair;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.socket.UdpSocket;
import org.chagres.socket.UnixDatagram;
import org.chagres.socket.UnixSeqPacket;
import org.chagres.socket.UnixSocket;
import org.chagres.testing.ThreadKind;

/**
 * Calls each method of the library that gets at mapped memory: many times while its file is there, and once when
 * another process has made the file shorter. In a JVM of its own, as a mistake here kills it. Prints the calls that did
 * not end as they should, and how many did.
 */
final class TruncatingProgram {
    /** Each piece of memory that is given. */
    private static final int PIECE = 16;

    private static final int FILE = 4 * 4096;

    /** For calls that take microseconds: enough to be compiled all the same. */
    private static final int FEWER = 10;

    /** Reads and writes come in more than so many forms, and go the same way: together they are made as often. */
    private static final int FORMS = 5;

    // How a call may end.
    private static final String EFAULT = "EFAULT";
    private static final String PARTLY = "EFAULT|" + PIECE;
    private static final String ENOMEM = "ENOMEM";
    private static final String EMPTY = "EOFException";
    private static final String FAULT = "java\\.lang\\.InternalError: .*";
    private static final String WELL = "ok";
    private static final String KERNEL_KNOWS = "ok|E[A-Z]+";

    @FunctionalInterface
    interface Call {
        /** Makes it; answers what it moved, or null. */
        Object make() throws Exception;
    }

    @FunctionalInterface
    interface Action {
        void make() throws Exception;
    }

    /**
     * A call.
     *
     * @param method its signature
     * @param share 1: is made as often as the most
     */
    record Case(String name, String method, String ending, int share, Call call) {}

    private final List<Case> cases = new ArrayList<>();
    private final Arena arena = Arena.ofShared();
    private final MappedMemory mapped;
    private final MappedMemory changing;
    private final MappedMemory other;
    private final MemoryFile memoryFile;
    private final MappedMemory ofMemoryFile;
    private final MemoryFile memoryFileBeside;
    private final PosixSharedMemory posix;
    private final Pipe pipe;
    private final SocketPair<UnixDatagram> datagrams;
    private final SocketPair<UnixSeqPacket> records;
    private final TcpStream tcpFrom;
    private final TcpStream tcpTo;
    private final UdpSocket udpFrom;
    private final UdpSocket udpTo;
    private final Descriptor readEnd;
    private final Descriptor writeEnd;
    private final MemorySegment gone;
    private final MemorySegment good = arena.allocate(FILE);
    private final MemorySegment sinkOfBytes = arena.allocate(FILE);
    private final MemorySegment heap = MemorySegment.ofArray(new byte[PIECE]);

    private TruncatingProgram(Path file) throws IOException, InterruptedException {
        mapped = MappedMemory.create(file, FILE);
        changing = MappedMemory.open(file);
        other = MappedMemory.anonymous(FILE);
        gone = mapped.segment().asSlice(0, PIECE);
        memoryFile = MemoryFile.create("truncating", FILE);
        ofMemoryFile = memoryFile.map();
        memoryFileBeside = MemoryFile.create("beside", FILE);
        posix = PosixSharedMemory.create(
                "chagres-truncating-" + ProcessHandle.current().pid(), FILE);
        pipe = Pipe.create();
        datagrams = UnixDatagram.pair();
        records = UnixSeqPacket.pair();
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0))) {
            tcpFrom = TcpStream.connect(listener.localAddress());
            tcpTo = listener.accept();
        }
        udpTo = UdpSocket.bind(Inet.loopback(0));
        udpFrom = UdpSocket.connectedTo(udpTo.localAddress());
        readEnd = Descriptor.duplicateOf(number(pipe.source()));
        writeEnd = Descriptor.duplicateOf(number(pipe.sink()));
        collectCopies();
        collectCallsOnPages();
        collectWrites("pipe", pipe.sink(), FORMS);
        collectReads("pipe", pipe.source(), FORMS);
        collectWrites("descriptor", writeEnd, FEWER);
        collectReads("descriptor", readEnd, FEWER);
        collectDatagrams();
        collectRecords();
        collectMessages();
        collectTcp();
        collectUdp();
        collectChecksums();
        collectFiles();
        collectChanges();
    }

    private static int number(Object end) {
        return Integer.parseInt(end.toString().replaceFirst(".*fd=(\\d+).*", "$1"));
    }

    /** The signatures of the methods that are called. */
    static Set<String> methods() throws Exception {
        Path folder = Files.createTempDirectory("chagres-truncating");
        try {
            TruncatingProgram program = new TruncatingProgram(folder.resolve("file"));
            program.end();
            return program.cases.stream().map(Case::method).collect(Collectors.toCollection(TreeSet::new));
        } finally {
            Files.deleteIfExists(folder.resolve("file"));
            Files.delete(folder);
        }
    }

    private void end() throws IOException {
        try (arena;
                mapped;
                changing;
                other;
                memoryFile;
                memoryFileBeside;
                posix;
                pipe;
                tcpFrom;
                tcpTo;
                udpFrom;
                udpTo;
                readEnd;
                writeEnd) {
            ofMemoryFile.close();
            datagrams.close();
            records.close();
            if (posix.isOpen()) {
                posix.unlink();
            }
        }
    }

    private void add(String name, String method, String ending, int share, Call call) {
        cases.add(new Case(name + " by " + method, method, ending, share, call));
    }

    private void act(String name, String method, String ending, int share, Action action) {
        add(name, method, ending, share, () -> {
            action.make();
            return null;
        });
    }

    private void collectCopies() {
        String get = "MappedMemory.get(long, MemorySegment)";
        String put = "MappedMemory.put(long, MemorySegment)";
        MemorySegment some = good.asSlice(0, PIECE);
        act("some", get, EFAULT, 1, () -> mapped.get(0, some));
        act("some to the heap", get, EFAULT, 1, () -> mapped.get(0, heap));
        act("all", get, EFAULT, FEWER, () -> mapped.get(0, good));
        act("none", get, WELL, FEWER, () -> mapped.get(0, good.asSlice(0, 0)));
        act("some", put, EFAULT, 1, () -> mapped.put(0, some));
        act("some of the heap", put, EFAULT, 1, () -> mapped.put(0, heap));
        act("all", put, EFAULT, FEWER, () -> mapped.put(0, good));
        // Of memory that has no file, with memory that has.
        act("other's", get, EFAULT, 1, () -> other.get(0, gone));
        act("all of other's", get, EFAULT, FEWER, () -> other.get(0, mapped.segment()));
        act("other's", put, EFAULT, 1, () -> other.put(0, gone));
        act("all of other's", put, EFAULT, FEWER, () -> other.put(0, mapped.segment()));
    }

    private void collectCallsOnPages() {
        String type = "MappedMemory.";
        act("", type + "flush()", WELL, FEWER, mapped::flush);
        act("", type + "flush(FlushMode)", WELL, FEWER, () -> mapped.flush(FlushMode.ASYNC));
        act("", type + "flush(FlushMode, long, long)", WELL, FEWER, () -> mapped.flush(FlushMode.SYNC, 1, PIECE));
        act("", type + "advise(Advice)", WELL, FEWER, () -> mapped.advise(Advice.NORMAL));
        String advise = type + "advise(Advice, long, long)";
        for (Advice advice : Advice.values()) {
            boolean populates = advice == Advice.POPULATE_READ || advice == Advice.POPULATE_WRITE;
            int share = populates ? FEWER : 0; // many of the others do not go together, with each other or this file
            act(advice.name(), advise, populates ? EFAULT : KERNEL_KNOWS, share, () -> mapped.advise(advice, 0, PIECE));
        }
        act("", type + "lockInMemoryOnFault()", KERNEL_KNOWS, FEWER, mapped::lockInMemoryOnFault);
        act(
                "",
                type + "lockInMemoryOnFault(long, long)",
                KERNEL_KNOWS,
                FEWER,
                () -> mapped.lockInMemoryOnFault(1, PIECE));
        act("", type + "lockInMemory()", ENOMEM, FEWER, mapped::lockInMemory);
        act("", type + "lockInMemory(long, long)", ENOMEM, FEWER, () -> mapped.lockInMemory(1, PIECE));
        act("", type + "unlockFromMemory(long, long)", WELL, FEWER, () -> mapped.unlockFromMemory(1, PIECE));
        act("", type + "unlockFromMemory()", WELL, FEWER, mapped::unlockFromMemory);
        act("", type + "residentPages()", WELL, FEWER, mapped::residentPages);
        act("", type + "residentPages(long, long)", WELL, FEWER, () -> mapped.residentPages(1, PIECE));
        act("", type + "access()", WELL, FEWER, mapped::access);
        act("", type + "byteSize()", WELL, FEWER, mapped::byteSize);
        act("", type + "created()", WELL, FEWER, mapped::created);
        act("", type + "isOpen()", WELL, FEWER, mapped::isOpen);
        act("", type + "segment()", WELL, FEWER, mapped::segment);
        act("", type + "sharing()", WELL, FEWER, mapped::sharing);
        act("", type + "toString()", WELL, FEWER, mapped::toString);
    }

    /** Pieces of memory of which the first is gone, or an other; native, or on the heap too; few and many. */
    private List<List<MemorySegment>> lists() {
        MemorySegment last = mapped.segment().asSlice(FILE - PIECE, PIECE);
        MemorySegment some = good.asSlice(0, PIECE);
        return List.of(
                List.of(gone),
                List.of(gone, last),
                List.of(gone, some, last, some),
                List.of(some, gone),
                List.of(some, some, some, gone),
                List.of(gone, heap),
                List.of(heap, gone),
                List.of(gone, some, gone, some, last),
                List.of(some, some, some, some, gone),
                List.of(heap, some, some, some, heap, gone, heap, last));
    }

    /** What is in good memory before it may be moved. */
    private String ending(List<MemorySegment> pieces) {
        return pieces.getFirst() == gone ? EFAULT : PARTLY;
    }

    private String form(List<MemorySegment> pieces) {
        return pieces.stream()
                .map(piece -> !piece.isNative() ? "heap" : piece.scope() == good.scope() ? "native" : "gone")
                .collect(Collectors.joining(" "));
    }

    private void collectWrites(String name, ByteSink sink, int share) {
        String type = "ByteSink.";
        Duration none = Duration.ZERO;
        add(name, type + "write(MemorySegment)", EFAULT, share, () -> drained(sink.write(gone)));
        add(name, type + "tryWrite(MemorySegment, Duration)", EFAULT, share, () -> drained(sink.tryWrite(gone, none)));
        act(name, type + "writeFully(MemorySegment)", EFAULT, share, () -> {
            sink.writeFully(gone);
            drained(PIECE);
        });
        add(name, type + "write(ByteBuffer)", EFAULT, share, () -> drained(sink.write(gone.asByteBuffer())));
        act(name, type + "writeFully(ByteBuffer)", EFAULT, share, () -> {
            sink.writeFully(gone.asByteBuffer());
            drained(PIECE);
        });
        add(
                name,
                type + "channel()",
                EFAULT,
                share,
                () -> drained(sink.channel().write(gone.asByteBuffer())));
        for (List<MemorySegment> pieces : lists()) {
            String form = name + ", " + form(pieces) + ",";
            String ending = ending(pieces);
            long all = (long) PIECE * pieces.size();
            int part = share * FEWER; // all together as often
            add(form, type + "write(List<MemorySegment>)", ending, part, () -> drained(sink.write(pieces)));
            add(
                    form,
                    type + "tryWrite(List<MemorySegment>, Duration)",
                    ending,
                    part,
                    () -> drained(sink.tryWrite(pieces, none)));
            act(form, type + "writeFully(List<MemorySegment>)", EFAULT, part, () -> {
                sink.writeFully(pieces);
                drained(all);
            });
        }
        if (sink instanceof Descriptor) {
            add(
                    name,
                    "Descriptor.writeAt(MemorySegment, long)",
                    EFAULT,
                    1,
                    () -> memoryFileBeside.descriptor().writeAt(gone, 0));
        }
    }

    private void collectReads(String name, ByteSource source, int share) {
        String type = "ByteSource.";
        Duration none = Duration.ZERO;
        add(
                name,
                type + "read(MemorySegment)",
                EFAULT,
                share,
                () -> filled(PIECE, source).read(gone));
        add(
                name,
                type + "tryRead(MemorySegment, Duration)",
                EFAULT,
                share,
                () -> filled(PIECE, source).tryRead(gone, none));
        act(
                name,
                type + "readFully(MemorySegment)",
                EFAULT,
                share,
                () -> filled(PIECE, source).readFully(gone));
        add(
                name,
                type + "read(ByteBuffer)",
                EFAULT,
                share,
                () -> filled(PIECE, source).read(gone.asByteBuffer()));
        act(
                name,
                type + "readFully(ByteBuffer)",
                EFAULT,
                share,
                () -> filled(PIECE, source).readFully(gone.asByteBuffer()));
        add(
                name,
                type + "channel()",
                EFAULT,
                share,
                () -> filled(PIECE, source).channel().read(gone.asByteBuffer()));
        for (List<MemorySegment> pieces : lists()) {
            String form = name + ", " + form(pieces) + ",";
            String ending = ending(pieces);
            long all = (long) PIECE * pieces.size();
            int part = share * FEWER;
            add(
                    form,
                    type + "read(List<MemorySegment>)",
                    ending,
                    part,
                    () -> filled(all, source).read(pieces));
            add(
                    form,
                    type + "tryRead(List<MemorySegment>, Duration)",
                    ending,
                    part,
                    () -> filled(all, source).tryRead(pieces, none));
            act(
                    form,
                    type + "readFully(List<MemorySegment>)",
                    EFAULT,
                    part,
                    () -> filled(all, source).readFully(pieces));
        }
        if (source instanceof Descriptor) {
            Descriptor file = memoryFileBeside.descriptor();
            add(name, "Descriptor.readAt(MemorySegment, long)", EFAULT, 1, () -> file.readAt(gone, 0));
        }
    }

    /** A source that has so many bytes. */
    private ByteSource filled(long count, ByteSource source) throws Exception {
        pipe.sink().writeFully(good.asSlice(0, count));
        return source;
    }

    /** Takes out of the pipe what was written. */
    private Object drained(long count) throws Exception {
        pipe.source().readFully(sinkOfBytes.asSlice(0, count));
        return count;
    }

    private void collectDatagrams() {
        UnixDatagram from = datagrams.first();
        UnixDatagram to = datagrams.second();
        String type = "UnixDatagram.";
        Duration none = Duration.ZERO;
        act("", type + "send(MemorySegment)", EFAULT, FEWER, () -> {
            from.send(gone);
            to.receive(sinkOfBytes);
        });
        act("", type + "trySend(MemorySegment, Duration)", EFAULT, FEWER, () -> {
            from.trySend(gone, none);
            to.receive(sinkOfBytes);
        });
        act("", type + "receive(MemorySegment)", EFAULT, FEWER, () -> {
            from.send(good.asSlice(0, PIECE));
            to.receive(gone);
        });
        act("", type + "tryReceive(MemorySegment, Duration)", EFAULT, FEWER, () -> {
            from.send(good.asSlice(0, PIECE));
            to.tryReceive(gone, none);
        });
    }

    private void collectRecords() {
        UnixSeqPacket from = records.first();
        UnixSeqPacket to = records.second();
        String type = "UnixSeqPacket.";
        Duration none = Duration.ZERO;
        act("", type + "send(MemorySegment)", EFAULT, FEWER, () -> {
            from.send(gone);
            to.receive(sinkOfBytes);
        });
        act("", type + "trySend(MemorySegment, Duration)", EFAULT, FEWER, () -> {
            from.trySend(gone, none);
            to.receive(sinkOfBytes);
        });
        act("", type + "receive(MemorySegment)", EFAULT, FEWER, () -> {
            from.send(good.asSlice(0, PIECE));
            to.receive(gone);
        });
        act("", type + "tryReceive(MemorySegment, Duration)", EFAULT, FEWER, () -> {
            from.send(good.asSlice(0, PIECE));
            to.tryReceive(gone, none);
        });
    }

    private void collectMessages() {
        UnixSocket from = datagrams.first();
        UnixSocket to = datagrams.second();
        String type = "UnixSocket.";
        Duration none = Duration.ZERO;
        Message letter = Message.of(good.asSlice(0, PIECE));
        for (List<MemorySegment> pieces : lists()) {
            String form = form(pieces) + ",";
            act(form, "Message.of(MemorySegment[])", EFAULT, FEWER * FEWER, () -> {
                from.send(Message.of(pieces.toArray(new MemorySegment[0])));
                to.receive(sinkOfBytes, 0).close();
            });
            act(form, type + "sendMany", EFAULT, FEWER * FEWER, () -> {
                from.sendMany(List.of(Message.of(pieces.toArray(new MemorySegment[0]))));
                to.receive(sinkOfBytes, 0).close();
            });
            act(form, type + "receive(List<MemorySegment>, int, ReceiveOption[])", EFAULT, FEWER * FEWER, () -> {
                from.send(Message.of(good.asSlice(0, (long) PIECE * pieces.size())));
                to.receive(pieces, 0).close();
            });
            act(form, type + "receiveMany(List<MemorySegment>, int, ReceiveOption[])", EFAULT, FEWER * FEWER, () -> {
                from.sendMany(Collections.nCopies(pieces.size(), letter));
                to.receiveMany(pieces, 0).forEach(ReceivedMessage::close);
            });
            act(
                    form,
                    type + "tryReceiveMany(List<MemorySegment>, int, Duration, ReceiveOption[])",
                    EFAULT,
                    FEWER * FEWER,
                    () -> {
                        from.sendMany(Collections.nCopies(pieces.size(), letter));
                        to.tryReceiveMany(pieces, 0, none).forEach(ReceivedMessage::close);
                    });
        }
        act("", "Message.of(ByteBuffer)", EFAULT, FEWER, () -> {
            from.send(Message.of(gone.asByteBuffer()));
            to.receive(sinkOfBytes, 0).close();
        });
        act("", type + "receive(MemorySegment, int, ReceiveOption[])", EFAULT, FEWER, () -> {
            from.send(letter);
            to.receive(gone, 0).close();
        });
        act("", type + "tryReceive(MemorySegment, int, Duration, ReceiveOption[])", EFAULT, FEWER, () -> {
            from.send(letter);
            to.tryReceive(gone, 0, none).ifPresent(ReceivedMessage::close);
        });
    }

    private void collectTcp() {
        String type = "TcpStream.";
        Duration none = Duration.ZERO;
        add("", type + "send(MemorySegment, SendOption[])", EFAULT, FEWER, () -> {
            long count = tcpFrom.send(gone);
            tcpTo.readFully(sinkOfBytes.asSlice(0, count));
            return count;
        });
        add("", type + "trySend(MemorySegment, Duration, SendOption[])", EFAULT, FEWER, () -> {
            long count = tcpFrom.trySend(gone, none);
            tcpTo.readFully(sinkOfBytes.asSlice(0, count));
            return count;
        });
        add("", type + "receive(MemorySegment, ReceiveOption[])", EFAULT, FEWER, () -> {
            tcpFrom.writeFully(good.asSlice(0, PIECE));
            return tcpTo.receive(gone, ReceiveOption.WAIT_ALL);
        });
        add("", type + "tryReceive(MemorySegment, Duration, ReceiveOption[])", EFAULT, FEWER, () -> {
            tcpFrom.writeFully(good.asSlice(0, PIECE));
            return tcpTo.tryReceive(gone, Duration.ofMinutes(1), ReceiveOption.WAIT_ALL);
        });
    }

    private void collectUdp() {
        String type = "InetDatagramSocket.";
        Duration none = Duration.ZERO;
        Duration some = Duration.ofMinutes(1);
        MemorySegment datagram = good.asSlice(0, PIECE);
        act("", type + "send(MemorySegment)", EFAULT, FEWER, () -> {
            udpFrom.send(gone);
            udpTo.receive(sinkOfBytes);
        });
        act("", type + "trySend(MemorySegment, Duration)", EFAULT, FEWER, () -> {
            udpFrom.trySend(gone, none);
            udpTo.receive(sinkOfBytes);
        });
        for (List<MemorySegment> pieces : lists()) {
            act(form(pieces) + ",", "Datagram.of(MemorySegment[])", EFAULT, FEWER * FEWER, () -> {
                udpFrom.send(Datagram.of(pieces.toArray(new MemorySegment[0])));
                udpTo.receive(sinkOfBytes);
            });
        }
        act("", "Datagram.of(ByteBuffer)", EFAULT, FEWER, () -> {
            udpFrom.send(Datagram.of(gone.asByteBuffer()));
            udpTo.receive(sinkOfBytes);
        });
        act("", type + "receive(MemorySegment)", EFAULT, FEWER, () -> {
            udpFrom.send(datagram);
            udpTo.receive(gone);
        });
        act("", type + "tryReceive(MemorySegment, Duration)", EFAULT, FEWER, () -> {
            udpFrom.send(datagram);
            udpTo.tryReceive(gone, some);
        });
        act("", type + "receiveFrom(MemorySegment, ReceiveOption[])", EFAULT, FEWER, () -> {
            udpFrom.send(datagram);
            udpTo.receiveFrom(gone);
        });
        act("", type + "tryReceiveFrom(MemorySegment, Duration, ReceiveOption[])", EFAULT, FEWER, () -> {
            udpFrom.send(datagram);
            udpTo.tryReceiveFrom(gone, some);
        });
    }

    /** What reads memory by itself: it says that of missing pages what the JVM does. */
    private void collectChecksums() {
        act("", "Inet.checksum(MemorySegment)", FAULT, FEWER * FEWER, () -> Inet.checksum(gone));
        InetAddress address = InetAddress.getLoopbackAddress();
        act(
                "",
                "Inet.checksum(InetAddress, InetAddress, int, MemorySegment)",
                FAULT,
                FEWER * FEWER,
                () -> Inet.checksum(address, address, 1, gone));
        act("", "Ipv4Header.parse(MemorySegment)", FAULT, FEWER * FEWER, () -> {
            try {
                Ipv4Header.parse(gone);
            } catch (IllegalArgumentException noHeader) {
                // while it is there: zeros
            }
        });
    }

    /** Whatever a call that failed has left. */
    private void drain() throws Exception {
        while (datagrams.second().tryReceive(sinkOfBytes, Duration.ZERO) >= 0) {
            // more may be there
        }
        while (records.second().tryReceive(sinkOfBytes, Duration.ZERO) >= 0) {
            // more may be there
        }
        while (tcpTo.tryRead(sinkOfBytes, Duration.ZERO) > 0) {
            // more may be there
        }
        while (udpTo.tryReceive(sinkOfBytes, Duration.ZERO) >= 0) {
            // more may be there
        }
        while (pipe.source().tryRead(sinkOfBytes, Duration.ZERO) > 0) {
            // more may be there
        }
    }

    private void collectFiles() {
        String map = "MemoryFile.map(";
        act("", map + ")", EMPTY, 0, () -> memoryFile.map().close());
        act(
                "",
                map + "Access)",
                EMPTY,
                0,
                () -> memoryFile.map(Access.READ_ONLY).close());
        act(
                "",
                map + "MappedMemoryBuilder)",
                EMPTY,
                0,
                () -> memoryFile.map(MappedMemory.builder().populate()).close());
        act("memory file", "MappedMemory.get(long, MemorySegment)", EFAULT, 1, () -> ofMemoryFile.get(0, heap));
        act("memory file", "MappedMemory.put(long, MemorySegment)", EFAULT, 1, () -> ofMemoryFile.put(0, heap));
        String type = "PosixSharedMemory.";
        act("", type + "name()", WELL, 1, posix::name);
        act("", type + "created()", WELL, 1, posix::created);
        act("", type + "descriptor()", WELL, 1, posix::descriptor);
        act("", type + "byteSize()", WELL, 1, posix::byteSize);
        act("", type + "isOpen()", WELL, 1, posix::isOpen);
        act("", type + "segment()", WELL, 1, posix::segment);
        act("", type + "toString()", WELL, FEWER, posix::toString);
        act("", type + "memory()", EFAULT, 1, () -> posix.memory().get(0, heap));
        act("", type + "memory()", EFAULT, 1, () -> posix.memory().put(0, heap));
        act(
                "",
                type + "open(String)",
                EMPTY,
                0,
                () -> PosixSharedMemory.open(posix.name()).close());
        act(
                "",
                type + "openOrCreate(String, long)",
                EMPTY,
                0,
                () -> PosixSharedMemory.openOrCreate(posix.name(), FILE).close());
    }

    private void collectChanges() {
        String type = "MappedMemory.";
        act("less", type + "protect(Access)", WELL, FEWER, () -> changing.protect(Access.READ_ONLY));
        act("more", type + "protect(Access)", WELL, FEWER, () -> changing.protect(Access.READ_WRITE));
        act("less", type + "resize(long)", WELL, FEWER, () -> changing.resize(FILE / 2));
        act("more", type + "resize(long)", EFAULT, 0, () -> changing.resize(FILE));
        act("", type + "split(long)", WELL, 0, () -> changing.split(4096).close());
        act("", type + "moveTo(long)", WELL, 0, () -> changing.moveTo(free()));
        act("", type + "close()", WELL, 0, changing::close);
        act("", "PosixSharedMemory.unlink()", WELL, 0, posix::unlink);
        act("", "PosixSharedMemory.close()", WELL, 0, posix::close);
    }

    /** Where nothing is. */
    private static long free() throws ErrnoException {
        try (MappedMemory room = MappedMemory.anonymous(1 << 20)) {
            return room.segment().address();
        }
    }

    private void run(int times, Path file) throws Exception {
        for (Case one : cases) {
            for (int i = 0; one.share() > 0 && i < times / one.share(); i++) {
                one.call().make();
            }
        }
        memoryFile.resize(0);
        posix.descriptor().truncate(0);
        if (new ProcessBuilder("truncate", "-s", "0", file.toString()).start().waitFor() != 0) {
            throw new AssertionError("the file is as long as it was");
        }
        int well = 0;
        for (Case one : cases) {
            String ending = ending(one.call());
            if (ending.matches(one.ending())) {
                well++;
            } else {
                System.out.println(one.name() + ": " + ending + ", and not " + one.ending());
            }
            drain();
        }
        System.out.println("well: " + (well == cases.size()));
    }

    private static String ending(Call call) {
        try {
            Object moved = call.make();
            Thread.yield(); // an error that is late comes now
            return moved == null ? WELL : moved.toString();
        } catch (ErrnoException failure) {
            return failure.errno().name();
        } catch (EOFException failure) {
            return EMPTY;
        } catch (Throwable failure) {
            return failure.toString();
        }
    }

    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[2]);
        ThreadKind.valueOf(arguments[0])
                .start(() -> {
                    TruncatingProgram program = new TruncatingProgram(file);
                    try {
                        program.run(Integer.parseInt(arguments[1]), file);
                    } finally {
                        program.end();
                    }
                    return null;
                })
                .get();
    }
}
