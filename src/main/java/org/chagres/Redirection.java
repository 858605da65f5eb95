package org.chagres;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.Transfers;

/**
 * A standard stream of this process that goes elsewhere until this is closed; see {@link Descriptor#redirect}. Of
 * several for the same stream the last one is closed first. One that is forgotten leaves the stream where it goes.
 */
public final class Redirection implements AutoCloseable {
    private final StandardStream stream;

    /** What the stream was; empty if it was closed. */
    private final Optional<OpenDescriptor> before;

    private final AtomicBoolean closed = new AtomicBoolean();

    private Redirection(StandardStream stream, Optional<OpenDescriptor> before) {
        this.stream = stream;
        this.before = before;
    }

    static Redirection of(Descriptor to, StandardStream stream) throws IOException {
        requireNonNull(stream, "stream");
        OpenDescriptor target = DescriptorView.of(to);
        int saved = DescriptorObject.duplicate(number(stream));
        Optional<OpenDescriptor> before = Optional.empty();
        if (saved >= 0) {
            before = Optional.of(OpenDescriptor.own(saved, "Redirection"));
        } else if (Errno.of(-saved) != Errno.EBADF) {
            throw Transfers.failure(saved, "fcntl", "duplicating the standard stream " + stream);
        }
        Redirection redirection = new Redirection(stream, before);
        redirection.flush();
        try {
            Transfers.checked(
                    target.ask(own -> DescriptorObject.redirect(own, number(stream))),
                    "dup3",
                    () -> "redirecting the standard stream " + stream + " to " + target);
        } catch (IOException failure) {
            before.ifPresent(OpenDescriptor::close);
            throw failure;
        }
        return redirection;
    }

    private static int number(StandardStream stream) {
        return switch (stream) {
            case INPUT -> 0;
            case OUTPUT -> 1;
            case ERROR -> 2;
        };
    }

    /** What Java has not written yet belongs where it was printed to. */
    private void flush() {
        switch (stream) {
            case INPUT -> {}
            case OUTPUT -> System.out.flush();
            case ERROR -> System.err.flush();
        }
    }

    /**
     * Has the stream go again where it went before. A second close does nothing. What Java has printed is flushed
     * before: into a pipe that is full that waits for a reader, and knows neither interrupt nor time.
     *
     * @throws ErrnoException with the kernel's reason, most unlikely
     */
    @Override
    public void close() throws IOException {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        flush();
        if (before.isPresent()) {
            OpenDescriptor saved = before.get();
            try {
                Transfers.checked(
                        saved.ask(own -> DescriptorObject.redirect(own, number(stream))),
                        "dup3",
                        () -> "restoring the standard stream " + stream);
            } finally {
                saved.close();
            }
        } else {
            DescriptorObject.closeStandard(number(stream));
        }
    }

    @Override
    public String toString() {
        return "Redirection[" + stream + (closed.get() ? ", closed]" : "]");
    }
}
