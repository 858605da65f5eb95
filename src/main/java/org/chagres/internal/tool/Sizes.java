package org.chagres.internal.tool;

/** How {@code ipcs} is asked to write sizes. Sizes are unsigned. */
enum Sizes {
    /** In bytes, but limits in units of 1024. */
    AS_USUAL,
    BYTES,
    /** With a unit, and at most one digit after the point: {@code 1.5K}. */
    HUMAN;

    private static final String UNITS = "BKMGTPE";
    private static final int BITS_PER_UNIT = 10;

    String limit(String name, long byteSize, long kilobytes) {
        return switch (this) {
            case AS_USUAL -> name + " (kbytes) = " + Long.toUnsignedString(kilobytes);
            case BYTES -> name + " (bytes) = " + Long.toUnsignedString(byteSize);
            case HUMAN -> name + " = " + human(byteSize);
        };
    }

    static String human(long byteSize) {
        int unit = byteSize == 0 ? 0 : (Long.SIZE - 1 - Long.numberOfLeadingZeros(byteSize)) / BITS_PER_UNIT;
        int shift = unit * BITS_PER_UNIT;
        long whole = byteSize >>> shift;
        long rest = byteSize - (whole << shift);
        long half = (1L << shift) >>> 1;
        long tenths = (rest * 10 + half) >>> shift; // fits 64 bits unsigned: the rest is below 2^60
        if (tenths == 10) {
            whole++;
            tenths = 0;
        }
        return whole + (tenths == 0 ? "" : "." + tenths) + UNITS.charAt(unit);
    }
}
