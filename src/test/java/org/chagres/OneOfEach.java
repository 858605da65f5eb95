package org.chagres;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.chagres.file.LockMode;
import org.chagres.file.RecordLock;
import org.chagres.memory.MappedMemory;
import org.chagres.memory.MemoryFile;
import org.chagres.memory.PosixSharedMemory;
import org.chagres.memory.SharedMemory;
import org.chagres.pipe.Fifo;
import org.chagres.pipe.Pipe;
import org.chagres.process.ChildProcess;
import org.chagres.process.ChildProcessBuilder;
import org.chagres.process.Pipeline;
import org.chagres.process.Redirect;
import org.chagres.process.Signal;
import org.chagres.readiness.Epoll;
import org.chagres.readiness.EventCounter;
import org.chagres.readiness.SignalOwner;
import org.chagres.readiness.SignalSettings;
import org.chagres.semaphore.SemaphoreOperation;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.socket.AddressQuery;
import org.chagres.socket.Credentials;
import org.chagres.socket.Datagram;
import org.chagres.socket.DatagramBatch;
import org.chagres.socket.Inet;
import org.chagres.socket.Ipv4Header;
import org.chagres.socket.LinuxSocketOptions;
import org.chagres.socket.Message;
import org.chagres.socket.RawSocket;
import org.chagres.socket.ReceivedMessage;
import org.chagres.socket.SocketPair;
import org.chagres.socket.SocketSetting;
import org.chagres.socket.TcpConnector;
import org.chagres.socket.TcpListener;
import org.chagres.socket.TcpStream;
import org.chagres.socket.UdpSocket;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixDatagram;
import org.chagres.socket.UnixListener;
import org.chagres.socket.UnixSeqPacket;
import org.chagres.socket.UnixStream;

/** An object of each type that has methods or is taken by one, for tests that try them all. */
final class OneOfEach implements AutoCloseable {
    private final List<Object> objects = new ArrayList<>();
    private final List<AutoCloseable> toClose = new ArrayList<>();
    private Optional<String> whyNoRawSocket = Optional.empty();

    OneOfEach() throws Exception {
        try {
            values();
            files();
            pipes();
            memory();
            semaphores();
            sockets();
            messages();
            processes();
        } catch (Throwable failure) {
            close();
            throw failure;
        }
    }

    List<Object> objects() {
        return objects;
    }

    /** They are for privileged processes. */
    Optional<String> whyNoRawSocket() {
        return whyNoRawSocket;
    }

    private <T> T add(T object) {
        objects.add(object);
        return object;
    }

    private <T extends AutoCloseable> T open(T object) {
        toClose.add(object);
        return add(object);
    }

    /** Values that methods take, of the JDK and our own. */
    private void values() throws IOException {
        add("text");
        add(Duration.ZERO);
        add(Instant.EPOCH);
        add(StandardCharsets.UTF_8);
        add(StandardOpenOption.READ);
        add(StandardProtocolFamily.INET);
        add(Path.of("/nonexistent/name"));
        add(ByteBuffer.allocate(8));
        add(MemorySegment.ofArray(new byte[64]));
        add(Arena.ofAuto());
        add((Inet4Address) InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        add(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 1));
        add(NetworkInterface.getByName("lo"));
        add((Executor) Runnable::run);
        add((Consumer<Object>) anything -> {});
        add(IpcKey.of(0x5eed));
        add(new IpcPermissions(0, 0, 0, 0, Set.of(), 0));
        add(Signal.SIGIO);
        add(SignalOwner.NOBODY);
        add(Redirect.pipe());
        add(SemaphoreOperation.awaitZero(0));
        add(Credentials.ofThisProcess());
        add(UnixAddress.abstractName("chagres-nobody-" + ProcessHandle.current().pid()));
        add(LinuxSocketOptions.SO_REUSEPORT);
        add(SocketSetting.set(LinuxSocketOptions.SO_REUSEPORT, true));
        add((ReceivedMessage.Kind<UnixStream>) UnixStream::of);
    }

