package org.chagres.process;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.chagres.internal.generated.Linux;
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSink;
import org.chagres.testing.Await;
import org.chagres.testing.Garbage;

/** What the tests of children run in processes of their own. */
final class ReapingPrograms {
    private ReapingPrograms() {}

    /** Signals a child whose number another one has got. */
    static final class SamePid {
        private static final Path LAST = Path.of("/proc/sys/kernel/ns_last_pid");

        public static void main(String[] arguments) throws Exception {
            for (int attempt = 0; attempt < 1000; attempt++) {
                try (ChildProcess first =
                        ChildProcess.shell("exit 0").newProcessGroup().start()) {
                    first.await();
                    Files.writeString(LAST, Integer.toString(first.pid() - 1));
                    try (ChildProcess second = ChildProcess.command("sleep", "100")
                            .newProcessGroup()
                            .start()) {
                        boolean same = second.pid() == first.pid(); // else a thread of this JVM got the number
                        if (same) {
                            System.out.println("the same number");
                            System.out.println("signal: " + first.signal(Signal.SIGKILL));
                            System.out.println("group: " + first.signalGroup(Signal.SIGKILL));
                            boolean runs =
                                    second.tryAwait(Duration.ofMillis(50)).isEmpty();
                            System.out.println("the other one runs: " + runs);
                        }
                        second.signal(Signal.SIGKILL);
                        second.await();
                        if (same) {
                            return;
                        }
                    }
                }
            }
        }
    }

    /** Forgets a child that runs, one that has ended, and closes another. */
    static final class Forgetful {
        public static void main(String[] arguments) throws Exception {
            closed();
            PipeSink input = forgetRunning();
            int ended = forgetEnded();
            collectThoseBefore();
            input.close();
            Await.until(() -> Processes.zombies().isEmpty());
            System.out.println(ended + " gone: " + (Processes.state(ended) == Processes.GONE));
            System.out.println("descriptors: " + Processes.pidDescriptors().size());
        }

        private static void closed() throws Exception {
            try (ChildProcess child = ChildProcess.shell("exit 0").start()) {
                child.await();
                System.out.println("closed " + child.pid());
            }
        }

        private static PipeSink forgetRunning() throws IOException {
            ChildProcess child =
                    ChildProcess.command("cat").input(Redirect.pipe()).start();
            System.out.println("running " + child.pid());
            return child.input();
        }

        private static int forgetEnded() throws IOException {
            ChildProcess child = ChildProcess.shell("exit 0").start();
            System.out.println("ended " + child.pid());
            int pid = child.pid();
            Await.until(() -> Processes.state(pid) == 'Z');
            return pid;
        }

        /** The cleaner does one after the other: with the second of these the log of all before is written. */
        private static void collectThoseBefore() throws IOException {
            for (int i = 0; i < 2; i++) {
                WeakReference<Pipe> later = new WeakReference<>(Pipe.create());
                String before = pipes();
                Garbage.collectUntil(() -> later.refersTo(null) && !pipes().equals(before));
            }
        }

        private static String pipes() {
            StringBuilder pipes = new StringBuilder();
            for (int number = 0; number < 64; number++) {
                try {
                    pipes.append(Files.readSymbolicLink(Path.of("/proc/self/fd/" + number)))
                            .append('\n');
                } catch (IOException none) {
                    // No such number.
                }
            }
            return pipes.toString();
        }
    }

    private static String ignored() throws IOException {
        String line = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(one -> one.startsWith("SigIgn:"))
                .findFirst()
                .orElseThrow();
        long set = Long.parseUnsignedLong(line.substring("SigIgn:".length()).strip(), 16);
        return (set >>> (SignalCalls.SIGCHLD - 1) & 1) == 1 ? "ignored" : "not ignored";
    }

