package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.ReadinessCalls.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.IntToLongFunction;
import java.util.function.IntUnaryOperator;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.FileCalls;
import org.chagres.internal.syscall.Iovecs;

/**
 * A file descriptor that this process owns, and the waits on it. Its users are counted: closing refuses new ones, wakes
 * those that wait, and returns; the last one out does the {@code close(2)}. So no call ever works on a number that was
 * closed, and perhaps given to another file, under it.
 *
 * <pre>
 *   31       30                    0
 *   +--------+---------------------+
 *   | closed | users               |   the state, one word
 *   +--------+---------------------+
 * </pre>
 *
 * <p>Answers are {@code >= 0}, {@code -errno}, {@link #TIMED_OUT}, {@link #CLOSED} or {@link #WAS_CLOSED}.
 */
public final class OpenDescriptor extends Gate {
    /** No limit of time. */
    public static final long FOREVER = Waiter.FOREVER;

    /** The time was over before anything could be done. */
    public static final int TIMED_OUT = Waiter.TIMED_OUT;

    /** It was closed meanwhile. */
    public static final int CLOSED = Waiter.CLOSED;

    /** It was closed before. */
    public static final int WAS_CLOSED = CLOSED - 1;

    /** How many pieces of memory one call takes. */
    public static final int MOST_PIECES = Iovecs.MOST;

    /** An attempt's answer: without blocking it cannot be told. */
    private static final int UNKNOWN = CLOSED - 4;

    private static final int CLOSED_BIT = Integer.MIN_VALUE;

    /**
     * How often in a row a poll may say ready, and the call that it is not, before pauses come between: a socket whose
     * error queue nobody reads is like that for ever.
     */
    private static final int MOST_IN_VAIN = 16;

    /** How long a try may take where it has to block to find out. */
    private static final long MOMENT_NANOS = 10_000_000;

    /** Of all descriptors: few have anybody in line, and there may be many of them. */
    private static final Lines LINES = new Lines();

    private record Line(OpenDescriptor descriptor, Transfer transfer) {}

    private final int number;
    private final String kind;
    private final Closing closing;
    private final AtomicInteger state = new AtomicInteger();
    private Cleaner.Cleanable net = SafetyNet.NONE; // set before anybody else knows the descriptor
    private volatile Means means = Means.UNKNOWN;

    /** What stopped a receiver that had got something; the next one is told. */
    private volatile int owed;

    /** The events of those transfers for which {@link Means#FLAG} turned out not to do. */
    private volatile int withoutFlag;

    /** How a thread that must not block gets round it. */
    private enum Means {
        UNKNOWN,
        /** Nothing to get round: regular files, directories and disks never wait for another party. */
        NONE,
        /** A second description of the same pipe, for us alone, that does not wait. */
        TWIN,
        /** A flag of the call; not all drivers have it, and some for reading only. */
        FLAG,
        /** Flags of the calls that sockets have. */
        SOCKET,
        /** A helper blocks. */
        HELPER
    }

    private OpenDescriptor(int number, String kind) {
        this.number = number;
        this.kind = kind;
        this.closing = new Closing(number);
    }

    /** Takes charge of a descriptor just opened; if nobody closes it, the collector does. */
    public static OpenDescriptor own(int number, String kind) {
        OpenDescriptor descriptor = new OpenDescriptor(aboveStandard(number), kind);
        descriptor.net = SafetyNet.registerDescriptor(descriptor, descriptor.closing, kind, descriptor.number);
        return descriptor;
    }

    /** The same for a socket. */
    public static OpenDescriptor ownSocket(int number, String kind) {
        OpenDescriptor descriptor = own(number, kind);
        descriptor.means = Means.SOCKET;
        return descriptor;
    }

    /** The same for one whose owner has a net of its own. */
    static OpenDescriptor ownWithoutNet(int number, String kind) {
        return new OpenDescriptor(aboveStandard(number), kind);
    }

    /**
     * A process that lacks a standard stream gets its number for the next thing it opens: but that is no such stream.
     */
    private static int aboveStandard(int number) {
        int above = number < DescriptorObject.FIRST_FREE ? DescriptorObject.duplicate(number) : -EINVAL;
        if (above < 0) {
            return number;
        }
        DescriptorCalls.close(number);
        return above;
    }

    /** Keeps the number open until {@link #unuse}; answers whether it was. */
    boolean use() {
        int before;
        do {
            before = state.get();
            if (before < 0) {
                return false;
            }
        } while (!state.compareAndSet(before, before + 1));
        return true;
    }

