package org.chagres.internal.tool;

import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Numbers of a command line, as {@code strtol(3)} reads them: white space and a sign may stand in front. Never a part
 * of the bits of a larger number, though: that would name another kernel object than the one meant.
 */
final class Numbers {
    private static final Pattern IDENTIFIER = Pattern.compile("\\s*([+-]?[0-9]+)");
    private static final Pattern KEY = Pattern.compile("\\s*([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))");

    private static final BigInteger LEAST = BigInteger.valueOf(Integer.MIN_VALUE);
    private static final BigInteger GREATEST = BigInteger.valueOf(Integer.MAX_VALUE);
    private static final BigInteger GREATEST_UNSIGNED = BigInteger.valueOf(0xFFFF_FFFFL);

    private Numbers() {}

    /** An identifier: decimal. */
    static int identifier(String text, String complaint) throws UsageException {
        Matcher matcher = IDENTIFIER.matcher(text);
        if (!matcher.matches()) {
            throw malformed(text, complaint);
        }
        return checked(new BigInteger(matcher.group(1)), GREATEST, text, complaint);
    }

    /** A key: hexadecimal after {@code 0x}, octal after {@code 0}, else decimal; signed or unsigned. */
    static int key(String text, String complaint) throws UsageException {
        Matcher matcher = KEY.matcher(text);
        if (!matcher.matches()) {
            throw malformed(text, complaint);
        }
        BigInteger magnitude;
        if (matcher.group(2) != null) {
            magnitude = new BigInteger(matcher.group(2), 16);
        } else if (matcher.group(3) != null) {
            magnitude = new BigInteger(matcher.group(3), 8);
        } else {
            magnitude = new BigInteger(matcher.group(4));
        }
        BigInteger number = matcher.group(1).equals("-") ? magnitude.negate() : magnitude;
        return checked(number, GREATEST_UNSIGNED, text, complaint);
    }

    private static int checked(BigInteger number, BigInteger greatest, String text, String complaint)
            throws UsageException {
        if (number.compareTo(LEAST) < 0 || number.compareTo(greatest) > 0) {
            throw UsageException.plain(complaint + ": '" + text + "': Numerical result out of range");
        }
        return number.intValue();
    }

    private static UsageException malformed(String text, String complaint) {
        return UsageException.plain(complaint + ": '" + text + "'");
    }
}
