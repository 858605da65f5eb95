package org.chagres;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * A System V key: the number under which processes that are not related find the same segment, semaphore set or queue.
 *
 * <p>Segments, sets and queues each have keys of their own: one key can name one object of each kind in an IPC
 * namespace. A key is a name and not a secret; the permissions of the object decide who may use it.
 *
 * <p>The constructor takes every number, 0 included, as that is how the kernel's tables list private objects. A program
 * that chooses a key takes {@link #of(int)}, which does not let a 0 slip through.
 *
 * @param value the number, possibly negative; 0 is {@link #PRIVATE}
 * @see <a href="https://man7.org/linux/man-pages/man7/sysvipc.7.html">sysvipc(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man3/ftok.3.html">ftok(3)</a>
 */
public record IpcKey(int value) {
    /**
     * No key ({@code IPC_PRIVATE}): what is created with it is always new and can be found by its identifier only. New
     * is not exclusive: any process that learns the identifier and has permission may use the object as well.
     */
    public static final IpcKey PRIVATE = new IpcKey(0);

    /**
     * A key that the program has chosen.
     *
     * @param value any number but 0
     * @return the key
     * @throws IllegalArgumentException if {@code value} is 0, which asks for a new object each time and names none
     */
    public static IpcKey of(int value) {
        if (value == 0) {
            throw new IllegalArgumentException(
                    "0 is no key but IPC_PRIVATE: use IpcKey.PRIVATE if a new object is meant");
        }
        return new IpcKey(value);
    }

    /**
     * A key from its text: hexadecimal as {@link #toString()} and {@code ipcs} write it, or decimal.
     *
     * @param text such as {@code 0x85eedeed}, {@code 24301} or {@code -5}; of decimal numbers those that an {@code int}
     *     holds
     * @return the key
     * @throws NumberFormatException if the text is neither
     * @throws IllegalArgumentException if it is 0, as for {@link #of}
     */
    public static IpcKey parse(String text) {
        return of(
                requireNonNull(text, "text").startsWith("0x")
                        ? Integer.parseUnsignedInt(text, 2, text.length(), 16)
                        : Integer.parseInt(text));
    }

    /**
     * A key drawn at random, never {@link #PRIVATE}. It can be one that is in use, though rarely: create with it, and
     * draw again after {@link Errno#EEXIST}.
     *
     * @return the key
     */
    public static IpcKey random() {
        // A simple generator will do: exclusive creation sees a clash, and knowing a key gives no permission.
        return random(ThreadLocalRandom.current());
    }

    static IpcKey random(RandomGenerator source) {
        int value;
        do {
            value = source.nextInt();
        } while (value == 0);
        return new IpcKey(value);
    }

    /**
     * The key that C programs get from {@code ftok(3)} for the same file and project. Symbolic links are followed.
     *
     * <p>It is made of 16 bits of the file's inode number, 8 bits of its device number and the project id; the name
     * does not count. Hence:
     *
     * <ul>
     *   <li>two files may give the same key, and the object found may be another program's;
     *   <li>a file that was deleted and made again, or replaced by an editor or an update, most likely gives another
     *       key, and the objects under the old one stay behind: take a file that nobody replaces;
     *   <li>two names of one file give the same key.
     * </ul>
     *
     * @param path an existing file or directory; it is not opened, only its directory must be searchable
     * @param projectId 1 to 255, often a letter such as {@code 'S'}; {@code ftok} would ignore all higher bits
     * @return the key, never {@link #PRIVATE}
     * @throws IllegalArgumentException if {@code projectId} is outside 1 to 255, or {@code path} is not of the default
     *     file system
     * @throws java.nio.file.NoSuchFileException if there is no such file
     * @throws IOException if the file cannot be examined for another reason
     */
    public static IpcKey ofPath(Path path, int projectId) throws IOException {
        if (projectId < 1 || projectId > 255) {
            throw new IllegalArgumentException("a project id is 1 to 255, not " + projectId);
        }
        if (requireNonNull(path, "path").getFileSystem() != FileSystems.getDefault()) {
            throw new IllegalArgumentException("only a file of the default file system has a key, not " + path.toUri());
        }
        Map<String, Object> attributes = Files.readAttributes(path, "unix:dev,ino");
        long device = (Long) requireNonNull(attributes.get("dev"));
        long inode = (Long) requireNonNull(attributes.get("ino"));
        return new IpcKey(projectId << 24 | (int) (device & 0xff) << 16 | (int) (inode & 0xffff));
    }

    /**
     * Whether this is {@link #PRIVATE}.
     *
     * @return true if the value is 0
     */
    public boolean isPrivate() {
        return value == 0;
    }

    /**
     * The key as {@code ipcs} shows it.
     *
     * @return {@code 0x} and eight hexadecimal digits
     */
    @Override
    public String toString() {
        return "0x" + HexFormat.of().toHexDigits(value);
    }
}
