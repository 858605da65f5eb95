package org.chagres.pipe;

import java.io.IOException;
import org.chagres.Descriptor;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.Transfers;

/** What both ends of a pipe have in common. */
final class PipeEnds {
    private PipeEnds() {}

    /** The descriptor, if it is one of a pipe. */
    static Descriptor checked(Descriptor descriptor, boolean isOpenSo, String purpose) throws IOException {
        boolean isPipe = Transfers.checked(
                        DescriptorView.of(descriptor).ask(DescriptorObject::isPipe),
                        "fstat",
                        () -> "looking at " + descriptor)
                != 0;
        if (!isPipe || !isOpenSo) {
            throw new IllegalArgumentException(
                    descriptor + (isPipe ? " is not open for " + purpose : " is neither a pipe nor a FIFO"));
        }
        return descriptor;
    }

    static int capacity(Descriptor end) throws IOException {
        return Transfers.checked(
                DescriptorView.of(end).ask(DescriptorObject::capacity),
                "fcntl",
                () -> "reading the capacity of " + end);
    }

    static int setCapacity(Descriptor end, int byteSize) throws IOException {
        if (byteSize < 1) {
            throw new IllegalArgumentException("the capacity must be at least 1 byte, not " + byteSize);
        }
        return Transfers.checked(
                DescriptorView.of(end).ask(number -> DescriptorObject.setCapacity(number, byteSize)),
                "fcntl",
                () -> "setting the capacity to " + byteSize + " bytes of " + end);
    }
}
