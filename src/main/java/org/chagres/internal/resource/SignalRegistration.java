package org.chagres.internal.resource;

import static org.chagres.internal.syscall.Errnos.EINTR;
import static org.chagres.internal.syscall.SignalOwnerCalls.*;

import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.chagres.internal.syscall.DescriptorCalls;
import org.chagres.internal.syscall.ReadinessCalls;

/**
 * A descriptor whose signals become events. Its events are given one after the other: what comes while one waits for
 * the executor, or is being handled, is added to the next, so that however slow the handler is, there is one to keep.
 *
 * <pre>
 *   tell, poll            give                  run
 *   idle ------> queued at the giver ------> executor ------> idle, or queued again
 * </pre>
 */
public final class SignalRegistration {
    private static final int ALWAYS = Readinesses.HANG_UP | Readinesses.ERROR;

    private final OpenDescriptor descriptor;
    private final int interest;
    private final int signal;
    private final Executor executor;
    private final Consumer<Event> handler;
    private final IntConsumer atEnd = this::end;
    private final Object events = new Object();

    // Guarded by events.
    private int readiness;
    private long signals;
    private boolean polled;
    private boolean queued;
    private boolean ended;

    private volatile boolean closed;

    /**
     * What happened since the last.
     *
     * @param readiness bits of {@link Readinesses}
     * @param signals how many signals told of it
     * @param polled whether a poll found some of it
     */
    public record Event(int readiness, long signals, boolean polled) {}

    /**
     * @param signal 0 for SIGIO
     */
    public SignalRegistration(
            OpenDescriptor descriptor, int interest, int signal, Executor executor, Consumer<Event> handler) {
        this.descriptor = descriptor;
        this.interest = interest;
        this.signal = signal;
        this.executor = executor;
        this.handler = handler;
    }

    /** A real-time signal that nobody uses; 0 if there is none. */
    public static int freeSignal() {
        return SignalDelivery.Free.SIGNAL;
    }

    /** Whether events can come by that signal. */
    public static boolean isTakeable(int signal) {
        return SignalDelivery.isTakeable(signal);
    }

    /** Turns the signals on; answers as {@link DescriptorSignals} does. What is ready already is the first event. */
    public int start() {
        int taker = SignalDelivery.taker();
        if (taker < 0) {
            return taker;
        }
        int answer = SignalDelivery.change(descriptor, number -> turnOn(number, taker));
        if (answer < 0) {
            return answer;
        }
        try {
            poll();
        } catch (RuntimeException | Error noMemory) { // nobody would have it to close it
            close();
            throw noMemory;
        }
        return 0;
    }

    private int turnOn(int number, int taker) {
        int refusal = refusal(number);
        if (refusal < 0) {
            return refusal;
        }
        SignalDelivery.take(signal);
        SignalDelivery.register(number, this); // before: the first signal may come at once
        descriptor.atEnd(atEnd);
        // The signal first, and the switch last: no other is ever sent. FIOASYNC, as it refuses what sends none.
        int answer = setSignal(number, signal);
        if (answer >= 0) {
            answer = setOwnerEx(number, F_OWNER_TID, taker);
        }
        if (answer >= 0) {
            if (DescriptorSignals.wasTurnedOnHere(number)) {
                fioasync(number, false); // signals tell the number that they were last turned on by
            }
            answer = fioasync(number, true);
        }
        if (answer < 0) {
            end(number);
            descriptor.notAtEnd(atEnd);
        }
        return answer;
    }

    private static int refusal(int number) {
        if (SignalDelivery.isRegistered(number)) {
            return DescriptorSignals.REGISTERED;
        }
        long owner = ownerEx(number);
        if (owner < 0) {
            return (int) owner;
        }
        if (DescriptorSignals.id(owner) != 0 && !DescriptorSignals.isTaker(owner)) {
            return DescriptorSignals.OF_ANOTHER;
        }
        int flags = DescriptorCalls.fcntl(number, DescriptorCalls.F_GETFL, 0);
        return (flags & O_ASYNC) != 0 && !DescriptorSignals.wasTurnedOnHere(number)
                ? DescriptorSignals.ON_ELSEWHERE
                : 0;
    }