    private static void tell(String what, Callable<?> step) {
        try {
            System.out.println(what + ": " + step.call());
        } catch (Exception failure) {
            System.out.println(what + ": "
                    + failure.getMessage().replaceAll("pid=\\d+", "pid=N").replaceAll(" \\(.*?\\)", ""));
        }
    }

    private static ChildProcess seven() throws IOException {
        return ChildProcess.shell("exit 7").start();
    }

    /** Statuses in a JVM that may have been started with SIGCHLD ignored; argument {@code nocldwait} has it say so. */
    static final class ChildSignalIgnored {
        public static void main(String[] arguments) throws Exception {
            System.out.println(ignored());
            if (arguments.length > 0) {
                sigaction(SignalCalls.DEFAULT_HANDLER, SignalCalls.SA_NOCLDWAIT);
            }
            try (ChildProcess child = seven()) {
                tell("await", child::await);
            }
            tell("run", () -> ChildProcess.shell("exit 7").run().termination());
            tell(
                    "ProcessBuilder",
                    () -> new ProcessBuilder("sh", "-c", "exit 7").start().waitFor());
            System.out.println(ignored());

            // Too late: the next start mends it again.
            ChildProcess child = seven();
            Await.until(() -> Processes.state(child.pid()) == 'Z');
            sigaction(SignalCalls.IGNORING_HANDLER, 0);
            tell("one that is a zombie already", child::await);
            child.close();
            try (ChildProcess later =
                    ChildProcess.command("cat").input(Redirect.pipe()).start()) {
                sigaction(SignalCalls.IGNORING_HANDLER, 0);
                later.input().close();
                tell("one that ends later", later::await);
                tell("the same again", later::await);
            }
            try (ChildProcess next = seven()) {
                tell("the next one", next::await);
            }
        }

        private static void sigaction(long handler, int flags) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment action = arena.allocate(Linux.SIGACTION_BYTE_SIZE(), Long.BYTES);
                action.set(ValueLayout.JAVA_LONG, Linux.SIGACTION_SA_HANDLER_OFFSET(), handler);
                action.set(ValueLayout.JAVA_INT, Linux.SIGACTION_SA_FLAGS_OFFSET(), flags);
                if (SignalCalls.sigaction(SignalCalls.SIGCHLD, action, MemorySegment.NULL) < 0) {
                    throw new AssertionError();
                }
            }
        }
    }

    /** Other code that waits for any child takes the status of ours. */
    static final class Thief {
        private static final MethodHandle WAITPID = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().find("waitpid").orElseThrow(),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

        public static void main(String[] arguments) throws Throwable {
            try (ChildProcess child = ChildProcess.shell("echo said; exit 7")
                    .output(Redirect.pipe())
                    .start()) {
                steal(child);
                tell("await", child::await);
                tell("tryAwait", () -> child.tryAwait(Duration.ZERO));
                tell("communicate", () -> child.communicate(new byte[0]));
                tell("signal", () -> child.signal(Signal.SIGKILL));
                tell("signalGroup", () -> child.signalGroup(Signal.SIGKILL));
            }
            ChildProcess unasked = seven();
            steal(unasked);
            tell("signal unasked", () -> unasked.signal(Signal.SIGKILL));
            unasked.close();

            ChildSource source = ChildProcess.command("true").openForReading();
            steal(source.child());
            source.close();
            System.out.println("popened: " + source.termination());

            ChildProcess letGo =
                    ChildProcess.command("cat").input(Redirect.pipe()).start();
            letGo.close();
            tell("let go of, taken", () -> {
                Await.until(() -> Processes.state(letGo.pid()) == Processes.GONE);
                Await.until(() -> Processes.pidDescriptors().isEmpty());
                return true;
            });
            System.out.println("zombies: " + Processes.zombies().size());
        }

        private static void steal(ChildProcess child) throws Throwable {
            int taken = (int) WAITPID.invokeExact(-1, MemorySegment.NULL, 0);
            if (taken != child.pid()) {
                throw new AssertionError(taken + " in place of " + child);
            }
        }
    }
}
