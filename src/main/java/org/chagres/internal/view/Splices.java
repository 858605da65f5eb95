package org.chagres.internal.view;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.Locale;
import org.chagres.ByteSink;
import org.chagres.ByteSource;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Splice;

/** Bytes from descriptor to descriptor: answers become results and exceptions here. */
public final class Splices {
    private Splices() {}

    /** How many bytes; -1 at the end, 0 if the time was over or none are wanted. */
    public static long transfer(Splice how, ByteSource from, long offset, ByteSink to, long byteSize, long nanos)
            throws IOException, InterruptedException {
        DescriptorView.requireNotNegative(byteSize, "byteSize");
        OpenDescriptor source = DescriptorView.of(from);
        OpenDescriptor sink = DescriptorView.of(requireNonNull(to, "to"));
        long answer = how.transfer(source, offset, sink, byteSize, nanos);
        if (answer == 0 && byteSize > 0) {
            return -1;
        }
        if (answer >= 0) {
            return answer;
        }
        return Transfers.noneInTime(
                answer,
                how.name().toLowerCase(Locale.ROOT).replace("_", ""),
                () -> "moving up to " + byteSize + " bytes from " + source + " to " + sink);
    }
}
