package org.chagres.internal.view;

import org.chagres.Errno;
import org.chagres.ErrnoException;

/** Failed calls on descriptors: what to do about it, where the name of the error does not say. */
final class DescriptorFailure {
    private DescriptorFailure() {}

    static ErrnoException of(String call, int number, String intent) {
        return new ErrnoException(call, number, intent, hint(call, Errno.of(number), intent));
    }

    private static String hint(String call, Errno errno, String intent) {
        return switch (call) {
            case "read" -> errno == Errno.EBADF ? "it was opened for writing only" : "";
            case "write" -> ofWriting(errno);
            case "splice", "tee", "sendfile" -> ofSplicing(call, errno);
            case "open" -> ofOpening(errno);
            case "epoll_ctl" -> ofEpoll(errno);
            case "fcntl" -> intent.startsWith("setting the capacity") ? ofCapacity(errno) : ofOwner(errno, intent);
            case "ioctl" -> ofOwner(errno, intent);
            default -> "";
        };
    }

    private static String ofWriting(Errno errno) {
        return switch (errno) {
            case EPIPE -> "nobody has the other end open for reading any more";
            case EBADF -> "it was opened for reading only";
            default -> "";
        };
    }

    private static String ofSplicing(String call, Errno errno) {
        return switch (errno) {
            case EPIPE -> "nobody has the other end open for reading any more";
            case EBADF -> "the source must be open for reading, and the sink for writing";
            case EINVAL ->
                call.equals("splice")
                        ? "one must be a pipe, they must not be ends of the same pipe, nor the sink in append mode"
                        : call.equals("tee")
                                ? "both must be pipes, and not the same"
                                : "the source must be a file, and the sink" + " not in append mode";
            default -> "";
        };
    }

    private static String ofOpening(Errno errno) {
        return errno == Errno.ENXIO
                ? "a FIFO that nobody reads from is opened for writing by Fifo, which can wait"
                : "";
    }

    private static String ofEpoll(Errno errno) {
        return switch (errno) {
            case EPERM -> "regular files and directories are always ready, and cannot be waited for";
            case EEXIST -> "it is in the set; a resource and its descriptor() are one";
            case ENOENT -> "it is not in the set";
            case EINVAL -> "EXCLUSIVE goes with add alone, and not with ONE_SHOT";
            default -> "";
        };
    }

    /** No switch: its table is a class, for which there may be no descriptor left when this is asked. */
    private static String ofOwner(Errno errno, String intent) {
        boolean ofOwner = intent.contains(" the owner of ");
        if (errno == Errno.ENOTTY && ofOwner) {
            return "FIOSETOWN and SIOCSPGRP are for sockets; F_SETOWN does it";
        }
        if (errno == Errno.ENOTTY && intent.startsWith("turning on the signals")) {
            return "only pipes, FIFOs, terminals and sockets send signals";
        }
        return errno == Errno.ESRCH && ofOwner ? "there is no such process, group or thread" : "";
    }

    private static String ofCapacity(Errno errno) {
        return switch (errno) {
            case EPERM ->
                "the limit is in /proc/sys/fs/pipe-max-size, that of all pipes of a user in pipe-user-pages-soft";
            case EBUSY -> "there are more bytes in it now";
            default -> "";
        };
    }
}
