package org.chagres.file;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.OpenDescriptor;

/** Puts what the kernel answered about locks into words. */
final class LockFailure {
    private LockFailure() {}

    static IOException of(int answer, LockKind kind, String intent) {
        if (answer == OpenDescriptor.WAS_CLOSED) {
            return new ClosedChannelException();
        }
        if (answer == OpenDescriptor.CLOSED) {
            return new AsynchronousCloseException();
        }
        String hint = switch (Errno.of(-answer)) {
            case EBADF -> "a shared lock needs the file open for reading, an exclusive one for writing";
            case EDEADLK ->
                "the kernel takes it for processes that wait for each other in a circle, and takes the"
                        + " threads of this one for one: give up what you have and try again";
            case EINVAL -> "files of this kind cannot be locked, or this kernel has no locks of that kind";
            default -> "";
        };
        return new ErrnoException(kind == LockKind.FLOCK ? "flock" : "fcntl", -answer, intent, hint);
    }
}
