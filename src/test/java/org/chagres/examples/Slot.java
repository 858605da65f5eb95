package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.memory.SharedMemory;
import org.chagres.semaphore.SemaphoreOperation;
import org.chagres.semaphore.SemaphoreSet;

/**
 * A place for one message in shared memory. Two semaphores see to it that nothing is overwritten before it is read, and
 * nothing read twice, whoever puts and takes: other threads, other processes, programs in other languages
 * ({@code src/test/python/slot.py}).
 *
 * <pre>
 *                    EMPTY  FULL   should this process die now
 *   no message         1     0
 *   being written      0     0     EMPTY becomes 1 again, as if it had not begun
 *   a message          0     1
 *   being read         0     0     FULL becomes 1 again: the next one reads it
 * </pre>
 *
 * <p>{@code Slot put KEY MESSAGE…} puts messages one after the other; {@code take KEY TIMES} takes some and prints
 * them; {@code remove KEY} ends it all.
 */
public final class Slot implements AutoCloseable {
    private static final int BYTE_SIZE = 256;

    // @start region="set"
    private static final int EMPTY = 0;
    private static final int FULL = 1;

    /**
     * Opens the slot of a key, an empty one if there is none. Sets and segments have keys of their own: one does for
     * both.
     */
    public static Slot open(IpcKey key) throws Exception {
        SharedMemory memory = SharedMemory.openOrCreate(key, BYTE_SIZE);
        SemaphoreSet set = SemaphoreSet.openOrCreate(key, 1, 0); // EMPTY is 1, FULL is 0; last: who finds it finds all
        return new Slot(set, memory);
    }
    // @end

    private final SemaphoreSet set;
    private final SharedMemory memory;

    private Slot(SemaphoreSet set, SharedMemory memory) {
        this.set = set;
        this.memory = memory;
    }

    // @start region="operations"
    /** Ours for a while: the kernel gives it back, should this process die. */
    private static SemaphoreOperation[] borrow(int number) {
        return new SemaphoreOperation[] {SemaphoreOperation.acquire(number).withUndo()};
    }

    /** What we borrowed becomes the other one, in one step that is done or not done, and nothing is left to undo. */
    private static SemaphoreOperation[] turn(int borrowed, int other) {
        return new SemaphoreOperation[] {
            SemaphoreOperation.release(borrowed).withUndo(), // given back, so the kernel forgets us,
            SemaphoreOperation.acquire(borrowed), // and taken for good, before anyone sees it
            SemaphoreOperation.release(other)
        };
    }
    // @end

    // @start region="put"
    /** Puts a message, waiting until the one before it was taken. */
    public void put(String message) throws ErrnoException, InterruptedException {
        if (message.getBytes(UTF_8).length >= BYTE_SIZE) { // before the slot is touched
            throw new IllegalArgumentException("a message has at most " + (BYTE_SIZE - 1) + " bytes");
        }
        set.apply(borrow(EMPTY));
        memory.segment().setString(0, message);
        set.tryApply(turn(EMPTY, FULL)); // has nothing to wait for, so an interrupt cannot stop it half-way
    }
    // @end

    // @start region="take"
    /** Takes the message, waiting until there is one. */
    public String take() throws ErrnoException, InterruptedException {
        set.apply(borrow(FULL));
        String message = memory.segment().getString(0);
        set.tryApply(turn(FULL, EMPTY));
        return message;
    }
    // @end

    /** Ends the slot for everybody, closed here or not. */
    public void remove() throws ErrnoException {
        try {
            SemaphoreSet.remove(set.id());
        } finally {
            SharedMemory.remove(memory.id());
        }
    }

    /** Ends the use of the slot by this object; nobody may be in {@link #put} or {@link #take} any more. */
    @Override
    public void close() {
        set.close();
        memory.close();
    }

    /** Runs one role. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            System.err.println("usage: Slot put KEY MESSAGE... | take KEY TIMES | remove KEY");
            System.exit(2);
        }
        try (Slot slot = open(IpcKey.parse(arguments[1]))) {
            switch (arguments[0]) {
                case "put" -> {
                    for (int i = 2; i < arguments.length; i++) {
                        slot.put(arguments[i]);
                    }
                }
                case "take" -> {
                    for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
                        System.out.println(slot.take());
                    }
                }
                case "remove" -> slot.remove();
                default -> throw new IllegalArgumentException("no role " + arguments[0]);
            }
        }
    }
}
