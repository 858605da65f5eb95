package org.chagres.internal.resource;

import static org.chagres.internal.syscall.LookupCalls.*;
import static org.chagres.internal.syscall.LookupNumbers.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.chagres.internal.syscall.Addrinfo;
import org.chagres.internal.syscall.InterfaceIndex;

/**
 * Names and addresses, by the functions of the C library. Those that may ask name servers are made in the
 * {@link Background}: what is found is read, and freed, there.
 */
public final class Lookups {
    /** No time of a wait is longer. */
    public static final long FOREVER = Waiter.FOREVER;

    private Lookups() {}

    /** What addresses are wanted; flags, family, type and protocol as C has them. */
    public record Question(
            Optional<String> host, Optional<String> service, int flags, int family, int type, int protocol) {
        /** Whether no name server can be asked. */
        boolean isNumeric() {
            return (flags & AI_NUMERICHOST) != 0 || host.isEmpty();
        }
    }

    /** An address that was found; in memory of the heap, as C has it. */
    public record Found(int family, int type, int protocol, MemorySegment address, Optional<String> canonicalName) {}

    /** What was found, or the error, which is 0 otherwise; errno where the error says so. */
    public record Addresses(int error, int errno, List<Found> found) {}

    /** The same of names. */
    public record Names(int error, int errno, String host, String service) {}

    /** Refuses text that cannot be given to the C library. */
    public static void check(String text) {
        try (Arena arena = Arena.ofConfined()) {
            NativeText.of(text, arena);
        }
    }

    /** Looks up addresses; empty if the time is over. */
    public static Optional<Addresses> addresses(Question question, long nanos) throws InterruptedException {
        if (question.isNumeric()) {
            Interruption.check();
            return Optional.of(addresses(question));
        }
        return Background.await(() -> addresses(question), nanos);
    }

    private static Addresses addresses(Question question) {
        try (Arena arena = Arena.ofConfined()) {
            Addrinfo hints = Addrinfo.allocate(arena);
            hints.setFlags(question.flags());
            hints.setFamily(question.family());
            hints.setType(question.type());
            hints.setProtocol(question.protocol());
            MemorySegment host = textOrNull(question.host(), arena);
            MemorySegment service = textOrNull(question.service(), arena);
            MemorySegment list = arena.allocate(ValueLayout.ADDRESS);
            long answer = getaddrinfo(host, service, hints.segment(), list);
            if (error(answer) != 0) {
                return new Addresses(error(answer), errno(answer), List.of());
            }
            MemorySegment first = list.get(ValueLayout.ADDRESS, 0);
            try {
                return new Addresses(0, 0, all(first));
            } finally {
                freeaddrinfo(first);
            }
        }
    }

    private static List<Found> all(MemorySegment first) {
        List<Found> all = new ArrayList<>();
        for (MemorySegment at = first; at.address() != 0; ) {
            Addrinfo one = Addrinfo.at(at);
            MemorySegment name = one.canonicalName();
            all.add(new Found(
                    one.family(),
                    one.type(),
                    one.protocol(),
                    MemorySegment.ofArray(one.address().toArray(ValueLayout.JAVA_BYTE)),
                    name.address() == 0 ? Optional.empty() : Optional.of(text(name))));
            at = one.next();
        }
        return List.copyOf(all);
    }

    /** Looks up the names of an address and its port, of which the memory must stay; empty if the time is over. */
    public static Optional<Names> names(MemorySegment address, int flags, long nanos) throws InterruptedException {
        if ((flags & NI_NUMERICHOST) != 0) {
            Interruption.check();
            return Optional.of(names(address, flags));
        }
        return Background.await(() -> names(address, flags), nanos);
    }

    private static Names names(MemorySegment address, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(address.byteSize(), Long.BYTES).copyFrom(address);
            MemorySegment host = arena.allocate(HOST_BYTE_SIZE);
            MemorySegment service = arena.allocate(SERVICE_BYTE_SIZE);
            long answer =
                    getnameinfo(copy, (int) copy.byteSize(), host, HOST_BYTE_SIZE, service, SERVICE_BYTE_SIZE, flags);
            return error(answer) == 0
                    ? new Names(0, 0, text(host), text(service))
                    : new Names(error(answer), errno(answer), "", "");
        }
    }

    /** An error of a lookup in the words of the C library. */
    public static String words(int error) {
        return text(MemorySegment.ofAddress(gai_strerror(error)));
    }

    /** The bytes of an address, as many as the family has; none if the text is no address of it. */
    public static byte[] bytes(String text, int family, int byteSize) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment into = arena.allocate(byteSize);
            return inet_pton(family, NativeText.of(text, arena), into) == 1
                    ? into.toArray(ValueLayout.JAVA_BYTE)
                    : new byte[0];
        }
    }

    /** The text of the bytes of an address. */
    public static String text(byte[] address, int family) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment into = arena.allocate(ADDRESS_TEXT_BYTE_SIZE);
            inet_ntop(family, arena.allocateFrom(ValueLayout.JAVA_BYTE, address), into, ADDRESS_TEXT_BYTE_SIZE);
            return text(into);
        }
    }

    /** Puts all interfaces, by index, into a map; answers 0 or {@code -errno}. */
    public static int interfaces(SortedMap<Integer, String> into) {
        long answer = if_nameindex();
        if (answer < 0) {
            return (int) answer;
        }
        InterfaceIndex all = InterfaceIndex.at(answer);
        try {
            for (int entry = 0; all.index(entry) != 0; entry++) {
                into.put(all.index(entry), text(all.name(entry)));
            }
            return 0;
        } finally {
            if_freenameindex(all.segment());
        }
    }

    /** The index of an interface, or {@code -errno}. */
    public static int interfaceIndex(String name) {
        try (Arena arena = Arena.ofConfined()) {
            return if_nametoindex(NativeText.of(name, arena));
        }
    }

    /** Puts the name of an interface into a builder; answers 0 or {@code -errno}. */
    public static int interfaceName(int index, StringBuilder into) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(INTERFACE_BYTE_SIZE);
            long answer = if_indextoname(index, name);
            if (answer < 0) {
                return (int) answer;
            }
            into.append(text(name));
            return 0;
        }
    }

    static MemorySegment textOrNull(Optional<String> text, SegmentAllocator allocator) {
        return text.isPresent() ? NativeText.of(text.get(), allocator) : MemorySegment.NULL;
    }

    /** Text that ends with a zero. */
    static String text(MemorySegment at) {
        MemorySegment bytes = at.byteSize() == 0 ? at.reinterpret(Long.MAX_VALUE) : at;
        long end = 0;
        while (bytes.get(ValueLayout.JAVA_BYTE, end) != 0) {
            end++;
        }
        return new String(bytes.asSlice(0, end).toArray(ValueLayout.JAVA_BYTE), NativeText.CHARSET);
    }
}
