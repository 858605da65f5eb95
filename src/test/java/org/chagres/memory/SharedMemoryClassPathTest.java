package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Runs twice: with the library as a module, and on the class path. */
@Tag("classpath")
@ExtendWith(LeakCheck.class)
class SharedMemoryClassPathTest {

    @Test
    void createdAttachedReadAndRemoved() throws IOException {
        try (TestSegment segment = TestSegment.withRandomKey(4096)) {
            try (SharedMemory writer = SharedMemory.open(segment.key());
                    SharedMemory reader =
                            SharedMemory.builder().access(Access.READ_ONLY).open(segment.id())) {
                writer.segment().set(JAVA_INT, 0, 4711);
                assertThat(reader.segment().get(JAVA_INT, 0)).isEqualTo(4711);
                assertThat(reader.status().attachCount()).isEqualTo(2);
                writer.remove();
            }
            assertThat(Kernel.sharedMemory(segment.id())).isEmpty();
        }
    }
}
