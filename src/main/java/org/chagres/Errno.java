package org.chagres;

import java.util.Arrays;

/**
 * The error numbers of Linux by name ({@code errno(3)}), as on x86-64 and aarch64.
 *
 * <p>Three numbers have a second name; {@link #EWOULDBLOCK}, {@link #EDEADLOCK} and {@link #ENOTSUP} are the same
 * objects as the constants they stand for, so that {@code ==} works with either name, while {@link #name()} and a
 * {@code switch} know the first name only.
 *
 * <p>A kernel may be newer than this library: a number without a name here becomes {@link #UNKNOWN}, which is never an
 * error in itself. {@link ErrnoException#number()} still tells the number.
 *
 * <p>What a number means in detail depends on the call that answered it; see the manual page of the call.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/errno.3.html">errno(3)</a>
 */
@SuppressWarnings("doclint:missing") // a comment a constant would only repeat its text
public enum Errno {
    EPERM(1, "not allowed for this user or process"),
    ENOENT(2, "nothing exists under that name or key"),
    ESRCH(3, "no process or thread has that id"),
    EINTR(4, "a signal came before anything was done"),
    EIO(5, "reading or writing failed at the device"),
    ENXIO(6, "no device there, or nobody at the other end"),
    E2BIG(7, "too much for one call: arguments, operations or bytes"),
    ENOEXEC(8, "not a format the kernel can execute"),
    EBADF(9, "the descriptor is not open, or not open for this use"),
    ECHILD(10, "there is no child process to wait for"),
    EAGAIN(11, "cannot be done now without waiting"),
    ENOMEM(12, "not enough memory or address space, or a memory limit reached"),
    EACCES(13, "the permissions forbid this access"),
    EFAULT(14, "the address is outside the memory of this process"),
    ENOTBLK(15, "only a block device can do this"),
    EBUSY(16, "in use at the moment"),
    EEXIST(17, "already exists"),
    EXDEV(18, "source and target are on different file systems"),
    ENODEV(19, "the device is missing or cannot be used this way"),
    ENOTDIR(20, "part of the path is not a directory"),
    EISDIR(21, "a file was expected but this is a directory"),
    EINVAL(22, "an argument has a value that cannot be used here"),
    ENFILE(23, "no room for another open file on this system"),
    EMFILE(24, "this process has used up its descriptors"),
    ENOTTY(25, "the file or device does not know that control request"),
    ETXTBSY(26, "the program file is running, or still open for writing"),
    EFBIG(27, "the file would grow beyond its permitted size"),
    ENOSPC(28, "no room left, on the device or in a kernel table"),
    ESPIPE(29, "a pipe, FIFO or socket has no position to move"),
    EROFS(30, "the file system is mounted read-only"),
    EMLINK(31, "the file has as many links as it can have"),
    EPIPE(32, "nobody is left to read what is written"),
    EDOM(33, "the function is not defined for this number"),
    ERANGE(34, "the value would leave its permitted range"),
    EDEADLK(35, "waiting here would never end"),
    ENAMETOOLONG(36, "the name or path has more bytes than allowed"),
    ENOLCK(37, "the kernel has no lock left to give"),
    ENOSYS(38, "this kernel does not have the call, or a sandbox hides it"),
    ENOTEMPTY(39, "the directory still has entries"),
    ELOOP(40, "symbolic links are too many or go in a circle, or none may be followed"),
    ENOMSG(42, "no message of the wanted type is in the queue"),
    EIDRM(43, "the kernel object is gone: somebody removed it"),
    ECHRNG(44, "there is no channel of that number"),
    EL2NSYNC(45, "level 2 has lost its synchronisation"),
    EL3HLT(46, "level 3 has stopped"),
    EL3RST(47, "level 3 went back to its initial state"),
    ELNRNG(48, "there is no link of that number"),
    EUNATCH(49, "the protocol driver is not in place"),
    ENOCSI(50, "all CSI structures are taken"),
    EL2HLT(51, "level 2 has stopped"),
    EBADE(52, "no such exchange can be made"),
    EBADR(53, "the request names no usable descriptor"),
    EXFULL(54, "no place is free in the exchange table"),
    ENOANO(55, "the anode does not exist"),
    EBADRQC(56, "the request code is not known"),
    EBADSLT(57, "the slot number is not known"),
    EBFONT(59, "the font file cannot be understood"),
    ENOSTR(60, "only a STREAMS device can do this"),
    ENODATA(61, "nothing to read, or no such attribute"),
    ETIME(62, "the timer ran out"),
    ENOSR(63, "STREAMS has no buffers left"),
    ENONET(64, "there is no network here"),
    ENOPKG(65, "a software package is missing"),
    EREMOTE(66, "the object belongs to another machine"),
    ENOLINK(67, "the link to the other machine was cut"),
    EADV(68, "the resource could not be advertised"),
    ESRMNT(69, "another machine still has the resource mounted"),
    ECOMM(70, "sending to the other machine failed"),
    EPROTO(71, "the other side broke the protocol"),
    EMULTIHOP(72, "the path leads over more than one machine"),
    EDOTDOT(73, "an error of the RFS file system only"),
    EBADMSG(74, "the message or the data is damaged"),
    EOVERFLOW(75, "the value does not fit its field"),
    ENOTUNIQ(76, "somebody else on the network has the same name"),
    EBADFD(77, "the descriptor is in a state that does not allow this"),
    EREMCHG(78, "the other side has a new address"),
    ELIBACC(79, "a shared library that is needed cannot be opened"),
    ELIBBAD(80, "a shared library is damaged"),
    ELIBSCN(81, "the list of libraries in the program is damaged"),
    ELIBMAX(82, "the program needs more shared libraries than allowed"),
    ELIBEXEC(83, "a shared library cannot be run as a program"),
    EILSEQ(84, "these bytes are no character in this encoding"),
    ERESTART(85, "the call was broken off and is to be made again"),
    ESTRPIPE(86, "the pipe of a STREAMS device failed"),
    EUSERS(87, "there is no room for another user"),
    ENOTSOCK(88, "the descriptor is not a socket"),
    EDESTADDRREQ(89, "nobody to send to: not connected, and no address given"),
    EMSGSIZE(90, "the message is too big for one piece"),
    EPROTOTYPE(91, "the protocol does not go with this type of socket"),
    ENOPROTOOPT(92, "the protocol has no such option"),
    EPROTONOSUPPORT(93, "the kernel does not offer this protocol here"),
    ESOCKTNOSUPPORT(94, "the kernel does not offer this type of socket here"),
    EOPNOTSUPP(95, "this object cannot do what was asked"),
    EPFNOSUPPORT(96, "the kernel does not offer this protocol family"),
    EAFNOSUPPORT(97, "an address of this family cannot be used here"),
    EADDRINUSE(98, "somebody else has that address"),
    EADDRNOTAVAIL(99, "this machine does not have that address"),
    ENETDOWN(100, "the network interface is off"),
    ENETUNREACH(101, "no route leads to that network"),
    ENETRESET(102, "connection lost when the network was started anew"),
    ECONNABORTED(103, "the connection was given up on this machine"),
    ECONNRESET(104, "the other side broke the connection off"),
    ENOBUFS(105, "the kernel has no buffer left for this"),
    EISCONN(106, "the socket has a connection already"),
    ENOTCONN(107, "the socket has no connection"),
    ESHUTDOWN(108, "this direction of the socket was shut down before"),
    ETOOMANYREFS(109, "too many descriptors are under way in messages"),
    ETIMEDOUT(110, "no answer or event came in time"),
    ECONNREFUSED(111, "nobody listens at that address"),
    EHOSTDOWN(112, "the other machine is off"),
    EHOSTUNREACH(113, "no route leads to that machine"),
    EALREADY(114, "an earlier request of this kind is still under way"),
    EINPROGRESS(115, "started, and not finished yet"),
    ESTALE(116, "the file behind this handle is no longer there"),
    EUCLEAN(117, "the file system is damaged and wants a check"),
    ENOTNAM(118, "the file has no XENIX name type"),
    ENAVAIL(119, "the system has no XENIX semaphores"),
    EISNAM(120, "the file has a XENIX name type"),
    EREMOTEIO(121, "reading or writing failed at a remote device"),
    EDQUOT(122, "the user's share of the disk is used up"),
    ENOMEDIUM(123, "the drive is empty"),
    EMEDIUMTYPE(124, "the drive cannot use a medium of this kind"),
    ECANCELED(125, "the operation was called off"),
    ENOKEY(126, "no keyring has the key that is needed"),
    EKEYEXPIRED(127, "the key in the keyring is past its time"),
    EKEYREVOKED(128, "the key in the keyring was withdrawn"),
    EKEYREJECTED(129, "the key in the keyring was not accepted"),
    EOWNERDEAD(130, "the owner of the lock ended without releasing it"),
    ENOTRECOVERABLE(131, "what the lock protects was left broken for good"),
    ERFKILL(132, "the radio is switched off"),
    EHWPOISON(133, "the memory has a hardware fault there"),
    EFTYPE(134, "the file is of a type that this is not for"),

