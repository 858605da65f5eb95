package org.chagres.internal.syscall;

import org.chagres.internal.generated.Linux;

/** The flags of lookups, and their errors. */
public final class LookupNumbers {
    public static final int AI_ADDRCONFIG = Linkage.POSSIBLE ? Linux.AI_ADDRCONFIG() : 0;
    public static final int AI_ALL = Linkage.POSSIBLE ? Linux.AI_ALL() : 0;
    public static final int AI_CANONIDN = Linkage.POSSIBLE ? Linux.AI_CANONIDN() : 0;
    public static final int AI_CANONNAME = Linkage.POSSIBLE ? Linux.AI_CANONNAME() : 0;
    public static final int AI_IDN = Linkage.POSSIBLE ? Linux.AI_IDN() : 0;
    public static final int AI_NUMERICHOST = Linkage.POSSIBLE ? Linux.AI_NUMERICHOST() : 0;
    public static final int AI_NUMERICSERV = Linkage.POSSIBLE ? Linux.AI_NUMERICSERV() : 0;
    public static final int AI_PASSIVE = Linkage.POSSIBLE ? Linux.AI_PASSIVE() : 0;
    public static final int AI_V4MAPPED = Linkage.POSSIBLE ? Linux.AI_V4MAPPED() : 0;
    public static final int EAI_ADDRFAMILY = Linkage.POSSIBLE ? Linux.EAI_ADDRFAMILY() : 0;
    public static final int EAI_AGAIN = Linkage.POSSIBLE ? Linux.EAI_AGAIN() : 0;
    public static final int EAI_BADFLAGS = Linkage.POSSIBLE ? Linux.EAI_BADFLAGS() : 0;
    public static final int EAI_FAIL = Linkage.POSSIBLE ? Linux.EAI_FAIL() : 0;
    public static final int EAI_FAMILY = Linkage.POSSIBLE ? Linux.EAI_FAMILY() : 0;
    public static final int EAI_IDN_ENCODE = Linkage.POSSIBLE ? Linux.EAI_IDN_ENCODE() : 0;
    public static final int EAI_MEMORY = Linkage.POSSIBLE ? Linux.EAI_MEMORY() : 0;
    public static final int EAI_NODATA = Linkage.POSSIBLE ? Linux.EAI_NODATA() : 0;
    public static final int EAI_NONAME = Linkage.POSSIBLE ? Linux.EAI_NONAME() : 0;
    public static final int EAI_OVERFLOW = Linkage.POSSIBLE ? Linux.EAI_OVERFLOW() : 0;
    public static final int EAI_SERVICE = Linkage.POSSIBLE ? Linux.EAI_SERVICE() : 0;
    public static final int EAI_SOCKTYPE = Linkage.POSSIBLE ? Linux.EAI_SOCKTYPE() : 0;
    public static final int EAI_SYSTEM = Linkage.POSSIBLE ? Linux.EAI_SYSTEM() : 0;
    public static final int HOST_NOT_FOUND = Linkage.POSSIBLE ? Linux.HOST_NOT_FOUND() : 0;
    public static final int NI_DGRAM = Linkage.POSSIBLE ? Linux.NI_DGRAM() : 0;
    public static final int NI_IDN = Linkage.POSSIBLE ? Linux.NI_IDN() : 0;
    public static final int NI_NAMEREQD = Linkage.POSSIBLE ? Linux.NI_NAMEREQD() : 0;
    public static final int NI_NOFQDN = Linkage.POSSIBLE ? Linux.NI_NOFQDN() : 0;
    public static final int NI_NUMERICHOST = Linkage.POSSIBLE ? Linux.NI_NUMERICHOST() : 0;
    public static final int NI_NUMERICSERV = Linkage.POSSIBLE ? Linux.NI_NUMERICSERV() : 0;
    public static final int NO_DATA = Linkage.POSSIBLE ? Linux.NO_DATA() : 0;
    public static final int NO_RECOVERY = Linkage.POSSIBLE ? Linux.NO_RECOVERY() : 0;
    public static final int TRY_AGAIN = Linkage.POSSIBLE ? Linux.TRY_AGAIN() : 0;

    private LookupNumbers() {}
}
