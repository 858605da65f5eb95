package org.chagres.internal.view;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.chagres.socket.BindOption;
import org.chagres.socket.UnixAddress;

/** The file of a socket that is bound to a path, to be removed with the socket, once, if it is still the same. */
public final class BoundFile {
    /** None, or one that stays. */
    public static final BoundFile NONE = new BoundFile(Optional.empty(), Optional.empty());

    private final Optional<Path> path;
    private final Optional<Object> key;
    private final AtomicBoolean done = new AtomicBoolean();

    private BoundFile(Optional<Path> path, Optional<Object> key) {
        this.path = path;
        this.key = key;
    }

    /** Of a socket just bound. */
    public static BoundFile of(UnixAddress address, BindOption... options) {
        return address instanceof UnixAddress.Pathname named && List.of(options).contains(BindOption.UNLINK_ON_CLOSE)
                ? new BoundFile(Optional.of(named.path().toAbsolutePath()), key(named.path()))
                : NONE;
    }

    private static Optional<Object> key(Path path) {
        try {
            return Optional.ofNullable(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey());
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    public void remove() {
        if (path.isEmpty() || !done.compareAndSet(false, true)) {
            return;
        }
        Optional<Object> present = key(path.get());
        if (present.isPresent() && Objects.equals(present, key)) {
            try {
                Files.deleteIfExists(path.get());
            } catch (IOException forbidden) {
                // closing goes on
            }
        }
    }
}
