package org.chagres.readiness;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.Readiness.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.Pollable;
import org.chagres.internal.syscall.ProcessCalls;
import org.chagres.internal.syscall.SignalCalls;
import org.chagres.pipe.Pipe;
import org.chagres.process.Signal;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.socket.Message;
import org.chagres.socket.ReceiveOption;
import org.chagres.socket.SendOption;
import org.chagres.socket.TcpStream;
import org.chagres.socket.UnixStream;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Events by signals: none is lost, none ends the JVM, and none comes where it should not. */
@ExtendWith(LeakCheck.class)
class SignalEventsTest {
    private static final Signal REAL_TIME = new Signal(41);
    private static final int O_ASYNC = 0x2000;

    private final ExecutorService executor = Executors.newSingleThreadExecutor();
    private final BlockingQueue<SignalEvent> events = new LinkedBlockingQueue<>();

    @AfterEach
    void endExecutor() {
        executor.shutdownNow();
    }

    private SignalEvents on(Pollable resource, Signal signal) throws IOException {
        return SignalEvents.on(resource, Set.of(READABLE), executor, events::add, signal);
    }

    private SignalEvent next() throws InterruptedException {
        SignalEvent event = events.poll(30, TimeUnit.SECONDS);
        assertThat(event).as("an event").isNotNull();
        return event;
    }

    /** Those of registrations that are closed: none of their handlers begins any more. */
    private void forgetEvents() throws Exception {
        executor.submit(() -> {}).get();
        events.clear();
    }

