package org.chagres.semaphore;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.chagres.IpcKey;
import org.chagres.memory.SharedMemory;

/**
 * The other process of these tests. It obeys what its standard input says, an order a line, and answers in one
 * line each: the result, or the message of the exception. After {@code virtually} an order is obeyed by a virtual
 * thread, after {@code elsewhere} by a platform thread that has ended when the answer comes.
 */
final class SemaphorePeer {
    private static final String RETURN = "return";

    private SemaphoreSet set;
    private ProcessSemaphore semaphore;
    private final List<Permit> held = new ArrayList<>();

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        SemaphorePeer peer = new SemaphorePeer();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            List<String> words = List.of(line.split(" "));
            if (words.getFirst().equals("end")) {
                if (words.get(1).equals(RETURN)) {
                    return;
                }
                end(words.get(1));
            }
            System.out.println(peer.answer(words));
        }
    }

    private String answer(List<String> words) throws InterruptedException {
        List<String> rest = words.subList(1, words.size());
        return switch (words.getFirst()) {
            case "virtually" -> byThread(Thread.ofVirtual(), rest);
            case "elsewhere" -> byThread(Thread.ofPlatform(), rest);
            default -> {
                try {
                    yield obey(words.toArray(String[]::new));
                } catch (IOException refused) {
                    yield refused.getMessage();
                } catch (RuntimeException wrong) {
                    yield wrong.toString();
                }
            }
        };
    }

    private String byThread(Thread.Builder builder, List<String> words) throws InterruptedException {
        String[] answer = new String[1];
        Thread thread = builder.start(() -> {
            try {
                answer[0] = answer(words);
            } catch (InterruptedException nobodyInterrupts) {
                answer[0] = "interrupted";
            }
        });
        thread.join();
        return answer[0];
    }

    private String obey(String[] words) throws IOException, InterruptedException {
        switch (words[0]) {
            case "create" -> {
                return opened(SemaphoreSet.create(key(words[1]), numbers(words)));
            }
            case "find" -> {
                return opened(SemaphoreSet.open(key(words[1])));
            }
            case "open" -> {
                return opened(SemaphoreSet.open(number(words[1])));
            }
            case "openOrCreate" -> {
                return opened(SemaphoreSet.openOrCreate(key(words[1]), numbers(words)));
            }
            case "race" -> {
                return race(number(words[1]), key(words[2]));
            }
            case "number" -> semaphore = set.semaphore(number(words[1]));
            case "withUndo" -> semaphore = semaphore.withUndo();
            case "acquire" -> semaphore.acquire(words.length > 1 ? number(words[1]) : 1);
            case "release" -> semaphore.release(words.length > 1 ? number(words[1]) : 1);
            case "tryAcquire" -> {
                return Boolean.toString(semaphore.tryAcquire(Duration.ofMillis(number(words[1]))));
            }
            case "hold" -> held.add(semaphore.hold(words.length > 1 ? number(words[1]) : 1));
            case "giveBack" -> held.removeLast().close();
            case "awaitZero" -> semaphore.awaitZero();
            case "move" -> {
                return move(number(words[1]), number(words[2]));
            }
            case "values" -> {
                return Arrays.toString(set.values());
            }
            case "status" -> {
                return semaphore.status().toString();
            }
            case "setValue" -> set.setValue(number(words[1]), number(words[2]));
            case "setOwner" -> set.setOwner(number(words[1]), number(words[1]));
            case "setPermissions" -> set.setPermissions(PosixFilePermissions.fromString(words[1]));
            case "remove" -> SemaphoreSet.remove(number(words[1]));
            case "downAndUp" -> {
                for (int times = number(words[1]); times > 0; times--) {
                    semaphore.acquire();
                    semaphore.release();
                }
            }
            case "count" -> count(number(words[1]), number(words[2]), words[3].equals("guarded"));
            case "child" -> {
                Process child = new ProcessBuilder("sleep", "600")
                        .redirectInput(ProcessBuilder.Redirect.DISCARD.file())
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
                return Long.toString(child.pid());
            }
            default -> throw new IllegalArgumentException("no order " + words[0]);
        }
        return "done";
    }

    private String opened(SemaphoreSet now) {
        set = now;
        semaphore = now.semaphore(0);
        return Integer.toString(now.id());
    }

    /** Takes one permit of a semaphore and gives one to another in one step, both with undo. */
    private String move(int from, int to) throws IOException, InterruptedException {
        set.apply(
                SemaphoreOperation.acquire(from).withUndo(),
                SemaphoreOperation.release(to).withUndo());
        return "done";
    }

    /** When the gate falls to 0, does what the others do at that moment; the answer names the set that came of it. */
    private static String race(int gate, IpcKey key) throws IOException, InterruptedException {
        ProcessSemaphore.open(gate).awaitZero();
        SemaphoreSet found = SemaphoreSet.openOrCreate(key, FIRST_VALUES);
        return found.id() + " " + found.created() + " " + Arrays.toString(found.values());
    }

    /** What the set of a race must never be seen without. */
    static final int[] FIRST_VALUES = {3, 1, 4};

    /** Adds 1 many times to a number in a segment, in two steps with a pause between for others to come. */
    private void count(int segment, int times, boolean guarded) throws IOException, InterruptedException {
        try (SharedMemory memory = SharedMemory.open(segment)) {
            count(memory.segment(), times, guarded ? semaphore : null);
        }
    }

    static void count(MemorySegment memory, int times, ProcessSemaphore guard)
            throws IOException, InterruptedException {
        for (int time = 0; time < times; time++) {
            if (guard == null) {
                addOneInTwoSteps(memory);
            } else {
                Permit permit = guard.hold();
                addOneInTwoSteps(memory);
                permit.close();
            }
        }
    }

    private static void addOneInTwoSteps(MemorySegment memory) {
        long value = memory.get(JAVA_LONG, 0);
        Thread.yield();
        memory.set(JAVA_LONG, 0, value + 1);
    }

    /** One of the ways in which a JVM ends by itself. */
    private static void end(String way) {
        switch (way) {
            case "exit" -> System.exit(7);
            case "halt" -> Runtime.getRuntime().halt(8);
            case "throw" -> throw new IllegalStateException("nobody catches this: the test wants it so");
            case "crash" -> MemorySegment.ofAddress(8).reinterpret(8).set(JAVA_BYTE, 0, (byte) 1);
            case "outOfMemory" -> {
                List<long[]> all = new ArrayList<>();
                while (true) {
                    all.add(new long[1 << 20]);
                }
            }
            default -> throw new IllegalArgumentException("no way to end: " + way);
        }
    }

    private static int[] numbers(String[] words) {
        return Arrays.stream(words).skip(2).mapToInt(Integer::parseInt).toArray();
    }

    private static IpcKey key(String word) {
        return new IpcKey(number(word));
    }

    private static int number(String word) {
        return Integer.parseInt(word);
    }
}
