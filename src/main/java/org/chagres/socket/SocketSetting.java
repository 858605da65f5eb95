package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import java.net.SocketOption;

/**
 * An option and the value it gets before a socket is bound or connected: many have no effect later.
 *
 * @param <T> the type of the value
 * @param option which, as for {@link LinuxSocket#setOption}
 * @param value its value
 */
public record SocketSetting<T>(SocketOption<T> option, T value) {
    /**
     * An option and its value.
     *
     * @param option which
     * @param value its value
     */
    public SocketSetting {
        requireNonNull(option, "option");
        requireNonNull(value, "value");
    }

    /**
     * An option and its value; to be imported as {@code set}.
     *
     * @param <T> the type of the value
     * @param option which
     * @param value its value
     * @return both
     */
    public static <T> SocketSetting<T> set(SocketOption<T> option, T value) {
        return new SocketSetting<>(option, value);
    }
}
