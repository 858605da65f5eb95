package org.chagres.pipe;

import java.io.IOException;
import org.chagres.Descriptor;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.view.DescriptorView;
import org.chagres.internal.view.Transfers;

/** How many bytes fit into a pipe, asked of either end. */
final class Capacity {
    private Capacity() {}

    static int of(Descriptor end) throws IOException {
        return Transfers.checked(
                DescriptorView.of(end).ask(DescriptorObject::capacity),
                "fcntl",
                () -> "reading the capacity of " + end);
    }

    static int set(Descriptor end, int byteSize) throws IOException {
        if (byteSize < 1) {
            throw new IllegalArgumentException("the capacity must be at least 1 byte, not " + byteSize);
        }
        return Transfers.checked(
                DescriptorView.of(end).ask(number -> DescriptorObject.setCapacity(number, byteSize)),
                "fcntl",
                () -> "setting the capacity to " + byteSize + " bytes of " + end);
    }
}
