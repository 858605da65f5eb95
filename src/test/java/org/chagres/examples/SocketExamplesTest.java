package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.chagres.ErrnoException;
import org.chagres.socket.UnixAddress;
import org.chagres.socket.UnixStream;
import org.chagres.testing.Await;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runs what the documentation shows of local sockets. */
@ExtendWith(LeakCheck.class)
class SocketExamplesTest {
    private static final List<String> NATIVE_ACCESS = List.of("--enable-native-access=ALL-UNNAMED");

    /** {@code server PATH COUNT} prints that many texts; {@code client PATH TEXT} sends one. */
    private static final String TEXTS = """
            #include <stdint.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/socket.h>
            #include <sys/un.h>
            #include <unistd.h>

            static void all(int fd, void *to, size_t size) {
                if (recv(fd, to, size, MSG_WAITALL) != (ssize_t) size) {
                    exit(3);
                }
            }

            int main(int count, char **words) {
                struct sockaddr_un name = {.sun_family = AF_UNIX};
                strncpy(name.sun_path, words[2], sizeof name.sun_path - 1);
                int fd = socket(AF_UNIX, SOCK_STREAM, 0);
                int32_t length;
                if (strcmp(words[1], "client") == 0) {
                    length = strlen(words[3]) + 1;
                    if (connect(fd, (struct sockaddr *) &name, sizeof name) != 0
                            || write(fd, &length, sizeof length) != sizeof length
                            || write(fd, words[3], length) != length) {
                        return 1;
                    }
                    return 0;
                }
                if (bind(fd, (struct sockaddr *) &name, sizeof name) != 0 || listen(fd, 5) != 0) {
                    return 1;
                }
                puts("listening");
                fflush(stdout);
                for (int i = atoi(words[3]); i > 0; i--) {
                    int client = accept(fd, NULL, NULL);
                    char text[1000];
                    all(client, &length, sizeof length);
                    all(client, text, length);
                    puts(text);
                    close(client);
                }
                return unlink(words[2]);
            }
            """;

    @TempDir
    private Path folder;

    private static Run java(Class<?> main, Object... arguments) {
        return Run.command(Peer.javaCommand(NATIVE_ACCESS, main, arguments), Map.of());
    }

    private Path path() {
        return folder.resolve("socket");
    }

    private Peer server() {
        Peer server = Peer.java(Listings.class, "server", path());
        Await.until(() -> {
            try (UnixStream probe = UnixStream.connect(UnixAddress.of(path()))) {
                return probe.isOpen(); // a client that comes and goes is no error
            } catch (IOException notYet) {
                return false;
            } catch (InterruptedException failure) {
                throw new AssertionError(failure);
            }
        });
        return server;
    }

    /** What a client of no good manners sends, and then closes. */
    private void send(byte[]... pieces) throws Exception {
        try (UnixStream stream = UnixStream.connect(UnixAddress.of(path()))) {
            for (byte[] piece : pieces) {
                stream.writeFully(piece);
                Await.until(() -> unsent(stream) == 0); // so that it comes in pieces
            }
        } catch (ErrnoException closed) {
            assertThat(closed.errno().toString()).isIn("EPIPE", "ECONNRESET");
        }
    }

