package org.chagres.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class MappedMemorySafetyTest {
    /** A copy by the C library would go on behind the end, and end the JVM. */
    @Test
    void aPrivateMappingOfASealedFileIsNotResizedBeyondItsEnd() throws Exception {
        try (MemoryFile file = MemoryFile.create("sealed", 4096)) {
            file.seal(Seal.SHRINK, Seal.GROW, Seal.WRITE);
            try (MappedMemory memory = file.map(Access.READ_ONLY)) {
                ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.resize(16 << 20));
                assertThat(failure.errno()).isEqualTo(Errno.EFAULT);
            }
        }
    }

    @Test
    void isOpenAllTheTimeItIsResized() throws Exception {
        try (MappedMemory memory = MappedMemory.anonymous(16384)) {
            AtomicBoolean over = new AtomicBoolean();
            FutureTask<Long> closed = ThreadKind.PLATFORM.start(() -> {
                long count = 0;
                while (!over.get()) {
                    count += memory.isOpen() ? 0 : 1;
                }
                return count;
            });
            for (int i = 0; i < 5_000; i++) {
                memory.resize(i % 2 == 0 ? 4096 : 16384);
            }
            over.set(true);
            assertThat(closed.get()).isZero();
        }
    }
}
