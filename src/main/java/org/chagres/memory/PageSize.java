package org.chagres.memory;

import org.chagres.internal.syscall.ProcessCalls;

/** The size of a page of memory on this machine: 4096 bytes on most, but 16 or 64 KiB on some with an ARM CPU. */
public final class PageSize {
    private PageSize() {}

    /**
     * The bytes in a page ({@code getpagesize(2)}), a power of two. The kernel hands out memory, and rounds sizes up,
     * by it.
     *
     * @return the page size in bytes
     * @throws IllegalCallerException if the JVM denies native access
     * @throws UnsupportedOperationException on anything but 64-bit Linux on x86-64 or aarch64
     */
    public static int bytes() {
        return ProcessCalls.getpagesize();
    }
}
