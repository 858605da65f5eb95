package org.chagres.process;

import static java.util.Objects.requireNonNull;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** A child that has ended, with all that it wrote to the pipes it had for its output and its errors. */
public final class Completed {
    private final Termination termination;
    private final byte[] output;
    private final byte[] error;

    Completed(Termination termination, byte[] output, byte[] error) {
        this.termination = requireNonNull(termination, "termination");
        this.output = output;
        this.error = error;
    }

    /**
     * How it ended.
     *
     * @return by itself, or by a signal
     */
    public Termination termination() {
        return termination;
    }

    /**
     * What it wrote to its output.
     *
     * @return a copy of the bytes; none if that was not a pipe
     */
    public byte[] output() {
        return output.clone();
    }

    /**
     * What it wrote to its errors.
     *
     * @return a copy of the bytes; none if that was not a pipe
     */
    public byte[] error() {
        return error.clone();
    }

    /**
     * What it wrote to its output, as text in UTF-8.
     *
     * @return with all line ends
     */
    public String text() {
        return text(StandardCharsets.UTF_8);
    }

    /**
     * What it wrote to its output, as text.
     *
     * @param charset the encoding
     * @return with all line ends
     */
    public String text(Charset charset) {
        return new String(output, requireNonNull(charset, "charset"));
    }

    @Override
    public String toString() {
        return "Completed[" + termination + ", " + output.length + " bytes of output, " + error.length + " of errors]";
    }
}
