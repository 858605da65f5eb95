package org.chagres.internal.syscall;

import org.chagres.internal.generated.Linux;

/** The error numbers that L3 decides by; all of them, with names for people, are in {@code org.chagres.Errno}. */
public final class Errnos {
    public static final int EACCES = Linkage.POSSIBLE ? Linux.EACCES() : 0;
    public static final int EAGAIN = Linkage.POSSIBLE ? Linux.EAGAIN() : 0;
    public static final int EBADF = Linkage.POSSIBLE ? Linux.EBADF() : 0;
    public static final int EBUSY = Linkage.POSSIBLE ? Linux.EBUSY() : 0;
    public static final int ECHILD = Linkage.POSSIBLE ? Linux.ECHILD() : 0;
    public static final int EDEADLK = Linkage.POSSIBLE ? Linux.EDEADLK() : 0;
    public static final int EEXIST = Linkage.POSSIBLE ? Linux.EEXIST() : 0;
    public static final int EFAULT = Linkage.POSSIBLE ? Linux.EFAULT() : 0;
    public static final int EIDRM = Linkage.POSSIBLE ? Linux.EIDRM() : 0;
    public static final int EINTR = Linkage.POSSIBLE ? Linux.EINTR() : 0;
    public static final int EINVAL = Linkage.POSSIBLE ? Linux.EINVAL() : 0;
    public static final int EISDIR = Linkage.POSSIBLE ? Linux.EISDIR() : 0;
    public static final int EMFILE = Linkage.POSSIBLE ? Linux.EMFILE() : 0;
    public static final int ENAMETOOLONG = Linkage.POSSIBLE ? Linux.ENAMETOOLONG() : 0;
    public static final int ENFILE = Linkage.POSSIBLE ? Linux.ENFILE() : 0;
    public static final int ENODEV = Linkage.POSSIBLE ? Linux.ENODEV() : 0;
    public static final int ENOENT = Linkage.POSSIBLE ? Linux.ENOENT() : 0;
    public static final int ENOMEM = Linkage.POSSIBLE ? Linux.ENOMEM() : 0;
    public static final int ENOSYS = Linkage.POSSIBLE ? Linux.ENOSYS() : 0;
    public static final int ENOTDIR = Linkage.POSSIBLE ? Linux.ENOTDIR() : 0;
    public static final int ENXIO = Linkage.POSSIBLE ? Linux.ENXIO() : 0;
    public static final int EOPNOTSUPP = Linkage.POSSIBLE ? Linux.EOPNOTSUPP() : 0;
    public static final int EPERM = Linkage.POSSIBLE ? Linux.EPERM() : 0;
    public static final int EPIPE = Linkage.POSSIBLE ? Linux.EPIPE() : 0;
    public static final int ESRCH = Linkage.POSSIBLE ? Linux.ESRCH() : 0;

    private Errnos() {}
}
