package org.chagres.internal.resource;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.FutureTask;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Memory of the pool is one user's at a time, of a size that does, and used again. */
class BuffersTest {
    @ParameterizedTest
    @CsvSource({
        "0, 8",
        "1, 8",
        "8, 8",
        "9, 1024",
        "1024, 1024",
        "1025, 8192",
        "8192, 8192",
        "8193, 65536",
        "65536, 65536",
        "65537, 65536",
        "9223372036854775807, 65536"
    })
    void theSizeIsTheNextOfFourAndNeverMoreThanTheLargest(long asked, long got) {
        MemorySegment memory = Buffers.take(asked);
        assertThat(memory.byteSize()).isEqualTo(got);
        assertThat(memory.isNative()).isTrue();
        assertThat(memory.address() % Long.BYTES).isZero();
        Buffers.give(memory);
    }

    @ParameterizedTest
    @CsvSource({"1", "100", "10000"})
    void whatWasGivenBackIsTakenAgain(long byteSize) {
        List<MemorySegment> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(Buffers.take(byteSize)); // so nothing of this size is free
        }
        MemorySegment last = all.getLast();
        Buffers.give(last);
        assertThat(Buffers.take(byteSize).address()).isEqualTo(last.address());
        all.forEach(Buffers::give);
    }

    @Test
    void whatIsTakenIsNobodyElses() {
        Set<Long> addresses = new HashSet<>();
        List<MemorySegment> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            MemorySegment memory = Buffers.take(Buffers.LARGE);
            assertThat(addresses.add(memory.address())).isTrue();
            all.add(memory);
        }
        all.forEach(Buffers::give); // more than are kept
        assertThat(Buffers.take(Buffers.LARGE).byteSize()).isEqualTo(Buffers.LARGE);
    }

    @Test
    void whatIsTakenByThreadsOfBothKindsIsEachOnesOwn() throws Exception {
        List<FutureTask<Integer>> users = new ArrayList<>();
        for (long mark = 1; mark <= 8; mark++) {
            long own = mark;
            ThreadKind kind = ThreadKind.values()[(int) mark % 2];
            users.add(kind.start(() -> {
                for (int round = 0; round < 2000; round++) {
                    MemorySegment memory = Buffers.take(Buffers.SMALL);
                    memory.set(JAVA_LONG, 0, own);
                    Thread.yield();
                    if (memory.get(JAVA_LONG, 0) != own) {
                        throw new AssertionError("another one's: " + memory.get(JAVA_LONG, 0));
                    }
                    Buffers.give(memory);
                }
                return 0;
            }));
        }
        for (FutureTask<Integer> user : users) {
            user.get();
        }
    }
}
