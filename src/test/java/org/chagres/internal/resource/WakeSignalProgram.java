package org.chagres.internal.resource;

import static org.chagres.internal.resource.SemaphoreWaits.FOREVER;
import static org.chagres.internal.resource.TestSet.GIVE;
import static org.chagres.internal.resource.TestSet.TAKE;
import static org.chagres.testing.ThreadKind.PLATFORM;
import static org.chagres.testing.ThreadKind.VIRTUAL;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.chagres.internal.generated.Linux;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.internal.syscall.ScriptedAnswers.Answer;
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.testing.Await;
import org.chagres.testing.ThreadKind;

/**
 * Waits in every way and tells how they end, where the signal is free or not. Started with the word {@code try}, or
 * with what is to be taken over: {@code first} or {@code both}, and the flags to do it with.
 */
final class WakeSignalProgram {
    private static final long MILLIS = 1_000_000;
    private static final int LOWEST = 35;
    private static final int HIGHEST = 61;

    private final int id;

    private WakeSignalProgram(int id) {
        this.id = id;
    }

    public static void main(String[] arguments) throws Exception {
        System.out.println("SIGURG at start: " + stateOfSigurg());
        int id = SemaphoreObject.create(0, 1, PosixFilePermissions.fromString("rw-------"));
        try {
            WakeSignalProgram program = new WakeSignalProgram(id);
            program.waitInAllWays();
            if (arguments[0].equals("first")) {
                program.takeWhileOthersWait(Integer.decode(arguments[1]));
                program.waitInAllWays();
            } else if (arguments[0].equals("both")) {
                program.takeBoth();
                program.waitInAllWays();
            }
        } finally {
            SemaphoreObject.remove(id);
        }
    }

    // Witnesses: what the kernel says of this process.

    private static String stateOfSigurg() throws IOException {
        for (String set : List.of("SigBlk", "SigIgn", "SigCgt")) {
            if (contains(set, SignalCalls.SIGURG)) {
                return set;
            }
        }
        return "default";
    }

    /** Those handled of the signals that the library may take. */
    private static String handled() {
        return IntStream.concat(IntStream.of(10, SignalCalls.SIGURG), IntStream.rangeClosed(LOWEST, HIGHEST))
                .filter(signal -> contains("SigCgt", signal))
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(" "));
    }

    private static boolean contains(String set, int signal) {
        try {
            String mask = Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                    .filter(line -> line.startsWith(set + ":"))
                    .map(line -> line.substring(set.length() + 1).strip())
                    .findFirst()
                    .orElseThrow();
            return (Long.parseUnsignedLong(mask, 16) >>> (signal - 1) & 1) != 0;
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        }
    }

    // Waits.

    private void waitInAllWays() throws Exception {
        for (ThreadKind kind : ThreadKind.values()) {
            SemaphoreWaits waits = new SemaphoreWaits(id);
            boolean slices;
            try (ScriptedAnswers timed = ScriptedAnswers.toThreads(
                    thread -> true,
                    "semtimedop",
                    Collections.nCopies(100_000, (Answer) arguments -> ScriptedAnswers.ASK_THE_KERNEL)
                            .toArray(Answer[]::new))) {
                int before = timed.remaining();
                WaitingThread permit = waiting(kind, waits, FOREVER);
                awaitWaiters(1);
                waits.attempt(GIVE);
                String result = permit.result();
                slices = timed.remaining() < before;
                System.out.print(kind + (slices ? " in slices" : " blocked") + ", permit: " + result);
            }
            WaitingThread timedOut = waiting(kind, waits, 30 * MILLIS);
            System.out.print(", time-out: " + timedOut.result());
            System.out.print(timedOut.nanos() >= 30 * MILLIS ? "" : " too early");

            WaitingThread interrupted = waiting(kind, waits, FOREVER);
            awaitWaiters(1);
            interrupted.interrupt();
            System.out.print(", interrupt: " + interrupted.result());

            WaitingThread closed = waiting(kind, waits, FOREVER);
            awaitWaiters(1);
            waits.close();
            System.out.println(", close: " + closed.result());
        }
        System.out.println("handled: " + handled());
    }

    private static WaitingThread waiting(ThreadKind kind, SemaphoreWaits waits, long nanos) {
        return WaitingThread.start(kind, () -> waits.await(TAKE, nanos));
    }

    /** At least so many: in slices a waiter is away from the kernel for moments. */
    private void awaitWaiters(int count) {
        Await.until(() -> SemaphoreObject.waitingForIncrease(id, 0) == count);
    }

    // Taking over.

    private void takeWhileOthersWait(int flags) throws Exception {
        SemaphoreWaits first = new SemaphoreWaits(id);
        SemaphoreWaits second = new SemaphoreWaits(id);
        WaitingThread interrupted = waiting(PLATFORM, first, FOREVER);
        WaitingThread interruptedVirtual = waiting(VIRTUAL, first, FOREVER);
        WaitingThread closed = waiting(PLATFORM, second, FOREVER);
        WaitingThread closedVirtual = waiting(VIRTUAL, second, FOREVER);
        WaitingThread late = WaitingThread.start(PLATFORM, () -> UntimedCall.take(id, first, 1_000 * MILLIS));
        awaitWaiters(5);
        take(SignalCalls.SIGURG, flags);
        interrupted.interrupt();
        System.out.println("blocked, interrupt: " + interrupted.result());
        interruptedVirtual.interrupt();
        System.out.println("blocked, virtual, interrupt: " + interruptedVirtual.result());
        second.close();
        System.out.println("blocked, close: " + closed.result());
        System.out.println("blocked, virtual, close: " + closedVirtual.result());
        System.out.println("blocked, deadline: " + late.result());
    }

    /** The wait that finds it out may be beyond help; the permit ends it. */
    private void takeBoth() throws Exception {
        for (int signal = LOWEST; signal <= HIGHEST; signal++) {
            if (SignalCalls.handler(signal) == SignalCalls.nothing()) {
                take(signal, 0);
            }
        }
        take(SignalCalls.SIGURG, 0);
        SemaphoreWaits waits = new SemaphoreWaits(id);
        WaitingThread first = waiting(PLATFORM, waits, FOREVER);
        awaitWaiters(1);
        first.interrupt();
        waits.attempt(GIVE);
        first.result();
        waits.attempt(TAKE); // if it was not taken
    }

    /** Puts a handler over ours, which does nothing either, but is not ours. */
    static void take(int signal, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(Linux.SIGACTION_BYTE_SIZE(), Long.BYTES);
            long handler = Linker.nativeLinker()
                    .defaultLookup()
                    .find("labs")
                    .orElseThrow()
                    .address();
            action.set(ValueLayout.JAVA_LONG, Linux.SIGACTION_SA_HANDLER_OFFSET(), handler);
            action.set(ValueLayout.JAVA_INT, Linux.SIGACTION_SA_FLAGS_OFFSET(), flags | Linux.SA_ONSTACK());
            int answer = SignalCalls.sigaction(signal, action, MemorySegment.NULL);
            if (answer != 0) {
                throw new IllegalStateException("sigaction answered " + answer);
            }
        }
    }
}
