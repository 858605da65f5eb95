package org.chagres.waiting;

/** The kinds of thread that wait. */
enum Kind {
    PLATFORM,
    VIRTUAL;

    Thread start(String name, Runnable task) {
        return switch (this) {
            case PLATFORM -> Thread.ofPlatform().daemon().name(name).start(task);
            case VIRTUAL -> Thread.ofVirtual().name(name).start(task);
        };
    }

    /** How a thread of this kind must look while it waits in the kernel: a virtual one is parked, and holds no carrier. */
    boolean mayBe(Thread.State state) {
        return this == PLATFORM || state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
    }

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
