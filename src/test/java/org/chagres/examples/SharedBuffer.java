package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.memory.MappedMemory;
import org.chagres.memory.MemoryFile;
import org.chagres.memory.Seal;
import org.chagres.readiness.EventCounter;
import org.chagres.socket.BindOption;
import org.chagres.socket.Message;
import org.chagres.socket.ReceivedMessage;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixListener;
import org.chagres.socket.UnixStream;

/**
 * A buffer that two processes share, and the doorbells for it: a memory file and two event counters, all passed in one
 * message. The connection stays, to tell each when the other has gone.
 *
 * <p>{@code SharedBuffer write PATH LINE…} waits for a reader and writes lines into the buffer, one after the other;
 * {@code read PATH} prints them.
 */
public final class SharedBuffer {
    private static final int BYTE_SIZE = 4096;

    private SharedBuffer() {}

    private static void write(Path path, List<String> lines) throws IOException, InterruptedException {
        try (UnixListener<UnixStream> listener =
                UnixListener.bind(UnixAddress.of(path), BindOption.REPLACE_STALE, BindOption.UNLINK_ON_CLOSE)) {
            System.out.println("waiting for a reader");
            try (UnixStream reader = listener.accept()) {
                write(reader, lines);
            } // the end for the reader
        }
    }

    private static void write(UnixStream reader, List<String> lines) throws IOException, InterruptedException {
        // @start region="offer"
        try (MemoryFile file = MemoryFile.create("buffer", BYTE_SIZE);
                EventCounter full = EventCounter.create();
                EventCounter empty = EventCounter.create();
                MappedMemory memory = file.map()) {
            file.seal(Seal.SHRINK); // so the reader need not trust us
            reader.send(Message.of("buffer").with(file.descriptor(), full, empty));
            for (String line : lines) {
                memory.segment().setString(0, line);
                full.add(1);
                await(empty, reader);
                empty.take();
            }
        }
        // @end
    }

    private static void read(Path path) throws IOException, InterruptedException {
        // @start region="take"
        try (UnixStream writer = UnixStream.connect(UnixAddress.of(path));
                ReceivedMessage message = writer.receive(MemorySegment.ofArray(new byte["buffer".length()]), 3);
                MemoryFile file = message.takeDescriptor(it -> MemoryFile.take(it, BYTE_SIZE, Seal.SHRINK));
                EventCounter full = message.takeDescriptor(EventCounter::of);
                EventCounter empty = message.takeDescriptor(EventCounter::of);
                MappedMemory memory = file.map()) {
            while (true) {
                await(full, writer);
                full.take();
                print(memory.segment().getString(0));
                empty.add(1);
            }
        } catch (EOFException end) {
            // of the connection
        }
        // @end
    }

    // @start region="await"
    /** Waits for a doorbell, or the end of the connection. */
    private static void await(EventCounter doorbell, UnixStream peer) throws IOException, InterruptedException {
        Set<Readiness> readable = Set.of(Readiness.READABLE);
        Map<Pollable, Set<Readiness>> ready = Pollable.poll(Map.of(doorbell, readable, peer, readable));
        if (!ready.containsKey(doorbell)) {
            throw new EOFException("the other side has gone");
        }
    }
    // @end

    private static void print(String line) {
        System.out.writeBytes((line + "\n").getBytes(UTF_8));
        System.out.flush();
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        switch (arguments.length < 2 ? "" : arguments[0]) {
            case "write" ->
                write(Path.of(arguments[1]), Arrays.asList(arguments).subList(2, arguments.length));
            case "read" -> read(Path.of(arguments[1]));
            default -> {
                System.err.println("usage: SharedBuffer write PATH LINE... | read PATH");
                System.exit(2);
            }
        }
    }
}
