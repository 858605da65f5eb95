package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.Optional;
import org.chagres.internal.resource.DatagramSlots;
import org.chagres.internal.view.InetAddresses;

/**
 * Memory for several datagrams that are sent or received in one call, each with its address: to be used again and
 * again, without garbage. What was received can be sent back as it is.
 *
 * {@snippet class = "org.chagres.examples.InetChapter" region = "batch"}
 *
 * <p><b>Thread-safety.</b> None: one thread at a time uses a batch.
 *
 * @see InetDatagramSocket#sendMany
 * @see InetDatagramSocket#receiveMany
 */
public final class DatagramBatch {
    private final DatagramSlots slots;

    private DatagramBatch(DatagramSlots slots) {
        this.slots = slots;
    }

    /**
     * A batch in memory of an arena.
     *
     * @param arena whose memory it is
     * @param capacity how many datagrams, at least 1; the kernel takes at most 1024 in one call
     * @param byteSize how many bytes each can have
     * @return the batch
     * @throws IllegalArgumentException if a number is out of range
     */
    public static DatagramBatch allocate(Arena arena, int capacity, long byteSize) {
        requireNonNull(arena, "arena");
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity must be at least 1, not " + capacity);
        }
        if (byteSize < 0) {
            throw new IllegalArgumentException("byteSize is negative: " + byteSize);
        }
        if (byteSize > Long.MAX_VALUE / capacity) {
            throw new IllegalArgumentException("no memory has " + capacity + " times " + byteSize + " bytes");
        }
        return new DatagramBatch(DatagramSlots.allocate(arena, capacity, byteSize));
    }

    /**
     * How many datagrams it has room for.
     *
     * @return how many
     */
    public int capacity() {
        return slots.count();
    }

    /**
     * The memory of a datagram: what is to be sent goes to its beginning.
     *
     * @param index which, from 0 on
     * @return all of it
     * @throws IndexOutOfBoundsException if there is none
     */
    public MemorySegment memory(int index) {
        return slots.memory(Objects.checkIndex(index, capacity()));
    }

    /**
     * Has so many bytes of its memory be the datagram.
     *
     * @param index which
     * @param byteSize how many; at first none
     * @throws IllegalArgumentException if there are not so many
     * @throws IndexOutOfBoundsException if there is no such datagram
     */
    public void setByteSize(int index, long byteSize) {
        Objects.checkIndex(index, capacity());
        if (byteSize < 0 || byteSize > slots.mostBytes()) {
            throw new IllegalArgumentException(
                    "a datagram of this batch has 0 to " + slots.mostBytes() + " bytes, not " + byteSize);
        }
        slots.setByteSize(index, byteSize);
    }

    /**
     * How many bytes a datagram has, as it was set or received: more than its memory if it was cut.
     *
     * @param index which
     * @return how many
     * @throws IndexOutOfBoundsException if there is no such datagram
     */
    public long byteSize(int index) {
        return slots.byteSize(Objects.checkIndex(index, capacity()));
    }

    /**
     * The bytes of a datagram, as many as there are in its memory.
     *
     * @param index which
     * @return a part of {@link #memory}
     * @throws IndexOutOfBoundsException if there is no such datagram
     */
    public MemorySegment bytes(int index) {
        return memory(index).asSlice(0, Math.min(byteSize(index), slots.mostBytes()));
    }

    /**
     * Has a datagram go to an address.
     *
     * @param index which
     * @param address where it goes
     * @throws IllegalArgumentException if the address is a name that was not found
     * @throws IndexOutOfBoundsException if there is no such datagram
     */
    public void setAddress(int index, InetSocketAddress address) {
        Objects.checkIndex(index, capacity());
        slots.setNameLength(index, InetAddresses.write(requireNonNull(address, "address"), slots.name(index)));
    }

    /**
     * Who sent a datagram that was received, or where one goes.
     *
     * @param index which
     * @return the address; empty if it has none: then it goes to whom the socket is connected
     * @throws IndexOutOfBoundsException if there is no such datagram
     */
    public Optional<InetSocketAddress> address(int index) {
        int length = slots.nameLength(Objects.checkIndex(index, capacity()));
        return length == 0 ? Optional.empty() : Optional.of(InetAddresses.read(slots.name(index), length));
    }

    /**
     * Has a datagram go to whom the socket is connected.
     *
     * @param index which
     * @throws IndexOutOfBoundsException if there is no such datagram
     */
    public void clearAddress(int index) {
        slots.setNameLength(Objects.checkIndex(index, capacity()), 0);
    }

    DatagramSlots slots() {
        return slots;
    }

    @Override
    public String toString() {
        return "DatagramBatch[" + capacity() + " of " + slots.mostBytes() + " bytes]";
    }
}
