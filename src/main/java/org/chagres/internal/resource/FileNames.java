package org.chagres.internal.resource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Names of files as the kernel takes them: bytes, with a zero at the end. */
public final class FileNames {
    private FileNames() {}

    /**
     * The bytes of a path, exactly.
     *
     * @throws IllegalArgumentException if it is not of the default file system, or its bytes cannot be had
     */
    public static MemorySegment of(Path path, SegmentAllocator allocator) {
        if (path.getFileSystem() != FileSystems.getDefault()) {
            throw new IllegalArgumentException(
                    "only a file of the default file system can be opened, not " + path.toUri());
        }
        String text = path.toString();
        // A path found in a directory may have bytes that are no text in the JVM's encoding: its text is then
        // another's.
        if (!isOf(text, path)) {
            throw new IllegalArgumentException("the path " + text + " cannot be written in "
                    + NativeText.CHARSET.name()
                    + ", the encoding of names of this JVM: start it in a locale that has all its characters");
        }
        return NativeText.of(text, allocator);
    }

    private static boolean isOf(String text, Path path) {
        try {
            return Path.of(text).equals(path);
        } catch (InvalidPathException unmappable) {
            return false;
        }
    }
}
