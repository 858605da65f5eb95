package org.chagres.readiness;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.Optional;
import org.chagres.ErrnoException;
import org.chagres.Pollable;
import org.chagres.internal.resource.DescriptorSignals;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.SignalViews;
import org.chagres.process.Signal;

/**
 * The parts of signal-driven I/O, one by one: whom the signals of an open file go to, which signal it is, and whether it
 * is sent. {@link SignalEvents} does all of it for this process, and needs none of this; it is for signals to other
 * processes.
 *
 * {@snippet class = "org.chagres.examples.SignalChapter" region = "owner"}
 *
 * <p>It must handle the signal: by itself each of these ends a process.
 *
 * <p>All this belongs to the open file description: duplicates share it, in other processes too. The owner also gets
 * SIGURG for urgent data of a socket, whether the signals are on or not, and whatever signal was chosen.
 *
 * <p><b>This process</b> can be an owner as {@link SignalOwner#thisProcess()} only, and only of SIGIO and the real-time
 * signals that {@link SignalEvents} can have: so no order of these calls ends it. What comes while there are no
 * {@link SignalEvents} is dropped. While there are, nothing can be changed here; by way of a duplicate it
 * can, and then the events end.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/F_SETOWN_EX.2const.html">F_SETOWN_EX(2const)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/socket.7.html">socket(7), FIOSETOWN</a>
 */
public final class SignalSettings {
    private final Pollable resource;
    private final OpenDescriptor descriptor;

    /** The calls that set and ask the owner. */
    public enum OwnerCall {
        /** {@code fcntl} with {@code F_SETOWN_EX} and {@code F_GETOWN_EX}: the only ones that know threads. */
        F_SETOWN_EX,

        /** {@code fcntl} with {@code F_SETOWN} and {@code F_GETOWN}. */
        F_SETOWN,

        /** {@code ioctl} with {@code FIOSETOWN} and {@code FIOGETOWN}, of sockets. */
        FIOSETOWN,

        /** {@code ioctl} with {@code SIOCSPGRP} and {@code SIOCGPGRP}, of sockets; in spite of their names the same. */
        SIOCSPGRP
    }

    /** The calls that turn signals on and off. */
    public enum SwitchCall {
        /** {@code ioctl} with {@code FIOASYNC}. */
        FIOASYNC,

        /** {@code fcntl} with {@code F_SETFL}. What never sends signals takes it, and does nothing. */
        O_ASYNC
    }

    private SignalSettings(Pollable resource) {
        this.resource = resource;
        this.descriptor = DescriptorView.of(resource);
    }

    /**
     * The settings of a resource. Nothing is asked yet.
     *
     * @param resource a pipe, FIFO, terminal or socket
     * @return its settings
     */
    public static SignalSettings of(Pollable resource) {
        return new SignalSettings(requireNonNull(resource, "resource"));
    }

    /**
     * Whom the signals go to ({@code F_GETOWN_EX}).
     *
     * @return the owner
     * @throws IOException as for {@link #owner(OwnerCall)}
     */
    public SignalOwner owner() throws IOException {
        return owner(OwnerCall.F_SETOWN_EX);
    }

    /**
     * Whom the signals go to, by a call of one's choice.
     *
     * @param call which; those that do not know threads tell one as a process
     * @return the owner
     * @throws ErrnoException {@code ENOTTY} if the call is for sockets and this is none
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     */
    public SignalOwner owner(OwnerCall call) throws IOException {
        long owner = SignalViews.checked(
                DescriptorSignals.owner(descriptor, means(requireNonNull(call, "call"))),
                name(call),
                () -> "asking for the owner of " + resource);
        int id = DescriptorSignals.id(owner);
        if (id == 0) {
            return SignalOwner.NOBODY;
        }
        int type = DescriptorSignals.type(owner);
        return new SignalOwner(
                type == DescriptorSignals.GROUP
                        ? SignalOwner.Kind.PROCESS_GROUP
                        : type == DescriptorSignals.THREAD ? SignalOwner.Kind.THREAD : SignalOwner.Kind.PROCESS,
                id);
    }

    /**
     * Sets whom the signals go to ({@code F_SETOWN_EX}). See {@link SignalOwner} for what they do to a process that does
     * not expect them.
     *
     * @param owner whom
     * @throws IOException as for {@link #setOwner(SignalOwner, OwnerCall)}
     * @throws IllegalArgumentException as for {@link #setOwner(SignalOwner, OwnerCall)}
     * @throws IllegalStateException as for {@link #setOwner(SignalOwner, OwnerCall)}
     */
    public void setOwner(SignalOwner owner) throws IOException {
        setOwner(owner, OwnerCall.F_SETOWN_EX);
    }

    /**
     * Sets whom the signals go to, by a call of one's choice.
     *
     * @param owner whom
     * @param call which
     * @throws ErrnoException {@code ESRCH} if there is no such process; {@code ENOTTY} if the call is for sockets and
     *     this is none
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if it is this process, its group or a thread of it other than
     *     {@link SignalOwner#thisProcess()}; if it is a thread and the call does not know them
     * @throws IllegalStateException if there are {@link SignalEvents} of it; if it is to be this process, and a signal
     *     was chosen that might end it
     */
    public void setOwner(SignalOwner owner, OwnerCall call) throws IOException {
        requireNonNull(call, "call");
        int type = switch (requireNonNull(owner, "owner").kind()) {
            case NOBODY, PROCESS -> DescriptorSignals.PROCESS;
            case PROCESS_GROUP -> DescriptorSignals.GROUP;
            case THREAD -> DescriptorSignals.THREAD;
        };
        if (type == DescriptorSignals.THREAD && call != OwnerCall.F_SETOWN_EX) {
            throw new IllegalArgumentException(call + " does not know threads: " + owner);
        }
        SignalViews.checked(
                DescriptorSignals.setOwner(descriptor, means(call), type, owner.id()),
                name(call),
                () -> "making " + owner + " the owner of " + resource);
    }

