package org.chagres.semaphore;

/**
 * One of the operations that {@link SemaphoreSet#apply} does in one step ({@code struct sembuf}).
 *
 * {@snippet class = "org.chagres.examples.Slot" region = "operations"}
 *
 * @param number which semaphore of the set, 0 to 65535
 * @param delta what to add to it, -32768 to 32767: less than 0 takes permits and waits until there are enough, more
 *     than 0 gives some, 0 waits until the value is 0
 * @param undo whether the kernel takes the change back when this process ends ({@code SEM_UNDO}); see
 *     {@link ProcessSemaphore#withUndo()}
 * @param noWait whether none of the operations is done if this one would have to wait ({@code IPC_NOWAIT})
 * @see <a href="https://man7.org/linux/man-pages/man2/semop.2.html">semop(2)</a>
 */
public record SemaphoreOperation(int number, int delta, boolean undo, boolean noWait) {

    /**
     * Checks the ranges: C would cut the numbers to 16 bits without a word.
     *
     * @throws IllegalArgumentException if {@code number} or {@code delta} is out of range
     */
    public SemaphoreOperation {
        if (number < 0 || number > 0xffff) {
            throw new IllegalArgumentException("the number of a semaphore is 0 to 65535, not " + number);
        }
        if (delta < Short.MIN_VALUE || delta > Short.MAX_VALUE) {
            throw new IllegalArgumentException("a delta is -32768 to 32767, not " + delta);
        }
    }

    /**
     * Takes one permit.
     *
     * @param number which semaphore of the set
     * @return the operation
     */
    public static SemaphoreOperation acquire(int number) {
        return acquire(number, 1);
    }

    /**
     * Takes permits, all at once.
     *
     * @param number which semaphore of the set
     * @param permits how many, 1 to 32767
     * @return the operation
     */
    public static SemaphoreOperation acquire(int number, int permits) {
        return new SemaphoreOperation(number, -checkedPermits(permits), false, false);
    }

    /**
     * Gives one permit.
     *
     * @param number which semaphore of the set
     * @return the operation
     */
    public static SemaphoreOperation release(int number) {
        return release(number, 1);
    }

    /**
     * Gives permits.
     *
     * @param number which semaphore of the set
     * @param permits how many, 1 to 32767
     * @return the operation
     */
    public static SemaphoreOperation release(int number, int permits) {
        return new SemaphoreOperation(number, checkedPermits(permits), false, false);
    }

    /**
     * Waits until the value is 0, and changes nothing.
     *
     * @param number which semaphore of the set
     * @return the operation
     */
    public static SemaphoreOperation awaitZero(int number) {
        return new SemaphoreOperation(number, 0, false, false);
    }

    /**
     * The same operation, taken back by the kernel when this process ends ({@code SEM_UNDO}).
     *
     * @return the operation with {@link #undo()}
     */
    public SemaphoreOperation withUndo() {
        return new SemaphoreOperation(number, delta, true, noWait);
    }

    /**
     * The same operation, which makes the whole step fail at once if it would have to wait ({@code IPC_NOWAIT}).
     *
     * @return the operation with {@link #noWait()}
     */
    public SemaphoreOperation withNoWait() {
        return new SemaphoreOperation(number, delta, undo, true);
    }

    static int checkedPermits(int permits) {
        if (permits < 1 || permits > Short.MAX_VALUE) {
            throw new IllegalArgumentException("permits must be 1 to 32767, not " + permits);
        }
        return permits;
    }
}
