package org.chagres.internal.view;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.chagres.ByteSink;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;
import org.chagres.FileRange;
import org.chagres.Pollable;
import org.chagres.StatusFlag;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Splice;
import org.chagres.internal.resource.Timeouts;

/** What a {@link Descriptor} is; of all packages of ours, as any of them may have to get at the open descriptor. */
public final class DescriptorView implements Descriptor {
    private static final int SETTABLE = DescriptorObject.APPEND
            | DescriptorObject.DIRECT
            | DescriptorObject.NO_ACCESS_TIME
            | DescriptorObject.NON_BLOCKING;

    private final OpenDescriptor open;

    private DescriptorView(OpenDescriptor open) {
        this.open = open;
    }

    /** Takes charge of a number just opened. */
    public static Descriptor own(int number, String kind) {
        return new DescriptorView(OpenDescriptor.own(number, kind));
    }

    /** Takes charge of the number of a socket. */
    public static Descriptor ownSocket(int number, String kind) {
        return new DescriptorView(OpenDescriptor.ownSocket(number, kind));
    }

    /** What is behind a resource. */
    public static OpenDescriptor of(Pollable resource) {
        return ((DescriptorView) resource.descriptor()).open;
    }

    /** What the kernel calls a descriptor: a path, or what it is if it has none; empty if that is not told. */
    public static String kernelName(Descriptor descriptor) throws IOException {
        OpenDescriptor open = of(descriptor);
        StringBuilder name = new StringBuilder();
        int answer = open.ask(number -> {
            name.append(DescriptorObject.link(number));
            return 0;
        });
        if (answer == OpenDescriptor.WAS_CLOSED) {
            throw new ClosedChannelException();
        }
        return name.toString();
    }

    /** That a number is open, and not of an ordinary file: those at low numbers are the JVM's own. */
    public static void requireNoFile(int number) throws ErrnoException {
        int answer = DescriptorObject.isFile(number);
        if (answer < 0) {
            throw new ErrnoException("fstat", -answer, "looking at descriptor " + number);
        }
        if (answer > 0) {
            throw new IllegalStateException("descriptor " + number + " is an ordinary file");
        }
    }

    public static Descriptor adopt(int number) throws ErrnoException {
        if (number >= 0 && number < DescriptorObject.FIRST_FREE) {
            throw new IllegalArgumentException("descriptor " + number
                    + " is a standard stream of the whole process, and cannot be adopted; duplicateOf(" + number
                    + ") makes one that can be closed");
        }
        return opened(DescriptorObject.adopt(number), "adopting descriptor " + number);
    }

    public static Descriptor duplicateOf(int number) throws ErrnoException {
        return opened(DescriptorObject.duplicate(number), "duplicating descriptor " + number);
    }

    private static Descriptor opened(int number, String intent) throws ErrnoException {
        if (number < 0) {
            throw new ErrnoException("fcntl", -number, intent);
        }
        return own(number, "Descriptor");
    }

    @Override
    public int release() throws IOException {
        int number = open.release();
        if (number == OpenDescriptor.WAS_CLOSED) {
            throw new ClosedChannelException();
        }
        if (number < 0) {
            throw new IllegalStateException(open + " cannot be released while another thread uses it");
        }
        return number;
    }

    @Override
    public Descriptor duplicate() throws IOException {
        return own(
                Transfers.checked(open.ask(DescriptorObject::duplicate), "fcntl", () -> "duplicating " + open),
                "Descriptor");
    }

    @Override
    public Descriptor duplicateOnto(int number) throws IOException {
        if (number < DescriptorObject.FIRST_FREE) {
            throw new IllegalArgumentException("the number must be 3 or more, not " + number
                    + (number >= 0 ? ": redirect() is for the standard streams" : ""));
        }
        int answer = open.ask(own -> own == number ? 0 : DescriptorObject.duplicateOnto(own, number));
        if (answer == 0) {
            throw new IllegalArgumentException(open + " has the number " + number + " itself");
        }
        return own(Transfers.checked(answer, "dup3", () -> "duplicating " + open + " onto " + number), "Descriptor");
    }

    @Override
    public boolean isReadable() throws IOException {
        return DescriptorObject.isReadable(flags());
    }

    @Override
    public boolean isWritable() throws IOException {
        return DescriptorObject.isWritable(flags());
    }

