package org.chagres.socket;

import org.chagres.internal.syscall.SkMeminfo;
import org.chagres.internal.view.OptionValue;

/**
 * What memory a socket takes ({@link LinuxSocketOptions#SO_MEMINFO}), in bytes as the kernel counts them: with its own
 * bookkeeping, and so more than was sent or received.
 *
 * @param received what was received and not taken yet
 * @param receiveBuffer how much that may be ({@link LinuxSocketOptions#SO_RCVBUF})
 * @param sent what was sent and is not gone yet
 * @param sendBuffer how much that may be ({@link LinuxSocketOptions#SO_SNDBUF})
 * @param reserved what the socket holds for more to come
 * @param queued what TCP has sent, or is to send, and is not acknowledged
 * @param options what the socket's own options and filters take
 * @param backlog what came in while the socket was busy, and is not looked at yet
 * @param drops how many packets the socket dropped since it was made, mostly as its receive buffer was full: a number,
 *     not bytes, and from 4294967295 it goes on with 0
 * @see <a href="https://man7.org/linux/man-pages/man7/sock_diag.7.html">sock_diag(7)</a>
 */
public record SocketMemory(
        long received,
        long receiveBuffer,
        long sent,
        long sendBuffer,
        long reserved,
        long queued,
        long options,
        long backlog,
        long drops) {
    static final OptionValue<SocketMemory> VALUE =
            OptionValue.readOnly(SocketMemory.class, SkMeminfo.BYTE_SIZE, memory -> of(new SkMeminfo(memory)));

    private static SocketMemory of(SkMeminfo memory) {
        return new SocketMemory(
                memory.receiveAllocated(),
                memory.receiveBuffer(),
                memory.sendAllocated(),
                memory.sendBuffer(),
                memory.forwardAllocated(),
                memory.sendQueued(),
                memory.options(),
                memory.backlog(),
                memory.drops());
    }
}