    private static DescriptorSignals.Means means(OwnerCall call) {
        return switch (call) {
            case F_SETOWN_EX -> DescriptorSignals.Means.FCNTL_EX;
            case F_SETOWN -> DescriptorSignals.Means.FCNTL;
            case FIOSETOWN -> DescriptorSignals.Means.FIOSETOWN;
            case SIOCSPGRP -> DescriptorSignals.Means.SIOCSPGRP;
        };
    }

    private static String name(OwnerCall call) {
        return switch (call) {
            case F_SETOWN_EX, F_SETOWN -> "fcntl";
            case FIOSETOWN, SIOCSPGRP -> "ioctl";
        };
    }

    /**
     * Which signal is sent ({@code F_GETSIG}).
     *
     * @return the signal that was chosen; empty for SIGIO that does not tell which descriptor it is for
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    public Optional<Signal> signal() throws IOException {
        int signal = (int) SignalViews.checked(
                DescriptorSignals.signalOf(descriptor), "fcntl", () -> "asking for the signal of " + resource);
        return signal == 0 ? Optional.empty() : Optional.of(new Signal(signal));
    }

    /**
     * Chooses the signal, which has with it the descriptor and what it is ready for ({@code si_fd}, {@code si_band};
     * {@code F_SETSIG}).
     *
     * @param signal which; only the real-time ones, from 34 on, are queued
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if other code made this process the owner
     * @throws IllegalStateException if there are {@link SignalEvents} of it; if this process is the owner, and the
     *     signal might end it
     */
    public void setSignal(Signal signal) throws IOException {
        setSignal(requireNonNull(signal, "signal").number(), signal.toString());
    }

    /**
     * Chooses SIGIO without a word of the descriptor, as it is at first ({@code F_SETSIG} with 0).
     *
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException as for {@link #setSignal}
     * @throws IllegalStateException if there are {@link SignalEvents} of it
     */
    public void setDefaultSignal() throws IOException {
        setSignal(0, "SIGIO");
    }

    private void setSignal(int number, String name) throws IOException {
        SignalViews.checked(
                DescriptorSignals.setSignalOf(descriptor, number),
                "fcntl",
                () -> "choosing " + name + " as the signal of " + resource);
    }

    /**
     * Whether signals are sent ({@code F_GETFL}, {@code O_ASYNC}).
     *
     * @return {@code true} once turned on
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     */
    public boolean isOn() throws IOException {
        return SignalViews.checked(
                        DescriptorSignals.isOn(descriptor), "fcntl", () -> "reading the flags of " + resource)
                > 0;
    }

    /**
     * Has signals sent ({@code FIOASYNC}).
     *
     * @throws IOException as for {@link #turnOn(SwitchCall)}
     * @throws IllegalArgumentException as for {@link #turnOn(SwitchCall)}
     * @throws IllegalStateException as for {@link #turnOn(SwitchCall)}
     */
    public void turnOn() throws IOException {
        turnOn(SwitchCall.FIOASYNC);
    }

    /**
     * Has signals sent, by a call of one's choice. If they have no owner, {@link SignalOwner#thisProcess()} becomes it:
     * of a terminal the kernel would make it this process, or the group in the foreground, and so end them.
     *
     * @param call which
     * @throws ErrnoException {@code ENOTTY} if this never sends signals: a file, an {@link EventCounter}
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalArgumentException if other code made this process the owner
     * @throws IllegalStateException if there are {@link SignalEvents} of it; if this process is to be the owner, and a
     *     signal was chosen that might end it
     */
    public void turnOn(SwitchCall call) throws IOException {
        turn(true, call);
    }

    /**
     * Has no signals sent ({@code FIOASYNC}). The owner stays.
     *
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalStateException if there are {@link SignalEvents} of it
     */
    public void turnOff() throws IOException {
        turnOff(SwitchCall.FIOASYNC);
    }

    /**
     * Has no signals sent, by a call of one's choice.
     *
     * @param call which
     * @throws IOException {@link java.nio.channels.ClosedChannelException} if closed
     * @throws IllegalStateException if there are {@link SignalEvents} of it
     */
    public void turnOff(SwitchCall call) throws IOException {
        turn(false, call);
    }

    private void turn(boolean on, SwitchCall call) throws IOException {
        String name = switch (requireNonNull(call, "call")) {
            case FIOASYNC -> "ioctl";
            case O_ASYNC -> "fcntl";
        };
        SignalViews.checked(
                DescriptorSignals.turn(descriptor, on, call == SwitchCall.O_ASYNC),
                name,
                () -> "turning " + (on ? "on" : "off") + " the signals of " + resource);
    }

    /** For people to read. */
    @Override
    public String toString() {
        return "SignalSettings[" + resource + "]";
    }
}
