package org.chagres.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.chagres.IpcKey;
import org.chagres.inspect.SharedMemoryTable;
import org.chagres.memory.Access;
import org.chagres.memory.SharedMemory;
import org.chagres.semaphore.ProcessSemaphore;

/** Programs for {@link Startup}, one thing each. */
final class StartupCases {
    static final List<Class<?>> ALL = List.of(
            Empty.class, BareCall.class, FirstAttach.class, WholeApi.class, FirstAcquire.class, JdkSocket.class);

    private StartupCases() {}

    static String describe(Class<?> main) {
        return switch (main.getSimpleName()) {
            case "Empty" -> "an empty main";
            case "BareCall" -> "one call by the JDK's linker, errno captured";
            case "FirstAttach" -> "SharedMemory: create, remove, close";
            case "WholeApi" -> "SharedMemory and its inspection, all of it";
            case "FirstAcquire" -> "ProcessSemaphore: create, acquire, release, remove";
            case "JdkSocket" -> "the JDK's first Unix socket connection";
            default -> main.getSimpleName();
        };
    }

    static final class Empty {
        public static void main(String[] arguments) {}
    }

    static final class BareCall {
        public static void main(String[] arguments) throws Throwable {
            Linker linker = Linker.nativeLinker();
            MethodHandle getppid = linker.downcallHandle(
                    linker.defaultLookup().find("getppid").orElseThrow(),
                    FunctionDescriptor.of(JAVA_INT),
                    Linker.Option.captureCallState("errno"));
            MemorySegment errno = Arena.global().allocate(JAVA_INT);
            int parent = (int) getppid.invokeExact(errno);
            if (parent < 0) {
                throw new AssertionError();
            }
        }
    }

    static final class FirstAttach {
        public static void main(String[] arguments) throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 4096)) {
                memory.remove();
            }
        }
    }

    static final class WholeApi {
        public static void main(String[] arguments) throws IOException {
            try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 4096)) {
                memory.remove();
                memory.status();
                memory.lockInMemory();
                memory.unlockFromMemory();
                SharedMemory.builder()
                        .access(Access.READ_ONLY)
                        .open(memory.id())
                        .close();
                try (Arena arena = Arena.ofConfined()) {
                    SharedMemory.attach(memory.id(), arena);
                }
                SharedMemoryTable.segments();
                SharedMemoryTable.limits();
                SharedMemoryTable.usage();
            }
        }
    }

    static final class FirstAcquire {
        public static void main(String[] arguments) throws IOException, InterruptedException {
            try (ProcessSemaphore semaphore = ProcessSemaphore.create(IpcKey.PRIVATE, 1)) {
                try {
                    semaphore.acquire();
                    semaphore.release();
                } finally {
                    semaphore.set().remove();
                }
            }
        }
    }

    static final class JdkSocket {
        public static void main(String[] arguments) throws IOException {
            Path path = Path.of(
                    System.getProperty("java.io.tmpdir"),
                    "chagres-" + ProcessHandle.current().pid());
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
            try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                server.bind(address);
                try (SocketChannel client = SocketChannel.open(address);
                        SocketChannel accepted = server.accept()) {
                    if (!client.isConnected() || !accepted.isConnected()) {
                        throw new AssertionError();
                    }
                }
            } finally {
                Files.deleteIfExists(path);
            }
        }
    }
}
