package org.chagres.socket;

/**
 * How a message is sent; {@code MSG_NOSIGNAL} always is, so that no signal comes when nobody receives any more.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/send.2.html">send(2)</a>
 */
public enum SendOption {
    /**
     * The record ends here ({@code MSG_EOR}), of sequenced packets; Linux does not pass it on, as every record is one.
     */
    END_OF_RECORD,

    /** More is to come: what can wait for it does ({@code MSG_MORE}). */
    MORE,

    /**
     * The last byte goes out of band ({@code MSG_OOB}), of {@linkplain StreamSocket streams}; the others are data. If
     * there is not room for all, none is urgent yet of local streams, and of TCP the last one that was sent.
     * {@code EOPNOTSUPP} of UDP, of local datagrams and records, and of no bytes by local streams.
     */
    OUT_OF_BAND,

    /** Only to hosts that are reached without a gateway ({@code MSG_DONTROUTE}); local sockets do not care. */
    DONT_ROUTE,

    /** The neighbour has answered: keep its address ({@code MSG_CONFIRM}); local sockets do not care. */
    CONFIRM
}
