package org.chagres.internal.resource;

import static org.chagres.internal.syscall.DatabaseCalls.*;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.chagres.internal.syscall.Hostent;
import org.chagres.internal.syscall.Netent;
import org.chagres.internal.syscall.Protoent;
import org.chagres.internal.syscall.Servent;

/** The four databases of the C library: how each is gone through, and how an entry of it is read. */
public enum Database {
    HOSTS {
        @Override
        MemorySegment allocate(SegmentAllocator allocator) {
            return Hostent.allocate(allocator);
        }

        @Override
        Databases.Entry read(MemorySegment segment) {
            Hostent host = new Hostent(segment);
            List<byte[]> addresses = pointers(host.addresses()).stream()
                    .map(at -> at.reinterpret(host.addressByteSize()).toArray(ValueLayout.JAVA_BYTE))
                    .toList();
            return new Databases.Entry(text(host.name()), texts(host.aliases()), 0, "", addresses);
        }

        @Override
        void begin(int stayOpen) {
            sethostent(stayOpen);
        }

        @Override
        int next(Databases.Places at) {
            return gethostent_r(at.entry(), at.buffer(), at.buffer().byteSize(), at.result(), at.hostError());
        }

        @Override
        void end() {
            endhostent();
        }
    },

    NETWORKS {
        @Override
        MemorySegment allocate(SegmentAllocator allocator) {
            return Netent.allocate(allocator);
        }

        @Override
        Databases.Entry read(MemorySegment segment) {
            Netent network = new Netent(segment);
            return new Databases.Entry(text(network.name()), texts(network.aliases()), network.number(), "", List.of());
        }

        @Override
        void begin(int stayOpen) {
            setnetent(stayOpen);
        }

        @Override
        int next(Databases.Places at) {
            return getnetent_r(at.entry(), at.buffer(), at.buffer().byteSize(), at.result(), at.hostError());
        }

        @Override
        void end() {
            endnetent();
        }
    },

    PROTOCOLS {
        @Override
        MemorySegment allocate(SegmentAllocator allocator) {
            return Protoent.allocate(allocator);
        }

        @Override
        Databases.Entry read(MemorySegment segment) {
            Protoent protocol = new Protoent(segment);
            return new Databases.Entry(
                    text(protocol.name()), texts(protocol.aliases()), protocol.number(), "", List.of());
        }

        @Override
        void begin(int stayOpen) {
            setprotoent(stayOpen);
        }

        @Override
        int next(Databases.Places at) {
            return getprotoent_r(at.entry(), at.buffer(), at.buffer().byteSize(), at.result());
        }

        @Override
        void end() {
            endprotoent();
        }
    },

    SERVICES {
        @Override
        MemorySegment allocate(SegmentAllocator allocator) {
            return Servent.allocate(allocator);
        }

        @Override
        Databases.Entry read(MemorySegment segment) {
            Servent service = new Servent(segment);
            return new Databases.Entry(
                    text(service.name()),
                    texts(service.aliases()),
                    service.port(),
                    text(service.protocol()),
                    List.of());
        }

        @Override
        void begin(int stayOpen) {
            setservent(stayOpen);
        }

        @Override
        int next(Databases.Places at) {
            return getservent_r(at.entry(), at.buffer(), at.buffer().byteSize(), at.result());
        }

        @Override
        void end() {
            endservent();
        }
    };

    /** Memory for an entry; what it points to is elsewhere. */
    abstract MemorySegment allocate(SegmentAllocator allocator);

    /** What is in it. */
    abstract Databases.Entry read(MemorySegment segment);

    /** Goes to the first entry. */
    abstract void begin(int stayOpen);

    /** Reads the next entry; answers 0 or {@code -errno}. */
    abstract int next(Databases.Places at);

    /** Closes what is open. */
    abstract void end();

    private static String text(MemorySegment at) {
        return Lookups.text(at);
    }

    private static List<String> texts(MemorySegment array) {
        return pointers(array).stream().map(Lookups::text).toList();
    }

    /** What is in an array up to a null pointer; null is an empty one. */
    private static List<MemorySegment> pointers(MemorySegment array) {
        List<MemorySegment> all = new ArrayList<>();
        if (array.address() != 0) {
            MemorySegment pointers = array.reinterpret(Long.MAX_VALUE);
            MemorySegment at = pointers.get(ValueLayout.ADDRESS, 0);
            while (at.address() != 0) {
                all.add(at);
                at = pointers.getAtIndex(ValueLayout.ADDRESS, all.size());
            }
        }
        return all;
    }
}
