package org.chagres.internal.view;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.Arena;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.resource.FileModes;
import org.chagres.internal.resource.FileNames;

/** Files that become descriptors: the options are checked and put into words here. */
public final class FileOpening {
    /** The default of what is created: the user decides who else may. */
    public static final Set<PosixFilePermission> OWNER_ONLY =
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private FileOpening() {}

    public static Descriptor open(Path path, Set<PosixFilePermission> permissions, OpenOption... options)
            throws ErrnoException {
        int flags = flags(Arrays.asList(options));
        try (Arena arena = Arena.ofConfined()) {
            int number = DescriptorObject.open(FileNames.of(path, arena), flags, FileModes.toMode(permissions));
            if (number < 0) {
                String how = options.length == 0 ? "for reading" : Arrays.toString(options);
                throw DescriptorFailure.of("open", -number, "opening " + path + " " + how);
            }
            return DescriptorView.own(number, "Descriptor");
        }
    }

    private static int flags(List<OpenOption> options) {
        boolean writing = options.contains(StandardOpenOption.WRITE) || options.contains(StandardOpenOption.APPEND);
        boolean reading = options.contains(StandardOpenOption.READ) || !writing;
        int flags = !writing ? 0 : reading ? DescriptorObject.READ_WRITE : DescriptorObject.WRITE_ONLY;
        for (OpenOption option : options) {
            flags |= flag(requireNonNull(option, "option"));
        }
        if (!writing && options.contains(StandardOpenOption.TRUNCATE_EXISTING)) {
            throw new IllegalArgumentException("TRUNCATE_EXISTING needs WRITE");
        }
        return flags;
    }

    private static int flag(OpenOption option) {
        if (option == LinkOption.NOFOLLOW_LINKS) {
            return DescriptorObject.NO_FOLLOW;
        }
        if (option instanceof StandardOpenOption standard) {
            switch (standard) {
                case READ, WRITE -> {
                    return 0;
                }
                case APPEND -> {
                    return DescriptorObject.APPEND;
                }
                case TRUNCATE_EXISTING -> {
                    return DescriptorObject.TRUNCATE;
                }
                case CREATE -> {
                    return DescriptorObject.CREATE;
                }
                case CREATE_NEW -> {
                    return DescriptorObject.CREATE | DescriptorObject.EXCLUSIVE;
                }
                case SYNC -> {
                    return DescriptorObject.SYNC;
                }
                case DSYNC -> {
                    return DescriptorObject.DATA_SYNC;
                }
                case DELETE_ON_CLOSE, SPARSE -> {} // of the JDK's channels, not of the kernel
            }
        }
        throw new IllegalArgumentException("a descriptor cannot be opened with the option " + option);
    }
}
