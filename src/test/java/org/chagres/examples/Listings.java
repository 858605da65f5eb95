package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.net.ProtocolException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Scanner;
import java.util.concurrent.ThreadLocalRandom;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.memory.Access;
import org.chagres.memory.MappedMemory;
import org.chagres.memory.SharedMemory;
import org.chagres.pipe.Pipe;
import org.chagres.process.ChildProcess;
import org.chagres.process.ChildSink;
import org.chagres.process.Redirect;
import org.chagres.process.Termination;
import org.chagres.socket.BindOption;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixListener;
import org.chagres.socket.UnixStream;

/**
 * The listings of chapter 5 of <em>Advanced Linux Programming</em> in Java: {@code Listings ROLE ARGUMENT…}, with the
 * output of the book's programs. Roles: {@code shm} (Listing 5.1), {@code mmap-write FILE} (5.5), {@code mmap-read FILE}
 * (5.6), {@code pipe} (5.7), {@code dup2} (5.8), {@code popen} (5.9),
 * {@code server PATH} (5.10), {@code client PATH TEXT} (5.11), {@code socket-inet HOST [PORT]} (5.12: {@link SocketInet}).
 */
public final class Listings {
    private static final int FILE_LENGTH = 0x100; // of the part that is mapped
    private static final int MOST_BYTES = 1 << 20; // of a text, with its zero byte
    private static final byte[] QUIT = "quit".getBytes(UTF_8);

    private Listings() {}

