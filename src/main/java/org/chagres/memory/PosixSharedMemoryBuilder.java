package org.chagres.memory;

import static java.util.Objects.requireNonNull;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.FileModes;
import org.chagres.internal.resource.MemoryFiles;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.SystemV;

/**
 * How to create and open {@link PosixSharedMemory}, where the defaults are not enough.
 *
 * <p>Not safe for use by several threads at once; may be used again after an object was made.
 *
 * @see PosixSharedMemory#builder()
 */
public final class PosixSharedMemoryBuilder {
    private static final int MOST_TRIES = 100;

    private Set<PosixFilePermission> permissions = SystemV.OWNER_ONLY;
    private Access access = Access.READ_WRITE;

    PosixSharedMemoryBuilder() {}

    /**
     * Sets who may use an object that is created. Default: its owner, to read and write, since whoever may write shared
     * memory may break every process that trusts it. Existing objects keep theirs.
     *
     * @param permissions read and write for owner, group and others, less the umask of this process
     * @return this builder
     * @throws IllegalArgumentException if there is an execute permission among them: the library offers no executable
     *     memory
     */
    public PosixSharedMemoryBuilder permissions(Set<PosixFilePermission> permissions) {
        SystemV.checkPermissions(permissions);
        this.permissions = Set.copyOf(permissions);
        return this;
    }

    /**
     * Sets what this process wants to do with the memory. Default: {@link Access#READ_WRITE}.
     *
     * @param access {@link Access#READ_WRITE} or {@link Access#READ_ONLY}
     * @return this builder
     * @throws IllegalArgumentException if it is another
     */
    public PosixSharedMemoryBuilder access(Access access) {
        requireNonNull(access, "access");
        if (access != Access.READ_WRITE && access != Access.READ_ONLY) {
            throw new IllegalArgumentException("an object is opened READ_WRITE or READ_ONLY, not " + access);
        }
        this.access = access;
        return this;
    }

    /**
     * Creates an object, filled with zeros, and maps it. Its memory is had before it gets the name, so others that open
     * the name find it with all its bytes. If it cannot be mapped the name is removed again.
     *
     * @param name names it to other processes, and must not be in use; up to 255 bytes without a slash, but for one at
     *     the beginning, which is no part of it
     * @param byteSize its size in bytes, at least 1
     * @return the object
     * @throws ErrnoException {@code EEXIST} if the name is in use; {@code ENAMETOOLONG}; {@code ENOSPC} if
     *     <code>/dev/shm</code> has not so much room; {@code EMFILE}, {@code ENFILE} if there are as many open files as
     *     may be; {@code ENOMEM}; {@code EACCES} if this process may not write there
     * @throws IOException that
     * @throws IllegalArgumentException if {@code name} is no such name, or {@code byteSize} is less than 1
     */
    public PosixSharedMemory create(String name, long byteSize) throws IOException {
        String checked = checkedName(name);
        MemoryArguments.checkByteSize(byteSize);
        int number = MemoryFiles.create(checked, byteSize, FileModes.toMode(permissions));
        if (number < 0) {
            throw failure(
                    number,
                    "creating POSIX shared memory " + checked + " byteSize=" + byteSize,
                    Errno.of(-number) == Errno.ENOSPC ? "df /dev/shm tells how much room there is" : "");
        }
        try {
            return mapped(checked, number, true);
        } catch (Throwable failure) {
            MemoryFiles.unlink(checked);
            throw failure;
        }
    }

    /**
     * Opens the object of a name and maps all of it.
     *
     * @param name as for {@link #create}
     * @return the object
     * @throws ErrnoException {@code ENOENT} if nothing has the name; {@code EACCES} if the permissions do not allow the
     *     {@linkplain #access}; {@code ELOOP} if it is a symbolic link; {@code ENODEV} if it is no regular file;
     *     {@code EMFILE}, {@code ENFILE}, {@code ENOMEM}
     * @throws EOFException if it is empty: whoever created it has not given it a size yet
     * @throws IOException one of these
     * @throws IllegalArgumentException if {@code name} is no such name
     */
    public PosixSharedMemory open(String name) throws IOException {
        String checked = checkedName(name);
        int number = MemoryFiles.open(checked, access == Access.READ_WRITE);
        if (number < 0) {
            throw failure(number, "opening POSIX shared memory " + checked + " " + access, "");
        }
        return mapped(checked, number, false);
    }

    /**
     * Opens the object of a name, creating it if there is none. Of several processes that do so at once exactly one
     * creates it.
     *
     * @param name as for {@link #create}
     * @param byteSize the size in bytes if it is created, and the least size if it exists; at least 1
     * @return the object
     * @throws ErrnoException as {@link #create} and {@link #open} say, but for {@code EEXIST} and {@code ENOENT}
     * @throws EOFException if it exists and has fewer bytes
     * @throws IOException one of these
     * @throws IllegalArgumentException as {@link #create} says
     */
    public PosixSharedMemory openOrCreate(String name, long byteSize) throws IOException {
        MemoryArguments.checkByteSize(byteSize);
        for (int tries = 1; ; tries++) { // until one of two answers holds: others may create and unlink in between
            try {
                return atLeast(byteSize, open(name));
            } catch (ErrnoException failure) {
                if (failure.errno() != Errno.ENOENT) {
                    throw failure;
                }
            }
            try {
                return create(name, byteSize);
            } catch (ErrnoException failure) {
                if (failure.errno() != Errno.EEXIST || tries == MOST_TRIES) {
                    throw failure;
                }
            }
        }
    }

    private static PosixSharedMemory atLeast(long byteSize, PosixSharedMemory memory) throws EOFException {
        if (memory.byteSize() < byteSize) {
            memory.close();
            throw new EOFException("POSIX shared memory " + memory.name() + " exists and has " + memory.byteSize()
                    + " bytes, not " + byteSize);
        }
        return memory;
    }

    private PosixSharedMemory mapped(String name, int number, boolean created) throws IOException {
        Descriptor descriptor = DescriptorView.own(number, "PosixSharedMemory");
        try {
            MappedMemory memory =
                    MappedMemory.builder().access(access).map(descriptor, created, "POSIX shared memory " + name);
            return new PosixSharedMemory(name, created, descriptor, memory);
        } catch (Throwable failure) {
            descriptor.close();
            throw failure;
        }
    }

    private static ErrnoException failure(int answer, String intent, String hint) {
        return new ErrnoException("shm_open", -answer, intent, hint);
    }

    /** Without the slash it may begin with. */
    static String checkedName(String name) {
        String bare = requireNonNull(name, "name").startsWith("/") ? name.substring(1) : name;
        if (bare.isEmpty() || bare.equals(".") || bare.equals("..") || bare.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    "a name has at least one character and no slash but one at the beginning, not \"" + name + "\"");
        }
        return bare;
    }
}
