package org.chagres.internal.syscall;

import org.chagres.internal.generated.Linux;

/** The names of socket options and of control messages, which sockets of all families have in common. */
public final class SocketNumbers {
    public static final int SCM_CREDENTIALS = Linkage.POSSIBLE ? Linux.SCM_CREDENTIALS() : 0;
    public static final int SCM_PIDFD = Linkage.POSSIBLE ? Linux.SCM_PIDFD() : 0;
    public static final int SCM_RIGHTS = Linkage.POSSIBLE ? Linux.SCM_RIGHTS() : 0;
    public static final int SCM_SECURITY = Linkage.POSSIBLE ? Linux.SCM_SECURITY() : 0;
    public static final int SCM_TIMESTAMP = Linkage.POSSIBLE ? Linux.SCM_TIMESTAMP() : 0;
    public static final int SCM_TIMESTAMPNS = Linkage.POSSIBLE ? Linux.SCM_TIMESTAMPNS() : 0;
    public static final int SOL_SOCKET = Linkage.POSSIBLE ? Linux.SOL_SOCKET() : 0;
    public static final int SO_ACCEPTCONN = Linkage.POSSIBLE ? Linux.SO_ACCEPTCONN() : 0;
    public static final int SO_BINDTODEVICE = Linkage.POSSIBLE ? Linux.SO_BINDTODEVICE() : 0;
    public static final int SO_BINDTOIFINDEX = Linkage.POSSIBLE ? Linux.SO_BINDTOIFINDEX() : 0;
    public static final int SO_BROADCAST = Linkage.POSSIBLE ? Linux.SO_BROADCAST() : 0;
    public static final int SO_BUF_LOCK = Linkage.POSSIBLE ? Linux.SO_BUF_LOCK() : 0;
    public static final int SO_BUSY_POLL = Linkage.POSSIBLE ? Linux.SO_BUSY_POLL() : 0;
    public static final int SO_BUSY_POLL_BUDGET = Linkage.POSSIBLE ? Linux.SO_BUSY_POLL_BUDGET() : 0;
    public static final int SO_COOKIE = Linkage.POSSIBLE ? Linux.SO_COOKIE() : 0;
    public static final int SO_DOMAIN = Linkage.POSSIBLE ? Linux.SO_DOMAIN() : 0;
    public static final int SO_DONTROUTE = Linkage.POSSIBLE ? Linux.SO_DONTROUTE() : 0;
    public static final int SO_ERROR = Linkage.POSSIBLE ? Linux.SO_ERROR() : 0;
    public static final int SO_INCOMING_CPU = Linkage.POSSIBLE ? Linux.SO_INCOMING_CPU() : 0;
    public static final int SO_INCOMING_NAPI_ID = Linkage.POSSIBLE ? Linux.SO_INCOMING_NAPI_ID() : 0;
    public static final int SO_KEEPALIVE = Linkage.POSSIBLE ? Linux.SO_KEEPALIVE() : 0;
    public static final int SO_LINGER = Linkage.POSSIBLE ? Linux.SO_LINGER() : 0;
    public static final int SO_LOCK_FILTER = Linkage.POSSIBLE ? Linux.SO_LOCK_FILTER() : 0;
    public static final int SO_MARK = Linkage.POSSIBLE ? Linux.SO_MARK() : 0;
    public static final int SO_MAX_PACING_RATE = Linkage.POSSIBLE ? Linux.SO_MAX_PACING_RATE() : 0;
    public static final int SO_MEMINFO = Linkage.POSSIBLE ? Linux.SO_MEMINFO() : 0;
    public static final int SO_NETNS_COOKIE = Linkage.POSSIBLE ? Linux.SO_NETNS_COOKIE() : 0;
    public static final int SO_NO_CHECK = Linkage.POSSIBLE ? Linux.SO_NO_CHECK() : 0;
    public static final int SO_OOBINLINE = Linkage.POSSIBLE ? Linux.SO_OOBINLINE() : 0;
    public static final int SO_PASSCRED = Linkage.POSSIBLE ? Linux.SO_PASSCRED() : 0;
    public static final int SO_PASSPIDFD = Linkage.POSSIBLE ? Linux.SO_PASSPIDFD() : 0;
    public static final int SO_PASSRIGHTS = Linkage.POSSIBLE ? Linux.SO_PASSRIGHTS() : 0;
    public static final int SO_PASSSEC = Linkage.POSSIBLE ? Linux.SO_PASSSEC() : 0;
    public static final int SO_PEEK_OFF = Linkage.POSSIBLE ? Linux.SO_PEEK_OFF() : 0;
    public static final int SO_PEERCRED = Linkage.POSSIBLE ? Linux.SO_PEERCRED() : 0;
    public static final int SO_PEERGROUPS = Linkage.POSSIBLE ? Linux.SO_PEERGROUPS() : 0;
    public static final int SO_PEERPIDFD = Linkage.POSSIBLE ? Linux.SO_PEERPIDFD() : 0;
    public static final int SO_PEERSEC = Linkage.POSSIBLE ? Linux.SO_PEERSEC() : 0;
    public static final int SO_PREFER_BUSY_POLL = Linkage.POSSIBLE ? Linux.SO_PREFER_BUSY_POLL() : 0;
    public static final int SO_PRIORITY = Linkage.POSSIBLE ? Linux.SO_PRIORITY() : 0;
    public static final int SO_PROTOCOL = Linkage.POSSIBLE ? Linux.SO_PROTOCOL() : 0;
    public static final int SO_RCVBUF = Linkage.POSSIBLE ? Linux.SO_RCVBUF() : 0;
    public static final int SO_RCVBUFFORCE = Linkage.POSSIBLE ? Linux.SO_RCVBUFFORCE() : 0;
    public static final int SO_RCVLOWAT = Linkage.POSSIBLE ? Linux.SO_RCVLOWAT() : 0;
    public static final int SO_RCVMARK = Linkage.POSSIBLE ? Linux.SO_RCVMARK() : 0;
    public static final int SO_RCVPRIORITY = Linkage.POSSIBLE ? Linux.SO_RCVPRIORITY() : 0;
    public static final int SO_RCVTIMEO = Linkage.POSSIBLE ? Linux.SO_RCVTIMEO() : 0;
    public static final int SO_RESERVE_MEM = Linkage.POSSIBLE ? Linux.SO_RESERVE_MEM() : 0;
    public static final int SO_REUSEADDR = Linkage.POSSIBLE ? Linux.SO_REUSEADDR() : 0;
    public static final int SO_REUSEPORT = Linkage.POSSIBLE ? Linux.SO_REUSEPORT() : 0;
    public static final int SO_RXQ_OVFL = Linkage.POSSIBLE ? Linux.SO_RXQ_OVFL() : 0;
    public static final int SO_SNDBUF = Linkage.POSSIBLE ? Linux.SO_SNDBUF() : 0;
    public static final int SO_SNDBUFFORCE = Linkage.POSSIBLE ? Linux.SO_SNDBUFFORCE() : 0;
    public static final int SO_SNDLOWAT = Linkage.POSSIBLE ? Linux.SO_SNDLOWAT() : 0;
    public static final int SO_SNDTIMEO = Linkage.POSSIBLE ? Linux.SO_SNDTIMEO() : 0;
    public static final int SO_TIMESTAMP = Linkage.POSSIBLE ? Linux.SO_TIMESTAMP() : 0;
    public static final int SO_TIMESTAMPNS = Linkage.POSSIBLE ? Linux.SO_TIMESTAMPNS() : 0;
    public static final int SO_TXREHASH = Linkage.POSSIBLE ? Linux.SO_TXREHASH() : 0;
    public static final int SO_TYPE = Linkage.POSSIBLE ? Linux.SO_TYPE() : 0;
    public static final int SO_ZEROCOPY = Linkage.POSSIBLE ? Linux.SO_ZEROCOPY() : 0;

    private SocketNumbers() {}
}
