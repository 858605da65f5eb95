package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.chagres.IpcKey;
import org.chagres.inspect.SharedMemoryTable;

/**
 * The other process of these tests. It obeys what its standard input says, an order a line, and answers in one line
 * each: the result, or the message of the exception.
 */
final class SharedMemoryPeer {
    private static final VarHandle COUNTER = JAVA_LONG.varHandle();

    private SharedMemory memory;

    public static void main(String[] arguments) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        SharedMemoryPeer peer = new SharedMemoryPeer();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String answer;
            try {
                answer = peer.obey(line.split(" "));
            } catch (IOException refused) {
                answer = refused.getMessage();
            } catch (RuntimeException wrong) {
                answer = wrong.toString();
            }
            System.out.println(answer);
        }
    }

    private String obey(String[] words) throws IOException {
        return switch (words[0]) {
            case "create" -> attached(SharedMemory.create(key(words[1]), Long.parseLong(words[2])));
            case "createWith" ->
                attached(SharedMemory.builder()
                        .permissions(PosixFilePermissions.fromString(words[2]))
                        .create(key(words[1]), 4096));
            case "createHuge" -> attached(SharedMemory.builder().hugePages().create(key(words[1]), 4096));
            case "openOrCreate" -> attached(SharedMemory.openOrCreate(key(words[1]), Long.parseLong(words[2])));
            case "find" -> attached(SharedMemory.open(key(words[1])));
            case "open" -> attached(SharedMemory.open(id(words[1])));
            case "openReadOnly" ->
                attached(SharedMemory.builder().access(Access.READ_ONLY).open(id(words[1])));
            case "attachForGood" ->
                SharedMemory.attach(id(words[1]), Arena.global()).toString();
            case "openElsewhere" -> { // far below, where the kernel puts nothing meanwhile
                long address = memory.segment().address() - (1L << 36);
                memory.close();
                memory = SharedMemory.builder().at(address).open(memory.id());
                yield Long.toHexString(memory.segment().address() - address);
            }
            case "close" -> {
                memory.close();
                yield "closed";
            }
            case "get" -> Long.toString(memory.segment().get(JAVA_LONG, Long.parseLong(words[1])));
            case "set" -> {
                memory.segment().set(JAVA_LONG, Long.parseLong(words[1]), Long.parseLong(words[2]));
                yield "set";
            }
            case "count" -> {
                for (int times = Integer.parseInt(words[1]); times > 0; times--) {
                    COUNTER.getAndAdd(memory.segment(), 0L, 1L);
                }
                yield "counted";
            }
            case "race" -> race(memory.segment(), 1, Integer.parseInt(words[1]));
            case "status" -> SharedMemory.status(id(words[1])).toString();
            case "remove" -> {
                SharedMemory.remove(id(words[1]));
                yield "removed";
            }
            case "setOwner" -> {
                memory.setOwner(Long.parseLong(words[1]), Long.parseLong(words[1]));
                yield "set";
            }
            case "setPermissions" -> {
                memory.setPermissions(PosixFilePermissions.fromString(words[1]));
                yield "set";
            }
            case "lock" -> {
                memory.lockInMemory();
                yield "locked";
            }
            case "unlock" -> {
                memory.unlockFromMemory();
                yield "unlocked";
            }
            case "limitLockedMemory" -> {
                String self = Long.toString(ProcessHandle.current().pid());
                Process prlimit = new ProcessBuilder("prlimit", "--pid", self, "--memlock=" + words[1] + ":").start();
                yield "status " + prlimit.onExit().join().exitValue();
            }
            case "isListed" ->
                Boolean.toString(
                        SharedMemoryTable.segments().stream().anyMatch(segment -> segment.id() == id(words[1])));
            case "write" -> {
                Files.writeString(Path.of(words[1]), words[2]);
                yield "written";
            }
            default -> throw new IllegalArgumentException("no order " + words[0]);
        };
    }

    private String attached(SharedMemory now) {
        memory = now;
        return Integer.toString(now.id());
    }

    private static IpcKey key(String word) {
        return new IpcKey(Integer.parseInt(word));
    }

    private static int id(String word) {
        return Integer.parseInt(word);
    }

    // Two processes meet in each round of a race, and this is where:
    static final long RACE_ARRIVALS = 0;
    static final long RACE_KEY = 8;
    static final long RACE_CREATED = 16;
    static final long RACE_FIRST_ID = 24; // + 8 for the second one's
    static final long RACE_BYTE_SIZE = 64;

    /** Runs one side of a race for who creates a segment; answers how often this side did. */
    static String race(MemorySegment course, int side, int rounds) throws IOException {
        int won = 0;
        for (int round = 0; round < rounds; round++) {
            if (side == 0) {
                course.set(JAVA_LONG, RACE_KEY, IpcKey.random().value());
                COUNTER.setVolatile(course, RACE_CREATED, 0L);
            }
            meet(course, 4L * round + 2);
            IpcKey key = new IpcKey((int) course.get(JAVA_LONG, RACE_KEY));
            try (SharedMemory memory = SharedMemory.openOrCreate(key, 4096)) {
                course.set(JAVA_LONG, RACE_FIRST_ID + 8L * side, memory.id());
                if (memory.created()) {
                    won++;
                    COUNTER.getAndAdd(course, RACE_CREATED, 1L);
                }
                meet(course, 4L * round + 4);
                if (memory.created()) {
                    memory.remove();
                }
            }
            if (side == 0) {
                long created = (long) COUNTER.getVolatile(course, RACE_CREATED);
                long first = course.get(JAVA_LONG, RACE_FIRST_ID);
                long second = course.get(JAVA_LONG, RACE_FIRST_ID + 8);
                if (created != 1 || first != second) {
                    return "round " + round + ": created by " + created + ", ids " + first + " and " + second;
                }
            }
        }
        return Integer.toString(won);
    }

    private static void meet(MemorySegment course, long arrivals) {
        COUNTER.getAndAdd(course, RACE_ARRIVALS, 1L);
        long deadline = System.nanoTime() + 30_000_000_000L;
        while ((long) COUNTER.getVolatile(course, RACE_ARRIVALS) < arrivals) {
            Thread.yield();
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("the other side did not come to meeting " + arrivals);
            }
        }
    }
}