    private static int unsent(UnixStream stream) {
        try {
            return stream.unsentBytes();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private static byte[] length(int length) {
        return MemorySegment.ofArray(new int[] {length}).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }

    @Test
    void listing5_10PrintsWhatListing5_11AndAProgramInCSend() throws Exception {
        try (CProgram texts = CProgram.compile(TEXTS);
                Peer server = server()) {
            assertThat(texts.run("client", path(), "from C").output()).isEmpty();
            assertThat(server.hear()).isEqualTo("from C");
            assertThat(java(Listings.class, "client", path(), "from Java").output())
                    .isEmpty();
            assertThat(server.hear()).isEqualTo("from Java");
            assertThat(texts.run("client", path(), "").output()).isEmpty();
            assertThat(server.hear()).isEmpty();
            assertThat(texts.run("client", path(), "L".repeat(70_000)).output()).isEmpty();
            assertThat(server.hear()).hasSize(70_000);
            assertThat(texts.run("client", path(), "quit").output()).isEmpty();
            assertThat(server.hear()).isEqualTo("quit");
            assertThat(server.end()).isZero();
        }
        assertThat(path()).doesNotExist();
    }

    @Test
    void aProgramInCPrintsWhatListing5_11Sends() throws Exception {
        try (CProgram texts = CProgram.compile(TEXTS);
                Peer server = Peer.start(texts.command("server", path(), 2))) {
            assertThat(server.hear()).isEqualTo("listening");
            assertThat(java(Listings.class, "client", path(), "one").output()).isEmpty();
            assertThat(java(Listings.class, "client", path(), "").output()).isEmpty();
            assertThat(server.hear()).isEqualTo("one");
            assertThat(server.hear()).isEmpty();
            assertThat(server.end()).isZero();
        }
    }

    @Test
    void listing5_11WithoutAServerSaysSo() {
        Run client = java(Listings.class, "client", path(), "x");
        assertThat(client.status()).isEqualTo(1);
        assertThat(client.err()).contains("ENOENT").contains(path().toString());
    }

    @Test
    void aBadClientOfListing5_10EndsItselfAlone() throws Exception {
        try (Peer server = server()) {
            send(length(-1));
            send(length(0));
            send(length(Integer.MIN_VALUE));
            send(length(Integer.MAX_VALUE), new byte[100]);
            send(length(1 << 20), new byte[100]); // cut off
            send(new byte[2]);
            send(length(2), "no".getBytes(UTF_8)); // without its zero byte
            send(length(6), new byte[] {'s'}, new byte[] {'p', 'l', 'i', 't'}, new byte[] {0, 4, 0}, new byte[] {
                0, 0, 't', 'w', 'o', 0
            });
            assertThat(server.hear()).isEqualTo("split");
            assertThat(server.hear()).isEqualTo("two");
            send(length(5), "quit\0".getBytes(UTF_8));
            assertThat(server.hear()).isEqualTo("quit");
            assertThat(server.end()).isZero();
        }
    }

    @Test
    void aServerThatWasKilledLeavesAFileThatTheNextReplaces() throws Exception {
        try (Peer server = server()) {
            server.process().destroyForcibly().waitFor();
        }
        assertThat(path()).exists();
        try (Peer server = server()) {
            send(length(5), "quit\0".getBytes(UTF_8));
            assertThat(server.hear()).isEqualTo("quit");
            assertThat(server.end()).isZero();
        }
        assertThat(path()).doesNotExist();
    }

    @Test
    void theBrokerGivesWhatOthersPut() throws Exception {
        Path note = Files.writeString(folder.resolve("note"), "all is well");
        try (Peer broker = Peer.java(Broker.class, "serve", path())) {
            assertThat(broker.hear()).isEqualTo("serving");
            assertThat(java(Broker.class, "get", path(), "note").output()).isEqualTo("none\n");
            assertThat(java(Broker.class, "put", path(), "note", note).output()).isEqualTo("done\n");
            Files.delete(note);
            assertThat(java(Broker.class, "get", path(), "note").output()).isEqualTo("all is well\n");
            Files.writeString(note, "better");
            assertThat(java(Broker.class, "put", path(), "note", note).output()).isEqualTo("done\n");
            for (int i = 0; i < 2; i++) {
                assertThat(java(Broker.class, "get", path(), "note").output()).isEqualTo("better\n");
            }
            assertThat(java(Broker.class, "put", path(), "x".repeat(300), note).output())
                    .isEqualTo("too much\n");
            assertThat(files(broker)).isEqualTo(1); // what was replaced or refused is closed
        }
    }

    private long files(Peer broker) throws IOException {
        try (Stream<Path> numbers = Files.list(Path.of("/proc/" + broker.pid() + "/fd"))) {
            return numbers.filter(number -> {
                        try {
                            return Files.readSymbolicLink(number)
                                    .startsWith(folder.toRealPath().resolve("note"));
                        } catch (IOException gone) {
                            return false;
                        }
                    })
                    .count();
        }
    }

    @Test
    void aBufferAndItsDoorbellsGoToAnotherProcess() throws Exception {
        try (Peer writer = Peer.java(SharedBuffer.class, "write", path(), "one", "", "three")) {
            assertThat(writer.hear()).isEqualTo("waiting for a reader");
            assertThat(java(SharedBuffer.class, "read", path()).output()).isEqualTo("one\n\nthree\n");
            assertThat(writer.end()).isZero();
        }
    }

    @Test
    void aWriterLearnsThatItsReaderHasGone() throws Exception {
        try (Peer writer = Peer.java(SharedBuffer.class, "write", path(), "one")) {
            assertThat(writer.hear()).isEqualTo("waiting for a reader");
            UnixStream.connect(UnixAddress.of(path())).close();
            assertThat(writer.end()).isEqualTo(1);
        }
    }

    @Test
    void anUpgradeLosesNoConnection() throws Exception {
        List<String> names = new ArrayList<>();
        try (Peer one = Peer.java(Upgrade.class, path(), "one")) {
            assertThat(one.hear()).isEqualTo("one serves");
            FutureTask<Void> clients = new FutureTask<>(() -> {
                while (names.isEmpty() || !names.getLast().equals("three")) {
                    names.add(SocketChapter.name(path())); // an answer each time, or it would throw or be empty
                }
                return null;
            });
            Thread.startVirtualThread(clients);
            try (Peer two = Peer.java(Upgrade.class, path(), "two")) {
                assertThat(two.hear()).isEqualTo("two serves");
                assertThat(one.end()).isZero();
                try (Peer three = Peer.java(Upgrade.class, path(), "three")) {
                    assertThat(three.hear()).isEqualTo("three serves");
                    assertThat(two.end()).isZero();
                    clients.get(60, TimeUnit.SECONDS);
                    three.process().getOutputStream().close();
                    assertThat(three.end()).isZero();
                }
            }
        }
        assertThat(names.stream().distinct())
                .startsWith("one")
                .endsWith("three")
                .isSubsetOf("one", "two", "three");
        assertThat(path()).doesNotExist();
        assertThat(Path.of(path() + ".handover")).doesNotExist();
    }

    @Test
    void redisAnswers() throws Exception {
        Run.assumeInstalled("redis-server");
        Path redis = folder.resolve("redis");
        List<String> command = List.of(
                "redis-server",
                "--port",
                "0",
                "--unixsocket",
                redis.toString(),
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                folder.toString());
        Process server = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectErrorStream(true)
                .start();
        try {
            Await.until(() -> Files.exists(redis));
            awaitAnswer(redis);
            assertThat(java(RedisUnix.class, "set", redis, "key", 3_000_000).output())
                    .startsWith("3000000\n");
            assertThat(java(RedisUnix.class, "pipeline", redis, 20_000).output())
                    .isEqualTo("20000\n");
            try (RedisUnix one = new RedisUnix(redis);
                    RedisUnix two = new RedisUnix(redis)) {
                one.ask("SUBSCRIBE", "ch");
                assertThat(two.ask("PUBLISH", "ch", "gr\u00fc\u00dfe")).isEqualTo(1L);
                List<?> message = (List<?>) one.read();
                assertThat((byte[]) message.get(2)).isEqualTo("gr\u00fc\u00dfe".getBytes(UTF_8));
                server.destroy();
                assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThatThrownBy(one::read).isInstanceOf(IOException.class);
                assertThatThrownBy(() -> two.ask("PING")).isInstanceOf(IOException.class);
            }
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    private static void awaitAnswer(Path redis) {
        Await.until(() -> {
            try (RedisUnix client = new RedisUnix(redis)) {
                return client.ask("PING").equals("PONG");
            } catch (IOException notYet) {
                return false;
            } catch (InterruptedException failure) {
                throw new AssertionError(failure);
            }
        });
    }
}
