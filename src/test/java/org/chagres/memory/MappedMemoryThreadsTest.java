package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Await;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same by threads of either kind, and by several at once. */
@ExtendWith(LeakCheck.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MappedMemoryThreadsTest {
    private static final int PAGE = PageSize.bytes();

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        Files.write(file, new byte[4 * PAGE]);
    }

    @ParameterizedTest
    @EnumSource
    void eachKindMayDoAll(ThreadKind kind) throws Exception {
        FutureTask<Boolean> all = kind.start(() -> {
            try (MappedMemory memory = MappedMemory.open(file)) {
                memory.put(0, MemorySegment.ofArray(new int[] {4711}));
                memory.flush();
                memory.advise(Advice.POPULATE_READ);
                memory.advise(Advice.DONT_NEED);
                memory.lockInMemory();
                memory.unlockFromMemory();
                memory.lockInMemoryOnFault();
                memory.unlockFromMemory();
                memory.protect(Access.READ_ONLY);
                memory.protect(Access.READ_WRITE);
                memory.moveTo(AddressSpace.free());
                memory.resize(2L * PAGE);
                try (MappedMemory rest = memory.split(PAGE)) {
                    rest.segment().set(JAVA_INT, 0, 815);
                }
                return memory.segment().get(JAVA_INT, 0) == 4711;
            }
        });
        assertThat(all.get()).isTrue();
        assertThat(AddressSpace.of(file)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void eachKindIsToldTheKernelsReason(ThreadKind kind) throws Exception {
        try (MappedMemory memory = MappedMemory.open(file)) {
            memory.lockInMemory();
            FutureTask<Errno> reason = kind.start(() -> {
                try {
                    memory.flush(FlushMode.INVALIDATE);
                    return null;
                } catch (ErrnoException refused) {
                    return refused.errno();
                }
            });
            assertThat(reason.get()).isEqualTo(Errno.EBUSY);
        }
    }

    /** A flush takes as long as the disk does. */
    @Test
    void aVirtualThreadHoldsNoCarrierWhileItFlushes() throws Exception {
        CountDownLatch inTheCall = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicReference<Thread> by = new AtomicReference<>();
        try (MappedMemory memory = MappedMemory.open(file);
                ScriptedAnswers slow = ScriptedAnswers.toThreads(thread -> true, "msync", arguments -> {
                    by.set(Thread.currentThread());
                    inTheCall.countDown();
                    try {
                        goOn.await();
                    } catch (InterruptedException unexpected) {
                        throw new AssertionError(unexpected);
                    }
                    return ScriptedAnswers.ASK_THE_KERNEL;
                })) {
            AtomicBoolean interrupted = new AtomicBoolean();
            FutureTask<Boolean> flush = new FutureTask<>(() -> {
                memory.flush();
                interrupted.set(Thread.currentThread().isInterrupted());
                return true;
            });
            Thread flusher = Thread.ofVirtual().start(flush);
            inTheCall.await();
            Await.until(() -> flusher.getState() == Thread.State.WAITING, "the virtual thread, parked");
            assertThat(by.get().isVirtual()).isFalse();
            flusher.interrupt(); // it cannot be interrupted, and stays so
            Await.until(() -> flusher.getState() == Thread.State.WAITING, "the virtual thread, parked again");
            assertThat(flush.isDone()).isFalse();
            goOn.countDown();
            assertThat(flush.get()).isTrue();
            assertThat(interrupted).isTrue();
            assertThat(slow.remaining()).isZero();
        }
    }

    /** Some change it while others use it: all see it whole, at one place or another. */
    @Test
    void changesByOneAndUsesByOthersGoTogether() throws Exception {
        try (MappedMemory memory = MappedMemory.anonymous(4L * PAGE)) {
            memory.segment().fill((byte) 1);
            AtomicBoolean over = new AtomicBoolean();
            List<FutureTask<Integer>> users = new ArrayList<>();
            for (ThreadKind kind : List.of(ThreadKind.PLATFORM, ThreadKind.VIRTUAL)) {
                users.add(kind.start(() -> {
                    byte[] bytes = new byte[PAGE];
                    int wrong = 0;
                    while (!over.get()) {
                        memory.get(0, MemorySegment.ofArray(bytes));
                        wrong += bytes[0] == 1 && bytes[PAGE - 1] == 1 ? 0 : 1;
                        memory.flush(FlushMode.ASYNC, 0, PAGE);
                        memory.advise(Advice.RANDOM);
                        wrong += memory.byteSize() >= PAGE ? 0 : 1;
                    }
                    return wrong;
                }));
            }
            try {
                for (int round = 0; round < 200; round++) {
                    memory.resize((round % 4 + 1L) * PAGE);
                    memory.protect(Access.READ_ONLY);
                    memory.protect(Access.READ_WRITE);
                    memory.moveTo(AddressSpace.free());
                }
            } finally {
                over.set(true);
            }
            for (FutureTask<Integer> user : users) {
                assertThat(user.get()).isZero();
            }
        }
    }
}
