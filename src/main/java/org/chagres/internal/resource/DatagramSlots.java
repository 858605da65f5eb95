package org.chagres.internal.resource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.chagres.internal.syscall.Iovecs;
import org.chagres.internal.syscall.Mmsghdrs;
import org.chagres.internal.syscall.Msghdr;
import org.chagres.internal.syscall.SockaddrIn6;

/** Native memory of several datagrams, each with its address, for calls that take them all at once. */
public final class DatagramSlots {
    private final Mmsghdrs headers;
    private final Transfer sending;
    private final Transfer receiving;
    private final MemorySegment[] memory;
    private final MemorySegment[] names;
    private final long byteSize;

    private DatagramSlots(Mmsghdrs headers, MemorySegment[] memory, MemorySegment[] names, long byteSize) {
        this.headers = headers;
        this.sending = Datagrams.sending(headers);
        this.receiving = Datagrams.receiving(headers);
        this.memory = memory;
        this.names = names;
        this.byteSize = byteSize;
    }

    /** So many, each with so many bytes at most. */
    public static DatagramSlots allocate(Arena arena, int count, long byteSize) {
        MemorySegment all = arena.allocate(Math.multiplyExact(count, byteSize), Long.BYTES);
        Mmsghdrs headers = Mmsghdrs.allocate(arena, count, Iovecs.of(List.of(all), arena));
        MemorySegment[] memory = new MemorySegment[count];
        MemorySegment[] names = new MemorySegment[count];
        for (int i = 0; i < count; i++) {
            memory[i] = all.asSlice(i * byteSize, byteSize);
            names[i] = arena.allocate(SockaddrIn6.BYTE_SIZE, Long.BYTES);
            headers.message(i).setPieces(Iovecs.of(List.of(memory[i]), arena));
            headers.message(i).setName(names[i], 0);
            headers.message(i).pieces().setByteSize(0, 0);
        }
        return new DatagramSlots(headers, memory, names, byteSize);
    }

    public int count() {
        return memory.length;
    }

    /** How many bytes one has at most. */
    public long mostBytes() {
        return byteSize;
    }

    public MemorySegment memory(int index) {
        return memory[index];
    }

    /** Has so many bytes of a slot be the datagram. */
    public void setByteSize(int index, long size) {
        headers.message(index).pieces().setByteSize(0, size);
    }

    /** How many bytes a datagram has, as it was set or received: it may have been longer than the slot. */
    public long byteSize(int index) {
        return headers.message(index).pieces().byteSize(0);
    }

    public MemorySegment name(int index) {
        return names[index];
    }

    public int nameLength(int index) {
        return headers.message(index).nameLength();
    }

    /** Has so many bytes of the name be the address; 0 for whom the socket is connected to. */
    public void setNameLength(int index, int length) {
        headers.message(index).setNameLength(length);
    }

    public long send(OpenDescriptor socket, int first, int count, long nanos) throws InterruptedException {
        boolean isAll = first == 0 && count == count();
        Transfer some = isAll ? sending : Datagrams.sending(headers.range(first, count));
        return socket.transfer(some, MemorySegment.NULL, Iovecs.NONE, nanos);
    }

    /** Receives at least one into the first slots; answers how many. */
    public long receive(OpenDescriptor socket, long nanos) throws InterruptedException {
        for (int i = 0; i < memory.length; i++) {
            Msghdr header = headers.message(i);
            header.pieces().setByteSize(0, byteSize);
            header.setNameLength(SockaddrIn6.BYTE_SIZE);
        }
        int came = 0;
        try {
            int answer = (int) socket.transfer(receiving, MemorySegment.NULL, Iovecs.NONE, nanos);
            came = Math.max(answer, 0);
            return answer;
        } finally {
            for (int i = 0; i < memory.length; i++) {
                Msghdr header = headers.message(i);
                header.pieces().setByteSize(0, i < came ? headers.byteSize(i) : 0);
                if (i >= came) {
                    header.setNameLength(0);
                }
            }
        }
    }
}
