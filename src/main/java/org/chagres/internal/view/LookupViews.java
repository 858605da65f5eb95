package org.chagres.internal.view;

import static org.chagres.internal.syscall.LookupNumbers.*;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.chagres.internal.resource.Lookups;
import org.chagres.internal.syscall.SocketCalls;
import org.chagres.socket.AddressFlag;
import org.chagres.socket.AddressInfo;
import org.chagres.socket.LookupException;
import org.chagres.socket.NameFlag;
import org.chagres.socket.NameInfo;
import org.chagres.socket.SocketType;

/** Lookups in the user's words: flags in, addresses, names and exceptions out. */
public final class LookupViews {
    private LookupViews() {}

    /** The number of a type of socket. */
    public static int number(SocketType type) {
        return switch (type) {
            case STREAM -> SocketCalls.SOCK_STREAM;
            case DATAGRAM -> SocketCalls.SOCK_DGRAM;
            case SEQUENCED_PACKET -> SocketCalls.SOCK_SEQPACKET;
            case RAW -> SocketCalls.SOCK_RAW;
        };
    }

    /** The number of a flag. */
    public static int number(AddressFlag flag) {
        return switch (flag) {
            case PASSIVE -> AI_PASSIVE;
            case CANONICAL_NAME -> AI_CANONNAME;
            case NUMERIC_HOST -> AI_NUMERICHOST;
            case NUMERIC_SERVICE -> AI_NUMERICSERV;
            case V4_MAPPED -> AI_V4MAPPED;
            case ALL -> AI_ALL;
            case ADDRESS_CONFIGURED -> AI_ADDRCONFIG;
            case INTERNATIONAL_NAME -> AI_IDN;
            case INTERNATIONAL_CANONICAL_NAME -> AI_CANONIDN;
        };
    }

    private static int number(NameFlag flag) {
        return switch (flag) {
            case NUMERIC_HOST -> NI_NUMERICHOST;
            case NUMERIC_SERVICE -> NI_NUMERICSERV;
            case NAME_REQUIRED -> NI_NAMEREQD;
            case DATAGRAM -> NI_DGRAM;
            case NO_DOMAIN -> NI_NOFQDN;
            case INTERNATIONAL_NAME -> NI_IDN;
        };
    }

    /** Looks up addresses; empty if the time is over. */
    public static Optional<List<AddressInfo>> addresses(Lookups.Question question, long nanos)
            throws LookupException, InterruptedException {
        Optional<Lookups.Addresses> answer = Lookups.addresses(question, nanos);
        if (answer.isEmpty()) {
            return Optional.empty();
        }
        Lookups.Addresses addresses = answer.get();
        if (addresses.error() != 0) {
            throw failure("getaddrinfo", addresses.error(), addresses.errno(), "looking up " + words(question));
        }
        return Optional.of(
                addresses.found().stream().map(LookupViews::addressInfo).toList());
    }

    private static AddressInfo addressInfo(Lookups.Found found) {
        MemorySegment address = found.address();
        return new AddressInfo(
                InetAddresses.read(address, (int) address.byteSize()),
                found.family(),
                found.type(),
                found.protocol(),
                found.canonicalName());
    }

    /** What is looked up. */
    public static String words(Lookups.Question question) {
        String host = question.host().map(name -> "host " + name).orElse("no host");
        return host + question.service().map(name -> ", service " + name).orElse("");
    }

    /** Looks up the names of an address; empty if the time is over. */
    public static Optional<NameInfo> names(InetSocketAddress address, Set<NameFlag> flags, long nanos)
            throws LookupException, InterruptedException {
        InetAddresses.Written written = InetAddresses.write(
                address,
                InetAddresses.family(address),
                (byteSize, alignment) -> MemorySegment.ofArray(new byte[(int) byteSize])); // as the call outlives us
        int bits = flags.stream().mapToInt(LookupViews::number).reduce(0, (all, bit) -> all | bit);
        Optional<Lookups.Names> answer = Lookups.names(written.memory().asSlice(0, written.length()), bits, nanos);
        if (answer.isEmpty()) {
            return Optional.empty();
        }
        Lookups.Names names = answer.get();
        if (names.error() != 0) {
            throw failure("getnameinfo", names.error(), names.errno(), "looking up the name of " + address);
        }
        return Optional.of(new NameInfo(names.host(), names.service()));
    }

    static LookupException failure(String call, int error, int errno, String intent) {
        return new LookupException(call, error, error == EAI_SYSTEM ? errno : 0, intent, Lookups.words(error));
    }
}
