package org.chagres.internal.syscall;

/** What the C library tells of this process and machine; these calls cannot fail. */
public final class ProcessCalls {
    private static final NativeFunction GETEUID = NativeFunction.named("geteuid");
    private static final NativeFunction GETGID = NativeFunction.named("getgid");
    private static final NativeFunction GETPAGESIZE = NativeFunction.named("getpagesize");
    private static final NativeFunction GETPGID = NativeFunction.named("getpgid");
    private static final NativeFunction GETPID = NativeFunction.named("getpid");
    private static final NativeFunction GETUID = NativeFunction.named("getuid");

    private ProcessCalls() {}

    /** The effective user ({@code geteuid(2)}); an unsigned number. */
    public static long geteuid() {
        return Integer.toUnsignedLong(GETEUID.callInt(0, 0, 0));
    }

    /** The real user ({@code getuid(2)}); an unsigned number. */
    public static long getuid() {
        return Integer.toUnsignedLong(GETUID.callInt(0, 0, 0));
    }

    /** The real group ({@code getgid(2)}); an unsigned number. */
    public static long getgid() {
        return Integer.toUnsignedLong(GETGID.callInt(0, 0, 0));
    }

    /** Bytes in a page of memory ({@code getpagesize(2)}). */
    public static int getpagesize() {
        return GETPAGESIZE.callInt(0, 0, 0);
    }

    /** The number of this process ({@code getpid(2)}). */
    public static int getpid() {
        return GETPID.callInt(0, 0, 0);
    }

    /** The group of a process, of this one for 0 ({@code getpgid(2)}). */
    public static int getpgid(int pid) {
        return GETPGID.callInt(pid, 0, 0);
    }
}
