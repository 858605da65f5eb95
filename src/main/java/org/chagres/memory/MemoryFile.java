package org.chagres.memory;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.resource.MemoryFiles;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.view.DescriptorView;

/**
 * A file without a name that is nothing but memory ({@code memfd_create(2)}), shared with whoever gets its descriptor,
 * and sealed against what they must not do.
 *
 * {@snippet class = "org.chagres.examples.MappedMemoryChapter" region = "memory-file"}
 *
 * <p><b>Lifetime.</b> The file is there as long as anybody has it open or mapped. {@link #close()} closes the
 * descriptor; {@linkplain #map() mappings} stay. A child gets it as any other descriptor; another process of the same
 * user opens
 * <code>/proc/PID/fd/NUMBER</code>.
 *
 * <p><b>Seals.</b> {@link Seal#SHRINK} is what makes memory safe to be shared with processes that are not trusted: who
 * maps the file can no longer be made to fault. Whoever receives a memory file looks at that first: {@link #take}.
 *
 * <p><b>Thread-safety.</b> All methods may be called from any thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/memfd_create.2.html">memfd_create(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/F_GET_SEALS.2const.html">F_GET_SEALS(2const)</a>
 */
public final class MemoryFile implements AutoCloseable {
    private final Descriptor descriptor;
    private final String name;

    MemoryFile(Descriptor descriptor, String name) {
        this.descriptor = descriptor;
        this.name = name;
    }

    /**
     * Creates a memory file, filled with zeros, that can be sealed.
     *
     * @param name for people: <code>/proc/PID/maps</code> shows it; at most 249 bytes. Any number of files may have the
     *     same
     * @param byteSize its size in bytes; 0 is allowed
     * @return the file
     * @throws ErrnoException as {@link MemoryFileBuilder#create} says
     * @throws IOException that
     * @throws IllegalArgumentException if {@code byteSize} is negative, or {@code name} has a zero character or one
     *     that the JVM's encoding of file names does not have
     */
    public static MemoryFile create(String name, long byteSize) throws IOException {
        return builder().create(name, byteSize);
    }

    /**
     * Starts with the defaults, to say more: huge pages, no seals, never executable.
     *
     * @return a new builder
     */
    public static MemoryFileBuilder builder() {
        return new MemoryFileBuilder();
    }

    /**
     * Takes charge of a descriptor that somebody sent, if it is a memory file, large enough and sealed as demanded. So
     * it can be mapped without trust in the sender; without {@link Seal#SHRINK} among the seals the size is nothing to
     * rely on.
     *
     * @param received the descriptor; from here on this object's, unless this throws
     * @param byteSize how many bytes it must have at least
     * @param seals those it must have at least
     * @return the file
     * @throws UntrustedMemoryFileException if it is not what was demanded; or if {@link Seal#SHRINK} was, and it
     *     consists of huge pages without {@link Seal#WRITE} or {@link Seal#FUTURE_WRITE}, which can have holes. The
     *     descriptor stays the caller's
     * @throws IOException that, or {@link ClosedChannelException} if the descriptor is closed
     * @throws IllegalArgumentException if {@code byteSize} is negative
     */
    public static MemoryFile take(Descriptor received, long byteSize, Seal... seals) throws IOException {
        if (byteSize < 0) {
            throw new IllegalArgumentException("byteSize must not be negative, but is " + byteSize);
        }
        Set<Seal> demanded = EnumSet.noneOf(Seal.class);
        Collections.addAll(demanded, requireNonNull(seals, "seals"));
        String name = nameOf(requireNonNull(received, "received"));
        MemoryFile file = new MemoryFile(received, name);
        Set<Seal> present = file.seals(); // before the size: what is sealed stays
        if (!present.containsAll(demanded)) {
            demanded.removeAll(present);
            throw new UntrustedMemoryFileException(file + " lacks the seals " + demanded + " and has " + present);
        }
        if (demanded.contains(Seal.SHRINK) && file.canHaveHoles(present)) {
            throw new UntrustedMemoryFileException(
                    file + " consists of huge pages, and a hole punched into them faults when"
                            + " it is touched: it must be sealed with WRITE or FUTURE_WRITE too");
        }
        long size = received.byteSize();
        if (size < byteSize) {
            throw new UntrustedMemoryFileException(
                    file + " has " + size + " bytes and not the " + byteSize + " demanded");
        }
        return file;
    }

    private boolean canHaveHoles(Set<Seal> seals) throws IOException {
        boolean isHuge = DescriptorView.of(descriptor).askLong(MemoryFiles::hugePageByteSize) > 0;
        return isHuge && !seals.contains(Seal.WRITE) && !seals.contains(Seal.FUTURE_WRITE);
    }

    /** What the kernel shows of memory files, and of nothing else that has seals and no other name. */
    private static String nameOf(Descriptor received) throws IOException {
        OpenDescriptor open = DescriptorView.of(received);
        String[] link = new String[1];
        int answer = open.ask(number -> {
            int seals = MemoryFiles.seals(number);
            link[0] = seals < 0 ? "" : DescriptorObject.link(number);
            return seals;
        });
        if (answer == OpenDescriptor.WAS_CLOSED) {
            throw new ClosedChannelException();
        }
        if (!link[0].startsWith(MemoryFiles.LINK_PREFIX)) {
            throw new UntrustedMemoryFileException(received + " is no memory file");
        }
        return MemoryFiles.nameInLink(link[0]);
    }

    /**
     * The name it was created with.
     *
     * @return for people
     */
    public String name() {
        return name;
    }

    /**
     * The open file: to be given to a child, sent, duplicated, read, written, resized.
     *
     * @return its descriptor, which this object owns
     */
    public Descriptor descriptor() {
        return descriptor;
    }

