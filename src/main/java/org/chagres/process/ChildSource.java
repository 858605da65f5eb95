package org.chagres.process;

import java.util.Optional;
import org.chagres.ByteSource;
import org.chagres.Descriptor;

/**
 * The output of a child, as {@code popen(3)} with {@code "r"} has it: closing it closes the pipe and waits for the end
 * of the child. A child that writes on gets {@code SIGPIPE}.
 *
 * @see ChildProcessBuilder#openForReading()
 */
public final class ChildSource implements ByteSource {
    private final ChildProcess child;
    private final Popened popened;

    ChildSource(ChildProcess child) {
        this.child = child;
        this.popened = new Popened(child);
    }

    @Override
    public Descriptor descriptor() {
        return child.output().descriptor();
    }

    /**
     * The child.
     *
     * @return to be signalled, or waited for
     */
    public ChildProcess child() {
        return child;
    }

    /**
     * How the child ended.
     *
     * @return empty before {@link #close()}, if that was interrupted, or if other code took the status
     */
    public Optional<Termination> termination() {
        return popened.termination();
    }

    /**
     * Closes the pipe, and all others to the child, and waits for its end. If the thread is interrupted it waits no
     * longer, and stays interrupted; the child goes on then. A second close does nothing.
     */
    @Override
    public void close() {
        popened.close();
    }

    @Override
    public String toString() {
        return "ChildSource of " + child;
    }
}
