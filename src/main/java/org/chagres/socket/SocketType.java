package org.chagres.socket;

/**
 * What a socket carries.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/socket.2.html">socket(2)</a>
 */
public enum SocketType {
    /** Streams of bytes, such as TCP ({@code SOCK_STREAM}). */
    STREAM,

    /** Datagrams, such as UDP ({@code SOCK_DGRAM}). */
    DATAGRAM,

    /** Records in sequence, such as SCTP ({@code SOCK_SEQPACKET}). */
    SEQUENCED_PACKET,

    /** Packets of the network itself, which needs a privilege ({@code SOCK_RAW}). */
    RAW
}