    /**
     * Its size now.
     *
     * @return the size in bytes
     * @throws IOException {@link ClosedChannelException} if closed
     */
    public long byteSize() throws IOException {
        return descriptor.byteSize();
    }

    /**
     * Makes it as long as that ({@code ftruncate(2)}): what is behind is lost, what is missing reads as zeros.
     *
     * @param byteSize the new size in bytes
     * @throws ErrnoException {@code EPERM} if a seal forbids it; {@code EINVAL} if it is not whole huge pages
     * @throws IOException that, or {@link ClosedChannelException} if closed
     * @throws IllegalArgumentException if {@code byteSize} is negative
     */
    public void resize(long byteSize) throws IOException {
        descriptor.truncate(byteSize);
    }

    /**
     * Which seals it has ({@code F_GET_SEALS}).
     *
     * @return those that this library knows
     * @throws IOException {@link ClosedChannelException} if closed
     */
    public Set<Seal> seals() throws IOException {
        int word = checked(DescriptorView.of(descriptor).ask(MemoryFiles::seals), () -> "reading the seals of " + this);
        Set<Seal> seals = EnumSet.noneOf(Seal.class);
        for (Seal seal : Seal.values()) {
            if ((word & bit(seal)) != 0) {
                seals.add(seal);
            }
        }
        return Collections.unmodifiableSet(seals);
    }

    /**
     * Adds seals ({@code F_ADD_SEALS}): for ever, and for all who have it. Those it has already stay.
     *
     * @param seals which
     * @throws ErrnoException {@code EPERM} if it is sealed against more seals, or was opened for reading only;
     *     {@code EBUSY} for {@link Seal#WRITE} while anybody has it mapped shared, unless from a descriptor opened for
     *     reading only; {@code EINVAL} if this
     *     kernel does not know the seal
     * @throws IOException that, or {@link ClosedChannelException} if closed
     */
    public void seal(Seal... seals) throws IOException {
        int word = 0;
        for (Seal seal : requireNonNull(seals, "seals")) {
            word |= bit(seal);
        }
        int bits = word;
        checked(
                DescriptorView.of(descriptor).ask(number -> MemoryFiles.seal(number, bits)),
                () -> "sealing " + this + " with " + Arrays.toString(seals));
    }

    private static int bit(Seal seal) {
        return switch (seal) {
            case SEAL -> MemoryFiles.SEAL_SEAL;
            case SHRINK -> MemoryFiles.SEAL_SHRINK;
            case GROW -> MemoryFiles.SEAL_GROW;
            case WRITE -> MemoryFiles.SEAL_WRITE;
            case FUTURE_WRITE -> MemoryFiles.SEAL_FUTURE_WRITE;
            case EXECUTABLE -> MemoryFiles.SEAL_EXECUTABLE;
        };
    }

    @FunctionalInterface
    private interface Intent {
        String text();
    }

    private static int checked(int answer, Intent intent) throws IOException {
        if (answer == OpenDescriptor.WAS_CLOSED) {
            throw new ClosedChannelException();
        }
        if (answer < 0) {
            String hint = switch (Errno.of(-answer)) {
                case EBUSY ->
                    "it is mapped shared, by one who may write to it: close such mappings, or take FUTURE_WRITE";
                case EPERM ->
                    "it is sealed against more seals (created unsealable, perhaps), or was opened for"
                            + " reading only";
                case EINVAL -> "it is no memory file, or this kernel does not know the seal";
                default -> "";
            };
            throw new ErrnoException("fcntl", -answer, intent.text(), hint);
        }
        return answer;
    }

    /**
     * Maps all of it, to read and write, shared.
     *
     * @return the mapping
     * @throws ErrnoException {@code EPERM} if it is sealed against writing: map it {@link Access#READ_ONLY}; and as
     *     {@link MappedMemoryBuilder#map(Descriptor)} says
     * @throws java.io.EOFException if it is empty
     * @throws IOException one of these, or {@link ClosedChannelException} if closed
     */
    public MappedMemory map() throws IOException {
        return map(MappedMemory.builder());
    }

    /**
     * Maps all of it, shared.
     *
     * @param access what to do with it
     * @return the mapping
     * @throws IOException as {@link #map()} says
     */
    public MappedMemory map(Access access) throws IOException {
        return map(MappedMemory.builder().access(access));
    }

    /**
     * Maps it, or a part. If it is sealed with {@link Seal#SHRINK} the mapping can never fault, and plain accesses are
     * safe; of huge pages {@link Seal} says more. One that is sealed with
     * {@link Seal#WRITE} is mapped {@link Sharing#PRIVATE} if it is only to be read: that comes to the same, and
     * kernels before Linux 6.7 refuse the other; made
     * writable later, it is a copy of this process's own.
     *
     * @param how the mapping is to be
     * @return the mapping
     * @throws IOException as {@link #map()} says
     * @throws IllegalArgumentException as {@link MappedMemoryBuilder#map(Descriptor)} says
     */
    public MappedMemory map(MappedMemoryBuilder how) throws IOException {
        Set<Seal> seals = seals();
        return requireNonNull(how, "how")
                .map(
                        descriptor,
                        !seals.contains(Seal.SHRINK) || MemoryFiles.isMemoryPromisedStrictly(),
                        seals.contains(Seal.WRITE),
                        false,
                        toString());
    }

    /**
     * Whether this has not been closed.
     *
     * @return {@code true} until {@link #close()}
     */
    public boolean isOpen() {
        return descriptor.isOpen();
    }

    /**
     * Closes the descriptor; mappings of the file stay, and so does the file while anybody has it. A second close does
     * nothing.
     */
    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return "MemoryFile[" + name + (isOpen() ? "]" : ", closed]");
    }
}
