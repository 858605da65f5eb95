package org.chagres.readiness;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.chagres.ErrnoException;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.internal.resource.SignalRegistration;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.Polls;
import org.chagres.internal.view.SignalViews;
import org.chagres.process.Signal;

/**
 * Signal-driven I/O: the kernel sends a signal when a resource becomes ready, and an executor gets an event for it. It
 * is here because programs and books have it; {@link Epoll} does the same for more resources at less cost.
 *
 * {@snippet class = "org.chagres.examples.SignalChapter" region = "events"}
 *
 * <p><b>Edges.</b> A signal is sent when something happens, not for as long as it is so: a handler reads or writes
 * without waiting ({@code tryRead}, {@code MSG_DONTWAIT}) until there is no more. What is ready when the resource is
 * registered is the first event. For bytes that a platform thread was waiting for in {@code read} or {@code recv} there
 * may be no event of a stream socket; elsewhere there is one, though that thread has the bytes. Of sockets none is sent
 * for room as long as no write was refused for want of it. The end of the bytes and a hang-up are told as
 * {@link Readiness#READABLE} by pipes and TCP.
 *
 * <p><b>The handler</b> runs in the executor and nowhere else; never twice at once for the same registration. What
 * happens meanwhile is one event, the next, with the sum of its signals: nothing is lost, and nothing piles up. What a
 * handler throws goes to the uncaught exception handler of its thread, and stops nothing. What an executor throws goes
 * to that of a thread of this library, and the next event brings what it refused; what it accepts it has to run. One
 * that lets its caller wait, or runs the handler at once, keeps the events of all others waiting.
 *
 * <p><b>The signal</b> is a real-time one, as it has with it which descriptor it is for, and each is queued. When the
 * queue is full (RLIMIT_SIGPENDING, of all processes of the user), the kernel sends SIGIO instead; then all that is
 * registered is polled, and what is ready is told ({@link SignalEvent#polled}): so nothing is lost then. With
 * {@link Signal#SIGIO} it is so each time, which is what the books describe. Urgent data comes as {@link
 * Readiness#URGENT}, by the real-time signal or, with SIGIO, by SIGURG. No signal ends this process, and no handler of
 * signals is installed: one thread of this library has them blocked, owns the descriptor ({@code F_SETOWN_EX}) and takes
 * them by {@code sigtimedwait}; another one calls the executors. Both are daemons, started at the first use.
 *
 * <p><b>One registration an open file.</b> The signals belong to the open file description, which duplicates share: a
 * second registration, of a duplicate too, is refused. A resource that is closed or released first ends its
 * registration. After {@link #close()} no handler begins, though one may still be running; a signal that was on its way
 * is dropped, or becomes an event too many of what has the same number next.
 *
 * <p><b>Lifetime.</b> Until {@link #close()}, or until the resource is closed. A registration keeps its resource from
 * being collected.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * @see SignalSettings
 * @see <a href="https://man7.org/linux/man-pages/man2/F_SETSIG.2const.html">F_SETSIG(2const)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/sigtimedwait.2.html">sigtimedwait(2)</a>
 */
public final class SignalEvents implements AutoCloseable {
    private final SignalRegistration registration;

    private SignalEvents(SignalRegistration registration) {
        this.registration = registration;
    }

    /**
     * Has an executor run a handler when a resource becomes ready, by a real-time signal that nobody in this process
     * uses (by SIGIO if there is none).
     *
     * @param resource a pipe, FIFO, terminal or socket
     * @param events for what; a hang-up and an error are told in any case, if the kernel has a signal for them
     * @param executor where the handler runs
     * @param handler gets the events
     * @return the registration
     * @throws ErrnoException {@code ENOTTY} if the resource never sends signals: a file, an {@link EventCounter};
     *     another one with the kernel's reason
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if the resource is closed
     * @throws IllegalStateException if the resource is registered already, by this object or a duplicate; if its
     *     signals go to somebody else, or were turned on by another process
     */
    public static SignalEvents on(
            Pollable resource, Set<Readiness> events, Executor executor, Consumer<SignalEvent> handler)
            throws IOException {
        return on(resource, events, executor, handler, SignalViews.freeSignal());
    }

    /**
     * The same by a signal of one's choice.
     *
     * @param resource a pipe, FIFO, terminal or socket
     * @param events for what
     * @param executor where the handler runs
     * @param handler gets the events
     * @param signal {@link Signal#SIGIO}, or a real-time signal: 35 to 64 without 62, which is the JDK's. Choose none
     *     that other code of this process waits for: it might be taken in its place
     * @return the registration
     * @throws IOException as for {@link #on(Pollable, Set, Executor, Consumer)}
     * @throws IllegalStateException as for {@link #on(Pollable, Set, Executor, Consumer)}
     * @throws IllegalArgumentException if {@code signal} is another one
     */
    public static SignalEvents on(
            Pollable resource, Set<Readiness> events, Executor executor, Consumer<SignalEvent> handler, Signal signal)
            throws IOException {
        requireNonNull(resource, "resource");
        requireNonNull(handler, "handler");
        int interest = Polls.bits(requireNonNull(events, "events"));
        if (!SignalRegistration.isTakeable(requireNonNull(signal, "signal").number())) {
            throw new IllegalArgumentException(
                    "events come by SIGIO, or by signals 35 to 64 without 62, not by " + signal);
        }
        SignalRegistration registration = new SignalRegistration(
                DescriptorView.of(resource),
                interest,
                SignalViews.number(signal),
                requireNonNull(executor, "executor"),
                event -> handler.accept(new SignalEvent(
                        resource, Polls.readiness(event.readiness()), event.signals(), event.polled())));
        SignalViews.checked(
                registration.start(), "ioctl", () -> "turning on the signals of " + resource + " (" + signal + ")");
        return new SignalEvents(registration);
    }

    /**
     * Whether the registration is in force.
     *
     * @return {@code true} until {@link #close()}, or until the resource is closed
     */
    public boolean isOpen() {
        return !registration.isClosed();
    }

    /**
     * Turns the signals off: then the open file has no owner, and SIGIO is its signal again. No handler is waited for. A second
     * close does nothing.
     */
    @Override
    public void close() {
        registration.close();
    }

    @Override
    public String toString() {
        return registration.toString();
    }
}
