package org.chagres.internal.resource;

import static java.util.Objects.requireNonNull;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One who goes through a database, entry by entry. There is one at a time for each database, as the C library keeps one
 * place in it for all of the process; the others wait until it is at the end, closed, or forgotten. Any thread may read
 * on and close, and none waits for another: a close while somebody reads takes effect when that has been read.
 */
public final class Listing {
    /** Who goes through a database has its permit. No locks, as any thread may give it back. */
    private static final Map<Database, Semaphore> PLACES = Stream.of(Database.values())
            .collect(Collectors.toUnmodifiableMap(database -> database, database -> new Semaphore(1, true)));

    private final Cursor cursor;
    private final Cleaner.Cleanable net;
    private Optional<Databases.Answer> first; // guarded by the cursor's lock

    private Listing(Cursor cursor, Databases.Answer first) {
        this.cursor = cursor;
        this.first = Optional.of(first);
        this.net = SafetyNet.register(this, cursor::close, "listing of ", cursor.database);
    }

    /**
     * Begins at the first entry, once nobody else goes through the database; empty if the time is over. The first entry
     * is read at once: a function that is missing here is told before there is anything to close.
     */
    public static Optional<Listing> begin(Database database, boolean stayOpen, long nanos) throws InterruptedException {
        Semaphore place = place(database);
        Cursor cursor = new Cursor(database);
        if (nanos == Waiter.FOREVER) {
            place.acquire();
        } else if (!place.tryAcquire(nanos, TimeUnit.NANOSECONDS)) {
            return Optional.empty();
        }
        boolean begun = false;
        try {
            Databases.Answer first = Databases.aside(() -> {
                database.begin(stayOpen ? 1 : 0);
                return cursor.read();
            });
            Listing listing = new Listing(cursor, first);
            begun = true;
            return Optional.of(listing);
        } finally {
            if (!begun) {
                cursor.close();
            }
        }
    }

    /**
     * The next entry, or why there is none; {@link Databases.Answer#NONE} at the end, at which others may begin.
     *
     * @throws IllegalStateException if it was closed
     */
    public Databases.Answer next() {
        try {
            return cursor.next(this);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** Ends it. */
    public void close() {
        cursor.close();
        net.clean();
    }

    private static Semaphore place(Database database) {
        return requireNonNull(PLACES.get(database));
    }

    private Optional<Databases.Answer> takeFirst() {
        Optional<Databases.Answer> taken = first;
        first = Optional.empty();
        return taken;
    }

    /** What is left of a listing when it is forgotten. */
    private static final class Cursor {
        private final Database database;
        private final ReentrantLock lock = new ReentrantLock();
        private boolean atEnd; // these two are guarded by the lock
        private boolean released;
        private volatile boolean closed;

        Cursor(Database database) {
            this.database = database;
        }

        Databases.Answer next(Listing listing) {
            lock.lock();
            try {
                if (closed) {
                    throw new IllegalStateException("the stream has been closed");
                }
                if (atEnd) {
                    return Databases.Answer.NONE;
                }
                Databases.Answer answer = listing.takeFirst().orElseGet(() -> Databases.aside(this::read));
                if (answer.equals(Databases.Answer.NONE)) {
                    atEnd = true;
                    release();
                }
                return answer;
            } finally {
                lock.unlock();
                if (closed) {
                    release();
                }
            }
        }

        Databases.Answer read() {
            return Databases.answer(database, (at, allocator) -> database.next(at));
        }

        /** Whether there was anything left to do. */
        boolean close() {
            closed = true; // first: who reads now looks at it when it has let go of the lock
            return release();
        }

        private boolean release() {
            if (!lock.tryLock()) {
                return false; // who has it releases
            }
            try {
                if (released) {
                    return false;
                }
                released = true;
                try {
                    database.end();
                } finally {
                    place(database).release();
                }
                return true;
            } finally {
                lock.unlock();
            }
        }
    }
}
