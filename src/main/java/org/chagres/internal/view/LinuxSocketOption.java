package org.chagres.internal.view;

import java.lang.foreign.MemorySegment;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Map;
import org.chagres.internal.syscall.SocketNumbers;

/** A socket option: what the kernel calls it, and how its value is written in memory. */
public final class LinuxSocketOption<T> implements SocketOption<T> {
    private enum Use {
        READ_AND_WRITE,
        READ_ONLY,
        WRITE_ONLY
    }

    /** Those of the JDK that name the same. */
    private static final Map<SocketOption<?>, LinuxSocketOption<?>> OF_THE_JDK = Map.of(
            StandardSocketOptions.SO_BROADCAST,
            of("SO_BROADCAST", SocketNumbers.SO_BROADCAST, OptionValue.BOOLEAN),
            StandardSocketOptions.SO_KEEPALIVE,
            of("SO_KEEPALIVE", SocketNumbers.SO_KEEPALIVE, OptionValue.BOOLEAN),
            StandardSocketOptions.SO_LINGER,
            of("SO_LINGER", SocketNumbers.SO_LINGER, OptionValue.LINGER_OF_THE_JDK),
            StandardSocketOptions.SO_RCVBUF,
            of("SO_RCVBUF", SocketNumbers.SO_RCVBUF, OptionValue.INTEGER),
            StandardSocketOptions.SO_REUSEADDR,
            of("SO_REUSEADDR", SocketNumbers.SO_REUSEADDR, OptionValue.BOOLEAN),
            StandardSocketOptions.SO_SNDBUF,
            of("SO_SNDBUF", SocketNumbers.SO_SNDBUF, OptionValue.INTEGER));

    private final String name;
    private final int level;
    private final int number;
    private final OptionValue<T> value;
    private final Use use;

    private LinuxSocketOption(String name, int number, OptionValue<T> value, Use use) {
        this.name = name;
        this.level = SocketNumbers.SOL_SOCKET;
        this.number = number;
        this.value = value;
        this.use = use;
    }

    /** One that can be asked and set. */
    public static <T> LinuxSocketOption<T> of(String name, int number, OptionValue<T> value) {
        return new LinuxSocketOption<>(name, number, value, Use.READ_AND_WRITE);
    }

    public static <T> LinuxSocketOption<T> readOnly(String name, int number, OptionValue<T> value) {
        return new LinuxSocketOption<>(name, number, value, Use.READ_ONLY);
    }

    public static <T> LinuxSocketOption<T> writeOnly(String name, int number, OptionValue<T> value) {
        return new LinuxSocketOption<>(name, number, value, Use.WRITE_ONLY);
    }

    /**
     * What an option of the user's is.
     *
     * @throws IllegalArgumentException if it is none of this library's, nor one of the JDK's that name the same
     */
    @SuppressWarnings("unchecked") // those of the map have the same type of value
    static <T> LinuxSocketOption<T> of(SocketOption<T> option) {
        if (option instanceof LinuxSocketOption<T> ours) {
            return ours;
        }
        LinuxSocketOption<?> same = OF_THE_JDK.get(option);
        if (same == null) {
            throw new IllegalArgumentException(
                    "the option " + option.name() + " is not known here: LinuxSocketOptions has those that are");
        }
        return (LinuxSocketOption<T>) same;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Class<T> type() {
        return value.type();
    }

    public boolean isReadable() {
        return use != Use.WRITE_ONLY;
    }

    public boolean isWritable() {
        return use != Use.READ_ONLY;
    }

    int level() {
        return level;
    }

    int number() {
        return number;
    }

    /** How many bytes a value takes; of one that varies how many are tried first. */
    int byteSize() {
        return value.byteSize();
    }

    T decode(MemorySegment memory) {
        return value.decoder().apply(memory);
    }

    /** @throws IllegalArgumentException if the value is none that can be */
    void encode(T newValue, MemorySegment memory) {
        value.encoder().accept(newValue, memory);
    }

    @Override
    public String toString() {
        return name;
    }
}
