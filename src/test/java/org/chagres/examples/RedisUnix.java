package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.chagres.ErrnoException;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixStream;

/**
 * Talks with a Redis server over its local socket.
 *
 * <p>{@code RedisUnix set PATH KEY BYTES} sets a value of so many bytes and prints its length and MD5 as the server has
 * them; {@code pipeline PATH TIMES} sends so many commands before it waits for an answer, and prints the last answer;
 * {@code hangup PATH} prints the messages of the channel "ch" until the server goes; {@code idle-kill PATH} prints the
 * number the server knows it by, waits for a line, and prints what became of the connection.
 */
public final class RedisUnix implements AutoCloseable {
    private final UnixStream stream;
    private final DataInputStream in;
    private final OutputStream out;

    // @start region="connect"
    /** Connects to a server's socket. */
    public RedisUnix(Path path) throws IOException, InterruptedException {
        stream = UnixStream.connect(UnixAddress.of(path));
        in = new DataInputStream(new BufferedInputStream(stream.inputStream(), 1 << 16));
        out = new BufferedOutputStream(stream.outputStream(), 1 << 16);
    }
    // @end

    /** Writes a command without sending it off. */
    void write(byte[]... words) throws IOException {
        line('*', words.length);
        for (byte[] word : words) {
            line('$', word.length);
            out.write(word);
            out.write('\r');
            out.write('\n');
        }
    }

    private void line(char kind, int number) throws IOException {
        out.write((kind + Integer.toString(number) + "\r\n").getBytes(UTF_8));
    }

    /** The next answer: a number, a text as bytes, a list of answers, or a status. */
    Object read() throws IOException {
        int kind = in.readUnsignedByte();
        String line = line();
        return switch (kind) {
            case ':' -> Long.parseLong(line);
            case '$' -> bytes(Integer.parseInt(line));
            case '*' -> {
                List<Object> all = new ArrayList<>();
                for (int i = 0; i < Integer.parseInt(line); i++) {
                    all.add(read());
                }
                yield all;
            }
            case '+' -> line;
            default -> throw new ProtocolException((char) kind + line);
        };
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        int next = in.readUnsignedByte();
        while (next != '\r') {
            line.append((char) next);
            next = in.readUnsignedByte();
        }
        in.readUnsignedByte(); // '\n'
        return line.toString();
    }

    private byte[] bytes(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length || in.skip(2) < 2) {
            throw new EOFException();
        }
        return bytes;
    }

    /** Sends a command and waits for its answer. */
    Object ask(String... words) throws IOException {
        return ask(Arrays.stream(words).map(word -> word.getBytes(UTF_8)).toArray(byte[][]::new));
    }

    private Object ask(byte[]... words) throws IOException {
        write(words);
        out.flush();
        return read();
    }

    private void set(String key, int byteSize) throws Exception {
        byte[] value = new byte[byteSize];
        Arrays.fill(value, (byte) 'r');
        ask("SET".getBytes(UTF_8), key.getBytes(UTF_8), value);
        print(ask("STRLEN", key));
        byte[] back = (byte[]) ask("GET", key);
        print(HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(back)));
    }

    // @start region="pipeline"
    /** Writes and reads at the same time: were all written first, both sides might wait for room to write. */
    Object pipeline(int times) throws Exception {
        FutureTask<Void> writing = new FutureTask<>(() -> {
            for (int i = 0; i < times; i++) {
                write("INCR".getBytes(UTF_8), "ctr".getBytes(UTF_8));
            }
            out.flush();
            return null;
        });
        Thread.startVirtualThread(writing);
        Object last = null;
        for (int i = 0; i < times; i++) {
            last = read();
        }
        writing.get();
        return last;
    }
    // @end

    private void hangup() throws IOException {
        ask("SUBSCRIBE", "ch");
        print("subscribed");
        try {
            while (true) {
                print(new String((byte[]) ((List<?>) read()).get(2), UTF_8));
            }
        } catch (EOFException end) {
            print("eof");
        }
    }

    private void idleKill() throws IOException {
        print("id " + ask("CLIENT", "ID"));
        System.in.read();
        try {
            print(ask("PING"));
        } catch (EOFException end) {
            print("eof");
        } catch (ErrnoException failure) {
            print(failure.errno());
        }
    }

    private static void print(Object what) {
        System.out.writeBytes((what + "\n").getBytes(UTF_8)); // whatever the locale
        System.out.flush();
    }

    @Override
    public void close() {
        stream.close();
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            System.err.println(
                    "usage: RedisUnix set PATH KEY BYTES | pipeline PATH TIMES | hangup PATH | idle-kill PATH");
            System.exit(2);
        }
        try (RedisUnix redis = new RedisUnix(Path.of(arguments[1]))) {
            switch (arguments[0]) {
                case "set" -> redis.set(arguments[2], Integer.parseInt(arguments[3]));
                case "pipeline" -> print(redis.pipeline(Integer.parseInt(arguments[2])));
                case "hangup" -> redis.hangup();
                case "idle-kill" -> redis.idleKill();
                default -> throw new IllegalArgumentException("no role " + arguments[0]);
            }
        }
    }
}