    void unuse() {
        if (state.decrementAndGet() == CLOSED_BIT) {
            end();
        }
    }

    private void end() {
        closing.run();
        net.clean(); // there is nothing left to do: but the collector would come by each one that it was not told of
    }

    /** To be used between {@link #use} and {@link #unuse}. */
    int number() {
        return number;
    }

    @Override
    public boolean isClosed() {
        return state.get() < 0;
    }

    @Override
    public void close() {
        closeTogether(this);
    }

    /** Closes several as if at once: who waits for one of them does not see the close of another. */
    public static void closeTogether(OpenDescriptor... descriptors) {
        int[] before = new int[descriptors.length];
        for (int i = 0; i < descriptors.length; i++) {
            before[i] = descriptors[i].state.getAndUpdate(word -> word | CLOSED_BIT);
        }
        for (int i = 0; i < descriptors.length; i++) {
            if (before[i] == 0) {
                descriptors[i].end();
            } else if ((before[i] & ~CLOSED_BIT) != 0) { // a second close too: should the first have failed half-way
                Waiter.cancelAllClosed();
                descriptors[i].closing.wakeParked();
            }
        }
    }

    /** Has virtual threads that are parked here look at their gates. */
    void wakeParked() {
        closing.wakeParked();
    }

    /** Gives the number away, open; answers it, or {@code -EBUSY} while anybody uses it, or {@link #WAS_CLOSED}. */
    public int release() {
        if (state.compareAndSet(0, CLOSED_BIT)) {
            closing.release();
            net.clean();
            return number;
        }
        return isClosed() ? WAS_CLOSED : -EBUSY;
    }

    /** Makes a call on the number that waits for nobody. */
    public int ask(IntUnaryOperator question) {
        return (int) askLong(question::applyAsInt);
    }

    /** Makes a call on the number that waits for nobody, and answers as much as a {@code long}. */
    public long askLong(IntToLongFunction question) {
        if (!use()) {
            return WAS_CLOSED;
        }
        try {
            return question.applyAsLong(number);
        } finally {
            unuse();
        }
    }

    /** Reads at most as much as the memory holds; 0 is the end of the file. */
    public long read(MemorySegment into, long nanos) throws InterruptedException {
        return transfer(Transfer.READ, into, Iovecs.NONE, nanos);
    }

    /** Reads into several pieces of native memory, at most {@link #MOST_PIECES}. */
    public long read(List<MemorySegment> into, long nanos) throws InterruptedException {
        try (Arena arena = Arena.ofConfined()) {
            return transfer(Transfer.READ, MemorySegment.NULL, Iovecs.of(into, arena), nanos);
        }
    }

    /** Writes at least one byte, and not always all. */
    public long write(MemorySegment from, long nanos) throws InterruptedException {
        return transfer(Transfer.WRITE, from, Iovecs.NONE, nanos);
    }

    /** Writes several pieces of native memory, at most {@link #MOST_PIECES}. */
    public long write(List<MemorySegment> from, long nanos) throws InterruptedException {
        try (Arena arena = Arena.ofConfined()) {
            return transfer(Transfer.WRITE, MemorySegment.NULL, Iovecs.of(from, arena), nanos);
        }
    }

    /** Has an error that the kernel tells only once be told by the next receiver, as the present one got something. */
    public void owe(long answer) {
        if (answer > CLOSED && answer < 0 && answer != TIMED_OUT) {
            owed = (int) answer;
        }
    }

    /** What the next receiver is to be told, once; 0 if nothing. */
    int due() {
        if (owed == 0) {
            return 0;
        }
        synchronized (this) {
            int due = owed;
            owed = 0;
            return due;
        }
    }

    long transfer(Transfer transfer, MemorySegment memory, Iovecs several, long nanos) throws InterruptedException {
        Interruption.check();
        if (!use()) {
            return WAS_CLOSED;
        }
        try {
            int due = transfer.event == POLLIN ? due() : 0;
            if (due != 0) {
                return due;
            }
            boolean isEmpty = memory.byteSize() == 0 && several.count() == 0;
            boolean ofBytes = transfer == Transfer.READ || transfer == Transfer.WRITE;
            if (isEmpty && ofBytes && means() == Means.SOCKET) {
                if (transfer == Transfer.READ) {
                    return 0; // recv(2), unlike read(2), would take a datagram for it
                }
                long answer = transfer.callOnSocket(number, memory, several, false); // the other form waits for nothing
                return answer == -EAGAIN ? 0 : answer;
            }
            if (isEmpty && ofBytes && means() != Means.FLAG) {
                return transfer.call(number, memory, several); // never waits
            }
            long answer = nanos > 0 && !Thread.currentThread().isVirtual()
                    ? block(this, transfer, memory, several, nanos)
                    : withoutBlocking(transfer, memory, several, nanos);
            return unlessClosed(transfer, answer, isEmpty);
        } finally {
            unuse();
        }
    }

