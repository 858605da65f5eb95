package org.chagres.socket;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.testing.Await;
import org.chagres.testing.Patience;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Assumptions;

/**
 * A network namespace that a thread of this process has to itself: it has the loopback interface and, where asked for,
 * a pair of virtual ones, and its own settings. Platform threads and programs that the thread starts are in it too, and
 * it is gone with the last of them and of the sockets. Virtual threads must not be started from there: their carrier
 * might be new, in the namespace then, and serve others later. Skips the test, with the reason, where none may be made.
 *
 * <pre>
 *    lo   127.0.0.1, ::1
 *    v0   192.0.2.1/24, 2001:db8::1/64 ------ v1, without an address: what is sent there is never answered
 * </pre>
 */
final class OwnNetwork {
    static final String INTERFACE = "v0";
    static final String ADDRESS = "192.0.2.1";
    static final String ADDRESS_V6 = "2001:db8::1";
    static final String BROADCAST = "192.0.2.255";

    /** A neighbour that takes what it gets and says nothing. */
    static final String SILENT = "192.0.2.99";

    private static final int CLONE_NEWNET = 0x40000000;
    private static final long PATIENCE_SECONDS = Patience.of(60);

    private OwnNetwork() {}

    /** What is done in it. */
    interface Body {
        void run() throws Exception;
    }

    /** With the loopback interface alone. */
    static void run(Body body) throws Exception {
        inside(() -> {
            ip("link set lo up");
            body.run();
        });
    }

    /** With the pair of interfaces too. */
    static void runWithInterface(Body body) throws Exception {
        run(() -> {
            Run made = Run.command("ip", "link", "add", INTERFACE, "type", "veth", "peer", "name", "v1");
            Assumptions.assumeTrue(
                    made.status() == 0,
                    () -> "no virtual interface: " + made.err().strip());
            ip("addr add " + ADDRESS + "/24 broadcast + dev v0");
            ip("addr add " + ADDRESS_V6 + "/64 dev v0 nodad");
            ip("link set v0 up");
            ip("link set v1 up");
            Await.until(
                    () -> Run.command("ip", "link", "show", INTERFACE).output().contains("state UP"));
            ip("neigh add " + SILENT + " lladdr 02:00:00:00:00:63 dev v0");
            body.run();
        });
    }

    static void ip(String words) {
        Run.command(("ip " + words).split(" ")).output();
    }

    /** Sets what is below {@code /proc/sys/net}: to each thread that of its own namespace. */
    static void set(String name, String value) throws IOException {
        Files.writeString(Path.of("/proc/sys/net", name), value);
    }

    /** A file below {@code /proc/net}, which without more says what the first thread of the process sees. */
    static String proc(String name) throws IOException {
        return Files.readString(Path.of("/proc/thread-self/net", name));
    }

    private static void inside(Body body) throws Exception {
        Run.assumeInstalled("ip");
        FutureTask<Void> task = new FutureTask<>(() -> {
            Assumptions.assumeTrue(unshare() == 0, "a network namespace of its own is not permitted");
            body.run();
            return null;
        });
        Thread.ofPlatform().daemon().start(task);
        try {
            task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            switch (failed.getCause()) {
                case Exception failure -> throw failure;
                case Error failure -> throw failure;
                default -> throw failed;
            }
        }
    }

    private static int unshare() {
        Linker linker = Linker.nativeLinker();
        MethodHandle unshare = linker.downcallHandle(
                linker.defaultLookup().find("unshare").orElseThrow(),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            return (int) unshare.invokeExact(CLONE_NEWNET);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }
}