    private static int flags(Object resource) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/fdinfo/" + SignalLink.number(resource))).stream()
                .filter(line -> line.startsWith("flags:"))
                .mapToInt(line -> Integer.parseInt(line.substring(6).strip(), 8))
                .sum();
    }

    // What comes.

    @ParameterizedTest
    @EnumSource
    void ofTwoThousandWritesEachIsTold(SignalLink link) throws Exception {
        rounds(link, REAL_TIME, 2_000);
    }

    @ParameterizedTest
    @EnumSource
    void bySigioToo(SignalLink link) throws Exception {
        rounds(link, Signal.SIGIO, 500);
    }

    private void rounds(SignalLink link, Signal signal, int rounds) throws Exception {
        try (SignalLink.Ends ends = link.open();
                SignalEvents registration = on(ends.reader(), signal)) {
            for (int round = 0; round < rounds; round++) {
                ends.write(3);
                int read = 0;
                while (read < 3) { // an event may be of bytes that were read already
                    SignalEvent event = next();
                    assertThat(event.source()).isSameAs(ends.reader());
                    assertThat(event.readiness()).containsExactly(READABLE);
                    read += (int) ends.readAll();
                }
            }
            assertThat(registration.isOpen()).isTrue();
        }
    }

    @Test
    void theRealTimeSignalsOfAPipeAreAsManyAsItsWrites() throws Exception {
        AtomicLong signals = new AtomicLong();
        try (SignalLink.Ends ends = SignalLink.PIPE.open();
                SignalEvents registration = SignalEvents.on(ends.reader(), Set.of(READABLE), executor, event -> {
                    signals.addAndGet(event.signals());
                })) {
            for (int i = 0; i < 1_000; i++) {
                ends.write(1);
            }
            Await.until(() -> signals.get() == 1_000, () -> signals + " signals of 1000");
            assertThat(registration.isOpen()).isTrue();
        }
    }

    @Test
    void whatIsReadyBeforeIsTheFirstEvent() throws Exception {
        try (SignalLink.Ends ends = SignalLink.PIPE.open()) {
            ends.write(1);
            try (SignalEvents registration = on(ends.reader(), REAL_TIME)) {
                assertThat(next()).isEqualTo(new SignalEvent(ends.reader(), Set.of(READABLE), 0, true));
                assertThat(registration.isOpen()).isTrue();
            }
        }
    }

    @Test
    void roomInAPipeIsTold() throws Exception {
        try (SignalLink.Ends ends = SignalLink.PIPE.open()) {
            ends.write(65_536);
            try (SignalEvents registration = SignalEvents.on(ends.writer(), Set.of(WRITABLE), executor, events::add)) {
                assertThat(events).isEmpty();
                ends.readAll();
                assertThat(next().readiness()).containsExactly(WRITABLE);
                assertThat(registration.isOpen()).isTrue();
            }
        }
    }

    @Test
    void aPeerThatIsGoneIsToldWithoutBeingAskedFor() throws Exception {
        try (SignalLink.Ends ends = SignalLink.UNIX.open();
                SignalEvents registration = SignalEvents.on(ends.reader(), Set.of(), executor, events::add)) {
            ends.writer().close();
            assertThat(next().readiness()).contains(HANG_UP).doesNotContain(READABLE, ERROR);
            assertThat(registration.isOpen()).isTrue();
        }
    }

    @Test
    void thePeersLastByteIsTold() throws Exception {
        try (SignalLink.Ends ends = SignalLink.TCP.open();
                SignalEvents registration =
                        SignalEvents.on(ends.reader(), Set.of(READ_HANG_UP), executor, events::add)) {
            ends.writer().close();
            assertThat(next().readiness()).containsExactly(READ_HANG_UP);
            assertThat(registration.isOpen()).isTrue();
        }
    }

    /** 29 is SIGIO, with which SIGURG comes; with the other one the real-time signal itself tells it. */
    @ParameterizedTest
    @CsvSource({"TCP,29", "TCP,41", "UNIX,29", "UNIX,41"})
    void urgentDataIsTold(SignalLink link, int signal) throws Exception {
        try (SignalLink.Ends ends = link.open();
                SignalEvents registration =
                        SignalEvents.on(ends.reader(), Set.of(URGENT), executor, events::add, new Signal(signal))) {
            MemorySegment bytes = MemorySegment.ofArray("ab!".getBytes(US_ASCII));
            if (ends.writer() instanceof TcpStream tcp) {
                tcp.send(bytes, SendOption.OUT_OF_BAND);
            } else {
                assumeKnownToTheKernel(() ->
                        ((UnixStream) ends.writer()).send(Message.of(bytes).with(SendOption.OUT_OF_BAND)));
            }

            SignalEvent event = next();

            assertThat(event.isUrgent()).isTrue();
            assertThat(event.readiness()).containsExactly(URGENT);
            if (ends.reader() instanceof TcpStream tcp) {
                byte[] urgent = new byte[1];
                tcp.receive(MemorySegment.ofArray(urgent), ReceiveOption.OUT_OF_BAND);
                assertThat(urgent).containsExactly('!');
            }
            assertThat(registration.isOpen()).isTrue();
        }
    }

    /** Local sockets have urgent data since Linux 5.15, if it was built so. */
    private static void assumeKnownToTheKernel(Waiting send) throws Exception {
        try {
            send.run();
        } catch (ErrnoException unknown) {
            assumeTrue(false, unknown.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource({"orders,", "orders,-Dorg.chagres.signal=0", "orders,-Xrs", "orders,-Dorg.chagres.signal=29"})
    void noOrderOfSetUpUseAndCloseEndsTheJvm(String program, String option) {
        Run run = java(option, program);
        assertThat(run.output()).matches("orders: 3600, told: [1-9]\\d{3}\nthreads: 2, daemons: 2\n");
        assertThat(run.err()).isEmpty();
    }

    private static Run java(String option, Object... arguments) {
        List<String> options = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED"));
        if (option != null) {
            options.add(option);
        }
        return Run.command(
                Peer.javaCommand(options, SignalProgram.class, arguments).toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8})
    void everyByteIsReadThoughTheQueueOfSignalsIsFull(int limit) {
        Run.assumeInstalled("prlimit");
        List<String> command = new ArrayList<>(List.of("prlimit", "--sigpending=" + limit));
        command.addAll(Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), SignalProgram.class, "burst"));
        Run run = Run.command(command.toArray(String[]::new));
        String full = limit == 0 ? "full" : "(never )?full"; // with room for some, the thread may keep up
        assertThat(run.output()).matches("read: 16000 of 16000, queue " + full + "\nthreads: 2, daemons: 2\n");
    }

    @Test
    void waitsAreEndedBesideIt() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger ended = new AtomicInteger();
        List<Thread> waiting = new ArrayList<>();
        try (Pipe empty = Pipe.create();
                SemaphoreSet set = SemaphoreSet.create(IpcKey.PRIVATE, 0)) {
            for (ThreadKind kind : ThreadKind.values()) {
                waiting.add(kind.builder()
                        .start(() -> endAgainAndAgain(
                                stop, ended, () -> empty.source().read(new byte[1]))));
                waiting.add(kind.builder()
                        .start(() -> endAgainAndAgain(
                                stop, ended, () -> set.semaphore(0).acquire())));
            }
            Thread interrupter = Thread.ofPlatform().start(() -> {
                while (!stop.get()) {
                    waiting.forEach(Thread::interrupt);
                    Thread.onSpinWait();
                }
            });
            try {
                rounds(SignalLink.UNIX, REAL_TIME, 500);
                rounds(SignalLink.PIPE, Signal.SIGIO, 500);
                int before = ended.get();
                Await.until(() -> ended.get() > before + 100);
            } finally {
                stop.set(true);
                interrupter.join();
                for (Thread thread : waiting) {
                    thread.interrupt();
                    thread.join();
                }
            }
            set.remove();
        }
    }

    private interface Waiting {
        void run() throws Exception;
    }

    private static void endAgainAndAgain(AtomicBoolean stop, AtomicInteger ended, Waiting waiting) {
        while (!stop.get()) {
            try {
                waiting.run();
                throw new AssertionError("nothing came");
            } catch (InterruptedException expected) {
                ended.incrementAndGet();
            } catch (Exception failure) {
                throw new AssertionError(failure);
            }
        }
    }

    // The handler and its executor.

    @Test
    void aHandlerRunsInTheExecutorAndNeverTwiceAtOnce() throws Exception {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicLong signals = new AtomicLong();
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        try (ExecutorService several = Executors.newFixedThreadPool(4);
                SignalLink.Ends ends = SignalLink.PIPE.open();
                SignalEvents registration = SignalEvents.on(ends.reader(), Set.of(READABLE), several, event -> {
                    most.accumulateAndGet(running.incrementAndGet(), Math::max);
                    threads.add(Thread.currentThread());
                    signals.addAndGet(event.signals());
                    running.decrementAndGet();
                })) {
            for (int i = 0; i < 2_000; i++) {
                ends.write(1);
            }
            Await.until(() -> signals.get() == 2_000);
            assertThat(most).hasValue(1);
            assertThat(threads).doesNotContainAnyElementsOf(SignalLink.threads());
            assertThat(registration.isOpen()).isTrue();
        }
    }

    @Test
    void whatComesWhileTheHandlerRunsIsOneEvent() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (SignalLink.Ends ends = SignalLink.PIPE.open();
                SignalEvents registration = SignalEvents.on(ends.reader(), Set.of(READABLE), executor, event -> {
                    events.add(event);
                    entered.countDown();
                    try {
                        go.await();
                    } catch (InterruptedException failure) {
                        throw new AssertionError(failure);
                    }
                })) {
            ends.write(1);
            entered.await();
            for (int i = 0; i < 10; i++) {
                ends.write(1);
            }
            // A second registration's event is behind them in the kernel's queue.
            try (SignalLink.Ends other = SignalLink.PIPE.open();
                    SignalEvents behind =
                            SignalEvents.on(other.reader(), Set.of(READABLE), Runnable::run, event -> go.countDown())) {
                other.write(1);
                assertThat(next().signals()).isEqualTo(1);
                assertThat(next()).isEqualTo(new SignalEvent(ends.reader(), Set.of(READABLE), 10, false));
                assertThat(behind.isOpen()).isTrue();
            }
            assertThat(registration.isOpen()).isTrue();
        }
    }

    @Test
    void aHandlerThatThrowsIsReportedAndStopsNothing() throws Exception {
        BlockingQueue<Throwable> reported = new LinkedBlockingQueue<>();
        IllegalStateException failure = new IllegalStateException("on purpose");
        try (ExecutorService ours = Executors.newSingleThreadExecutor(task -> {
                    Thread thread = new Thread(task);
                    thread.setUncaughtExceptionHandler((where, what) -> reported.add(what));
                    return thread;
                });
                SignalLink.Ends ends = SignalLink.PIPE.open();
                SignalEvents registration = SignalEvents.on(ends.reader(), Set.of(READABLE), ours, event -> {
                    throw failure;
                })) {
            for (int i = 0; i < 3; i++) {
                ends.write(1);
                assertThat(reported.poll(30, TimeUnit.SECONDS)).isSameAs(failure);
            }
            assertThat(registration.isOpen()).isTrue();
        }
    }

    @Test
    void whatAnExecutorRefusesComesWithTheNextEvent() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        Executor refusing = task -> {
            if (calls.incrementAndGet() == 1) {
                throw new RejectedExecutionException("on purpose");
            }
            executor.execute(task);
        };
        Thread giver = giver();
        BlockingQueue<Throwable> reported = new LinkedBlockingQueue<>();
        giver.setUncaughtExceptionHandler((where, what) -> reported.add(what));
        try (SignalLink.Ends ends = SignalLink.PIPE.open();
                SignalEvents registration = SignalEvents.on(ends.reader(), Set.of(READABLE), refusing, events::add)) {
            ends.write(1);
            assertThat(reported.poll(30, TimeUnit.SECONDS)).isInstanceOf(RejectedExecutionException.class);
            ends.write(1);
            assertThat(next().signals()).isEqualTo(2);
            assertThat(registration.isOpen()).isTrue();
        } finally {
            giver.setUncaughtExceptionHandler(null);
        }
    }

    private static Thread giver() throws ErrnoException {
        SignalOwner.thisProcess(); // starts them
        return SignalLink.threads().stream()
                .filter(thread -> thread.getName().equals("chagres-events"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void interruptsOfTheThreadsHarmNobody() throws Exception {
        giver();
        for (Thread thread : SignalLink.threads()) {
            thread.interrupt();
        }
        rounds(SignalLink.PIPE, REAL_TIME, 20);
    }

    @Test
    void straySignalsToTheThreadHarmNobody() throws Exception {
        int tid = SignalOwner.thisProcess().id();
        try (SignalLink.Ends ends = SignalLink.PIPE.open();
                SignalEvents registration = on(ends.reader(), REAL_TIME)) {
            for (int signal : new int[] {35, REAL_TIME.number(), 50, SignalCalls.SIGIO, SignalCalls.SIGURG}) {
                assertThat(SignalCalls.tgkill(ProcessCalls.getpid(), tid, signal))
                        .isZero();
            }
            ends.write(1);
            assertThat(next().readiness()).containsExactly(READABLE);
            assertThat(registration.isOpen()).isTrue();
        }
        forgetEvents();
        rounds(SignalLink.PIPE, REAL_TIME, 20);
    }

    @Test
    void numbersThatAreUsedAgainHarmNobody() throws Exception {
        for (int i = 0; i < 500; i++) {
            SignalLink link = i % 2 == 0 ? SignalLink.PIPE : SignalLink.UNIX;
            try (SignalLink.Ends ends = link.open()) { // the numbers of the last
                on(ends.reader(), i % 3 == 0 ? Signal.SIGIO : REAL_TIME);
                ends.write(1);
            }
        }
        forgetEvents();
        rounds(SignalLink.PIPE, REAL_TIME, 20);
    }

    @Test
    void threadsThatAnExecutorStartsHaveNothingBlocked() throws Exception {
        BlockingQueue<String> masks = new LinkedBlockingQueue<>();
        Executor starting = task -> Thread.ofPlatform().start(task);
        try (SignalLink.Ends ends = SignalLink.PIPE.open();
                SignalEvents registration = SignalEvents.on(
                        ends.reader(), Set.of(READABLE), starting, event -> masks.add(mask(SignalCalls.gettid())))) {
            ends.write(1);
            assertThat(masks.poll(30, TimeUnit.SECONDS)).isEqualTo(mask(SignalCalls.gettid()));
            assertThat(registration.isOpen()).isTrue();
        }
    }

    private static String mask(int tid) {
        try {
            return Files.readAllLines(Path.of("/proc/self/task/" + tid + "/status")).stream()
                    .filter(line -> line.startsWith("SigBlk:"))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void aHandlerMayWaitAndCloseItsOwnRegistrationWhereverItRuns() throws Exception {
        List<SignalEvents> own = new ArrayList<>();
        Semaphore done = new Semaphore(0);
        try (SignalLink.Ends ends = SignalLink.TCP.open()) {
            own.add(SignalEvents.on(ends.reader(), Set.of(READABLE), Runnable::run, event -> {
                try (Pipe empty = Pipe.create()) {
                    empty.source().tryRead(MemorySegment.ofArray(new byte[1]), Duration.ofMillis(1));
                } catch (IOException | InterruptedException failure) {
                    throw new AssertionError(failure);
                }
                own.getFirst().close();
                done.release();
            }));
            ends.write(1);
            assertThat(done.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
            assertThat(own.getFirst().isOpen()).isFalse();
        }
        rounds(SignalLink.TCP, Signal.SIGIO, 10);
    }

    // The end, and what is refused.

    @Test
    void closingTurnsAllOffAgain() throws Exception {
        try (SignalLink.Ends ends = SignalLink.UNIX.open()) {
            SignalSettings settings = SignalSettings.of(ends.reader());
            SignalEvents registration = on(ends.reader(), REAL_TIME);
            assertThat(flags(ends.reader()) & O_ASYNC).isNotZero();
            assertThat(settings.owner()).isEqualTo(SignalOwner.thisProcess());
            assertThat(settings.signal()).contains(REAL_TIME);

            registration.close();
            registration.close();

            assertThat(registration.isOpen()).isFalse();
            assertThat(flags(ends.reader()) & O_ASYNC).isZero();
            assertThat(settings.owner()).isEqualTo(SignalOwner.NOBODY);
            assertThat(settings.signal()).isEmpty();
            ends.write(1);
            rounds(SignalLink.PIPE, REAL_TIME, 1); // its event is behind any that should not come
            assertThat(events).isEmpty();
            assertThat(on(ends.reader(), REAL_TIME)).satisfies(again -> again.close());
        }
    }

    @Test
    void aResourceThatIsClosedFirstEndsItsRegistrationAndItsDuplicateIsQuiet() throws Exception {
        try (SignalLink.Ends ends = SignalLink.UNIX.open();
                Descriptor duplicate = ends.reader().descriptor().duplicate()) {
            SignalEvents registration = on(ends.reader(), REAL_TIME);
            assertThat(flags(duplicate) & O_ASYNC).isNotZero();
            ends.reader().close();
            assertThat(registration.isOpen()).isFalse();
            assertThat(flags(duplicate) & O_ASYNC).isZero();
            assertThat(SignalSettings.of(duplicate).owner()).isEqualTo(SignalOwner.NOBODY);
            registration.close();
        }
    }

    @Test
    void aResourceThatIsReleasedIsGivenAwayQuiet() throws Exception {
        try (SignalLink.Ends ends = SignalLink.PIPE.open()) {
            SignalEvents registration = on(ends.reader(), REAL_TIME);
            try (Descriptor again = Descriptor.adopt(ends.reader().descriptor().release())) {
                assertThat(registration.isOpen()).isFalse();
                assertThat(flags(again) & O_ASYNC).isZero();
            }
        }
    }

    @Test
    void noReleaseIsRefusedForThePollsOfSignals() throws Exception {
        try (SignalLink.Ends other = SignalLink.UNIX.open();
                SignalEvents polledBySigio = on(other.reader(), Signal.SIGIO)) {
            for (int round = 0; round < 2_000; round++) {
                try (SignalLink.Ends ends = SignalLink.PIPE.open()) {
                    SignalEvents registration = on(ends.reader(), Signal.SIGIO);
                    other.write(1); // all are polled now
                    int number = ends.reader().descriptor().release();
                    assertThat(registration.isOpen()).isFalse();
                    Descriptor.adopt(number).close();
                }
                other.readAll();
            }
            assertThat(polledBySigio.isOpen()).isTrue();
        }
    }

    @Test
    void aSecondRegistrationOfAResourceOrItsDuplicateIsRefused() throws Exception {
        try (SignalLink.Ends ends = SignalLink.PIPE.open();
                Descriptor duplicate = ends.reader().descriptor().duplicate()) {
            try (SignalEvents first = on(ends.reader(), REAL_TIME)) {
                assertThatIllegalStateException().isThrownBy(() -> on(ends.reader(), REAL_TIME));
                assertThatIllegalStateException()
                        .isThrownBy(() -> on(duplicate, REAL_TIME))
                        .withMessageContaining("another descriptor");
                ends.write(1);
                assertThat(next().source()).isSameAs(ends.reader());
                ends.readAll();
                assertThat(first.isOpen()).isTrue();
            }
            try (SignalEvents now = on(duplicate, REAL_TIME)) {
                ends.write(1);
                assertThat(next().source()).isSameAs(duplicate);
                assertThat(now.isOpen()).isTrue();
            }
        }
    }

    @Test
    void whatNeverSendsSignalsIsRefusedAndLeftAsItWas() throws Exception {
        try (EventCounter counter = EventCounter.create()) {
            for (int i = 0; i < 2; i++) { // the first time leaves nothing
                assertThatThrownBy(() -> on(counter, REAL_TIME))
                        .isInstanceOf(ErrnoException.class)
                        .hasMessageStartingWith("ioctl: ENOTTY");
            }
            assertThat(SignalSettings.of(counter).owner()).isEqualTo(SignalOwner.NOBODY);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 15, 23, 34, 62})
    void signalsThatAreTakenForOtherThingsAreRefused(int number) throws Exception {
        try (SignalLink.Ends ends = SignalLink.PIPE.open()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> on(ends.reader(), new Signal(number)))
                    .withMessageContaining("62");
        }
    }

    @Test
    void aClosedResourceIsRefused() throws Exception {
        SignalLink.Ends ends = SignalLink.PIPE.open();
        ends.close();
        assertThatThrownBy(() -> on(ends.reader(), REAL_TIME)).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void howeverManyRegistrationsThereAreTwoThreads() throws Exception {
        List<AutoCloseable> open = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            SignalLink.Ends ends = SignalLink.PIPE.open();
            open.add(ends);
            open.add(on(ends.reader(), i % 2 == 0 ? REAL_TIME : Signal.SIGIO));
        }
        assertThat(SignalLink.threads()).hasSize(2).allMatch(Thread::isDaemon);
        for (AutoCloseable one : open) {
            one.close();
        }
    }
}