    /** Turns the signals off. An event that is being handled goes on; no other begins. */
    public void close() {
        if (closed) {
            return;
        }
        int answer = SignalDelivery.change(descriptor, number -> {
            end(number);
            descriptor.notAtEnd(atEnd);
            return 0;
        });
        if (answer == OpenDescriptor.WAS_CLOSED) {
            closed = true; // the rest is done when its last user leaves
        }
    }

    public boolean isClosed() {
        return closed;
    }

    /** Of this registration, be it closed or the descriptor; before its number can be another's. */
    private void end(int number) {
        SignalDelivery.CHANGES.lock();
        try {
            closed = true;
            synchronized (events) { // none polls
                if (ended) { // by a close and the end of the descriptor: what comes now may be of a duplicate
                    return;
                }
                ended = true;
            }
            fioasync(number, false);
            setOwnerEx(number, F_OWNER_PID, 0);
            setSignal(number, 0);
            DescriptorSignals.forget(number);
            SignalDelivery.unregister(number, this);
        } finally {
            SignalDelivery.CHANGES.unlock();
        }
    }

    // Of the taker.

    /** A signal told of this descriptor. */
    void tell(int band) {
        int bits = band & (interest | ALWAYS);
        if ((bits & Readinesses.HANG_UP) != 0) {
            bits &= ~Readinesses.ERROR; // the kernel has one word for both
        }
        int found = 0;
        if (bits == 0 || (interest & Readinesses.READ_HANG_UP) != 0) {
            found = ask(interest & Readinesses.READ_HANG_UP); // it tells the end of the bytes as readable
        }
        add(bits | found, 1, (found & ~bits) != 0);
    }

    /** A signal told of no descriptor. */
    void poll() {
        add(ask(interest), 0, true);
    }

    /** A signal told that something is urgent; those with a real-time signal have that for it, too. */
    void pollUrgent() {
        if (signal == 0 && (interest & Readinesses.URGENT) != 0) {
            add(ask(Readinesses.URGENT), 0, true);
        }
    }

    /**
     * Polls, and is no user of the descriptor meanwhile: a release would be refused for what nobody sees, and the last
     * user has to close it, which can take its time. Its end waits for this instead.
     */
    private int ask(int what) {
        synchronized (events) {
            int ready;
            do {
                ready = ended ? 0 : ReadinessCalls.pollOne(descriptor.number(), what, 0);
            } while (ready == -EINTR); // even one for no time may be cut short by a signal
            return ready < 0 ? 0 : ready & (what | ALWAYS);
        }
    }

    private void add(int bits, int count, boolean byPoll) {
        if (bits == 0) {
            return;
        }
        synchronized (events) {
            readiness |= bits;
            signals += count;
            polled |= byPoll;
            if (queued || closed) {
                return;
            }
            SignalDelivery.passOn(this);
            queued = true; // after: there may be no memory
        }
    }

    // Of the giver.

    void give() {
        if (closed || descriptor.isClosed()) {
            return; // its executor may be shut down by now
        }
        try {
            executor.execute(this::run);
        } catch (Throwable refused) { // others rely on this thread, and not all languages declare what they throw
            synchronized (events) {
                queued = false; // the next event brings this one
            }
            report(refused);
        }
    }

    private void run() {
        try {
            Event event;
            synchronized (events) {
                event = new Event(readiness, signals, polled);
                readiness = 0;
                signals = 0;
                polled = false;
            }
            if (!closed && !descriptor.isClosed()) {
                handler.accept(event);
            }
        } catch (Throwable failure) {
            report(failure);
        } finally {
            synchronized (events) {
                queued = false;
                if (readiness != 0 && !closed) {
                    SignalDelivery.passOn(this);
                    queued = true;
                }
            }
        }
    }

    private static void report(Throwable failure) {
        Thread thread = Thread.currentThread();
        try {
            thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
        } catch (Throwable unheard) {
            // As the JVM does with what a handler of failures throws.
        }
    }

    @Override
    public String toString() {
        return "SignalEvents[" + descriptor + (closed ? ", closed]" : "]");
    }
}