    /** Who closes both ends of a pipe means the readers and writers of both: to them it is no end of the bytes. */
    private long unlessClosed(Transfer transfer, long answer, boolean isEmpty) {
        boolean ofBytes = transfer == Transfer.READ || transfer == Transfer.WRITE; // a datagram may have none
        boolean isNothing = answer == -EPIPE || (answer == 0 && !isEmpty && ofBytes);
        return isNothing && isClosed() ? CLOSED : answer;
    }

    /** On a platform thread: the call itself waits. */
    private long block(Gate gate, Transfer transfer, MemorySegment memory, Iovecs several, long nanos)
            throws InterruptedException {
        Waiter waiter = Waiter.enter(gate, nanos);
        try {
            waiter.watchDeadline();
            Pause pause = new Pause();
            int inVain = 0;
            long answer;
            do {
                answer = waiter.refusal();
                if (answer == 0) {
                    // What nothing can end must not block. (No method of its own for the rest: the compiler inlines
                    // so many levels and no more, and what does not fit costs an object a call.)
                    answer = waiter.isSliced()
                            ? attemptOrPoll(transfer, memory, several)
                            : means == Means.SOCKET
                                    ? transfer.callOnSocket(number, memory, several, true)
                                    : transfer.call(number, memory, several);
                    if (answer == -EAGAIN && transfer.isBeyondPoll()) {
                        pause.park(this, waiter.nanosForCall());
                        answer = -EINTR;
                    } else if (answer == -EAGAIN) { // so, or somebody made the description non-blocking
                        int ready = poll(transfer, waiter.nanosForCall());
                        answer = ready == 0 ? -EINTR : ready;
                        if (ready == 0 && ++inVain > MOST_IN_VAIN) {
                            Pause.parkLong(this, waiter.nanosForCall());
                        }
                    }
                }
            } while (waiter.goesOnAfter(answer));
            return answer;
        } finally {
            waiter.leave();
        }
    }

    /** 0 when it is ready. */
    private int poll(Transfer transfer, long nanos) {
        int answer = pollOne(number, transfer.event, nanos);
        return answer == 0 ? TIMED_OUT : Math.min(answer, 0);
    }

    /** On a virtual thread, or for no time at all. */
    private long withoutBlocking(Transfer transfer, MemorySegment memory, Iovecs several, long nanos)
            throws InterruptedException {
        boolean limited = nanos > 0 && nanos != FOREVER;
        long deadline = limited ? System.nanoTime() + nanos : 0;
        int inVain = 0;
        while (true) {
            long answer = attempt(transfer, memory, several);
            if (answer == -EINTR) {
                Interruption.check();
                continue;
            }
            if (answer != UNKNOWN && (answer != -EAGAIN || nanos <= 0)) {
                return answer;
            }
            long rest = limited ? deadline - System.nanoTime() : nanos;
            if (answer == UNKNOWN || transfer.isBeyondPoll()) {
                return nanos <= 0
                        ? tryForAMoment(transfer, memory, several)
                        : onHelper(transfer, memory, several, rest);
            }
            int polled = means == Means.TWIN ? closing.twin : number;
            int ready = rest <= 0 ? TIMED_OUT : Poller.await(this, polled, transfer.event, rest);
            if (ready == Poller.NONE) {
                return onHelper(transfer, memory, several, rest);
            }
            if (ready < 0) {
                return ready;
            }
            if (++inVain > MOST_IN_VAIN) {
                Pause.parkLong(this, rest);
            }
        }
    }

    /** Makes the call without blocking: {@code -EAGAIN} if it would, {@link #UNKNOWN} if there is no means to know. */
    private long attempt(Transfer transfer, MemorySegment memory, Iovecs several) {
        return switch (means()) {
            case NONE -> transfer.call(number, memory, several);
            case TWIN -> transfer.call(closing.twin, memory, several);
            case FLAG -> attemptByFlag(transfer, memory, several);
            case SOCKET -> {
                long answer = transfer.callOnSocket(number, memory, several, false);
                yield answer == Transfer.NO_WAY ? UNKNOWN : answer;
            }
            case UNKNOWN, HELPER -> UNKNOWN;
        };
    }

