package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Await;
import org.chagres.testing.HeldLookups;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Lookups by many threads, more of them than are made at a time, and those whose callers do not stay. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class LookupThreadsTest {
    private static final int AT_A_TIME = 16;

    private static AddressQuery query(int port) {
        return AddressQuery.of("127.0.0.1", Integer.toString(port)).type(SocketType.STREAM);
    }

    private static int port(AddressQuery query) throws Exception {
        return query.lookup().getFirst().address().getPort();
    }

    private static <T> T get(FutureTask<T> task) throws Exception {
        return task.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static long backgroundThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("chagres-lookup-"))
                .count();
    }

    @ParameterizedTest
    @EnumSource
    void everyOneOfManyGetsItsOwnAnswer(ThreadKind kind) throws Exception {
        List<FutureTask<Integer>> wrong = new ArrayList<>();
        for (int thread = 0; thread < 8; thread++) {
            int first = 1000 + thread * 1000;
            wrong.add(kind.start(() -> {
                int failures = 0;
                for (int i = 0; i < 250; i++) {
                    int port = first + i;
                    InetSocketAddress address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
                    NameInfo names = Inet.nameOf(address, NameFlag.NUMERIC_SERVICE);
                    failures += port(query(port)) == port ? 0 : 1;
                    failures += names.service().equals(Integer.toString(port)) ? 0 : 1;
                    failures += Inet.ntop(address.getAddress().getAddress()).equals("127.0.0.1") ? 0 : 1;
                }
                return failures;
            }));
        }
        for (FutureTask<Integer> one : wrong) {
            assertThat(get(one)).isZero();
        }
        assertThat(backgroundThreads()).isBetween(1L, (long) AT_A_TIME);
    }

    @ParameterizedTest
    @EnumSource
    void thoseThatAreTooManyWaitInLineAndAllAreAnswered(ThreadKind kind) throws Exception {
        try (HeldLookups held = HeldLookups.create()) {
            List<FutureTask<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 5 * AT_A_TIME; i++) {
                all.add(kind.start(() -> port(query(held.port()))));
            }
            Await.until(() -> held.asked() == AT_A_TIME, "as many are asked as can be");
            assertThat(all).noneMatch(FutureTask::isDone);
            assertThat(backgroundThreads()).isEqualTo(AT_A_TIME);

            held.release();

            for (FutureTask<Integer> one : all) {
                assertThat(get(one)).isEqualTo(held.port());
            }
            assertThat(held.asked()).isEqualTo(5 * AT_A_TIME);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoLeavesTheLineIsFreeAtOnceAndNeverAskedFor(ThreadKind kind) throws Exception {
        try (HeldLookups full = HeldLookups.create();
                HeldLookups behind = HeldLookups.create()) {
            List<FutureTask<Integer>> first = new ArrayList<>();
            for (int i = 0; i < AT_A_TIME; i++) {
                first.add(kind.start(() -> port(query(full.port()))));
            }
            Await.until(() -> full.asked() == AT_A_TIME, "no thread is left");

            assertThat(query(behind.port()).tryLookup(Duration.ofMillis(20))).isEmpty();
            List<FutureTask<Integer>> late = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                FutureTask<Integer> task = new FutureTask<>(() -> port(query(behind.port())));
                late.add(task);
                threads.add(kind.builder().start(task));
            }
            threads.forEach(thread -> Await.until(() -> thread.getState() == Thread.State.WAITING, "it waits"));
            threads.forEach(Thread::interrupt);
            for (FutureTask<Integer> one : late) {
                assertThatExceptionOfType(ExecutionException.class)
                        .isThrownBy(() -> get(one))
                        .withCauseInstanceOf(InterruptedException.class);
            }

            // Numbers need nobody, and are not in the line.
            assertThat(query(80).with(AddressFlag.NUMERIC_HOST).lookup()).hasSize(1);

            full.release();
            for (FutureTask<Integer> one : first) {
                assertThat(get(one)).isEqualTo(full.port());
            }
            assertThat(port(query(80))).isEqualTo(80); // behind those that left
            assertThat(behind.asked()).isZero();
        }
    }

    @Test
    void whatAFreedCallerLeavesBehindGoesOnAndIsForgotten() throws Exception {
        try (HeldLookups held = HeldLookups.create()) {
            for (int i = 0; i < AT_A_TIME; i++) {
                assertThat(query(held.port()).tryLookup(Duration.ofMillis(1))).isEmpty();
            }
            int begun = held.asked(); // who was late before a thread had it was never asked for
            assertThat(begun).isBetween(0, AT_A_TIME);

            held.release();

            assertThat(port(query(4711))).isEqualTo(4711);
        }
    }

    /** Each result of the C library is given back to it, whether anybody wants it or not. */
    @Test
    void everyListIsFreedAlsoOfThoseWhoDidNotWait() throws Exception {
        int calls = 40;
        ScriptedAnswers.Answer[] counted = new ScriptedAnswers.Answer[2 * calls];
        Arrays.fill(counted, (ScriptedAnswers.Answer) asked -> ScriptedAnswers.ASK_THE_KERNEL);
        try (HeldLookups held = HeldLookups.create();
                ScriptedAnswers freed = ScriptedAnswers.toThreads(
                        thread -> thread.getName().startsWith("chagres-lookup-"), "freeaddrinfo", counted)) {
            List<FutureTask<Boolean>> late = new ArrayList<>();
            for (int i = 0; i < AT_A_TIME; i++) {
                FutureTask<Boolean> task = new FutureTask<>(
                        () -> query(held.port()).tryLookup(Duration.ofDays(1)).isPresent());
                Thread thread = Thread.ofPlatform().daemon().start(task);
                int number = i + 1;
                Await.until(() -> held.asked() == number, "it is asked");
                thread.interrupt();
                late.add(task);
            }
            for (FutureTask<Boolean> one : late) {
                assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> get(one));
            }
            assertThat(freed.remaining()).isEqualTo(2 * calls);

            held.release();

            Await.until(() -> freed.remaining() == 2 * calls - AT_A_TIME, "all are freed");
        }
    }

    @Test
    void virtualThreadsHoldNoCarrierWhileTheyWait() throws Exception {
        try (HeldLookups held = HeldLookups.create()) {
            int more = 4 * Runtime.getRuntime().availableProcessors() + AT_A_TIME;
            List<FutureTask<Integer>> all = new ArrayList<>();
            for (int i = 0; i < more; i++) {
                all.add(ThreadKind.VIRTUAL.start(() -> port(query(held.port()))));
            }
            Await.until(() -> held.asked() == AT_A_TIME, "all that can be are asked");

            // They all wait, and yet there is a carrier for another one.
            assertThat(get(ThreadKind.VIRTUAL.start(() -> "goes on"))).isEqualTo("goes on");

            held.release();
            for (FutureTask<Integer> one : all) {
                assertThat(get(one)).isEqualTo(held.port());
            }
        }
    }

    @Test
    void anErrorOfTheBackgroundComesToTheCaller() {
        try (ScriptedAnswers script = ScriptedAnswers.toThreads(
                thread -> thread.getName().startsWith("chagres-lookup-"), "getaddrinfo", asked -> {
                    throw new IllegalStateException("as scripted");
                })) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> query(80).lookup())
                    .withMessage("as scripted");
            assertThat(script.remaining()).isZero();
        }
    }
}
