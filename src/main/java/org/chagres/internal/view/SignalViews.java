package org.chagres.internal.view;

import java.io.IOException;
import java.util.function.Supplier;
import org.chagres.internal.resource.DescriptorSignals;
import org.chagres.internal.resource.SignalRegistration;
import org.chagres.process.Signal;

/** Signal-driven readiness: answers become results and exceptions. */
public final class SignalViews {
    private SignalViews() {}

    /** The signal of those who choose none; a program that has all real-time signals in use gets SIGIO. */
    public static Signal freeSignal() {
        int free = SignalRegistration.freeSignal();
        return free == 0 ? Signal.SIGIO : new Signal(free);
    }

    /** The number for the kernel: 0 is SIGIO with no word of the descriptor. */
    public static int number(Signal signal) {
        return signal.equals(Signal.SIGIO) ? 0 : signal.number();
    }

    /** An answer that is no failure. */
    public static long checked(long answer, String call, Supplier<String> intent) throws IOException {
        if (answer <= DescriptorSignals.REGISTERED) {
            throw refusal((int) answer, intent.get());
        }
        return Transfers.checked(answer, call, intent);
    }

    private static RuntimeException refusal(int answer, String intent) {
        if (answer == DescriptorSignals.WOULD_END_THIS_PROCESS) {
            return new IllegalArgumentException(intent
                    + ": the owner is in this process, which the signal would end; SignalOwner.thisProcess() is the"
                    + " thread that takes it");
        }
        if (answer == DescriptorSignals.NOT_TAKEN) {
            return new IllegalStateException(intent
                    + ": this process takes SIGIO and signals 35 to 64 without 62 only, and others might end it");
        }
        if (answer == DescriptorSignals.OF_ANOTHER) {
            return new IllegalStateException(
                    intent + ": they go to somebody else; SignalSettings.setOwner(SignalOwner.NOBODY) ends that");
        }
        if (answer == DescriptorSignals.ON_ELSEWHERE) {
            return new IllegalStateException(intent
                    + ": they are on already, for another descriptor of the same open file description;"
                    + " SignalSettings.turnOff() ends that");
        }
        return new IllegalStateException(intent + ": it has SignalEvents already; close those first");
    }
}
