package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Await;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams of all entries, of which there is one at a time for each database. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class NetworkStreamsTest {
    @BeforeAll
    static void assumeThereAreFiles() {
        assumeTrue(
                Stream.of("services", "protocols")
                        .allMatch(name -> Files.exists(Path.of("/etc").resolve(name))),
                "no services and protocols databases");
    }

    private static List<ServiceEntry> all() throws InterruptedException {
        try (Stream<ServiceEntry> services = NetworkDatabase.services()) {
            return services.toList();
        }
    }

    private static boolean isFree() {
        try {
            Optional<Stream<ServiceEntry>> services = NetworkDatabase.tryServices(Duration.ZERO);
            services.ifPresent(Stream::close);
            return services.isPresent();
        } catch (InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    private static <T> T get(FutureTask<T> task) throws Exception {
        return task.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static void awaitInLine(Thread thread) {
        Await.until(
                () -> thread.getState() != Thread.State.RUNNABLE
                        && Arrays.stream(thread.getStackTrace())
                                .anyMatch(frame -> frame.getClassName().endsWith(".Listing")),
                "it waits for the other stream");
    }

    @ParameterizedTest
    @EnumSource
    void aSecondStreamWaitsUntilTheFirstIsClosedAndBeginsAtTheBeginning(ThreadKind kind) throws Exception {
        List<ServiceEntry> expected = all();
        FutureTask<List<ServiceEntry>> second = new FutureTask<>(NetworkStreamsTest::all);
        try (Stream<ServiceEntry> first = NetworkDatabase.services()) {
            Iterator<ServiceEntry> services = first.iterator();
            assertThat(services.next()).isEqualTo(expected.get(0));
            awaitInLine(kind.builder().start(second));

            assertThat(services.next()).isEqualTo(expected.get(1));
            assertThat(second).isNotDone();
        }
        assertThat(get(second)).isEqualTo(expected).hasSizeGreaterThan(2);
    }

    @Test
    void atTheEndOthersMayBeginThoughItIsNotClosed() throws Exception {
        Stream<ServiceEntry> services = NetworkDatabase.services();
        try {
            assertThat(isFree()).isFalse();

            assertThat(services.count()).isPositive();

            assertThat(isFree()).isTrue();
        } finally {
            services.close();
        }
        assertThat(isFree()).isTrue();
    }

    @Test
    void aStreamThatWasReadToItsEndTakesNothingFromTheNextWhenItIsClosed() throws Exception {
        Stream<ServiceEntry> first = NetworkDatabase.services();
        List<ServiceEntry> expected = first.toList();
        try (Stream<ServiceEntry> second = NetworkDatabase.services()) {
            Iterator<ServiceEntry> services = second.iterator();
            assertThat(services.next()).isEqualTo(expected.get(0));
            first.close();
            first.close();
            assertThat(services.next()).isEqualTo(expected.get(1));
            assertThat(isFree()).isFalse();
        }
    }

    @Test
    void streamsOfOtherDatabasesDoNotWait() throws Exception {
        try (Stream<ServiceEntry> services = NetworkDatabase.services();
                Stream<ProtocolEntry> protocols = NetworkDatabase.protocols();
                Stream<NetworkEntry> networks = NetworkDatabase.networks();
                Stream<HostEntry> hosts = NetworkDatabase.hosts()) {
            assertThat(services.count()).isPositive();
            assertThat(protocols.count()).isPositive();
            assertThat(networks.count() + hosts.count()).isNotNegative();
        }
    }

    @Test
    void whatIsLookedUpMeanwhileDoesNotMoveTheStream() throws Exception {
        List<ServiceEntry> expected = all();
        List<ServiceEntry> seen = new ArrayList<>();
        try (Stream<ServiceEntry> services = NetworkDatabase.services()) {
            for (Iterator<ServiceEntry> each = services.iterator(); each.hasNext(); ) {
                ServiceEntry one = each.next();
                seen.add(one);
                assertThat(NetworkDatabase.service(one.port(), one.protocol()).port())
                        .isEqualTo(one.port());
            }
        }
        assertThat(seen).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource
    void everyOneOfManyGetsAll(ThreadKind kind) throws Exception {
        List<ServiceEntry> expected = all();
        List<FutureTask<List<ServiceEntry>>> tasks = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            tasks.add(kind.start(NetworkStreamsTest::all));
        }
        for (FutureTask<List<ServiceEntry>> task : tasks) {
            assertThat(get(task)).isEqualTo(expected);
        }
    }

    // Ends.

    @Test
    void whatReadsAfterTheCloseIsTold() throws Exception {
        Stream<ServiceEntry> services = NetworkDatabase.services();
        Iterator<ServiceEntry> each = services.iterator();
        each.next();
        services.close();

        assertThatIllegalStateException().isThrownBy(each::hasNext).withMessageContaining("closed");
        assertThat(isFree()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aCloseWhileAnotherReadsDoesNotWaitAndTakesEffectWhenThatIsRead(ThreadKind kind) throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch mayReturn = new CountDownLatch(1);
        Stream<ServiceEntry> services = NetworkDatabase.services();
        Iterator<ServiceEntry> each = services.iterator();
        each.next();
        Thread tester = Thread.currentThread();
        try (ScriptedAnswers script =
                ScriptedAnswers.toThreads(thread -> thread != tester, "getservent_r", arguments -> {
                    reading.countDown();
                    await(mayReturn);
                    return ScriptedAnswers.ASK_THE_KERNEL;
                })) {
            FutureTask<ServiceEntry> reader = kind.start(each::next);
            await(reading);

            services.close();

            assertThat(isFree()).isFalse();
            assertThat(reader).isNotDone();
            mayReturn.countDown();
            assertThat(get(reader)).isNotNull();
            assertThatIllegalStateException().isThrownBy(each::hasNext);
            Await.until(NetworkStreamsTest::isFree, "others may begin");
            assertThat(script.remaining()).isZero();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("it did not come");
            }
        } catch (InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void aForgottenStreamLetsTheOthersOn() throws Exception {
        forget();

        Garbage.collectUntil(NetworkStreamsTest::isFree);
    }

    @SuppressWarnings("StreamResourceLeak") // that is what it is for
    private static void forget() throws InterruptedException {
        Iterator<ServiceEntry> services = NetworkDatabase.services().iterator();
        assertThat(services.next()).isNotNull();
        assertThat(isFree()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void whoIsInterruptedInLineLeavesItAndTheNextGetsTheDatabase(ThreadKind kind) throws Exception {
        FutureTask<List<ServiceEntry>> gone = new FutureTask<>(NetworkStreamsTest::all);
        FutureTask<List<ServiceEntry>> stays = new FutureTask<>(NetworkStreamsTest::all);
        try (Stream<ServiceEntry> first = NetworkDatabase.services()) {
            Thread thread = kind.builder().start(gone);
            awaitInLine(thread);
            awaitInLine(kind.builder().start(stays));
            thread.interrupt();
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(() -> get(gone))
                    .withCauseInstanceOf(InterruptedException.class);
            assertThat(stays).isNotDone();
            assertThat(first.findFirst()).isPresent();
        }
        assertThat(get(stays)).isNotEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptDoesNotDisturbWhoReadsAndIsKept(ThreadKind kind) throws Exception {
        List<ServiceEntry> expected = all();
        FutureTask<Boolean> reader = kind.start(() -> {
            try (Stream<ServiceEntry> services = NetworkDatabase.services()) {
                Thread.currentThread().interrupt();
                return services.toList().equals(expected)
                        && Thread.currentThread().isInterrupted();
            }
        });
        assertThat(get(reader)).isTrue();
    }

    @Test
    void aFunctionThatIsMissingIsToldAtOnceAndLeavesNothingHeld() throws Exception {
        try (ScriptedAnswers script = ScriptedAnswers.to("getservent_r", arguments -> {
            throw new UnsupportedOperationException("getservent_r is not supported here");
        })) {
            assertThatExceptionOfType(UnsupportedOperationException.class)
                    .isThrownBy(NetworkDatabase::services)
                    .withMessageContaining("getservent_r");
            assertThat(script.remaining()).isZero();
        }
        assertThat(isFree()).isTrue();
    }

    // What C is told.

    @Test
    void thatItIsToStayOpenIsTold() throws Exception {
        List<Long> told = new ArrayList<>();
        List<Integer> ends = new ArrayList<>();
        ScriptedAnswers.Answer tell = arguments -> {
            told.add(arguments[0]);
            return ScriptedAnswers.ASK_THE_KERNEL;
        };
        ScriptedAnswers.Answer end = arguments -> {
            ends.add(told.size());
            return ScriptedAnswers.ASK_THE_KERNEL;
        };
        try (ScriptedAnswers set = ScriptedAnswers.to("setprotoent", tell, tell);
                ScriptedAnswers ended = ScriptedAnswers.to("endprotoent", end, end, end)) {
            try (Stream<ProtocolEntry> one = NetworkDatabase.protocols()) {
                assertThat(one.findFirst()).isPresent();
            }
            try (Stream<ProtocolEntry> other = NetworkDatabase.protocols(ListingOption.STAY_OPEN)) {
                assertThat(other.count()).isPositive();
            }
            assertThat(told).containsExactly(0L, 1L);
            assertThat(ends).containsExactly(1, 2); // each once
            assertThat(set.remaining()).isZero();
            assertThat(ended.remaining()).isEqualTo(1);
        }
    }

    @Test
    void virtualThreadsHoldNoCarrierWhileTheyRead() throws Exception {
        CountDownLatch mayReturn = new CountDownLatch(1);
        int readers = Runtime.getRuntime().availableProcessors() + 2;
        CountDownLatch reading = new CountDownLatch(readers);
        ScriptedAnswers.Answer held = arguments -> {
            reading.countDown();
            await(mayReturn);
            return ScriptedAnswers.ASK_THE_KERNEL;
        };
        ScriptedAnswers.Answer[] all = new ScriptedAnswers.Answer[readers];
        Arrays.fill(all, held);
        try (ScriptedAnswers script = ScriptedAnswers.toThreads(thread -> true, "getservbyname_r", all)) {
            List<FutureTask<Integer>> tasks = new ArrayList<>();
            for (int i = 0; i < readers; i++) {
                tasks.add(ThreadKind.VIRTUAL.start(
                        () -> NetworkDatabase.service("http", "tcp").port()));
            }
            await(reading);
            assertThat(get(ThreadKind.VIRTUAL.start(() -> "goes on"))).isEqualTo("goes on");
            mayReturn.countDown();
            for (FutureTask<Integer> task : tasks) {
                assertThat(get(task)).isEqualTo(80);
            }
            assertThat(script.remaining()).isZero();
        }
    }
}
