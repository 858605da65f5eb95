package org.chagres.internal.resource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.file.FileSystems;
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
        Charset charset = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8")); // as the JDK's own paths
        String text = path.toString();
        try {
            // A path found in a directory may have bytes that are no text in that charset: its text is then another's.
            if (Path.of(text).equals(path)) {
                ByteBuffer bytes = charset.newEncoder().encode(CharBuffer.wrap(text));
                MemorySegment name = allocator.allocate(bytes.remaining() + 1L);
                return name.copyFrom(MemorySegment.ofBuffer(bytes));
            }
        } catch (CharacterCodingException | IllegalArgumentException unmappable) {
            // as below
        }
        throw new IllegalArgumentException("the path " + text + " cannot be written in " + charset.name()
                + ", the encoding of file names of this JVM: start it in a locale that has all its characters");
    }
}
