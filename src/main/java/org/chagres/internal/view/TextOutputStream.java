package org.chagres.internal.view;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;

/**
 * What a print writer prints to. A print writer takes no notice of {@link InterruptedIOException}, and goes on after
 * other failures as if nothing had been lost: so the first failure, an interrupt included, is told as one that it
 * remembers, and stays.
 */
public final class TextOutputStream extends OutputStream {
    private final OutputStream out;
    private boolean failed;

    public TextOutputStream(OutputStream out) {
        this.out = out;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
        if (failed) {
            throw new IOException("nothing is written any more, as something before was not");
        }
        boolean written = false;
        try {
            out.write(from, offset, length);
            written = true;
        } catch (InterruptedIOException interrupt) {
            throw new IOException(interrupt);
        } finally {
            failed = !written;
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
