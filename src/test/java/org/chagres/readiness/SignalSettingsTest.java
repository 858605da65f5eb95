package org.chagres.readiness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.readiness.SignalSettings.OwnerCall.*;

import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.ErrnoException;
import org.chagres.Readiness;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.internal.syscall.SignalOwnerCalls;
import org.chagres.process.Signal;
import org.chagres.socket.SendOption;
import org.chagres.socket.TcpStream;
import org.chagres.testing.CProgram;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Owner, signal and switch, one by one; owners in other processes; and what would end this one is refused. */
@ExtendWith(LeakCheck.class)
class SignalSettingsTest {
    private static final Signal REAL_TIME = new Signal(40);

    /** Leads a group of its own, handles the signal, and tells what came with it. */
    private static final String RECEIVER = """
            #include <signal.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <unistd.h>

            static volatile sig_atomic_t descriptor, code, signaled;

            static void handler(int signal, siginfo_t *info, void *context) {
                descriptor = info->si_fd;
                code = info->si_code;
                signaled = signal;
            }

            int main(int count, char **words) {
                struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
                sigset_t all, before;
                sigfillset(&all);
                sigprocmask(SIG_BLOCK, &all, &before);
                for (int i = 1; i < count; i++) {
                    sigaction(atoi(words[i]), &action, 0);
                }
                setpgid(0, 0);
                puts("ready");
                fflush(stdout);
                for (;;) {
                    sigsuspend(&before);
                    printf("signal %d code %d fd %d\\n", (int)signaled, (int)code, (int)descriptor);
                    fflush(stdout);
                }
            }
            """;

    private static int groupOf(long pid) {
        return ProcessCalls.getpgid((int) pid);
    }

    @ParameterizedTest
    @EnumSource(SignalSettings.OwnerCall.class)
    void allCallsSayTheSameOfTheOwnerOfASocket(SignalSettings.OwnerCall call) throws Exception {
        try (SignalLink.Ends ends = SignalLink.TCP.open();
                Peer other = Peer.start(List.of("setsid", "cat"))) {
            SignalSettings settings = SignalSettings.of(ends.reader());
            assertThat(settings.owner(call)).isEqualTo(SignalOwner.NOBODY);
            SignalOwner process = SignalOwner.process(other.pid());
            assertSeenByAll(settings, call, process);
            assertThat(other.ask("it runs")).isEqualTo("it runs"); // it leads its group by now
            assertSeenByAll(settings, call, SignalOwner.processGroup(groupOf(other.pid())));
            assertSeenByAll(settings, call, SignalOwner.NOBODY);
        }
    }

