package org.chagres.internal.resource;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;

/** Names of files as the kernel takes them: bytes, with a zero at the end. */
public final class FileNames {
    private static final Path ROOT = Path.of("/");

    private FileNames() {}

    /**
     * The bytes of a path, exactly.
     *
     * @throws IllegalArgumentException if it is not of the default file system, or its bytes cannot be had
     */
    public static MemorySegment of(Path path, SegmentAllocator allocator) {
        check(path);
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

    private static void check(Path path) {
        if (path.getFileSystem() != FileSystems.getDefault()) {
            throw new IllegalArgumentException(
                    "only a file of the default file system can be opened, not " + path.toUri());
        }
    }

    /**
     * The bytes of a path, exactly, without a zero at the end. Of one that is no text in the JVM's encoding too.
     *
     * @throws IllegalArgumentException if it is not of the default file system
     */
    public static byte[] bytes(Path path) {
        check(path);
        String text = path.toString();
        if (isAscii(text)) {
            return text.getBytes(StandardCharsets.US_ASCII);
        }
        // The text may be another path's, the URI never is; it is of absolute paths, and shows which are directories.
        byte[] uri = unquoted(ROOT.resolve(path).toUri().getRawPath());
        int start = path.isAbsolute() ? 0 : 1;
        int end = uri[uri.length - 1] == '/' ? uri.length - 1 : uri.length;
        return Arrays.copyOfRange(uri, start, end);
    }

    /** The path of some bytes, exactly; the opposite of {@link #bytes}. None of them is zero. */
    public static Path path(byte[] bytes) {
        String ascii = new String(bytes, StandardCharsets.US_ASCII);
        if (isAscii(ascii)) { // what is not becomes a character that is not either
            return Path.of(ascii);
        }
        boolean absolute = bytes[0] == '/';
        Path path = Path.of(URI.create("file://" + (absolute ? "" : "/") + quoted(bytes)));
        return absolute ? path : path.subpath(0, path.getNameCount());
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 0x80);
    }

    private static String quoted(byte[] bytes) {
        StringBuilder quoted = new StringBuilder();
        for (byte b : bytes) {
            if (b == '/') {
                quoted.append('/');
            } else {
                quoted.append('%').append(HexFormat.of().toHexDigits(b));
            }
        }
        return quoted.toString();
    }

    private static byte[] unquoted(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '%') {
                bytes.write(HexFormat.fromHexDigits(text, i + 1, i + 3));
                i += 2;
            } else {
                bytes.write(text.charAt(i));
            }
        }
        return bytes.toByteArray();
    }

    private static boolean isOf(String text, Path path) {
        try {
            return Path.of(text).equals(path);
        } catch (InvalidPathException unmappable) {
            return false;
        }
    }
}