    /** Stands for every number that has no name here; its own number is -1, which no kernel answers. */
    UNKNOWN(-1, "this library has no name for the number");

    /** Another name of {@link #EAGAIN}. */
    public static final Errno EWOULDBLOCK = EAGAIN;

    /** Another name of {@link #EDEADLK}. */
    public static final Errno EDEADLOCK = EDEADLK;

    /** Another name of {@link #EOPNOTSUPP}. */
    public static final Errno ENOTSUP = EOPNOTSUPP;

    private static final Errno[] BY_NUMBER = new Errno[EFTYPE.number + 1];

    static {
        Arrays.fill(BY_NUMBER, UNKNOWN); // 0, 41 and 58 belong to nobody
        for (Errno errno : values()) {
            if (errno != UNKNOWN) {
                BY_NUMBER[errno.number] = errno;
            }
        }
    }

    private final int number;
    private final String text;

    Errno(int number, String text) {
        this.number = number;
        this.text = text;
    }

    /**
     * Finds the constant of a number.
     *
     * @param number any number
     * @return the constant, or {@link #UNKNOWN} if the number has none
     */
    public static Errno of(int number) {
        return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : UNKNOWN;
    }

    /**
     * The number of this error.
     *
     * @return 1 to 133, or -1 for {@link #UNKNOWN}
     */
    public int number() {
        return number;
    }

    /**
     * What this error means in general, in English whatever the locale: a few words without a full stop.
     *
     * @return the text, different for each constant
     */
    public String text() {
        return text;
    }
}
