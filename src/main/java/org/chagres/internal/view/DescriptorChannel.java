package org.chagres.internal.view;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import org.chagres.Descriptor;

/** A descriptor as a channel of the JDK's. Not an interruptible one: those are closed by an interrupt. */
public final class DescriptorChannel implements ByteChannel {
    private final Descriptor descriptor;

    public DescriptorChannel(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        try {
            return descriptor.read(into);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw Transfers.interrupted(0, into.remaining());
        }
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
        int size = from.remaining();
        int done = 0;
        try {
            do {
                done += descriptor.write(from);
            } while (done < size);
            return done;
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw Transfers.interrupted(done, size);
        }
    }

    @Override
    public boolean isOpen() {
        return descriptor.isOpen();
    }

    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return "Channel of " + descriptor;
    }
}
