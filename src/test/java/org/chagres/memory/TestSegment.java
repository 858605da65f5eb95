package org.chagres.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.testing.Kernel;
import org.chagres.testing.Kernel.IpcRow;

/** A segment that nobody is attached to and that is gone after the test, whatever became of it. */
record TestSegment(int id, IpcKey key) implements AutoCloseable {

    /** A private one. */
    static TestSegment ofBytes(long byteSize) throws IOException {
        return create(IpcKey.PRIVATE, byteSize);
    }

    static TestSegment withRandomKey(long byteSize) throws IOException {
        return create(IpcKey.random(), byteSize);
    }

    private static TestSegment create(IpcKey key, long byteSize) throws IOException {
        try (SharedMemory memory = SharedMemory.create(key, byteSize)) {
            return new TestSegment(memory.id(), key);
        }
    }

    /** Takes charge of one that exists. */
    static TestSegment of(int id) {
        return new TestSegment(id, IpcKey.PRIVATE);
    }

    @Override
    public void close() throws IOException {
        try {
            SharedMemory.remove(id);
        } catch (ErrnoException failure) {
            if (failure.errno() != Errno.EINVAL && failure.errno() != Errno.EIDRM) { // those two: it is gone
                throw failure;
            }
        }
    }

    /** What the kernel's table says of a segment that is there. */
    static IpcRow row(int id) {
        return Kernel.sharedMemory(id).orElseThrow();
    }

    static boolean exists(int id) {
        return Kernel.sharedMemory(id).isPresent();
    }

    static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }
}