    /** Listing 5.1: write to a segment, detach, attach it elsewhere, and read. */
    private static void shm() throws ErrnoException {
        // @start region="shm"
        int id;
        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 0x6400)) {
            id = memory.id();
            System.out.println("shared memory attached at address " + address(memory.segment()));
            System.out.println("segment size: " + memory.status().byteSize());
            memory.segment().setString(0, "Hello, world.");
        } // detaches; the segment stays

        try (SharedMemory memory = reopen(id)) {
            System.out.println("shared memory reattached at address " + address(memory.segment()));
            System.out.println(memory.segment().getString(0));
        } finally {
            SharedMemory.remove(id);
        }
        // @end
    }

    // @start region="reopen"
    /** At the book's address if it is free: in a JVM no fixed address is sure to be. */
    private static SharedMemory reopen(int id) throws ErrnoException {
        try {
            return SharedMemory.builder().at(0x5000000).open(id);
        } catch (ErrnoException occupied) {
            if (occupied.errno() != Errno.EINVAL) {
                throw occupied;
            }
            return SharedMemory.open(id);
        }
    }
    // @end

    private static String address(MemorySegment segment) {
        return "0x" + Long.toHexString(segment.address());
    }

    /** Listing 5.5: a random number for a file, by way of memory. */
    private static void mmapWrite(Path path) throws IOException {
        // @start region="mmap-write"
        MappedMemory memory;
        try (Descriptor file = Descriptor.open(path, READ, WRITE, CREATE)) {
            file.writeAt(MemorySegment.ofArray(new byte[1]), FILE_LENGTH + 1); // now it is long enough
            memory = MappedMemory.builder()
                    .access(Access.WRITE_ONLY)
                    .byteSize(FILE_LENGTH)
                    .map(file);
        }
        try (memory) { // which needs no open file
            int number = ThreadLocalRandom.current().nextInt(-100, 101);
            memory.segment().setString(0, number + "\n");
        }
        // @end
    }

    /** Listing 5.6: prints the number in a file, and doubles it there. */
    private static void mmapRead(Path path) throws IOException {
        // @start region="mmap-read"
        try (MappedMemory memory = MappedMemory.builder().byteSize(FILE_LENGTH).open(path)) {
            int number = new Scanner(memory.segment().getString(0)).nextInt();
            System.out.println("value: " + number);
            memory.segment().setString(0, 2 * number + "\n");
        }
        // @end
    }

    /** Listing 5.7: lines for a child, one a second. In place of a fork that reads, as a JVM cannot fork, {@code cat}. */
    private static void pipe() throws Exception {
        // @start region="pipe"
        try (ChildProcess reader =
                ChildProcess.command("cat").input(Redirect.pipe()).start()) {
            try (PrintWriter stream = reader.input().writer(UTF_8)) {
                writer("Hello, world.", 5, stream);
            } // the end of the stream for the reader
            reader.await();
        }
        // @end
    }

    // @start region="writer"
    /** Writes copies of a message to a stream, with a pause of a second after each. */
    private static void writer(String message, int count, PrintWriter stream) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            stream.println(message);
            stream.flush(); // sends it off now
            Thread.sleep(Duration.ofSeconds(1));
        }
    }
    // @end

    /** Listing 5.8: lines for {@code sort}, whose standard input is the end of a pipe. */
    private static void dup2() throws Exception {
        // @start region="dup2"
        try (Pipe pipe = Pipe.create();
                ChildProcess sort = ChildProcess.command("sort")
                        .input(Redirect.take(pipe.source())) // number 0 there, and closed here
                        .start()) {
            try (PrintWriter stream = pipe.sink().writer(UTF_8)) {
                print(stream);
            } // sort comes to the end of its input
            sort.await();
        }
        // @end
    }

    /** Listing 5.9: the same by what is {@code popen} and {@code pclose} in C. Answers the status. */
    private static int popen() throws Exception {
        // @start region="popen"
        ChildSink sort = ChildProcess.shell("sort").openForWriting();
        try (PrintWriter stream = sort.writer(UTF_8)) {
            print(stream);
        } // the end of its input, and it has ended
        return sort.termination().orElseThrow() instanceof Termination.Exited exited ? exited.status() : 1;
        // @end
    }

    private static void print(PrintWriter stream) {
        stream.println("This is a test.");
        stream.println("Hello, world.");
        stream.println("My dog has fleas.");
        stream.println("This program is great.");
        stream.println("One fish, two fish.");
    }

    /** Listing 5.10: prints the texts that clients send, one client after the other, until a text is "quit". */
    private static void server(Path path) throws Exception {
        // @start region="server"
        try (UnixListener<UnixStream> listener =
                UnixListener.bind(UnixAddress.of(path), BindOption.REPLACE_STALE, BindOption.UNLINK_ON_CLOSE)) {
            boolean quit = false;
            while (!quit) {
                try (UnixStream client = listener.accept()) {
                    quit = server(client);
                }
            }
        } // removes the socket file
        // @end
    }

    // @start region="server-client"
    /** Prints the texts of one client; answers whether one was "quit". */
    private static boolean server(UnixStream client) throws InterruptedException {
        try {
            Optional<byte[]> text = read(client);
            while (text.isPresent()) {
                System.out.writeBytes(text.get());
                System.out.println();
                if (Arrays.equals(text.get(), QUIT)) {
                    return true;
                }
                text = read(client);
            }
        } catch (IOException failure) { // of this client, not of the server
            System.err.println("a client failed: " + failure);
        }
        return false;
    }

    /** A text without its zero byte; nothing when the client has closed. */
    private static Optional<byte[]> read(UnixStream client) throws IOException, InterruptedException {
        int[] length = new int[1]; // in the order of this machine, as the book's programs send it
        MemorySegment header = MemorySegment.ofArray(length);
        long count = client.read(header);
        if (count < 0) {
            return Optional.empty();
        }
        client.readFully(header.asSlice(count)); // a stream may bring it in pieces
        if (length[0] < 1 || length[0] > MOST_BYTES) {
            throw new ProtocolException("a text of " + length[0] + " bytes");
        }
        byte[] text = new byte[length[0]];
        client.readFully(text);
        if (text[text.length - 1] != 0) {
            throw new ProtocolException("a text without its end");
        }
        return Optional.of(Arrays.copyOf(text, text.length - 1));
    }
    // @end

    /** Listing 5.11: sends a text to the server. */
    private static void client(Path path, String text) throws IOException, InterruptedException {
        // @start region="client"
        try (UnixStream socket = UnixStream.connect(UnixAddress.of(path))) {
            byte[] bytes = (text + "\0").getBytes(UTF_8);
            int[] length = {bytes.length};
            socket.writeFully(List.of(MemorySegment.ofArray(length), MemorySegment.ofArray(bytes)));
        }
        // @end
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        String role = arguments.length == 0 ? "" : arguments[0];
        int words = switch (role) {
            case "mmap-write", "mmap-read", "server" -> 2;
            case "client" -> 3;
            case "socket-inet" -> Math.clamp(arguments.length, 2, 3);
            default -> 1;
        };
        switch (arguments.length == words ? role : "") {
            case "shm" -> shm();
            case "mmap-write" -> mmapWrite(Path.of(arguments[1]));
            case "mmap-read" -> mmapRead(Path.of(arguments[1]));
            case "pipe" -> pipe();
            case "dup2" -> dup2();
            case "popen" -> System.exit(popen());
            case "server" -> server(Path.of(arguments[1]));
            case "client" -> client(Path.of(arguments[1]), arguments[2]);
            case "socket-inet" -> SocketInet.main(Arrays.copyOfRange(arguments, 1, arguments.length));
            default -> {
                System.err.println("usage: Listings shm | mmap-write FILE | mmap-read FILE | pipe | dup2 | popen"
                        + " | server PATH | client PATH TEXT | socket-inet HOST [PORT]");
                System.exit(2);
            }
        }
    }
}
