package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Random;
import org.chagres.Descriptor;
import org.chagres.file.LockMode;
import org.chagres.file.RecordLock;

/**
 * A file of accounts, each a record of eight bytes that is locked by itself. {@code Accounts create FILE COUNT AMOUNT}
 * makes it; {@code move FILE SEED TIMES} moves money from account to account; {@code total FILE} prints what they have
 * together. Whatever several processes move at once, the total stays.
 */
@SuppressWarnings("try") // a lock is held, and not used
public final class Accounts {
    private static final long RECORD = JAVA_LONG.byteSize();

    private Accounts() {}

    static void create(Path path, long count, long amount) throws IOException {
        try (Descriptor file = Descriptor.open(path, CREATE_NEW, WRITE)) {
            for (long account = 0; account < count; account++) {
                write(file, account, amount);
            }
        }
    }

    // @start region="move"
    /** Both are locked, the one that comes first in the file first: so no two processes wait for each other. */
    static void move(Descriptor file, long from, long to, long amount) throws Exception {
        try (RecordLock first = lock(file, Math.min(from, to));
                RecordLock second = lock(file, Math.max(from, to))) {
            write(file, from, read(file, from) - amount);
            write(file, to, read(file, to) + amount);
        }
    }

    private static RecordLock lock(Descriptor file, long account) throws Exception {
        return RecordLock.builder(file).range(account * RECORD, RECORD).lock(LockMode.EXCLUSIVE);
    }
    // @end

    static long total(Path path) throws Exception {
        // @start region="total"
        try (Descriptor file = Descriptor.open(path, READ);
                RecordLock all = RecordLock.lock(file, LockMode.SHARED)) { // keeps out who writes, not who reads
            long total = 0;
            for (long account = 0; account < file.byteSize() / RECORD; account++) {
                total += read(file, account);
            }
            return total;
        }
        // @end
    }

    private static void moveAbout(Path path, long seed, int times) throws Exception {
        Random random = new Random(seed);
        try (Descriptor file = Descriptor.open(path, READ, WRITE)) {
            int count = Math.toIntExact(file.byteSize() / RECORD);
            for (int i = 0; i < times; i++) {
                int from = random.nextInt(count);
                int to = (from + 1 + random.nextInt(count - 1)) % count; // another one
                move(file, from, to, random.nextLong(1, 10));
            }
        }
    }

    private static long read(Descriptor file, long account) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment record = arena.allocate(JAVA_LONG);
            file.readAt(record, account * RECORD);
            return record.get(JAVA_LONG, 0);
        }
    }

    private static void write(Descriptor file, long account, long amount) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            file.writeAt(arena.allocateFrom(JAVA_LONG, amount), account * RECORD);
        }
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            System.err.println("usage: Accounts create FILE COUNT AMOUNT | move FILE SEED TIMES | total FILE");
            System.exit(2);
        }
        Path file = Path.of(arguments[1]);
        switch (arguments[0]) {
            case "create" -> create(file, Long.parseLong(arguments[2]), Long.parseLong(arguments[3]));
            case "move" -> moveAbout(file, Long.parseLong(arguments[2]), Integer.parseInt(arguments[3]));
            case "total" -> System.out.println(total(file));
            default -> throw new IllegalArgumentException("no role " + arguments[0]);
        }
    }
}
