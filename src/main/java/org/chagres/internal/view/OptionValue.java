package org.chagres.internal.view;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.chagres.Errno;
import org.chagres.internal.syscall.Linger;
import org.chagres.internal.syscall.Timeval;
import org.chagres.internal.syscall.Ucred;
import org.chagres.socket.Credentials;
import org.chagres.socket.IcmpFilter;

/**
 * How the value of a socket option is written in memory. Times are rounded up: a short one must not become 0, which
 * means none.
 */
public record OptionValue<T>(
        Class<T> type, int byteSize, Function<MemorySegment, T> decoder, BiConsumer<T, MemorySegment> encoder) {
    private static final int NANOS_PER_MICROSECOND = 1000;
    private static final int MICROSECONDS_PER_SECOND = 1_000_000;
    private static final Duration MICROSECOND = Duration.ofNanos(NANOS_PER_MICROSECOND);
    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final long NO_LIMIT = -1;
    private static final ValueLayout.OfInt BIG_ENDIAN_INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);

    /** Of names of interfaces and of algorithms, with a zero byte at the end ({@code IFNAMSIZ}). */
    private static final int NAME_BYTES = 16;

    /** For a bit of each of 256 types. */
    private static final int ICMP6_WORDS = 8;

    /** Of security labels at least {@code NAME_MAX} (unix(7)), and as much for a list of groups. */
    private static final int FIRST_GUESS = 256;

    public static final OptionValue<Integer> INTEGER = new OptionValue<>(
            Integer.class,
            Integer.BYTES,
            memory -> memory.get(ValueLayout.JAVA_INT, 0),
            (value, memory) -> memory.set(ValueLayout.JAVA_INT, 0, value));

    public static final OptionValue<Boolean> BOOLEAN = new OptionValue<>(
            Boolean.class,
            Integer.BYTES,
            memory -> memory.get(ValueLayout.JAVA_INT, 0) != 0,
            (value, memory) -> memory.set(ValueLayout.JAVA_INT, 0, value ? 1 : 0));

    /** An unsigned number of 64 bits. */
    public static final OptionValue<Long> LONG = new OptionValue<>(
            Long.class,
            Long.BYTES,
            memory -> memory.get(ValueLayout.JAVA_LONG, 0),
            (value, memory) -> memory.set(ValueLayout.JAVA_LONG, 0, value));

    /** A number as it travels in packets. */
    public static final OptionValue<Integer> NETWORK_ORDER = new OptionValue<>(
            Integer.class,
            Integer.BYTES,
            memory -> memory.get(BIG_ENDIAN_INT, 0),
            (value, memory) -> memory.set(BIG_ENDIAN_INT, 0, value));

    /** So many bytes a second; empty for no limit. */
    public static final OptionValue<Optional<Long>> RATE = new OptionValue<>(
            optional(),
            Long.BYTES,
            memory -> Optional.of(memory.get(ValueLayout.JAVA_LONG, 0)).filter(rate -> rate != NO_LIMIT),
            (value, memory) -> memory.set(
                    ValueLayout.JAVA_LONG, 0, value.map(OptionValue::positive).orElse(NO_LIMIT)));

    /** An error that is pending; none is 0. */
    public static final OptionValue<Optional<Errno>> ERROR = new OptionValue<>(
            optional(),
            Integer.BYTES,
            memory -> Optional.of(memory.get(ValueLayout.JAVA_INT, 0))
                    .filter(number -> number != 0)
                    .map(Errno::of),
            OptionValue::refuse);

    public static final OptionValue<Duration> MICROSECONDS = times(MICROSECOND);
    public static final OptionValue<Duration> MILLISECONDS = times(MILLISECOND);
    public static final OptionValue<Duration> SECONDS = times(SECOND);

    /** A time in seconds; empty, which is a negative one, if not at all. */
    public static final OptionValue<Optional<Duration>> LIFETIME = new OptionValue<>(
            optional(),
            Integer.BYTES,
            memory -> Optional.of(memory.get(ValueLayout.JAVA_INT, 0))
                    .filter(seconds -> seconds >= 0)
                    .map(Duration::ofSeconds),
            (value, memory) -> memory.set(
                    ValueLayout.JAVA_INT,
                    0,
                    value.map(time -> count(time, SECOND)).orElse(-1)));

    /** A time as a {@code struct timeval}. */
    public static final OptionValue<Duration> TIME = new OptionValue<>(
            Duration.class,
            Timeval.BYTE_SIZE,
            memory -> {
                Timeval timeval = new Timeval(memory);
                return Duration.ofSeconds(timeval.seconds(), timeval.microseconds() * NANOS_PER_MICROSECOND);
            },
            OptionValue::putTime);

    /** How long to linger; empty if not at all. */
    public static final OptionValue<Optional<Duration>> LINGER = new OptionValue<>(
            optional(),
            Linger.BYTE_SIZE,
            memory -> {
                Linger linger = new Linger(memory);
                return linger.isOn() ? Optional.of(Duration.ofSeconds(linger.seconds())) : Optional.empty();
            },
            (value, memory) -> new Linger(memory)
                    .set(
                            value.isPresent(),
                            value.map(time -> count(time, SECOND)).orElse(0)));

    /** The same in seconds; negative if not at all. */
    static final OptionValue<Integer> LINGER_OF_THE_JDK = new OptionValue<>(
            Integer.class,
            Linger.BYTE_SIZE,
            memory -> {
                Linger linger = new Linger(memory);
                return linger.isOn() ? linger.seconds() : -1;
            },
            (value, memory) -> new Linger(memory).set(value >= 0, Math.max(0, value)));

    public static final OptionValue<Credentials> CREDENTIALS = new OptionValue<>(
            Credentials.class,
            Ucred.BYTE_SIZE,
            memory -> {
                Ucred ucred = new Ucred(memory);
                return new Credentials(ucred.pid(), ucred.uid(), ucred.gid());
            },
            OptionValue::refuse);

    /** Numbers of groups. */
    public static final OptionValue<List<Long>> GROUPS = new OptionValue<>(
            list(),
            FIRST_GUESS,
            memory -> Arrays.stream(memory.toArray(ValueLayout.JAVA_INT))
                    .mapToObj(Integer::toUnsignedLong)
                    .toList(),
            OptionValue::refuse);

    /** A text with a zero byte at the end, or without. */
    public static final OptionValue<String> TEXT =
            new OptionValue<>(String.class, FIRST_GUESS, OptionValue::text, OptionValue::refuse);

    /** A short name; none is an empty one. */
    public static final OptionValue<String> NAME =
            new OptionValue<>(String.class, NAME_BYTES, OptionValue::name, OptionValue::putName);

    public static final OptionValue<Inet4Address> IPV4_ADDRESS = new OptionValue<>(
            Inet4Address.class,
            Integer.BYTES,
            OptionValue::address,
            (value, memory) -> memory.copyFrom(MemorySegment.ofArray(value.getAddress())));

    /** Types of messages of ICMP: a bit each that does not pass, of the first 32, or of all. */
    public static final OptionValue<IcmpFilter> ICMP_TYPES = icmpTypes(1);

    public static final OptionValue<IcmpFilter> ICMP6_TYPES = icmpTypes(ICMP6_WORDS);

    private static OptionValue<IcmpFilter> icmpTypes(int words) {
        return new OptionValue<>(
                IcmpFilter.class,
                words * Integer.BYTES,
                memory -> {
                    Set<Integer> blocked = new HashSet<>();
                    for (int type = 0; type < words * Integer.SIZE; type++) {
                        int word = memory.getAtIndex(ValueLayout.JAVA_INT, type / Integer.SIZE);
                        if (((word >>> (type % Integer.SIZE)) & 1) != 0) {
                            blocked.add(type);
                        }
                    }
                    return new IcmpFilter(blocked);
                },
                (value, memory) -> {
                    int[] bits = new int[words];
                    for (int type : value.blocked()) {
                        if (type < words * Integer.SIZE) {
                            bits[type / Integer.SIZE] |= 1 << (type % Integer.SIZE);
                        }
                    }
                    MemorySegment.copy(bits, 0, memory, ValueLayout.JAVA_INT, 0, words);
                });
    }

    /** A number that the kernel would cut off without a word if it were out of this range. */
    public static OptionValue<Integer> within(int least, int most) {
        return new OptionValue<>(Integer.class, Integer.BYTES, INTEGER.decoder(), (value, memory) -> {
            if (value < least || value > most) {
                throw new IllegalArgumentException("the value is " + least + " to " + most + ", not " + value);
            }
            INTEGER.encoder().accept(value, memory);
        });
    }

    /** One that is never set. */
    public static <T> OptionValue<T> readOnly(Class<T> type, int byteSize, Function<MemorySegment, T> decoder) {
        return new OptionValue<>(type, byteSize, decoder, OptionValue::refuse);
    }

    private static OptionValue<Duration> times(Duration unit) {
        return new OptionValue<>(
                Duration.class,
                Integer.BYTES,
                memory -> unit.multipliedBy(Integer.toUnsignedLong(memory.get(ValueLayout.JAVA_INT, 0))),
                (value, memory) -> memory.set(ValueLayout.JAVA_INT, 0, count(value, unit)));
    }

    private static String name(MemorySegment memory) {
        byte[] bytes = memory.toArray(ValueLayout.JAVA_BYTE);
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private static void putName(String name, MemorySegment memory) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= NAME_BYTES || name.indexOf(0) >= 0) {
            throw new IllegalArgumentException(
                    "a name has at most " + (NAME_BYTES - 1) + " bytes, and none is zero: " + name);
        }
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
    }

    private static Inet4Address address(MemorySegment memory) {
        try {
            return (Inet4Address) InetAddress.getByAddress(memory.toArray(ValueLayout.JAVA_BYTE));
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static long positive(long rate) {
        if (rate <= 0) {
            throw new IllegalArgumentException("the rate is not positive: " + rate);
        }
        return rate;
    }

    /** The text of a security label, in whichever encoding: what is no UTF-8 is replaced. */
    static String text(MemorySegment memory) {
        String text = new String(memory.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        return text.endsWith("\0") ? text.substring(0, text.length() - 1) : text;
    }

    /** A time that is more than the kernel can wait is for ever there, as is none. */
    private static void putTime(Duration value, MemorySegment memory) {
        if (value.isNegative()) {
            throw new IllegalArgumentException("the time is negative: " + value);
        }
        long microseconds = Math.ceilDiv(value.toNanosPart(), NANOS_PER_MICROSECOND);
        Timeval timeval = new Timeval(memory);
        if (microseconds < MICROSECONDS_PER_SECOND) {
            timeval.set(value.toSeconds(), microseconds);
        } else {
            timeval.set(Math.min(value.toSeconds(), Long.MAX_VALUE - 1) + 1, 0);
        }
    }

    /** How many units a time is. */
    private static int count(Duration time, Duration unit) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("the time is negative: " + time);
        }
        if (time.compareTo(unit.multipliedBy(Integer.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException("the time is too long: " + time);
        }
        long units = time.dividedBy(unit);
        return (int) (unit.multipliedBy(units).equals(time) ? units : units + 1);
    }

    private static <T> void refuse(T value, MemorySegment memory) {
        throw new AssertionError("read-only: " + value);
    }

    @SuppressWarnings("unchecked") // a class has no type arguments
    private static <T> Class<Optional<T>> optional() {
        return (Class<Optional<T>>) (Class<?>) Optional.class;
    }

    @SuppressWarnings("unchecked") // a class has no type arguments
    private static <T> Class<List<T>> list() {
        return (Class<List<T>>) (Class<?>) List.class;
    }
}
