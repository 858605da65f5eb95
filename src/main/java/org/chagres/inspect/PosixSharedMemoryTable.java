package org.chagres.inspect;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.chagres.internal.resource.FileModes;
import org.chagres.internal.resource.MemoryFiles;

/**
 * The POSIX shared memory objects of this system: what is in <code>/dev/shm</code>. POSIX semaphores
 * ({@code sem_open(3)}) are files there too, whose names begin with {@code sem.}; they are left out.
 *
 * <p>How many processes have an object open or mapped is nowhere to be read but in <code>/proc/PID/maps</code> of each.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/shm_overview.7.html">shm_overview(7)</a>
 */
public final class PosixSharedMemoryTable {
    private PosixSharedMemoryTable() {}

    /**
     * Lists every object, whoever may open it. Objects that come or go meanwhile may be missing or be there.
     *
     * @return one status an object, in the order of their names
     * @throws IOException if <code>/dev/shm</code> cannot be read
     */
    public static List<PosixSharedMemoryStatus> objects() throws IOException {
        List<PosixSharedMemoryStatus> objects = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of(MemoryFiles.FOLDER))) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.startsWith("sem.") || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    continue;
                }
                try {
                    objects.add(status(
                            name,
                            Files.readAttributes(
                                    file, "unix:size,uid,gid,mode,lastModifiedTime", LinkOption.NOFOLLOW_LINKS)));
                } catch (NoSuchFileException unlinkedMeanwhile) {
                    // it is not there
                }
            }
        } catch (DirectoryIteratorException failure) {
            throw failure.getCause();
        }
        objects.sort(Comparator.comparing(PosixSharedMemoryStatus::name));
        return List.copyOf(objects);
    }

    private static PosixSharedMemoryStatus status(String name, Map<String, Object> attributes) {
        return new PosixSharedMemoryStatus(
                name,
                (Long) requireNonNull(attributes.get("size")),
                Integer.toUnsignedLong((Integer) requireNonNull(attributes.get("uid"))),
                Integer.toUnsignedLong((Integer) requireNonNull(attributes.get("gid"))),
                FileModes.toPermissions((Integer) requireNonNull(attributes.get("mode"))),
                ((FileTime) requireNonNull(attributes.get("lastModifiedTime"))).toInstant());
    }
}
