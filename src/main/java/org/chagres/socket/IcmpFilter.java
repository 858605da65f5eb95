package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which types of messages of ICMP a raw socket does not receive.
 *
 * {@snippet :
 * socket.setOption(IcmpSocketOptions.ICMP_FILTER, IcmpFilter.passOnly(0)); // answers to echoes
 * }
 *
 * @param blocked the types that do not pass, each 0 to 255
 * @see IcmpSocketOptions
 */
public record IcmpFilter(Set<Integer> blocked) {
    private static final int LAST_TYPE = 255;

    /**
     * Takes types that do not pass.
     *
     * @throws IllegalArgumentException if one is not 0 to 255
     */
    public IcmpFilter {
        blocked = Set.copyOf(requireNonNull(blocked, "blocked"));
        blocked.forEach(IcmpFilter::requireType);
    }

    private static int requireType(int type) {
        if (type < 0 || type > LAST_TYPE) {
            throw new IllegalArgumentException("a type of ICMP is 0 to " + LAST_TYPE + ", not " + type);
        }
        return type;
    }

    /**
     * A filter that nothing stops at, as at first.
     *
     * @return the filter
     */
    public static IcmpFilter passAll() {
        return new IcmpFilter(Set.of());
    }

    /**
     * A filter that only some types pass.
     *
     * @param types which; none if nothing passes
     * @return the filter
     * @throws IllegalArgumentException if one is not 0 to 255
     */
    public static IcmpFilter passOnly(int... types) {
        Set<Integer> passing = Arrays.stream(requireNonNull(types, "types"))
                .map(IcmpFilter::requireType)
                .boxed()
                .collect(Collectors.toSet());
        return new IcmpFilter(IntStream.rangeClosed(0, LAST_TYPE)
                .boxed()
                .filter(type -> !passing.contains(type))
                .collect(Collectors.toSet()));
    }

    /**
     * Whether a type passes.
     *
     * @param type 0 to 255
     * @return whether it is not {@linkplain #blocked() blocked}
     * @throws IllegalArgumentException if it is none
     */
    public boolean passes(int type) {
        return !blocked.contains(requireType(type));
    }
}
