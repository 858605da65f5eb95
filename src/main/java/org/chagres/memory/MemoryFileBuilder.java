package org.chagres.memory;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.MemoryFiles;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.internal.view.DescriptorView;

/**
 * How to create a {@link MemoryFile}, where the defaults are not enough.
 *
 * <p>Not safe for use by several threads at once; may be used again after a file was created.
 *
 * @see MemoryFile#builder()
 */
public final class MemoryFileBuilder {
    private boolean sealable = true;
    private boolean executable = true;
    private int hugePageLog2 = SharedMemoryObject.SMALL_PAGES;

    MemoryFileBuilder() {}

    /**
     * Has a file that nobody can ever seal: it begins with {@link Seal#SEAL}.
     *
     * @return this builder
     */
    public MemoryFileBuilder unsealable() {
        this.sealable = false;
        return this;
    }

    /**
     * Has a file that nobody can ever execute: it begins with {@link Seal#EXECUTABLE} ({@code MFD_NOEXEC_SEAL}, Linux
     * 6.3). Some systems demand it (<code>/proc/sys/vm/memfd_noexec</code>).
     *
     * @return this builder
     */
    public MemoryFileBuilder notExecutable() {
        this.executable = false;
        return this;
    }

    /**
     * Has a file of huge pages of the system's default size ({@code MFD_HUGETLB}). The administrator must have set some
     * aside (<code>/proc/sys/vm/nr_hugepages</code>).
     *
     * @return this builder
     */
    public MemoryFileBuilder hugePages() {
        this.hugePageLog2 = SharedMemoryObject.DEFAULT_HUGE_PAGES;
        return this;
    }

    /**
     * Has a file of huge pages of one size.
     *
     * @param pageByteSize the bytes in a page, a power of two greater than {@link PageSize#bytes()}, such as
     *     {@code 2 << 20}; the folders of <code>/sys/kernel/mm/hugepages</code> name those of this machine
     * @return this builder
     * @throws IllegalArgumentException if it is not such a power of two
     */
    public MemoryFileBuilder hugePages(long pageByteSize) {
        this.hugePageLog2 = MemoryArguments.log2(pageByteSize);
        return this;
    }

    /**
     * Creates a file, filled with zeros.
     *
     * @param name for people: <code>/proc/PID/maps</code> shows it; at most 249 bytes
     * @param byteSize its size in bytes; 0 is allowed. Of huge pages a multiple of theirs
     * @return the file
     * @throws ErrnoException {@code EINVAL} if {@code name} is too long, this kernel does not know what was asked for,
     *     or {@code byteSize} is not whole huge pages; {@code EACCES} if files that can be executed are forbidden here;
     *     {@code EMFILE}, {@code ENFILE} if there are as many open files as may be; {@code EFBIG} if it is more than
     *     files can have; {@code ENODEV} if there are no huge pages of that size; {@code ENOMEM}
     * @throws IOException that
     * @throws IllegalArgumentException if {@code byteSize} is negative, or {@code name} has a zero character or one
     *     that the JVM's encoding of file names does not have
     */
    public MemoryFile create(String name, long byteSize) throws IOException {
        requireNonNull(name, "name");
        if (byteSize < 0) {
            throw new IllegalArgumentException("byteSize must not be negative, but is " + byteSize);
        }
        int number = MemoryFiles.create(name, sealable, executable, hugePageLog2);
        if (number < 0) {
            throw new ErrnoException("memfd_create", -number, "creating the memory file " + name, hint(-number));
        }
        Descriptor descriptor = DescriptorView.own(number, "MemoryFile");
        try {
            descriptor.truncate(byteSize);
            MemoryFile file = new MemoryFile(descriptor, name);
            if (!sealable && !file.seals().contains(Seal.SEAL)) { // MFD_NOEXEC_SEAL, asked for or not, has it sealable
                file.seal(Seal.SEAL);
            }
            return file;
        } catch (Throwable failure) {
            descriptor.close();
            throw failure;
        }
    }

    private static String hint(int errno) {
        return switch (Errno.of(errno)) {
            case EINVAL -> "the name may have 249 bytes, and this kernel may not know all that was asked for";
            case EACCES -> "/proc/sys/vm/memfd_noexec demands notExecutable()";
            case ENODEV -> "/sys/kernel/mm/hugepages has the sizes of huge pages there are";
            default -> "";
        };
    }
}
