package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/** {@code struct addrinfo}: what addresses are wanted, and one that was found. */
public record Addrinfo(MemorySegment segment) {
    public static Addrinfo allocate(SegmentAllocator allocator) {
        Linkage.require();
        return new Addrinfo(
                allocator.allocate(Linux.ADDRINFO_BYTE_SIZE(), Long.BYTES).fill((byte) 0));
    }

    /** The one at a pointer that C made. */
    public static Addrinfo at(MemorySegment pointer) {
        return new Addrinfo(pointer.reinterpret(Linux.ADDRINFO_BYTE_SIZE()));
    }

    public void setFlags(int flags) {
        segment.set(ValueLayout.JAVA_INT, Linux.ADDRINFO_AI_FLAGS_OFFSET(), flags);
    }

    public int family() {
        return segment.get(ValueLayout.JAVA_INT, Linux.ADDRINFO_AI_FAMILY_OFFSET());
    }

    public void setFamily(int family) {
        segment.set(ValueLayout.JAVA_INT, Linux.ADDRINFO_AI_FAMILY_OFFSET(), family);
    }

    public int type() {
        return segment.get(ValueLayout.JAVA_INT, Linux.ADDRINFO_AI_SOCKTYPE_OFFSET());
    }

    public void setType(int type) {
        segment.set(ValueLayout.JAVA_INT, Linux.ADDRINFO_AI_SOCKTYPE_OFFSET(), type);
    }

    public int protocol() {
        return segment.get(ValueLayout.JAVA_INT, Linux.ADDRINFO_AI_PROTOCOL_OFFSET());
    }

    public void setProtocol(int protocol) {
        segment.set(ValueLayout.JAVA_INT, Linux.ADDRINFO_AI_PROTOCOL_OFFSET(), protocol);
    }

    /** The address: as many bytes as it has. */
    public MemorySegment address() {
        return segment.get(ValueLayout.ADDRESS, Linux.ADDRINFO_AI_ADDR_OFFSET())
                .reinterpret(segment.get(ValueLayout.JAVA_INT, Linux.ADDRINFO_AI_ADDRLEN_OFFSET()));
    }

    /** A pointer to text; null for none. */
    public MemorySegment canonicalName() {
        return segment.get(ValueLayout.ADDRESS, Linux.ADDRINFO_AI_CANONNAME_OFFSET());
    }

    /** A pointer to the next one; null for none. */
    public MemorySegment next() {
        return segment.get(ValueLayout.ADDRESS, Linux.ADDRINFO_AI_NEXT_OFFSET());
    }
}
