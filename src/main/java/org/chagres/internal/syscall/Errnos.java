package org.chagres.internal.syscall;

import org.chagres.internal.generated.Linux;

/** The error numbers that L3 decides by; all of them, with names for people, are in {@code org.chagres.Errno}. */
public final class Errnos {
    public static final int EACCES = Linkage.POSSIBLE ? Linux.EACCES() : 0;
    public static final int EADDRINUSE = Linkage.POSSIBLE ? Linux.EADDRINUSE() : 0;
    public static final int EAFNOSUPPORT = Linkage.POSSIBLE ? Linux.EAFNOSUPPORT() : 0;
    public static final int EAGAIN = Linkage.POSSIBLE ? Linux.EAGAIN() : 0;
    public static final int EALREADY = Linkage.POSSIBLE ? Linux.EALREADY() : 0;
    public static final int EBADF = Linkage.POSSIBLE ? Linux.EBADF() : 0;
    public static final int EBUSY = Linkage.POSSIBLE ? Linux.EBUSY() : 0;
    public static final int ECHILD = Linkage.POSSIBLE ? Linux.ECHILD() : 0;
    public static final int ECONNABORTED = Linkage.POSSIBLE ? Linux.ECONNABORTED() : 0;
    public static final int ECONNREFUSED = Linkage.POSSIBLE ? Linux.ECONNREFUSED() : 0;
    public static final int EDESTADDRREQ = Linkage.POSSIBLE ? Linux.EDESTADDRREQ() : 0;
    public static final int EEXIST = Linkage.POSSIBLE ? Linux.EEXIST() : 0;
    public static final int EFAULT = Linkage.POSSIBLE ? Linux.EFAULT() : 0;
    public static final int EHOSTDOWN = Linkage.POSSIBLE ? Linux.EHOSTDOWN() : 0;
    public static final int EHOSTUNREACH = Linkage.POSSIBLE ? Linux.EHOSTUNREACH() : 0;
    public static final int EIDRM = Linkage.POSSIBLE ? Linux.EIDRM() : 0;
    public static final int EINPROGRESS = Linkage.POSSIBLE ? Linux.EINPROGRESS() : 0;
    public static final int EINTR = Linkage.POSSIBLE ? Linux.EINTR() : 0;
    public static final int EINVAL = Linkage.POSSIBLE ? Linux.EINVAL() : 0;
    public static final int EISDIR = Linkage.POSSIBLE ? Linux.EISDIR() : 0;
    public static final int EMFILE = Linkage.POSSIBLE ? Linux.EMFILE() : 0;
    public static final int EMSGSIZE = Linkage.POSSIBLE ? Linux.EMSGSIZE() : 0;
    public static final int ENAMETOOLONG = Linkage.POSSIBLE ? Linux.ENAMETOOLONG() : 0;
    public static final int ENETDOWN = Linkage.POSSIBLE ? Linux.ENETDOWN() : 0;
    public static final int ENETUNREACH = Linkage.POSSIBLE ? Linux.ENETUNREACH() : 0;
    public static final int ENFILE = Linkage.POSSIBLE ? Linux.ENFILE() : 0;
    public static final int ENODATA = Linkage.POSSIBLE ? Linux.ENODATA() : 0;
    public static final int ENODEV = Linkage.POSSIBLE ? Linux.ENODEV() : 0;
    public static final int ENOENT = Linkage.POSSIBLE ? Linux.ENOENT() : 0;
    public static final int ENOMEM = Linkage.POSSIBLE ? Linux.ENOMEM() : 0;
    public static final int ENONET = Linkage.POSSIBLE ? Linux.ENONET() : 0;
    public static final int ENOPROTOOPT = Linkage.POSSIBLE ? Linux.ENOPROTOOPT() : 0;
    public static final int ENOSYS = Linkage.POSSIBLE ? Linux.ENOSYS() : 0;
    public static final int ENOTCONN = Linkage.POSSIBLE ? Linux.ENOTCONN() : 0;
    public static final int ENOTSOCK = Linkage.POSSIBLE ? Linux.ENOTSOCK() : 0;
    public static final int ENXIO = Linkage.POSSIBLE ? Linux.ENXIO() : 0;
    public static final int EOPNOTSUPP = Linkage.POSSIBLE ? Linux.EOPNOTSUPP() : 0;
    public static final int EPERM = Linkage.POSSIBLE ? Linux.EPERM() : 0;
    public static final int EPIPE = Linkage.POSSIBLE ? Linux.EPIPE() : 0;
    public static final int EPROTO = Linkage.POSSIBLE ? Linux.EPROTO() : 0;
    public static final int EPROTOTYPE = Linkage.POSSIBLE ? Linux.EPROTOTYPE() : 0;
    public static final int ERANGE = Linkage.POSSIBLE ? Linux.ERANGE() : 0;
    public static final int ESRCH = Linkage.POSSIBLE ? Linux.ESRCH() : 0;
    public static final int ETOOMANYREFS = Linkage.POSSIBLE ? Linux.ETOOMANYREFS() : 0;

    private Errnos() {}
}
