package org.chagres.memory;

import java.io.IOException;

/** Thrown by {@link MemoryFile#take} for a descriptor that is not the memory file that was demanded. */
public final class UntrustedMemoryFileException extends IOException {
    private static final long serialVersionUID = 1L;

    UntrustedMemoryFileException(String message) {
        super(message);
    }
}
