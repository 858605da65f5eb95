package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.chagres.Descriptor;

/**
 * What came with bytes that were received: how many they were, from whom, and what travelled with them.
 *
 * <p><b>Lifetime.</b> The descriptors in it belong to this object until they are {@linkplain #takeDescriptor() taken};
 * {@link #close()} closes those nobody took. One that is forgotten loses them to the garbage collector.
 *
 * <p><b>Thread-safety.</b> Not safe for use by several threads at once.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/recvmsg.2.html">recvmsg(2)</a>
 */
public final class ReceivedMessage implements AutoCloseable {
    private final long byteCount;
    private final boolean atEnd;
    private final boolean truncated;
    private final boolean controlTruncated;
    private final boolean endOfRecord;
    private final boolean outOfBand;
    private final UnixAddress from;
    private final Deque<Descriptor> descriptors;
    private final Optional<Credentials> credentials;
    private final Optional<String> securityLabel;
    private final Optional<Instant> time;
    private Optional<Descriptor> process;

    ReceivedMessage(
            long byteCount,
            boolean atEnd,
            boolean truncated,
            boolean controlTruncated,
            boolean endOfRecord,
            boolean outOfBand,
            UnixAddress from,
            List<Descriptor> descriptors,
            Optional<Credentials> credentials,
            Optional<String> securityLabel,
            Optional<Instant> time,
            Optional<Descriptor> process) {
        this.byteCount = byteCount;
        this.atEnd = atEnd;
        this.truncated = truncated;
        this.controlTruncated = controlTruncated;
        this.endOfRecord = endOfRecord;
        this.outOfBand = outOfBand;
        this.from = from;
        this.descriptors = new ArrayDeque<>(descriptors);
        this.credentials = credentials;
        this.securityLabel = securityLabel;
        this.time = time;
        this.process = process;
    }

    /**
     * How many bytes came.
     *
     * @return 0 also of a datagram or record of no bytes, and at the {@linkplain #isAtEnd() end}; with
     *     {@link ReceiveOption#REAL_LENGTH} it may be more than the memory holds
     */
    public long byteCount() {
        return byteCount;
    }

    /**
     * Whether no more will come: the other side was closed, or shut down.
     *
     * @return only of streams and sequenced packets; of the latter a record of no bytes is told from it, but for one
     *     that is the last before the end
     */
    public boolean isAtEnd() {
        return atEnd;
    }

    /**
     * Whether the datagram or record had more bytes than the memory; the rest is lost.
     *
     * @return {@code MSG_TRUNC}
     */
    public boolean isTruncated() {
        return truncated;
    }

    /**
     * Whether more travelled with it than there was room for: more descriptors than were asked for, or than this
     * process may have open. They are closed.
     *
     * @return {@code MSG_CTRUNC}
     */
    public boolean isControlTruncated() {
        return controlTruncated;
    }

    /**
     * Whether the record ends here.
     *
     * @return {@code MSG_EOR}, which Linux does not pass on from one local socket to another
     */
    public boolean isEndOfRecord() {
        return endOfRecord;
    }

    /**
     * Whether it came out of band.
     *
     * @return {@code MSG_OOB}
     */
    public boolean isOutOfBand() {
        return outOfBand;
    }

    /**
     * Who sent it, of datagrams.
     *
     * @return the address of the sending socket; unnamed if it has none, and of streams
     */
    public UnixAddress from() {
        return from;
    }

    /**
     * How many descriptors there are that nobody took.
     *
     * @return the count
     */
    public int descriptorCount() {
        return descriptors.size();
    }

    /**
     * Takes the next descriptor out, of whatever kind: from here on it is the caller's.
     *
     * @return in the order they were sent
     * @throws NoSuchElementException if there is none any more
     */
    public Descriptor takeDescriptor() {
        return descriptors.removeFirst();
    }

    /**
     * What a descriptor becomes, such as {@code UnixStream::of}.
     *
     * @param <T> the type of it
     */
    @FunctionalInterface
    public interface Kind<T> {
        /**
         * Makes it of a descriptor.
         *
         * @param descriptor which
         * @return what takes charge of it
         * @throws IOException if it is none
         */
        T of(Descriptor descriptor) throws IOException;
    }

    /**
     * Takes the next descriptor out as what it is expected to be: from here on that is the caller's. If it is something
     * else it is closed, so that a sender cannot fill this process with what nobody wants.
     *
     * @param <T> the type of it
     * @param kind such as {@code PipeSource::of}, {@code UnixListener::of}, or
     *     {@code file -> MemoryFile.take(file, 4096, Seal.SHRINK)}
     * @return in the order they were sent
     * @throws IOException as {@code kind} says
     * @throws NoSuchElementException if there is none any more
     */
    public <T> T takeDescriptor(Kind<T> kind) throws IOException {
        requireNonNull(kind, "kind");
        Descriptor descriptor = takeDescriptor();
        try {
            return kind.of(descriptor);
        } catch (Throwable failure) {
            descriptor.close();
            throw failure;
        }
    }

    /**
     * Takes all descriptors out: from here on they are the caller's.
     *
     * @return in the order they were sent
     */
    public List<Descriptor> takeDescriptors() {
        List<Descriptor> taken = new ArrayList<>(descriptors);
        descriptors.clear();
        return List.copyOf(taken);
    }

    /**
     * Who sent it, as the kernel checked.
     *
     * @return present if this socket asks for it ({@link LinuxSocketOptions#SO_PASSCRED})
     */
    public Optional<Credentials> credentials() {
        return credentials;
    }

    /**
     * Takes out the process that sent it, as a descriptor that never means another: from here on it is the caller's.
     *
     * @return present the first time, if this socket asks for it ({@link LinuxSocketOptions#SO_PASSPIDFD}), and more
     *     descriptors than were asked for did not use up the room ({@link #isControlTruncated()})
     */
    public Optional<Descriptor> takeProcess() {
        Optional<Descriptor> taken = process;
        process = Optional.empty();
        return taken;
    }

    /**
     * The security label of the sender.
     *
     * @return present if this socket asks for it ({@link LinuxSocketOptions#SO_PASSSEC}) and a security module has
     *     labels
     */
    public Optional<String> securityLabel() {
        return securityLabel;
    }

    /**
     * When it was sent.
     *
     * @return present of a datagram or record, if this socket asks for it ({@link LinuxSocketOptions#SO_TIMESTAMPNS},
     *     {@link LinuxSocketOptions#SO_TIMESTAMP})
     */
    public Optional<Instant> time() {
        return time;
    }

    /** Closes the descriptors that nobody took. */
    @Override
    public void close() {
        while (!descriptors.isEmpty()) {
            descriptors.removeFirst().close();
        }
        takeProcess().ifPresent(Descriptor::close);
    }

    @Override
    public String toString() {
        return "ReceivedMessage[" + byteCount + " bytes" + (truncated ? ", truncated" : "")
                + (descriptors.isEmpty() ? "" : ", descriptors " + descriptors) + "]";
    }
}
