package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.MappingCalls.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.Objects;
import java.util.concurrent.locks.StampedLock;
import org.chagres.internal.syscall.MappingCalls;

/**
 * A mapping, and what can be done with it. Answers are {@code >= 0} or {@code -errno}, or one of the constants.
 *
 * <p>Calls go by the address, so the address must not change or be unmapped under them: they hold {@link #lock} for
 * reading, and whatever changes the mapping holds it for writing. So a close waits for calls of ours, and users'
 * accesses and their native calls are looked after by the arena. What would make a live segment fault (less protection,
 * moving, unmapping a part) retires it first: the old arena is closed, and a new segment over a new arena takes its
 * place.
 */
public final class Mapping {
    /** A size: to the end. */
    public static final long ALL = -1;

    /** It may not be read, as it would have to be. */
    public static final int NOT_READABLE = Waiter.CLOSED - 11;

    /** It may not be written. */
    public static final int NOT_WRITABLE = Waiter.CLOSED - 12;

    // What advise() takes.
    public static final int NORMAL = MADV_NORMAL;
    public static final int RANDOM = MADV_RANDOM;
    public static final int SEQUENTIAL = MADV_SEQUENTIAL;
    public static final int WILL_NEED = MADV_WILLNEED;
    public static final int DONT_NEED = MADV_DONTNEED;
    public static final int DONT_NEED_LOCKED = MADV_DONTNEED_LOCKED;
    public static final int FREE = MADV_FREE;
    public static final int REMOVE = MADV_REMOVE;
    public static final int COLD = MADV_COLD;
    public static final int PAGE_OUT = MADV_PAGEOUT;
    public static final int POPULATE_READ = MADV_POPULATE_READ;
    public static final int POPULATE_WRITE = MADV_POPULATE_WRITE;
    public static final int HUGE_PAGE = MADV_HUGEPAGE;
    public static final int NO_HUGE_PAGE = MADV_NOHUGEPAGE;
    public static final int COLLAPSE = MADV_COLLAPSE;
    public static final int MERGEABLE = MADV_MERGEABLE;
    public static final int UNMERGEABLE = MADV_UNMERGEABLE;
    public static final int DO_DUMP = MADV_DODUMP;
    public static final int DONT_DUMP = MADV_DONTDUMP;
    public static final int DO_FORK = MADV_DOFORK;
    public static final int DONT_FORK = MADV_DONTFORK;
    public static final int WIPE_ON_FORK = MADV_WIPEONFORK;
    public static final int KEEP_ON_FORK = MADV_KEEPONFORK;

    /** For how many pages mincore tells at a time. */
    private static final int VECTOR_BYTE_SIZE = 64 << 10;

    private static final ForeignMemory.Unmap UNMAP = new Unmap();

    private final StampedLock lock = new StampedLock();
    private final Placement place; // guarded by lock
    private final boolean canFault;
    private final boolean shared;
    private final Object name;

    private boolean readable; // guarded by lock
    private boolean writable; // guarded by lock
    private ForeignMemory memory; // guarded by lock
    private boolean gone; // guarded by lock

    /** What users see: the part that was asked for, read-only if it is, of no size if it must not be touched. */
    private volatile MemorySegment segment;

    private Mapping(
            Placement place, boolean readable, boolean writable, boolean shared, boolean canFault, Object name) {
        this.place = place;
        this.readable = readable;
        this.writable = writable;
        this.shared = shared;
        this.canFault = canFault;
        this.name = name;
        this.memory = own();
        this.segment = shown();
    }

    /**
     * Takes charge of what was just mapped.
     *
     * @param canFault whether a page may be missing when it is touched: of files that others can make shorter
     * @param name what the log calls it, should it be forgotten
     */
    public static Mapping own(Placement place, MappingOptions options, boolean canFault, Object name) {
        return new Mapping(
                place,
                options.readable(),
                options.writable(),
                options.shared(),
                canFault || place.pageByteSize != Placement.PAGE_BYTE_SIZE,
                name);
    }