    private static void assertSeenByAll(SignalSettings settings, SignalSettings.OwnerCall call, SignalOwner owner)
            throws Exception {
        settings.setOwner(owner, call);
        for (SignalSettings.OwnerCall asked : SignalSettings.OwnerCall.values()) {
            assertThat(settings.owner(asked)).as("%s, set by %s", asked, call).isEqualTo(owner);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PIPE", "TERMINAL"})
    void theCallsForSocketsDoNotKnowOthers(SignalLink link) throws Exception {
        try (SignalLink.Ends ends = link.open()) {
            SignalSettings settings = SignalSettings.of(ends.reader());
            for (SignalSettings.OwnerCall call : List.of(FIOSETOWN, SIOCSPGRP)) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> settings.owner(call))
                        .withMessageStartingWith("ioctl: ENOTTY");
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> settings.setOwner(SignalOwner.NOBODY, call))
                        .withMessageStartingWith("ioctl: ENOTTY");
            }
            assertThat(settings.owner(F_SETOWN)).isEqualTo(SignalOwner.NOBODY);
        }
    }

    @ParameterizedTest
    @EnumSource
    void bothSwitchesTurnTheSameFlag(SignalLink link) throws Exception {
        try (SignalLink.Ends ends = link.open()) {
            SignalSettings settings = SignalSettings.of(ends.reader());
            for (SignalSettings.SwitchCall on : SignalSettings.SwitchCall.values()) {
                for (SignalSettings.SwitchCall off : SignalSettings.SwitchCall.values()) {
                    assertThat(settings.isOn()).isFalse();
                    settings.turnOn(on);
                    settings.turnOn(on);
                    assertThat(settings.isOn()).isTrue();
                    settings.turnOff(off);
                }
            }
            assertThat(settings.isOn()).isFalse();
        }
    }

    @Test
    void whatSendsNoSignalsSaysSoByOneSwitchOnly() throws Exception {
        try (EventCounter counter = EventCounter.create()) {
            SignalSettings settings = SignalSettings.of(counter);
            assertThatThrownBy(settings::turnOn).hasMessageStartingWith("ioctl: ENOTTY");
            assertThat(settings.owner()).as("as before").isEqualTo(SignalOwner.NOBODY);
            settings.turnOn(SignalSettings.SwitchCall.O_ASYNC);
            assertThat(settings.isOn()).isFalse();
        }
    }

    @Test
    void withNoOwnerThisProcessBecomesIt() throws Exception {
        try (SignalLink.Ends ends = SignalLink.TERMINAL.open()) { // of which the kernel would make it the whole process
            SignalSettings settings = SignalSettings.of(ends.reader());
            settings.turnOn();
            assertThat(settings.owner()).isEqualTo(SignalOwner.thisProcess());
            ends.write(2);
            ends.readAll();
        }
    }

    @Test
    void theSignalIsAskedBack() throws Exception {
        try (SignalLink.Ends ends = SignalLink.UNIX.open()) {
            SignalSettings settings = SignalSettings.of(ends.reader());
            assertThat(settings.signal()).isEmpty();
            settings.setSignal(REAL_TIME);
            assertThat(settings.signal()).contains(REAL_TIME);
            settings.setSignal(Signal.SIGIO);
            assertThat(settings.signal()).contains(Signal.SIGIO);
            settings.setDefaultSignal();
            assertThat(settings.signal()).isEmpty();
        }
    }

    // Others.

    @ParameterizedTest
    @EnumSource
    void anotherProcessIsToldTheDescriptor(SignalLink link) throws Exception {
        try (CProgram receiver = CProgram.compile(RECEIVER);
                Peer other = Peer.start(receiver.command(REAL_TIME.number()));
                SignalLink.Ends ends = link.open()) {
            assertThat(other.hear()).isEqualTo("ready");
            SignalSettings settings = SignalSettings.of(ends.reader());
            settings.setOwner(SignalOwner.process(other.pid()));
            settings.setSignal(REAL_TIME);
            settings.turnOn();
            for (int i = 0; i < 3; i++) {
                ends.write(2);
                assertThat(other.hear()).isEqualTo("signal 40 code 1 fd " + SignalLink.number(ends.reader()));
            }
            settings.turnOff();
        }
    }

    @Test
    void aGroupAndAThreadCanBeTold() throws Exception {
        try (CProgram receiver = CProgram.compile(RECEIVER);
                Peer other = Peer.start(receiver.command(SignalCalls.SIGIO));
                SignalLink.Ends ends = SignalLink.UNIX.open()) {
            assertThat(other.hear()).isEqualTo("ready");
            SignalSettings settings = SignalSettings.of(ends.reader());
            settings.turnOn();
            for (SignalOwner owner :
                    List.of(SignalOwner.processGroup(other.pid()), SignalOwner.thread((int) other.pid()))) {
                settings.setOwner(owner);
                assertThat(settings.owner()).isEqualTo(owner);
                ends.write(1);
                assertThat(other.hear()).startsWith("signal 29 ");
            }
            settings.turnOff();
        }
    }

    @Test
    void urgentDataIsToldToTheOwnerThoughSignalsAreOff() throws Exception {
        try (CProgram receiver = CProgram.compile(RECEIVER);
                Peer other = Peer.start(receiver.command(SignalCalls.SIGURG));
                SignalLink.Ends ends = SignalLink.TCP.open()) {
            assertThat(other.hear()).isEqualTo("ready");
            SignalSettings.of(ends.reader()).setOwner(SignalOwner.process(other.pid()), SIOCSPGRP);
            ends.write(1); // of which nobody is told
            ((TcpStream) ends.writer()).send(MemorySegment.ofArray(new byte[1]), SendOption.OUT_OF_BAND);
            assertThat(other.hear()).startsWith("signal 23 ");
        }
    }

    @Test
    void aProcessThatDoesNotExpectTheSignalIsEndedByIt() throws Exception {
        try (Peer other = Peer.start(List.of("cat"));
                SignalLink.Ends ends = SignalLink.PIPE.open()) {
            assertThat(other.ask("it runs")).isEqualTo("it runs");
            SignalSettings settings = SignalSettings.of(ends.reader());
            settings.setOwner(SignalOwner.process(other.pid()));
            settings.turnOn();
            ends.write(1);
            assertThat(other.process().waitFor()).isEqualTo(128 + SignalCalls.SIGIO);
        }
    }

    @Test
    void eventsDoNotTakeTheSignalsOfAnother() throws Exception {
        try (Peer other = Peer.start(List.of("cat"));
                SignalLink.Ends ends = SignalLink.PIPE.open()) {
            SignalSettings settings = SignalSettings.of(ends.reader());
            settings.setOwner(SignalOwner.process(other.pid()));
            assertThatIllegalStateException()
                    .isThrownBy(() ->
                            SignalEvents.on(ends.reader(), Set.of(Readiness.READABLE), Runnable::run, event -> {}))
                    .withMessageContaining("somebody else");
            settings.setOwner(SignalOwner.NOBODY);
            SignalEvents.on(ends.reader(), Set.of(Readiness.READABLE), Runnable::run, event -> {})
                    .close();
        }
    }

    // What would end this process.

    @Test
    void thisProcessItsGroupAndItsThreadsAreRefused() throws Exception {
        int pid = ProcessCalls.getpid();
        try (SignalLink.Ends ends = SignalLink.UNIX.open()) {
            SignalSettings settings = SignalSettings.of(ends.reader());
            for (SignalOwner owner : List.of(
                    SignalOwner.process(pid),
                    SignalOwner.process(SignalCalls.gettid()),
                    SignalOwner.thread(pid),
                    SignalOwner.thread(SignalCalls.gettid()),
                    SignalOwner.processGroup(groupOf(pid)))) {
                for (SignalSettings.OwnerCall call : SignalSettings.OwnerCall.values()) {
                    assertThatIllegalArgumentException()
                            .as("%s by %s", owner, call)
                            .isThrownBy(() -> settings.setOwner(owner, call));
                }
            }
            assertThat(settings.owner()).isEqualTo(SignalOwner.NOBODY);
        }
    }

    @Test
    void thisProcessOwnsNoSignalThatItDoesNotTake() throws Exception {
        try (SignalLink.Ends ends = SignalLink.PIPE.open()) {
            SignalSettings settings = SignalSettings.of(ends.reader());
            settings.setSignal(Signal.SIGKILL);
            assertThatIllegalStateException().isThrownBy(settings::turnOn);
            assertThatIllegalStateException().isThrownBy(() -> settings.setOwner(SignalOwner.thisProcess()));
            settings.setDefaultSignal();
            settings.setOwner(SignalOwner.thisProcess());
            assertThatIllegalStateException().isThrownBy(() -> settings.setSignal(Signal.SIGKILL));
            settings.turnOn();
            ends.write(1);
            assertThat(settings.signal()).isEmpty();
        }
    }

    /** As another copy of this library does, or code in C: SIGUSR1 is not blocked in a thread that takes SIGIO. */
    @Test
    void ofAnOwnerInThisProcessThatOtherCodeSetNoSignalIsChosen() throws Exception {
        try (SignalLink.Ends ends = SignalLink.UNIX.open()) {
            int number = SignalLink.number(ends.reader());
            assertThat(SignalOwnerCalls.setOwnerEx(number, SignalOwnerCalls.F_OWNER_TID, SignalCalls.gettid()))
                    .isZero();
            SignalSettings settings = SignalSettings.of(ends.reader());
            for (ThrowingCallable change : List.<ThrowingCallable>of(
                    () -> settings.setSignal(Signal.SIGUSR1),
                    () -> settings.setSignal(REAL_TIME),
                    settings::setDefaultSignal,
                    settings::turnOn)) {
                assertThatIllegalArgumentException()
                        .isThrownBy(change)
                        .withMessageContaining("the owner is in this process");
            }
            assertThat(settings.signal()).isEmpty();
            settings.setOwner(SignalOwner.NOBODY);
            settings.setSignal(Signal.SIGUSR1);
        }
    }

    @Test
    void nothingCanBeChangedWhileThereAreEvents() throws Exception {
        try (SignalLink.Ends ends = SignalLink.PIPE.open();
                SignalEvents events =
                        SignalEvents.on(ends.reader(), Set.of(Readiness.READABLE), Runnable::run, event -> {})) {
            SignalSettings settings = SignalSettings.of(ends.reader());
            assertThatIllegalStateException().isThrownBy(settings::turnOff);
            assertThatIllegalStateException().isThrownBy(settings::setDefaultSignal);
            assertThatIllegalStateException().isThrownBy(() -> settings.setOwner(SignalOwner.NOBODY));
            assertThat(settings.isOn()).isTrue();
            assertThat(events.isOpen()).isTrue();
        }
    }

    // The rest.

    /** All but those that it is waiting for just now: these the kernel takes out of the mask for as long as it waits. */
    @Test
    void theOwnThreadHasTheSignalsBlocked() throws Exception {
        int tid = SignalOwner.thisProcess().id();
        long blocked = Files.readAllLines(Path.of("/proc/self/task/" + tid + "/status")).stream()
                .filter(line -> line.startsWith("SigBlk:"))
                .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                .sum();
        for (int signal : new int[] {50, 60, 61, 63, 64}) {
            assertThat(blocked & SignalCalls.bit(signal))
                    .as("signal %d", signal)
                    .isNotZero();
        }
        assertThat(blocked & SignalCalls.bit(62)).isZero();
    }

    @Test
    void whoIsNotThereIsRefusedByTheKernel() throws Exception {
        try (SignalLink.Ends ends = SignalLink.PIPE.open()) {
            SignalSettings settings = SignalSettings.of(ends.reader());
            assertThatThrownBy(() -> settings.setOwner(SignalOwner.process(Integer.MAX_VALUE)))
                    .isInstanceOf(ErrnoException.class)
                    .hasMessageStartingWith("fcntl: ESRCH");
        }
    }

    @Test
    void numbersThatNobodyHasAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> SignalOwner.process(0));
        assertThatIllegalArgumentException().isThrownBy(() -> SignalOwner.process(1L << 32));
        assertThatIllegalArgumentException().isThrownBy(() -> SignalOwner.thread(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new SignalOwner(SignalOwner.Kind.NOBODY, 1));
    }

    @Test
    void aClosedResourceHasNoSettings() throws Exception {
        SignalLink.Ends ends = SignalLink.PIPE.open();
        SignalSettings settings = SignalSettings.of(ends.reader());
        ends.close();
        assertThatThrownBy(settings::owner).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(settings::signal).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(settings::isOn).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(settings::turnOn).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(settings::setDefaultSignal).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> settings.setOwner(SignalOwner.NOBODY)).isInstanceOf(ClosedChannelException.class);
    }
}