    private long attemptByFlag(Transfer transfer, MemorySegment memory, Iovecs several) {
        if ((withoutFlag & transfer.event) != 0) {
            return UNKNOWN;
        }
        long answer;
        try {
            answer = transfer.callNoWait(number, memory, several);
        } catch (UnsupportedOperationException unknownToThisLibrary) {
            answer = -ENOSYS;
        }
        if (answer == -EOPNOTSUPP || answer == -ENOSYS) {
            synchronized (this) {
                withoutFlag |= transfer.event;
            }
            return UNKNOWN;
        }
        return answer;
    }

    /**
     * As {@link #attempt}, by a poll first where there is no other means. Then a call can block nevertheless: if a
     * rival takes what the poll saw, or if there is not so much room as is written; of terminals that is often so, and
     * they get one byte.
     */
    private long attemptOrPoll(Transfer transfer, MemorySegment memory, Iovecs several) {
        long answer = attempt(transfer, memory, several);
        if (answer != UNKNOWN) {
            return answer;
        }
        int ready = poll(transfer, 0);
        if (ready < 0) {
            return ready;
        }
        if (transfer == Transfer.WRITE && DescriptorCalls.tcgets(number) == 0) {
            MemorySegment first = several.count() > 0 ? several.segment(0) : memory;
            return transfer.call(number, first.asSlice(0, 1), Iovecs.NONE);
        }
        return means == Means.SOCKET
                ? transfer.callOnSocket(number, memory, several, true)
                : transfer.call(number, memory, several);
    }

    /** A try where there is no means: what a poll says is ready is done by a call that is ended if it blocks. */
    private long tryForAMoment(Transfer transfer, MemorySegment memory, Iovecs several) throws InterruptedException {
        int ready = poll(transfer, 0);
        if (ready < 0) {
            return ready;
        }
        if (!Thread.currentThread().isVirtual()) {
            return block(this, transfer, memory, several, MOMENT_NANOS);
        }
        boolean isNumber =
                transfer == Transfer.WRITE && memory.byteSize() == Long.BYTES; // may be too much for a counter
        return isNumber || transfer.mayWaitAfterPoll()
                ? onHelper(transfer, memory, several, MOMENT_NANOS)
                : attemptOrPoll(transfer, memory, several);
    }

    /**
     * Writes if a poll says that there is room, and then does not wait in spite of being on a virtual thread, for what
     * then surely fits.
     */
    public long writeIfRoom(MemorySegment from) {
        if (!use()) {
            return WAS_CLOSED;
        }
        try {
            int ready = poll(Transfer.WRITE, 0);
            long answer = ready == 0 ? Transfer.WRITE.call(number, from, Iovecs.NONE) : ready;
            return answer == -EINTR ? TIMED_OUT : answer;
        } finally {
            unuse();
        }
    }

    private long onHelper(Transfer transfer, MemorySegment memory, Iovecs several, long nanos)
            throws InterruptedException {
        checkUsable(memory);
        for (int i = 0; i < several.count(); i++) {
            checkUsable(several.segment(i));
        }
        // Memory confined to this thread is out of the helper's reach, and safe from being freed while this thread
        // waits.
        MemorySegment seen = MemorySegment.ofAddress(memory.address()).reinterpret(memory.byteSize());
        Lines.Call call = new Lines.Call() {
            @Override
            public int attempt() {
                return TIMED_OUT; // there is no means
            }

            @Override
            public int attemptAtCap() {
                long answer = attemptOrPoll(transfer, memory, several);
                return answer == -EINTR ? TIMED_OUT : (int) answer; // the kernel moves less than 2 GiB at a time
            }

            @Override
            public int await(Gate gate, long rest) throws InterruptedException {
                boolean reachable = memory.isAccessibleBy(Thread.currentThread());
                return (int) block(gate, transfer, reachable ? memory : seen, several.onBehalf(), rest);
            }
        };
        return LINES.await(this, new Line(this, transfer), call, nanos);
    }

