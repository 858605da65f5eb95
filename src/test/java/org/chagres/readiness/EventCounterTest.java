package org.chagres.readiness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.chagres.Readiness.*;
import static org.chagres.testing.Waiting.*;

import java.lang.foreign.ValueLayout;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.chagres.Readiness;
import org.chagres.pipe.Pipe;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A counter to ring and to wait for. */
@ExtendWith(LeakCheck.class)
class EventCounterTest {
    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Set<Readiness> BOTH = Set.of(READABLE, WRITABLE);

    private static <T> T on(ThreadKind kind, Callable<T> what) throws Exception {
        return Waiting.start(kind, what).get();
    }

    @ParameterizedTest
    @EnumSource
    void allThatWasAddedIsTakenAtOnce(ThreadKind kind) throws Exception {
        try (EventCounter counter = EventCounter.create()) {
            on(kind, () -> {
                assertThat(counter.tryTake(Duration.ZERO)).isZero();
                counter.add(1);
                counter.add(41);
                assertThat(counter.tryAdd(1000, Duration.ZERO)).isTrue();
                assertThat(counter.tryAdd(1, SHORT)).isTrue();
                assertThat(counter.take()).isEqualTo(1043);
                assertThat(counter.tryTake(Duration.ZERO)).isZero();
                assertThat(counter.tryTake(Duration.ofSeconds(-1))).isZero();
                assertThat(nanosOf(() -> counter.tryTake(SHORT))).isGreaterThanOrEqualTo(SHORT.toNanos());
                counter.add(7);
                assertThat(counter.tryTake(FOREVER)).isEqualTo(7);
                return null;
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void ofASemaphoreOneIsTakenAtATime(ThreadKind kind) throws Exception {
        try (EventCounter counter = EventCounter.createSemaphore(2)) {
            on(kind, () -> {
                counter.add(1);
                for (int i = 0; i < 3; i++) {
                    assertThat(counter.take()).isEqualTo(1);
                }
                assertThat(counter.tryTake(SHORT)).isZero();
                return null;
            });
        }
        try (EventCounter counter = EventCounter.createSemaphore(Integer.MAX_VALUE)) {
            counter.add(Long.MAX_VALUE);
            assertThat(counter.take()).isEqualTo(1);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventCounter.createSemaphore(-1))
                .withMessageContaining("-1");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void lessThanOneIsNotAdded(long count) throws Exception {
        try (EventCounter counter = EventCounter.create()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> counter.add(count))
                    .withMessageContaining(Long.toString(count));
            assertThatIllegalArgumentException().isThrownBy(() -> counter.tryAdd(count, Duration.ZERO));
            assertThat(counter.tryTake(Duration.ZERO)).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"PLATFORM, PLATFORM", "PLATFORM, VIRTUAL", "VIRTUAL, PLATFORM", "VIRTUAL, VIRTUAL"})
    void takingWaitsUntilSomethingIsAdded(ThreadKind taking, ThreadKind adding) throws Exception {
        try (EventCounter counter = EventCounter.create()) {
            for (int i = 1; i < 4; i++) {
                long count = i;
                var taker = startAndAwait(taking, counter::take);
                on(adding, () -> {
                    counter.add(count);
                    return null;
                });
                assertThat(taker.get()).isEqualTo(count);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void ofThoseWhoWaitForASemaphoreEachGetsOne(ThreadKind kind) throws Exception {
        try (EventCounter counter = EventCounter.createSemaphore(0)) {
            List<Waiting<Long>> takers = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                takers.add(startAndAwait(kind, counter::take));
            }
            counter.add(10);
            for (Waiting<Long> taker : takers) {
                assertThat(taker.get()).isEqualTo(1);
            }
            assertThat(counter.tryTake(Duration.ZERO)).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"PLATFORM, PLATFORM", "PLATFORM, VIRTUAL", "VIRTUAL, PLATFORM", "VIRTUAL, VIRTUAL"})
    void nothingIsLostBetweenThreads(ThreadKind taking, ThreadKind adding) throws Exception {
        int rings = 5000;
        int[] written = new int[1]; // plain: what was done before the ringing is seen after the taking
        try (EventCounter counter = EventCounter.create()) {
            var taker = Waiting.start(taking, () -> {
                long taken = 0;
                while (taken < rings) {
                    taken += counter.take();
                    assertThat(written[0]).isGreaterThanOrEqualTo((int) taken);
                }
                return taken;
            });
            on(adding, () -> {
                for (int i = 0; i < rings; i++) {
                    written[0]++;
                    counter.add(1);
                }
                return null;
            });
            assertThat(taker.get()).isEqualTo(rings);
        }
    }

    // The largest values.

    @ParameterizedTest
    @EnumSource
    void addingWaitsWhereTheCounterWouldGoBeyondItsRange(ThreadKind kind) throws Exception {
        try (EventCounter counter = EventCounter.create()) {
            on(kind, () -> {
                counter.add(Long.MAX_VALUE);
                counter.add(Long.MAX_VALUE); // 2^64 - 2: no more fits
                assertThat(counter.tryPoll(BOTH, Duration.ZERO)).containsExactly(READABLE);
                assertThat(counter.tryAdd(1, Duration.ZERO)).isFalse();
                assertThat(nanosOf(() -> counter.tryAdd(1, SHORT))).isGreaterThanOrEqualTo(SHORT.toNanos());
                return null;
            });
            var adder = startAndAwait(kind, () -> counter.tryAdd(5, FOREVER));
            assertThat(Long.toUnsignedString(counter.take())).isEqualTo("18446744073709551614");
            assertThat(adder.get()).isTrue();
            assertThat(counter.take()).isEqualTo(5);
        }
    }

    @ParameterizedTest
    @EnumSource
    void addingToAFullCounterIsEndedByAnInterruptAndByClosing(ThreadKind kind) throws Exception {
        EventCounter counter = EventCounter.create();
        try {
            counter.add(Long.MAX_VALUE);
            counter.add(Long.MAX_VALUE);
            var interrupted = startAndAwait(kind, () -> counter.tryAdd(1, FOREVER));
            interrupted.thread().interrupt();
            assertThat(interrupted.failure()).isInstanceOf(InterruptedException.class);
            var closed = startAndAwait(kind, () -> counter.tryAdd(1, FOREVER));
            counter.close();
            assertThat(closed.failure()).isInstanceOf(AsynchronousCloseException.class);
        } finally {
            counter.close();
        }
    }

    /** A poll says that there is room, as there is for 1. */
    @ParameterizedTest
    @EnumSource
    void addingWaitsWhereThereIsRoomForLess(ThreadKind kind) throws Exception {
        try (EventCounter counter = EventCounter.create()) {
            counter.add(Long.MAX_VALUE);
            counter.add(10);
            assertThat(counter.poll(BOTH)).isEqualTo(BOTH);

            var attempt = Waiting.start(kind, () -> counter.tryAdd(Long.MAX_VALUE, SHORT));
            assertThat(attempt.get()).isFalse();
            var adder = startAndAwait(kind, () -> counter.tryAdd(Long.MAX_VALUE, FOREVER));
            adder.thread().interrupt();
            assertThat(adder.failure()).isInstanceOf(InterruptedException.class);
            assertThat(counter.take()).isEqualTo(Long.MIN_VALUE + 9);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAttemptDoesNotWaitWhereThereIsRoomForLess(ThreadKind kind) throws Exception {
        EventCounter counter = EventCounter.create();
        counter.add(Long.MAX_VALUE);
        counter.add(10);
        var attempt = Waiting.start(kind, () -> counter.tryAdd(Long.MAX_VALUE, Duration.ZERO));
        try {
            assertThat(attempt.task().get(5, TimeUnit.SECONDS)).isFalse();
            assertThat(counter.take()).isEqualTo(Long.MIN_VALUE + 9);
        } finally {
            counter.tryTake(Duration.ZERO); // lets it go if it waits
            attempt.get();
            counter.close();
        }
    }

    // Ends of the wait.

    @ParameterizedTest
    @EnumSource
    void anInterruptTakesNothing(ThreadKind kind) throws Exception {
        try (EventCounter counter = EventCounter.create()) {
            for (Duration time : List.of(Duration.ofMinutes(1), FOREVER)) {
                var taker = startAndAwait(kind, () -> counter.tryTake(time));
                taker.thread().interrupt();
                assertThat(taker.failure()).isInstanceOf(InterruptedException.class);
            }
            counter.add(3);
            on(kind, () -> {
                for (Callable<?> call : List.<Callable<?>>of(
                        counter::take, () -> counter.tryTake(Duration.ZERO), () -> counter.tryAdd(1, Duration.ZERO))) {
                    Thread.currentThread().interrupt();
                    assertThatExceptionOfType(InterruptedException.class).isThrownBy(call::call);
                }
                return null;
            });
            assertThat(counter.take()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void closingWakesWhoWaits(ThreadKind kind) throws Exception {
        EventCounter counter = EventCounter.create();
        var taker = startAndAwait(kind, counter::take);
        var other = startAndAwait(kind, () -> counter.tryTake(Duration.ofMinutes(1)));
        counter.close();
        assertThat(taker.failure()).isInstanceOf(AsynchronousCloseException.class);
        assertThat(other.failure()).isInstanceOf(AsynchronousCloseException.class);
        assertThat(counter.isOpen()).isFalse();
        for (Callable<?> call : List.<Callable<?>>of(
                counter::take,
                () -> counter.tryTake(Duration.ZERO),
                () -> counter.tryAdd(1, Duration.ZERO),
                () -> counter.tryAdd(1, SHORT))) {
            assertThatExceptionOfType(ClosedChannelException.class)
                    .isThrownBy(call::call)
                    .isNotInstanceOf(AsynchronousCloseException.class);
        }
        counter.close();
    }

    // Beside others.

    @ParameterizedTest
    @EnumSource
    void isADoorbellInASet(ThreadKind kind) throws Exception {
        try (EventCounter counter = EventCounter.create();
                Epoll epoll = Epoll.create()) {
            epoll.add(counter, Set.of(READABLE));
            for (int i = 1; i < 4; i++) {
                var waiting = startAndAwait(kind, epoll::await);
                counter.add(i);
                assertThat(waiting.get()).containsExactly(new Epoll.Event(counter, Set.of(READABLE)));
                assertThat(counter.take()).isEqualTo(i);
            }
            assertThat(epoll.tryAwait(Duration.ZERO)).isEmpty();
        }
    }

    @Test
    void aDuplicateCountsTheSame() throws Exception {
        try (EventCounter counter = EventCounter.create();
                var duplicate = counter.descriptor().duplicate()) {
            counter.add(5);
            var bytes = memory(8);
            assertThat(duplicate.read(bytes)).isEqualTo(8);
            assertThat(bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, 0)).isEqualTo(5);
            assertThat(counter.tryTake(Duration.ZERO)).isZero();
        }
    }

    @Test
    void isKnownAgainFromItsDescriptor() throws Exception {
        try (EventCounter counter = EventCounter.createSemaphore(2);
                EventCounter same = EventCounter.of(counter.descriptor().duplicate());
                Pipe pipe = Pipe.create()) {
            assertThat(same.take()).isEqualTo(1);
            assertThat(counter.tryTake(Duration.ZERO)).isEqualTo(1);
            assertThat(same.tryTake(Duration.ZERO)).isZero();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> EventCounter.of(pipe.source().descriptor()));
            var closed = counter.descriptor().duplicate();
            closed.close();
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> EventCounter.of(closed));
        }
    }
}
