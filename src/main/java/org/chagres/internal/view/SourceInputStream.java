package org.chagres.internal.view;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.chagres.ByteSource;
import org.chagres.ErrnoException;

/** A source as a stream of the JDK's. */
public final class SourceInputStream extends InputStream {
    private final ByteSource source;

    public SourceInputStream(ByteSource source) {
        this.source = source;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (length == 0) {
            return 0; // a stream does not even look whether it is at its end
        }
        try {
            return (int) source.read(MemorySegment.ofArray(into).asSlice(offset, length));
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw Transfers.interrupted(0, length);
        }
    }

    @Override
    public int readNBytes(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        int done = 0;
        try {
            while (done < length) {
                int count = read(into, offset + done, length - done);
                if (count < 0) {
                    return done;
                }
                done += count;
            }
        } catch (InterruptedIOException interrupt) {
            throw Transfers.interrupted(done, length);
        }
        return done;
    }

    @Override
    public int available() throws IOException {
        try {
            return source.available();
        } catch (ErrnoException notCounted) {
            return 0; // as streams say where it is not known
        }
    }

    @Override
    public void close() {
        source.close();
    }

    @Override
    public String toString() {
        return "InputStream of " + source;
    }
}
