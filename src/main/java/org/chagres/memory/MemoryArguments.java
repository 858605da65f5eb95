package org.chagres.memory;

/** Checks of what callers give, before the kernel is asked. */
final class MemoryArguments {
    /**
     * Below this nothing is ever attached or mapped. As root the kernel would map page 0, and compiled code that relies
     * on its fault would then read zeros through a null reference instead of throwing.
     */
    private static final long LOWEST_ADDRESS = 0x1_0000;

    private MemoryArguments() {}

    static void checkByteSize(long byteSize) {
        if (byteSize < 1) {
            throw new IllegalArgumentException("byteSize must be at least 1, not " + byteSize);
        }
    }

    static void checkOffset(long offset) {
        if (offset < 0) {
            throw new IllegalArgumentException("offset must not be negative, but is " + offset);
        }
    }

    /** Of the size of a huge page. */
    static int log2(long hugePageByteSize) {
        if (Long.bitCount(hugePageByteSize) != 1 || hugePageByteSize <= PageSize.bytes()) {
            throw new IllegalArgumentException("the size of huge pages must be a power of two greater than "
                    + PageSize.bytes() + ", not " + hugePageByteSize);
        }
        return Long.numberOfTrailingZeros(hugePageByteSize);
    }

    /** An address where a page begins. */
    static long pageAddress(long address, String otherwise) {
        if (address % PageSize.bytes() != 0) {
            throw new IllegalArgumentException("the address must be a multiple of the page size " + PageSize.bytes()
                    + ", not 0x" + Long.toHexString(address) + otherwise);
        }
        return checkedAddress(address, address);
    }

    /** An address that is high enough once it is rounded. */
    static long checkedAddress(long address, long rounded) {
        if (rounded < LOWEST_ADDRESS) { // negative too: the kernel's half
            throw new IllegalArgumentException(
                    "the address must be 0x10000 or higher, and no kernel address, not 0x" + Long.toHexString(address));
        }
        return address;
    }
}