    private void files() throws Exception {
        Path path = Files.createTempFile("chagres-one", "");
        toClose.add(() -> Files.delete(path));
        Descriptor file = open(Descriptor.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
        open(RecordLock.lock(file, LockMode.EXCLUSIVE));
        add(RecordLock.builder(file));
    }

    private void pipes() throws Exception {
        Pipe pipe = open(Pipe.create());
        add(pipe.source());
        add(pipe.sink());
        Path path = Files.createTempDirectory("chagres-one").resolve("fifo");
        toClose.add(() -> Files.delete(path.getParent()));
        add(Fifo.create(path));
        toClose.add(() -> Files.delete(path));
        EventCounter counter = open(EventCounter.create());
        open(Epoll.create());
        add(SignalSettings.of(counter));
    }

    private void memory() throws Exception {
        open(MappedMemory.anonymous(4096));
        add(MappedMemory.builder());
        open(MemoryFile.create("one", 4096));
        add(MemoryFile.builder());
        String name = "chagres-one-" + ProcessHandle.current().pid();
        open(PosixSharedMemory.create(name, 4096));
        toClose.add(() -> PosixSharedMemory.unlink(name));
        add(PosixSharedMemory.builder());
        SharedMemory segment = open(SharedMemory.create(IpcKey.PRIVATE, 4096));
        toClose.add(() -> SharedMemory.remove(segment.id()));
        add(SharedMemory.builder());
    }

    private void semaphores() throws Exception {
        SemaphoreSet set = open(SemaphoreSet.create(IpcKey.PRIVATE, 1));
        toClose.add(() -> SemaphoreSet.remove(set.id()));
        add(set.semaphore(0));
        add(SemaphoreSet.builder());
    }

    private void sockets() throws Exception {
        add(open(UnixStream.pair()).first());
        add(open(UnixSeqPacket.pair()).first());
        SocketPair<UnixDatagram> datagrams = open(UnixDatagram.pair());
        UnixDatagram receiver = add(datagrams.first());
        datagrams.second().send(Message.of("text").with(receiver));
        open(receiver.receive(MemorySegment.ofArray(new byte[4]), 1));
        open(UnixListener.bind(UnixAddress.abstractName(
                "chagres-one-" + ProcessHandle.current().pid())));
        TcpListener listener = open(TcpListener.bind(Inet.loopback(0)));
        open(TcpStream.connect(listener.localAddress()));
        add(TcpConnector.to(listener.localAddress()));
        open(UdpSocket.bind(Inet.loopback(0)));
        try {
            open(RawSocket.create(StandardProtocolFamily.INET, 253));
        } catch (ErrnoException failure) {
            if (failure.errno() != Errno.EPERM) {
                throw failure;
            }
            whyNoRawSocket = Optional.of(failure.toString());
        }
    }

    private void messages() throws Exception {
        add(Message.of("text"));
        add(Datagram.of("text"));
        add(DatagramBatch.allocate(Arena.ofAuto(), 2, 16));
        add(Ipv4Header.of(253, (Inet4Address) InetAddress.getByAddress(new byte[] {127, 0, 0, 1})));
        add(AddressQuery.of("localhost"));
        add(Inet.interfaces().getFirst());
    }

    private void processes() throws Exception {
        ChildProcessBuilder cat =
                ChildProcess.command("cat").input(Redirect.pipe()).output(Redirect.pipe());
        add(cat);
        open(cat.start());
        open(Pipeline.start(ChildProcess.command("true")));
        add(ChildProcess.command("true").run());
    }

    @Override
    public void close() {
        AssertionError failed = new AssertionError("not everything could be closed");
        for (AutoCloseable one : toClose.reversed()) {
            try {
                one.close();
            } catch (Exception failure) {
                failed.addSuppressed(failure);
            }
        }
        if (failed.getSuppressed().length > 0) {
            throw failed;
        }
    }
}