    private int flags() throws IOException {
        return Transfers.checked(open.ask(DescriptorObject::flags), "fcntl", () -> "reading the flags of " + open);
    }

    @Override
    public Set<StatusFlag> statusFlags() throws IOException {
        int word = flags();
        Set<StatusFlag> flags = EnumSet.noneOf(StatusFlag.class);
        for (StatusFlag flag : StatusFlag.values()) {
            if ((word & bit(flag)) != 0) {
                flags.add(flag);
            }
        }
        return Collections.unmodifiableSet(flags);
    }

    @Override
    public void setStatusFlags(Set<StatusFlag> flags) throws IOException {
        int word = 0;
        for (StatusFlag flag : requireNonNull(flags, "flags")) {
            word |= bit(flag);
        }
        int set = word;
        Transfers.checked(open.setFlags(set, SETTABLE), "fcntl", () -> "setting the flags " + flags + " of " + open);
    }

    private static int bit(StatusFlag flag) {
        return switch (flag) {
            case APPEND -> DescriptorObject.APPEND;
            case DIRECT -> DescriptorObject.DIRECT;
            case NO_ACCESS_TIME -> DescriptorObject.NO_ACCESS_TIME;
            case NON_BLOCKING -> DescriptorObject.NON_BLOCKING;
        };
    }

    @Override
    public long byteSize() throws IOException {
        return Transfers.checked(open.askLong(DescriptorObject::size), "fstat", () -> "reading the size of " + open);
    }

    @Override
    public long position() throws IOException {
        return Transfers.checked(
                open.askLong(DescriptorObject::position), "lseek", () -> "reading the position of " + open);
    }

    @Override
    public void setPosition(long position) throws IOException {
        requireNotNegative(position, "position");
        Transfers.checked(
                open.askLong(number -> DescriptorObject.setPosition(number, position)),
                "lseek",
                () -> "setting the position of " + open + " to " + position);
    }

    @Override
    public void truncate(long byteSize) throws IOException {
        requireNotNegative(byteSize, "byteSize");
        Transfers.checked(
                open.ask(number -> DescriptorObject.truncate(number, byteSize)),
                "ftruncate",
                () -> "setting the size of " + open + " to " + byteSize + " bytes");
    }

    @Override
    public void allocate(FileRange what, long offset, long byteSize) throws IOException {
        int mode = mode(what);
        requireNotNegative(offset, "offset");
        if (byteSize < 1) {
            throw new IllegalArgumentException("a range has at least 1 byte, not " + byteSize);
        }
        Transfers.checked(
                open.ask(number -> DescriptorObject.allocate(number, mode, offset, byteSize)),
                "fallocate",
                () -> what + " of " + byteSize + " bytes at " + offset + " of " + open);
    }

    private static int mode(FileRange what) {
        return switch (requireNonNull(what, "what")) {
            case ALLOCATE -> 0;
            case ALLOCATE_KEEPING_SIZE -> DescriptorObject.KEEP_SIZE;
            case PUNCH_HOLE -> DescriptorObject.PUNCH_HOLE;
            case ZERO -> DescriptorObject.ZERO_RANGE;
            case COLLAPSE -> DescriptorObject.COLLAPSE_RANGE;
            case INSERT -> DescriptorObject.INSERT_RANGE;
        };
    }

    @Override
    public long readAt(MemorySegment into, long offset) throws IOException {
        requireNotNegative(offset, "offset");
        return Transfers.readAt(open, into, offset);
    }

    @Override
    public long writeAt(MemorySegment from, long offset) throws IOException {
        requireNotNegative(offset, "offset");
        return Transfers.writeAt(open, from, offset);
    }

    @Override
    public long sendFile(ByteSink to, long offset, long byteSize) throws IOException, InterruptedException {
        requireNotNegative(offset, "offset");
        return Splices.transfer(Splice.SEND_FILE, this, offset, to, byteSize, OpenDescriptor.FOREVER);
    }

    @Override
    public long trySendFile(ByteSink to, long offset, long byteSize, Duration timeout)
            throws IOException, InterruptedException {
        requireNotNegative(offset, "offset");
        return Splices.transfer(Splice.SEND_FILE, this, offset, to, byteSize, Timeouts.nanos(timeout));
    }

    static void requireNotNegative(long value, String name) {
        if (value < 0) {
            throw new IllegalArgumentException(name + " must not be negative, but is " + value);
        }
    }

    @Override
    public String toString() {
        return open.toString();
    }
}
