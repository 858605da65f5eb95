package org.chagres.internal.syscall;

/**
 * Sending and receiving messages: with addresses, in several pieces, with control messages. Apart from other calls on
 * sockets, as these have a shape of their own, which costs start-up time.
 */
public final class MessageCalls {
    private static final VectorFunction SENDMSG = VectorFunction.named("sendmsg");
    private static final VectorFunction RECVMSG = VectorFunction.named("recvmsg");
    private static final VectorFunction SENDMMSG = VectorFunction.named("sendmmsg");
    private static final VectorFunction RECVMMSG = VectorFunction.named("recvmmsg");

    private MessageCalls() {}

    /** Sends a message ({@code sendmsg(2)}). */
    public static long sendmsg(int socket, Msghdr message, int flags) {
        return SENDMSG.callLong(socket, message, flags);
    }

    /** Receives a message ({@code recvmsg(2)}). */
    public static long recvmsg(int socket, Msghdr message, int flags) {
        return RECVMSG.callLong(socket, message, flags);
    }

    /** Sends several messages: how many went ({@code sendmmsg(2)}). */
    public static int sendmmsg(int socket, Mmsghdrs messages, int count, int flags) {
        return SENDMMSG.callInt(socket, messages, count, flags, 0);
    }

    /**
     * Receives several messages: how many came ({@code recvmmsg(2)}). Null for no time-out, which the kernel only
     * looks at after each message.
     */
    public static int recvmmsg(int socket, Mmsghdrs messages, int count, int flags, long timeout) {
        return RECVMMSG.callInt(socket, messages, count, flags, timeout);
    }
}
