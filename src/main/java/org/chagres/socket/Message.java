package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.chagres.Pollable;

/**
 * What {@link UnixSocket#send(Message)} sends: bytes, and what travels with them. Immutable; each method answers a new
 * one.
 *
 * {@snippet class = "org.chagres.examples.SocketChapter" region = "message"}
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/sendmsg.2.html">sendmsg(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man3/cmsg.3.html">cmsg(3)</a>
 */
public final class Message {
    private final List<MemorySegment> pieces;
    private final List<Pollable> descriptors;
    private final List<Pollable> given;
    private final Optional<Credentials> credentials;
    private final Optional<UnixAddress> to;
    private final Set<SendOption> options;

    private Message(
            List<MemorySegment> pieces,
            List<Pollable> descriptors,
            List<Pollable> given,
            Optional<Credentials> credentials,
            Optional<UnixAddress> to,
            Set<SendOption> options) {
        this.pieces = pieces;
        this.descriptors = descriptors;
        this.given = given;
        this.credentials = credentials;
        this.to = to;
        this.options = options;
    }

    /**
     * Bytes, of one piece of memory or several, one after the other.
     *
     * @param pieces the bytes as they are when they are sent; none is a message of no bytes
     * @return the message
     */
    public static Message of(MemorySegment... pieces) {
        return new Message(
                List.of(requireNonNull(pieces, "pieces")),
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Set.of());
    }

    /**
     * The bytes of a buffer from its position to its limit; the position stays.
     *
     * @param bytes the bytes as they are when they are sent
     * @return the message
     */
    public static Message of(ByteBuffer bytes) {
        return of(MemorySegment.ofBuffer(requireNonNull(bytes, "bytes")));
    }

    /**
     * The bytes of an array.
     *
     * @param bytes as they are when they are sent
     * @return the message
     */
    public static Message of(byte[] bytes) {
        return of(MemorySegment.ofArray(requireNonNull(bytes, "bytes")));
    }

    /**
     * A text in UTF-8, without a zero byte at the end.
     *
     * @param text the text
     * @return the message
     */
    public static Message of(String text) {
        return of(requireNonNull(text, "text").getBytes(StandardCharsets.UTF_8));
    }

    /**
     * With descriptors ({@code SCM_RIGHTS}), after those it has: the receiver gets numbers of its own for the same open
     * files. They stay open here. At most 253 in a message. A stream needs at least one byte to carry them.
     *
     * @param resources open ones
     * @return a new message
     */
    public Message with(Pollable... resources) {
        return new Message(pieces, appended(descriptors, resources), given, credentials, to, options);
    }

    /**
     * With descriptors as {@link #with}, which are closed here as soon as they are sent, and only then. Of a listener
     * that removes its file when it is closed ({@link BindOption#UNLINK_ON_CLOSE}) that goes too.
     *
     * @param resources open ones
     * @return a new message
     */
    public Message giving(Pollable... resources) {
        return new Message(
                pieces, appended(descriptors, resources), appended(given, resources), credentials, to, options);
    }

    private static List<Pollable> appended(List<Pollable> before, Pollable... more) {
        List<Pollable> added = List.of(requireNonNull(more, "resources"));
        if (before.isEmpty()) {
            return added;
        }
        List<Pollable> all = new ArrayList<>(before);
        all.addAll(added);
        return List.copyOf(all);
    }

    /**
     * With the sender's credentials ({@code SCM_CREDENTIALS}). The kernel checks them: a process without privileges
     * gives its own number, and users and groups it has. Where the receiver asks for credentials
     * ({@link LinuxSocketOptions#SO_PASSCRED}) it gets those of the sender without this too.
     *
     * @param who as it is to appear
     * @return a new message
     */
    public Message as(Credentials who) {
        return new Message(pieces, descriptors, given, Optional.of(requireNonNull(who, "who")), to, options);
    }

    /**
     * To an address, of a datagram socket that is not connected, or for this message alone.
     *
     * @param address whose
     * @return a new message
     * @throws IllegalArgumentException if it is unnamed, as that of a sender is who is bound to none
     */
    public Message to(UnixAddress address) {
        if (address instanceof UnixAddress.Unnamed) {
            throw new IllegalArgumentException("nobody can be found at an unnamed address");
        }
        return new Message(
                pieces, descriptors, given, credentials, Optional.of(requireNonNull(address, "address")), options);
    }

    /**
     * Sent in a way of its own.
     *
     * @param options how, besides those it has
     * @return a new message
     */
    public Message with(SendOption... options) {
        Set<SendOption> all = EnumSet.noneOf(SendOption.class);
        all.addAll(this.options);
        all.addAll(List.of(requireNonNull(options, "options")));
        return new Message(pieces, descriptors, given, credentials, to, Set.copyOf(all));
    }

    List<MemorySegment> pieces() {
        return pieces;
    }

    List<Pollable> descriptors() {
        return descriptors;
    }

    List<Pollable> given() {
        return given;
    }

    Optional<Credentials> credentials() {
        return credentials;
    }

    Optional<UnixAddress> to() {
        return to;
    }

    Set<SendOption> options() {
        return options;
    }

    @Override
    public String toString() {
        long byteSize = 0;
        for (MemorySegment piece : pieces) {
            byteSize += piece.byteSize();
        }
        return "Message[" + byteSize + " bytes" + (descriptors.isEmpty() ? "" : ", descriptors " + descriptors)
                + to.map(address -> ", to " + address).orElse("") + "]";
    }
}
