package org.chagres.socket;

import static java.util.Objects.requireNonNull;

import org.chagres.internal.resource.Messages;

/** How to send and receive, as the kernel takes it. */
final class SocketFlags {
    private SocketFlags() {}

    static int of(Iterable<SendOption> options) {
        int flags = 0;
        for (SendOption option : options) {
            flags |= of(option);
        }
        return flags;
    }

    static int of(SendOption... options) {
        int flags = 0;
        for (SendOption option : requireNonNull(options, "options")) {
            flags |= of(requireNonNull(option, "option"));
        }
        return flags;
    }

    private static int of(SendOption option) {
        return switch (option) {
            case END_OF_RECORD -> Messages.END_OF_RECORD;
            case MORE -> Messages.MORE;
            case OUT_OF_BAND -> Messages.OUT_OF_BAND;
            case DONT_ROUTE -> Messages.DONT_ROUTE;
            case CONFIRM -> Messages.CONFIRM;
        };
    }

    static int of(ReceiveOption... options) {
        int flags = 0;
        for (ReceiveOption option : requireNonNull(options, "options")) {
            flags |= switch (requireNonNull(option, "option")) {
                case PEEK -> Messages.PEEK;
                case WAIT_ALL -> Messages.WAIT_ALL;
                case REAL_LENGTH -> Messages.REAL_LENGTH;
                case OUT_OF_BAND -> Messages.OUT_OF_BAND;
                case ERROR_QUEUE -> Messages.ERROR_QUEUE;
            };
        }
        return flags;
    }

    /** Of a TCP stream, where MSG_TRUNC would throw the bytes away, and MSG_ERRQUEUE tell of none. */
    static int ofStream(ReceiveOption... options) {
        int flags = of(options);
        if ((flags & (Messages.REAL_LENGTH | Messages.ERROR_QUEUE)) != 0) {
            throw new IllegalArgumentException("a TCP stream has no REAL_LENGTH and no ERROR_QUEUE");
        }
        return flags;
    }
}