    /** What the linker would check on this thread: whose memory it is, and that it is not gone. */
    public static void checkUsable(MemorySegment memory) {
        if (!memory.isAccessibleBy(Thread.currentThread())) {
            throw new WrongThreadException("the memory belongs to another thread");
        }
        if (!memory.scope().isAlive()) {
            throw new IllegalStateException("the memory was freed: its arena is closed");
        }
    }

    private Means means() {
        Means known = means;
        return known == Means.UNKNOWN ? findMeans() : known;
    }

    private synchronized Means findMeans() {
        if (means == Means.UNKNOWN) {
            int type = FileCalls.mode(number) & FileCalls.S_IFMT;
            if (type == FileCalls.S_IFREG || type == FileCalls.S_IFDIR || type == FileCalls.S_IFBLK) {
                means = Means.NONE;
            } else if (type == FileCalls.S_IFIFO) {
                int twin = openTwin();
                if (twin == -EMFILE || twin == -ENFILE || twin == -ENXIO) { // ENXIO: a FIFO nobody reads from
                    return Means.HELPER; // for now
                }
                closing.twin = twin;
                means = twin >= 0 ? Means.TWIN : Means.HELPER;
            } else {
                means = type == FileCalls.S_IFSOCK ? Means.SOCKET : Means.FLAG;
            }
        }
        return means;
    }

    /** Sets those status flags of a mask; the others stay. */
    public synchronized int setFlags(int flags, int mask) { // no twin is opened meanwhile
        return ask(own -> {
            int answer = DescriptorObject.setFlags(own, flags, mask);
            int twin = closing.twin;
            if (answer >= 0 && twin >= 0) { // packets, as far as its readers and writers are concerned
                DescriptorCalls.fcntl(
                        twin, DescriptorCalls.F_SETFL, FileCalls.O_NONBLOCK | (flags & FileCalls.O_DIRECT));
            }
            return answer;
        });
    }

    private int openTwin() {
        int flags = DescriptorCalls.fcntl(number, DescriptorCalls.F_GETFL, 0);
        if ((flags & FileCalls.O_PATH) != 0) {
            return -EBADF; // as the calls on it say
        }
        int access = flags & (FileCalls.O_WRONLY | FileCalls.O_RDWR);
        int twin;
        try (Arena arena = Arena.ofConfined()) {
            twin = FileCalls.open(
                    arena.allocateFrom("/proc/self/fd/" + number),
                    access | FileCalls.O_NONBLOCK | FileCalls.O_CLOEXEC,
                    0);
        }
        if (twin >= 0 && (flags & FileCalls.O_DIRECT) != 0) { // open(2) refuses it for a pipe, fcntl(2) does not
            DescriptorCalls.fcntl(twin, DescriptorCalls.F_SETFL, FileCalls.O_NONBLOCK | FileCalls.O_DIRECT);
        }
        return twin;
    }

    /** Has somebody told, once, before the number is closed or given away. */
    void atEnd(IntConsumer action) {
        closing.add(action);
    }

    void notAtEnd(IntConsumer action) {
        closing.remove(action);
    }

    /** For people to read. */
    @Override
    public String toString() {
        return kind + "[fd=" + number + (isClosed() ? ", closed]" : "]");
    }

    /** The end of the number, by whoever comes first: the last user or the collector. */
    private static final class Closing implements SafetyNet.Release {
        private static final int NONE = -1;

        private final int number;
        private final AtomicBoolean done = new AtomicBoolean();
        private volatile List<IntConsumer> actions = List.of(); // few have any
        private volatile int twin = NONE;

        Closing(int number) {
            this.number = number;
        }

        @Override
        public boolean run() {
            boolean first = !done.get() && done.compareAndSet(false, true);
            if (first) {
                try {
                    letGo();
                } finally {
                    DescriptorCalls.close(number);
                }
            }
            return first;
        }

        synchronized void add(IntConsumer action) {
            List<IntConsumer> more = new ArrayList<>(actions);
            more.add(action);
            actions = more;
        }

        synchronized void remove(IntConsumer action) {
            List<IntConsumer> fewer = new ArrayList<>(actions);
            fewer.remove(action);
            actions = fewer;
        }

        void release() {
            if (done.compareAndSet(false, true)) {
                letGo();
            }
        }

        void wakeParked() {
            Poller.wake(number);
            if (twin >= 0) {
                Poller.wake(twin);
            }
        }

        private void letGo() {
            if (twin >= 0) {
                Poller.forget(twin);
                DescriptorCalls.close(twin);
            }
            Poller.forget(number);
            actions.forEach(action -> action.accept(number));
        }
    }
}
