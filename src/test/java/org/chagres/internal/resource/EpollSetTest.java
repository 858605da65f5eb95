package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.internal.resource.OpenDescriptor.*;
import static org.chagres.internal.resource.Readinesses.READABLE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.chagres.Errno;
import org.chagres.internal.resource.EpollSet.Ready;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Answers;
import org.chagres.testing.Garbage;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a set does when the kernel refuses, or tells of what has left. */
@ExtendWith(LeakCheck.class)
class EpollSetTest {
    private static final long MILLISECOND = 1_000_000;

    private EpollSet set;
    private OpenDescriptor source;
    private OpenDescriptor sink;

    @BeforeEach
    void make() {
        set = EpollSet.own(EpollSet.create());
        long ends = DescriptorObject.pipe(false);
        source = OpenDescriptor.own((int) ends, "source");
        sink = OpenDescriptor.own((int) (ends >>> Integer.SIZE), "sink");
    }

    @AfterEach
    void close() {
        set.close();
        source.close();
        sink.close();
    }

    private void write() throws InterruptedException {
        assertThat(sink.write(Arena.ofAuto().allocate(1), FOREVER)).isEqualTo(1);
    }

    private List<Ready> ready(long nanos) throws InterruptedException {
        List<Ready> ready = new ArrayList<>();
        int answer = set.await(ready, nanos);
        assertThat(answer).isEqualTo(ready.isEmpty() ? TIMED_OUT : ready.size());
        return ready;
    }

    private <T> T on(ThreadKind kind, Callable<T> what) throws Exception {
        return Waiting.start(kind, what).get();
    }

    @Test
    void noNumberIsLostWhenThereIsNoSet() {
        try (var script = ScriptedAnswers.to("epoll_create1", Answers.refusing(Errno.ENFILE))) {
            assertThat(EpollSet.create()).isEqualTo(-Errno.ENFILE.number());
            assertThat(script.remaining()).isZero();
        }
    }

    @Test
    void whatTheKernelDidNotTakeIsNoMember() throws Exception {
        try (var script = ScriptedAnswers.to("epoll_ctl", Answers.refusing(Errno.ENOSPC))) {
            assertThat(set.add(source, READABLE, "it")).isEqualTo(-Errno.ENOSPC.number());
            assertThat(script.remaining()).isZero();
        }
        assertThat(set.size()).isZero();
        assertThat(set.modify(source, READABLE)).isEqualTo(-Errno.ENOENT.number());
        assertThat(set.add(source, READABLE, "it")).isZero();
        write();
        assertThat(ready(FOREVER)).containsExactly(new Ready("it", READABLE));
    }

    @Test
    void aMemberThatCannotBeChangedStaysAsItWas() throws Exception {
        set.add(source, READABLE, "it");
        try (var script = ScriptedAnswers.to("epoll_ctl", Answers.refusing(Errno.ENOMEM))) {
            assertThat(set.modify(source, 0)).isEqualTo(-Errno.ENOMEM.number());
            assertThat(script.remaining()).isZero();
        }
        write();
        assertThat(ready(FOREVER)).containsExactly(new Ready("it", READABLE));
    }

    /** Another thread may have it from the kernel just when it leaves. */
    @ParameterizedTest
    @EnumSource
    void whatIsToldOfOneThatHasLeftIsNotPassedOn(ThreadKind kind) throws Exception {
        set.add(source, READABLE, "it");
        for (long nanos : new long[] {0, 20 * MILLISECOND}) {
            List<Ready> ready = on(kind, () -> {
                try (var script = ScriptedAnswers.to("epoll_wait", arguments -> {
                    MemorySegment memory = MemorySegment.ofAddress(arguments[1]).reinterpret(64);
                    memory.fill((byte) 0x55);
                    return 1;
                })) {
                    List<Ready> told = ready(nanos);
                    assertThat(script.remaining()).isZero();
                    return told;
                }
            });
            assertThat(ready).isEmpty();
        }
        write();
        assertThat(on(kind, () -> ready(FOREVER))).containsExactly(new Ready("it", READABLE));
    }

    @ParameterizedTest
    @EnumSource
    void asOftenAsTheKernelIsInterruptedItIsAskedAgain(ThreadKind kind) throws Exception {
        set.add(source, READABLE, "it");
        write();
        assertThat(on(kind, () -> {
                    try (var script = ScriptedAnswers.to(
                            "epoll_wait", Answers.refusing(Errno.EINTR), Answers.refusing(Errno.EINTR))) {
                        List<Ready> told = ready(FOREVER);
                        assertThat(script.remaining()).isZero();
                        return told;
                    }
                }))
                .containsExactly(new Ready("it", READABLE));
    }

    @ParameterizedTest
    @EnumSource
    void aFailureIsTold(ThreadKind kind) throws Exception {
        for (long nanos : new long[] {0, MILLISECOND, FOREVER}) {
            assertThat(on(kind, () -> {
                        try (var script = ScriptedAnswers.to("epoll_wait", Answers.refusing(Errno.EBADF))) {
                            int answer = set.await(new ArrayList<>(), nanos);
                            assertThat(script.remaining()).isZero();
                            return answer;
                        }
                    }))
                    .isEqualTo(-Errno.EBADF.number());
        }
    }

    /** A virtual thread has to have somebody wait for it where the library has no number for its own set. */
    @Test
    void aVirtualThreadWaitsWhereItsPollerTakesNoMore() throws Exception {
        set.add(source, READABLE, "it");
        List<Ready> ready = new ArrayList<>();
        var waiting = Waiting.start(ThreadKind.VIRTUAL, () -> {
            try (var script = ScriptedAnswers.to("epoll_ctl", Answers.refusing(Errno.EPERM))) {
                int answer = set.await(ready, FOREVER);
                assertThat(script.remaining()).isZero();
                return answer;
            }
        });
        waiting.awaitWaiting();
        write();
        assertThat(waiting.get()).isEqualTo(1);
        assertThat(ready).containsExactly(new Ready("it", READABLE));
    }

    @Test
    void aMemberOutlivesASetThatWasForgotten() throws Exception {
        WeakReference<EpollSet> forgotten = forget(source);
        Garbage.collectUntil(() -> forgotten.refersTo(null));
        set.add(source, READABLE, "it");
        source.close();
        assertThat(set.size()).isZero();
    }

    private static WeakReference<EpollSet> forget(OpenDescriptor member) {
        EpollSet set = EpollSet.own(EpollSet.create());
        assertThat(set.add(member, READABLE, "it")).isZero();
        return new WeakReference<>(set);
    }

    /** Two threads that take out, add and change the same member leave a set that agrees with the kernel. */
    @Test
    void changesByTwoThreadsLeaveAgreement() throws Exception {
        write();
        for (int round = 0; round < 2000; round++) {
            var other = Waiting.start(ThreadKind.PLATFORM, () -> {
                set.remove(source);
                set.add(source, READABLE, "other");
                set.modify(source, READABLE);
                return null;
            });
            set.add(source, READABLE, "ours");
            set.modify(source, READABLE);
            set.remove(source);
            other.get();
            int size = set.size();
            List<Ready> ready = ready(0);
            assertThat(ready).as("of %d in round %d", size, round).hasSize(size);
            assertThat(size).isLessThanOrEqualTo(1);
        }
    }
}
