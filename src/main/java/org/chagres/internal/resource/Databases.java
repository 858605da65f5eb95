package org.chagres.internal.resource;

import static org.chagres.internal.syscall.DatabaseCalls.*;
import static org.chagres.internal.syscall.Errnos.*;
import static org.chagres.internal.syscall.LookupNumbers.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.chagres.internal.syscall.Servent;
import org.chagres.internal.syscall.SocketCalls;

/**
 * Entries of the databases by their names and numbers, by the functions of the C library. Those that may ask name
 * servers, of hosts and networks, are made in the {@link Background}; the others read files, and are only long enough
 * not to be made on a carrier.
 */
public final class Databases {
    private static final int FIRST_BUFFER = 1024;

    /** More than any entry takes that somebody needs; a line of a file may be as long. */
    private static final int LARGEST_BUFFER = 1 << 24;

    private Databases() {}

    /**
     * An entry: of services with the port as number and a protocol, of hosts with the bytes of the addresses, of
     * networks with an unsigned number.
     */
    public record Entry(String name, List<String> aliases, int number, String protocol, List<byte[]> addresses) {}

    /**
     * What came of a call: an entry, or an error, which is 0 otherwise, one of the EAI numbers, and errno where that is
     * {@code EAI_SYSTEM}.
     */
    public record Answer(int error, int errno, Optional<Entry> entry) {
        /** Nothing is there, and nothing went wrong: the end of those that come one after the other. */
        static final Answer NONE = new Answer(0, 0, Optional.empty());
    }

    /** Where the C library writes. */
    record Places(MemorySegment entry, MemorySegment buffer, MemorySegment result, MemorySegment hostError) {}

    /** A call of the C library that answers 0 or {@code -errno}; texts may be put where the places are. */
    @FunctionalInterface
    interface Call {
        int on(Places at, SegmentAllocator allocator);
    }

    /** The host of a name, with its addresses of one family; empty if the time is over. */
    public static Optional<Answer> host(String name, int family, long nanos) throws InterruptedException {
        Lookups.check(name);
        return Background.await(
                () -> one(
                        Database.HOSTS,
                        (at, allocator) -> gethostbyname2_r(
                                NativeText.of(name, allocator),
                                family,
                                at.entry(),
                                at.buffer(),
                                at.buffer().byteSize(),
                                at.result(),
                                at.hostError())),
                nanos);
    }

    /** The host of an address; empty if the time is over. */
    public static Optional<Answer> host(byte[] address, int family, long nanos) throws InterruptedException {
        byte[] bytes = address.clone(); // the call may outlive its caller
        return Background.await(
                () -> one(
                        Database.HOSTS,
                        (at, allocator) -> gethostbyaddr_r(
                                allocator.allocateFrom(ValueLayout.JAVA_BYTE, bytes),
                                bytes.length,
                                family,
                                at.entry(),
                                at.buffer(),
                                at.buffer().byteSize(),
                                at.result(),
                                at.hostError())),
                nanos);
    }

    /** The network of a name; empty if the time is over. */
    public static Optional<Answer> network(String name, long nanos) throws InterruptedException {
        Lookups.check(name);
        return Background.await(
                () -> one(
                        Database.NETWORKS,
                        (at, allocator) -> getnetbyname_r(
                                NativeText.of(name, allocator),
                                at.entry(),
                                at.buffer(),
                                at.buffer().byteSize(),
                                at.result(),
                                at.hostError())),
                nanos);
    }

    /** The network of a number of IPv4; empty if the time is over. */
    public static Optional<Answer> network(int number, long nanos) throws InterruptedException {
        return Background.await(
                () -> one(
                        Database.NETWORKS,
                        (at, allocator) -> getnetbyaddr_r(
                                number,
                                SocketCalls.AF_INET,
                                at.entry(),
                                at.buffer(),
                                at.buffer().byteSize(),
                                at.result(),
                                at.hostError())),
                nanos);
    }

    /** The protocol of a name. */
    public static Answer protocol(String name) {
        return aside(() -> one(
                Database.PROTOCOLS,
                (at, allocator) -> getprotobyname_r(
                        NativeText.of(name, allocator),
                        at.entry(),
                        at.buffer(),
                        at.buffer().byteSize(),
                        at.result())));
    }

    /** The protocol of a number. */
    public static Answer protocol(int number) {
        return aside(() -> one(
                Database.PROTOCOLS,
                (at, allocator) -> getprotobynumber_r(
                        number, at.entry(), at.buffer(), at.buffer().byteSize(), at.result())));
    }

    /** The service of a name, over a protocol or any. */
    public static Answer service(String name, Optional<String> protocol) {
        return aside(() -> one(
                Database.SERVICES,
                (at, allocator) -> getservbyname_r(
                        NativeText.of(name, allocator),
                        Lookups.textOrNull(protocol, allocator),
                        at.entry(),
                        at.buffer(),
                        at.buffer().byteSize(),
                        at.result())));
    }

    /** The service of a port, over a protocol or any. */
    public static Answer service(int port, Optional<String> protocol) {
        return aside(() -> one(
                Database.SERVICES,
                (at, allocator) -> getservbyport_r(
                        Servent.inNetworkOrder(port),
                        Lookups.textOrNull(protocol, allocator),
                        at.entry(),
                        at.buffer(),
                        at.buffer().byteSize(),
                        at.result())));
    }

    /** Has a call made for a virtual thread that reads files. */
    static Answer aside(Supplier<Answer> call) {
        List<Answer> answer = new ArrayList<>(1);
        Lines.aside(() -> {
            answer.add(call.get());
            return 0;
        });
        return answer.getFirst();
    }

    private static Answer one(Database database, Call call) {
        Answer answer = answer(database, call);
        if (answer.error() != 0 || answer.entry().isPresent()) {
            return answer;
        }
        return new Answer(database == Database.SERVICES ? EAI_SERVICE : EAI_NONAME, 0, Optional.empty());
    }

    /** Makes a call again with more memory, as long as that is why it fails. */
    static Answer answer(Database database, Call call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment entry = database.allocate(arena);
            MemorySegment result = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment hostError = arena.allocate(ValueLayout.JAVA_INT);
            int answer = -ERANGE;
            for (int room = FIRST_BUFFER; answer == -ERANGE && room <= LARGEST_BUFFER; room *= 2) {
                hostError.set(ValueLayout.JAVA_INT, 0, 0);
                answer = call.on(new Places(entry, arena.allocate(room, Long.BYTES), result, hostError), arena);
            }
            return answer == 0 && result.get(ValueLayout.ADDRESS, 0).address() != 0
                    ? new Answer(0, 0, Optional.of(database.read(entry)))
                    : failure(answer, hostError.get(ValueLayout.JAVA_INT, 0));
        }
    }

    /**
     * In the numbers of {@code getaddrinfo}, as which it tells those of {@code h_errno} too. That there is no such file
     * is told by {@code ENOENT}, and so is the end of the entries.
     */
    private static Answer failure(int answer, int hostError) {
        int error = 0;
        if (hostError == TRY_AGAIN) {
            error = EAI_AGAIN;
        } else if (hostError == NO_RECOVERY) {
            error = EAI_FAIL;
        } else if (hostError == NO_DATA) {
            error = EAI_NODATA;
        } else if (hostError != HOST_NOT_FOUND && answer != 0 && answer != -ENOENT) {
            error = EAI_SYSTEM;
        }
        return error == 0 ? Answer.NONE : new Answer(error, error == EAI_SYSTEM ? -answer : 0, Optional.empty());
    }
}