    /** Hands what was just mapped to the caller's arena, whose close unmaps it. */
    public static MemorySegment in(Arena arena, Placement place, MappingOptions options) {
        MemorySegment all = ForeignMemory.in(arena, place.address, place.length, !options.writable(), UNMAP);
        return place.before == 0 && place.byteSize == place.length ? all : all.asSlice(place.before, place.byteSize);
    }

    /** The memory; empty if it may be neither read nor written. */
    public MemorySegment segment() {
        return segment;
    }

    public boolean isOpen() {
        long stamp = lock.readLock();
        try {
            return !gone && memory.isOpen();
        } finally {
            lock.unlockRead(stamp);
        }
    }

    public long byteSize() {
        long stamp = lock.readLock();
        try {
            return place.byteSize;
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /** Of the pages it consists of. */
    public long pageByteSize() {
        return place.pageByteSize;
    }

    public boolean isReadable() {
        long stamp = lock.readLock();
        try {
            return readable;
        } finally {
            lock.unlockRead(stamp);
        }
    }

    public boolean isWritable() {
        long stamp = lock.readLock();
        try {
            return writable;
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /** Unmaps, once calls in progress are over; not while others' native calls use the memory. */
    public void close() {
        long stamp = lock.writeLock();
        try {
            if (!gone) {
                memory.close();
                gone = true;
            }
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    // Calls on a range: from the first page it touches to the last.

    public int flush(boolean sync, boolean async, boolean invalidate, long offset, long byteSize) {
        int flags = (sync ? MS_SYNC : 0) | (async ? MS_ASYNC : 0) | (invalidate ? MS_INVALIDATE : 0);
        return onPages(offset, byteSize, (address, length) -> msync(address, length, flags));
    }

    public int lock(boolean onFault, long offset, long byteSize) {
        return onPages(
                offset,
                byteSize,
                (address, length) -> onFault ? mlock2(address, length, MLOCK_ONFAULT) : mlock(address, length));
    }

    public int unlock(long offset, long byteSize) {
        return onPages(offset, byteSize, MappingCalls::munlock);
    }

    public int advise(int advice, long offset, long byteSize) {
        return onPages(offset, byteSize, (address, length) -> madvise(address, length, advice));
    }

    /** Advice that gives pages up: only to those that lie in the range as a whole, and the last of the mapping. */
    public int adviseToDiscard(int advice, long offset, long byteSize) {
        long stamp = enter();
        try {
            long size = byteSize == ALL ? place.byteSize - offset : byteSize;
            Objects.checkFromIndexSize(offset, size, place.byteSize);
            long first = place.before + offset + place.pageByteSize - 1 & -place.pageByteSize;
            boolean toTheEnd = offset + size == place.byteSize && !reachesFile(advice);
            long end = toTheEnd ? place.length : place.before + offset + size & -place.pageByteSize;
            long address = place.address + first;
            return first >= end ? 0 : Lines.aside(() -> madvise(address, end - first, advice));
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /** Behind the end of the mapping's last page the file may go on. */
    private static boolean reachesFile(int advice) {
        return advice == MADV_REMOVE;
    }

    /** Sets the bits of the pages of a range that are in memory; the first page of the range is bit 0. */
    public int residentPages(long offset, long byteSize, BitSet into) {
        long chunk = (long) Placement.PAGE_BYTE_SIZE * VECTOR_BYTE_SIZE; // it tells of small pages, whatever these are
        MemorySegment vector = Arena.ofAuto().allocate(VECTOR_BYTE_SIZE); // a helper reads it too
        return onPages(offset, byteSize, (address, length) -> {
            for (long done = 0; done < length; done += chunk) {
                long part = Math.min(chunk, length - done);
                int answer = mincore(address + done, part, vector);
                if (answer < 0) {
                    return answer;
                }
                for (int i = 0; i < part / Placement.PAGE_BYTE_SIZE; i++) {
                    long at = done + (long) i * Placement.PAGE_BYTE_SIZE;
                    if (at % place.pageByteSize == 0 && (vector.get(ValueLayout.JAVA_BYTE, i) & 1) != 0) {
                        into.set(Math.toIntExact(at / place.pageByteSize));
                    }
                }
            }
            return 0;
        });
    }

    /** One of the calls that take an address and a length. */
    @FunctionalInterface
    private interface PagesCall {
        int on(long address, long length);
    }

    private int onPages(long offset, long byteSize, PagesCall call) {
        long stamp = enter();
        try {
            long size = byteSize == ALL ? place.byteSize - offset : byteSize;
            Objects.checkFromIndexSize(offset, size, place.byteSize);
            long first = place.before + offset & -place.pageByteSize;
            long end = place.before + offset + size + place.pageByteSize - 1 & -place.pageByteSize;
            long address = place.address + first;
            return size == 0 ? 0 : Lines.aside(() -> call.on(address, end - first));
        } finally {
            lock.unlockRead(stamp);
        }
    }

    // Copies that do not die of a missing page.

    /** Whether a page may be missing. If not, copies take memory on the heap as well. */
    public boolean canFault() {
        return canFault;
    }

    /** Copies out of the mapping into native memory, all of it. */
    public int get(long offset, MemorySegment into) {
        long stamp = enter();
        try {
            long size = into.byteSize();
            long at = place.before + Objects.checkFromIndexSize(offset, size, place.byteSize);
            if (!readable) {
                return NOT_READABLE;
            }
            if (!into.isNative()) {
                MemorySegment.copy(memory.segment(), at, into, 0, size);
                return 0;
            }
            long from = place.address + at;
            return canFault
                    ? Copies.checked(from, into.address(), size, into)
                    : Copies.fast(from, into.address(), size, into);
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /** Copies from native memory into the mapping, all of it. */
    public int put(long offset, MemorySegment from) {
        long stamp = enter();
        try {
            long size = from.byteSize();
            long at = place.before + Objects.checkFromIndexSize(offset, size, place.byteSize);
            if (!writable) {
                return NOT_WRITABLE;
            }
            if (!from.isNative()) {
                MemorySegment.copy(from, 0, memory.segment(), at, size);
                return 0;
            }
            long into = place.address + at;
            return canFault
                    ? Copies.checked(from.address(), into, size, from)
                    : Copies.fast(from.address(), into, size, from);
        } finally {
            lock.unlockRead(stamp);
        }
    }

    // Changes of the mapping.

    /** Makes it larger or smaller, and moves it if need be. */
    public int resize(long wantedByteSize) {
        long stamp = enterToChange();
        try {
            long length = place.lengthFor(wantedByteSize);
            if (length <= 0) {
                return -ENOMEM;
            }
            boolean looks = length > place.length && (place.ofFile || shared);
            if (looks && !readable) {
                return NOT_READABLE;
            }
            retire();
            try {
                return remap(wantedByteSize, length, looks);
            } finally {
                renew();
            }
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    private int remap(long wantedByteSize, long length, boolean looks) {
        long oldAddress = place.address;
        long oldLength = place.length;
        long address = mremap(oldAddress, oldLength, length, MREMAP_MAYMOVE, 0);
        if (address < 0) {
            return (int) address;
        }
        place.address = address;
        place.length = length;
        // Of a file that is too short the kernel says nothing until the memory is touched.
        int seen = looks ? look(address + place.before + wantedByteSize - 1) : 0;
        if (seen < 0) {
            mremap(address, length, oldLength, 0, 0); // smaller it always stays where it is
            place.length = oldLength;
            if (address != oldAddress) {
                move(oldAddress); // if nobody has taken it meanwhile
            }
            return seen;
        }
        place.byteSize = wantedByteSize;
        return 0;
    }

    /** {@code -EFAULT} if a byte is not there. */
    private static int look(long address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment into = arena.allocate(1);
            return Copies.checked(address, into.address(), 1, into);
        }
    }

    /** Moves it to an address; {@code -EEXIST} if something is there. */
    public int moveTo(long address) {
        long stamp = enterToChange();
        try {
            retire();
            try {
                return move(address);
            } finally {
                renew();
            }
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** To an address that we first reserve: {@code MREMAP_FIXED} would replace whatever is there. */
    private int move(long address) {
        int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE; // shared: it merges with nothing
        long reserved = mmap(address, place.length, PROT_NONE, flags, -1, 0);
        if (reserved < 0) {
            return (int) reserved;
        }
        if (reserved != address) { // before Linux 4.17 the address is a wish
            munmap(reserved, place.length);
            return -EEXIST;
        }
        long moved = mremap(place.address, place.length, place.length, MREMAP_MAYMOVE | MREMAP_FIXED, address);
        if (moved < 0) {
            // The kernel may have unmapped what we reserved before it failed, and others may have taken the place
            // since.
            if (AddressSpace.hasMapping(address, place.length, "---s")) {
                munmap(address, place.length);
            }
            // Of a mapping in several parts it may have moved some.
            if (!isWhole()) {
                showNothing();
            }
            return (int) moved;
        }
        place.address = moved;
        return 0;
    }

    private boolean isWhole() {
        long chunk = (long) Placement.PAGE_BYTE_SIZE * VECTOR_BYTE_SIZE;
        MemorySegment vector = Arena.ofAuto().allocate(VECTOR_BYTE_SIZE);
        for (long done = 0; done < place.length; done += chunk) {
            if (mincore(place.address + done, Math.min(chunk, place.length - done), vector) == -ENOMEM) {
                return false;
            }
        }
        return true;
    }

    /** Sets what may be done with it. */
    public int protect(boolean toRead, boolean toWrite) {
        long stamp = enterToChange();
        try {
            boolean isLess = (readable && !toRead) || (writable && !toWrite);
            if (isLess) {
                retire();
            }
            try {
                int answer = mprotect(place.address, place.length, MappingOptions.protection(toRead, toWrite));
                if (answer >= 0) {
                    readable = toRead;
                    writable = toWrite;
                } else if (isLess && mprotect(place.address, place.length, protection()) < 0) {
                    showNothing(); // some pages may have less than before
                }
                return answer;
            } finally {
                if (isLess) {
                    renew();
                } else {
                    segment = shown();
                }
            }
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Gives up what is behind an offset, where a page begins, to a mapping of its own. */
    public Mapping split(long offset) {
        long stamp = enterToChange();
        try {
            if (offset < 1 || offset >= place.byteSize) {
                throw new IndexOutOfBoundsException(
                        "there is no part on either side of offset " + offset + " of " + place.byteSize + " bytes");
            }
            retire();
            Placement rest = new Placement();
            rest.pageByteSize = place.pageByteSize;
            rest.ofFile = place.ofFile;
            rest.address = place.address + place.before + offset;
            rest.length = place.length - place.before - offset;
            rest.byteSize = place.byteSize - offset;
            place.length = place.before + offset;
            place.byteSize = offset;
            try {
                return new Mapping(rest, readable, writable, shared, canFault, name);
            } finally {
                renew();
            }
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Where a page begins, at or before an offset. */
    public long pageBefore(long offset) {
        long stamp = enter();
        try {
            return (place.before + offset & -place.pageByteSize) - place.before;
        } finally {
            lock.unlockRead(stamp);
        }
    }

    private int protection() {
        return MappingOptions.protection(readable, writable);
    }

    /** Of memory of which nobody knows what may be done with it. */
    private void showNothing() {
        readable = false;
        writable = false;
    }

    private void retire() {
        memory.retire();
        gone = true; // should a new one fail for want of memory, that has unmapped it
    }

    private void renew() {
        memory = own();
        gone = false;
        segment = shown();
    }

    private ForeignMemory own() {
        return ForeignMemory.own(place.address, place.length, false, UNMAP, "mapped memory of ", name);
    }

    private MemorySegment shown() {
        MemorySegment all = memory.segment().asSlice(place.before, place.byteSize);
        return writable ? all : readable ? all.asReadOnly() : all.asSlice(0, 0).asReadOnly();
    }

    private long enter() {
        long stamp = lock.readLock();
        requireOpen(stamp);
        return stamp;
    }

    private long enterToChange() {
        long stamp = lock.writeLock();
        requireOpen(stamp);
        return stamp;
    }

    private void requireOpen(long stamp) {
        if (gone) {
            lock.unlock(stamp);
            throw new IllegalStateException("the mapped memory of " + name + " is closed");
        }
    }

    private static final class Unmap implements ForeignMemory.Unmap { // no lambda: on the start path
        @Override
        public void accept(MemorySegment mapped) {
            munmap(mapped.address(), mapped.byteSize());
        }
    }
}
