package org.chagres.testing;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.chagres.socket.Inet;
import org.chagres.socket.TcpListener;
import org.junit.jupiter.api.Assumptions;

/**
 * A host of its own: a network namespace without a name that one thread is in, and programs if they are started there.
 * What that thread makes stays in the namespace, whoever uses it later: so a test makes sockets of several hosts, and
 * uses them where it likes. The kernel removes the namespace with its thread and its sockets, whatever becomes of the
 * test, and no other test can meet it.
 */
public final class Host implements AutoCloseable {
    private static final int CLONE_NEWNET = 0x40000000;

    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            body -> Thread.ofPlatform().name("host").daemon().unstarted(body));

    /** What leads to the namespace, and which one it is. */
    private record Namespace(Path path, Path target) {}

    private final Namespace namespace;

    private Host() throws Exception {
        namespace = call(Host::leaveTheOthers);
    }

    /** Makes one that has nothing but a loopback; skips the test where that is not possible. */
    public static Host make() throws Exception {
        for (String program : List.of("ip", "unshare", "nsenter")) {
            Run.assumeInstalled(program);
        }
        Run trial = Run.command("unshare", "--net", "ip", "link", "set", "lo", "up");
        Assumptions.assumeTrue(
                trial.status() == 0,
                () -> "no network namespace of our own: " + trial.err().strip());
        startThreadsElsewhere();
        Host host = new Host();
        host.run("ip link set lo up");
        // A link-local address is one that is given here, and is there at once.
        host.set("net/ipv6/conf/default/addr_gen_mode", "1");
        return host;
    }

    /** The library's own threads, which it starts at its first wait, belong where the test is. */
    private static void startThreadsElsewhere() throws Exception {
        try (TcpListener listener = TcpListener.bind(Inet.loopback(0))) {
            listener.tryAccept(Duration.ofNanos(1));
        }
    }

    private static Namespace leaveTheOthers() throws IOException {
        Linker linker = Linker.nativeLinker();
        int answer;
        try {
            answer = (int) linker.downcallHandle(
                            linker.defaultLookup().find("unshare").orElseThrow(),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                    .invokeExact(CLONE_NEWNET);
        } catch (Throwable failure) {
            throw new AssertionError(failure);
        }
        Assumptions.assumeTrue(answer == 0, "unshare(2) of the network is not permitted");
        Path path = Path.of("/proc")
                .resolve(Files.readSymbolicLink(Path.of("/proc/thread-self")))
                .resolve("ns/net");
        return new Namespace(path, Files.readSymbolicLink(path));
    }

    /**
     * Does something as this host, which must start no thread: that would stay here. The result is used anywhere.
     */
    public <T> T call(Callable<T> body) throws Exception {
        try {
            return start(body).get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof Error failure) {
                throw failure;
            }
            throw failed.getCause() instanceof Exception failure ? failure : failed;
        }
    }

    /** Starts something as this host, and does not wait for its end. */
    public <T> Future<T> start(Callable<T> body) {
        return thread.submit(body);
    }

    /** Runs a shell script here; it must succeed. */
    public String run(String script) {
        return attempt(script).output();
    }

    /** Runs a shell script here, which may fail. */
    public Run attempt(String script) {
        return Run.command(here(List.of("sh", "-eu", "-c", script)), Map.of());
    }

    /** Starts a program here. */
    public Peer program(List<String> command) {
        return Peer.start(here(command));
    }

    private List<String> here(List<String> command) {
        List<String> words = new ArrayList<>(List.of("nsenter", "--net=" + namespace.path()));
        words.addAll(command);
        return words;
    }

    /** Sets what this host has in {@code /proc/sys}; skips the test where that may not be written. */
    public void set(String name, String value) {
        Run result = attempt("echo " + value + " > /proc/sys/" + name);
        Assumptions.assumeTrue(
                result.status() == 0, () -> name + ": " + result.err().strip());
    }

    /** Joins an interface here to one there, like a cable does; their numbers are this and that. */
    public void join(String name, int index, Host other, String otherName, int otherIndex) {
        Run result = attempt("ip link add %s index %d type veth peer name %s index %d netns %s"
                .formatted(name, index, otherName, otherIndex, other.namespace.path()));
        Assumptions.assumeTrue(
                result.status() == 0, () -> "no veth: " + result.err().strip());
    }

    /** Gives an interface addresses, and switches it on. */
    public void give(String name, String... addresses) {
        StringBuilder script = new StringBuilder();
        for (String address : addresses) {
            script.append("ip address add ").append(address).append(" dev ").append(name);
            script.append(address.contains(":") ? " nodad\n" : " broadcast +\n");
        }
        run(script + "ip link set " + name + " up");
    }

    /** Returns once an interface sends: for a moment after both its ends were switched on what it is given is lost. */
    public void awaitUp(String name) {
        Await.until(() -> run("ip link show dev " + name).contains(" state UP "), () -> name + " being up");
    }

    public NetworkInterface networkInterface(String name) throws Exception {
        return call(() -> NetworkInterface.getByName(name));
    }

    /** An address in numbers; one that has a {@code %} has the number of an interface behind it. */
    public static InetSocketAddress address(String host, int port) throws IOException {
        int percent = host.indexOf('%');
        if (percent < 0) {
            return new InetSocketAddress(InetAddress.getByName(host), port);
        }
        byte[] bytes = InetAddress.getByName(host.substring(0, percent)).getAddress();
        int index = Integer.parseInt(host.substring(percent + 1));
        return new InetSocketAddress(Inet6Address.getByAddress(null, bytes, index), port);
    }

    /** Ends it; fails if a thread was started in it that goes on, as that would be in the wrong place ever after. */
    @Override
    public void close() {
        thread.shutdownNow();
        Await.until(thread::isTerminated, "the end of what the host does");
        Await.until(() -> threadsHere().isEmpty(), () -> "the end of the threads that are there: " + threadsHere());
    }

    private List<String> threadsHere() {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            return threads.filter(this::isHere).map(Host::nameOf).toList();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private boolean isHere(Path thread) {
        try {
            return Files.readSymbolicLink(thread.resolve("ns/net")).equals(namespace.target());
        } catch (IOException gone) {
            return false;
        }
    }

    private static String nameOf(Path thread) {
        try {
            return Files.readString(thread.resolve("comm")).strip();
        } catch (IOException gone) {
            return "one that has ended";
        }
    }
}
