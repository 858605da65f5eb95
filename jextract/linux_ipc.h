/*
 * The one header that jextract reads. It only includes: the files in includes/ say what of it is kept.
 *
 * One umbrella, not a run a header: shared structs (ipc_perm, timespec, iovec) must refer to one header class.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <stddef.h>
#include <sys/types.h>

#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <sys/mman.h>

/* Newer than the headers of some systems that this is compiled on. The kernel's numbers never change. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

/*
 * With _GNU_SOURCE, glibc declares the address argument of bind(2), accept(2) and their like as a transparent union
 * (__SOCKADDR_ARG), which jextract takes for a union passed by value. The header asks __GNUC_PREREQ first: while it
 * answers 0, the arguments are the plain pointers they really are.
 */
#pragma push_macro("__GNUC_PREREQ")
#undef __GNUC_PREREQ
#define __GNUC_PREREQ(major, minor) 0
#include <sys/socket.h>
#pragma pop_macro("__GNUC_PREREQ")

/* Newer than the headers too; or the kernel's alone, told by no header for programs. */
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif
#ifndef SCM_SECURITY
#define SCM_SECURITY 3
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <net/if.h>

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <unistd.h>

#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* The size of a huge page travels in the flags of shmget(2): log2(bytes) << HUGETLB_FLAG_ENCODE_SHIFT. */
#include <asm-generic/hugetlb_encode.h>

/*
 * Places in structs that are read on the way to a program's first call, or that are elsewhere on another CPU (Abi has
 * those). As constants they cost nothing, while the class of a struct takes 6 ms to initialise.
 */
enum {
    SHMID_DS_SHM_SEGSZ_OFFSET = offsetof(struct shmid_ds, shm_segsz),

    SEMID_DS_BYTE_SIZE = sizeof(struct semid_ds),
    SEMID_DS_SEM_OTIME_OFFSET = offsetof(struct semid_ds, sem_otime),
    SEMID_DS_SEM_CTIME_OFFSET = offsetof(struct semid_ds, sem_ctime),
    SEMID_DS_SEM_NSEMS_OFFSET = offsetof(struct semid_ds, sem_nsems),

    SEMBUF_BYTE_SIZE = sizeof(struct sembuf),
    SEMBUF_SEM_NUM_OFFSET = offsetof(struct sembuf, sem_num),
    SEMBUF_SEM_OP_OFFSET = offsetof(struct sembuf, sem_op),
    SEMBUF_SEM_FLG_OFFSET = offsetof(struct sembuf, sem_flg),

    TIMESPEC_BYTE_SIZE = sizeof(struct timespec),
    TIMESPEC_TV_SEC_OFFSET = offsetof(struct timespec, tv_sec),
    TIMESPEC_TV_NSEC_OFFSET = offsetof(struct timespec, tv_nsec),

    SIGACTION_BYTE_SIZE = sizeof(struct sigaction),
    SIGACTION_SA_HANDLER_OFFSET = offsetof(struct sigaction, sa_handler),
    SIGACTION_SA_FLAGS_OFFSET = offsetof(struct sigaction, sa_flags),

    SIGSET_T_BYTE_SIZE = sizeof(sigset_t),

    POLLFD_BYTE_SIZE = sizeof(struct pollfd),
    POLLFD_FD_OFFSET = offsetof(struct pollfd, fd),
    POLLFD_EVENTS_OFFSET = offsetof(struct pollfd, events),
    POLLFD_REVENTS_OFFSET = offsetof(struct pollfd, revents),

    IOVEC_BYTE_SIZE = sizeof(struct iovec),
    IOVEC_IOV_BASE_OFFSET = offsetof(struct iovec, iov_base),
    IOVEC_IOV_LEN_OFFSET = offsetof(struct iovec, iov_len),

    STAT_ST_MODE_OFFSET = offsetof(struct stat, st_mode),
    STAT_ST_SIZE_OFFSET = offsetof(struct stat, st_size),
    STAT_ST_BLKSIZE_OFFSET = offsetof(struct stat, st_blksize),

    STATFS_F_TYPE_OFFSET = offsetof(struct statfs, f_type),
    STATFS_F_BSIZE_OFFSET = offsetof(struct statfs, f_bsize),

    FLOCK_L_TYPE_OFFSET = offsetof(struct flock, l_type),
    FLOCK_L_WHENCE_OFFSET = offsetof(struct flock, l_whence),
    FLOCK_L_START_OFFSET = offsetof(struct flock, l_start),
    FLOCK_L_LEN_OFFSET = offsetof(struct flock, l_len),
    FLOCK_L_PID_OFFSET = offsetof(struct flock, l_pid),

    SPAWN_FILE_ACTIONS_BYTE_SIZE = sizeof(posix_spawn_file_actions_t),
    SPAWN_ATTRIBUTES_BYTE_SIZE = sizeof(posix_spawnattr_t),

    SIGINFO_SI_CODE_OFFSET = offsetof(siginfo_t, si_code),
    SIGINFO_SI_PID_OFFSET = offsetof(siginfo_t, si_pid),
    SIGINFO_SI_STATUS_OFFSET = offsetof(siginfo_t, si_status),

    EPOLL_EVENT_BYTE_SIZE = sizeof(struct epoll_event),
    EPOLL_EVENT_EVENTS_OFFSET = offsetof(struct epoll_event, events),
    EPOLL_EVENT_DATA_OFFSET = offsetof(struct epoll_event, data),

    SOCKADDR_STORAGE_BYTE_SIZE = sizeof(struct sockaddr_storage),

    SOCKADDR_UN_BYTE_SIZE = sizeof(struct sockaddr_un),
    SOCKADDR_UN_SUN_FAMILY_OFFSET = offsetof(struct sockaddr_un, sun_family),
    SOCKADDR_UN_SUN_PATH_OFFSET = offsetof(struct sockaddr_un, sun_path),

    MSGHDR_BYTE_SIZE = sizeof(struct msghdr),
    MSGHDR_MSG_NAME_OFFSET = offsetof(struct msghdr, msg_name),
    MSGHDR_MSG_NAMELEN_OFFSET = offsetof(struct msghdr, msg_namelen),
    MSGHDR_MSG_IOV_OFFSET = offsetof(struct msghdr, msg_iov),
    MSGHDR_MSG_IOVLEN_OFFSET = offsetof(struct msghdr, msg_iovlen),
    MSGHDR_MSG_CONTROL_OFFSET = offsetof(struct msghdr, msg_control),
    MSGHDR_MSG_CONTROLLEN_OFFSET = offsetof(struct msghdr, msg_controllen),
    MSGHDR_MSG_FLAGS_OFFSET = offsetof(struct msghdr, msg_flags),

    MMSGHDR_BYTE_SIZE = sizeof(struct mmsghdr),
    MMSGHDR_MSG_HDR_OFFSET = offsetof(struct mmsghdr, msg_hdr),
    MMSGHDR_MSG_LEN_OFFSET = offsetof(struct mmsghdr, msg_len),

    CMSGHDR_CMSG_LEN_OFFSET = offsetof(struct cmsghdr, cmsg_len),
    CMSGHDR_CMSG_LEVEL_OFFSET = offsetof(struct cmsghdr, cmsg_level),
    CMSGHDR_CMSG_TYPE_OFFSET = offsetof(struct cmsghdr, cmsg_type),
    CMSG_ALIGNMENT = CMSG_ALIGN(1),
    CMSG_LEN_OF_NOTHING = CMSG_LEN(0),

    UCRED_BYTE_SIZE = sizeof(struct ucred),
    UCRED_PID_OFFSET = offsetof(struct ucred, pid),
    UCRED_UID_OFFSET = offsetof(struct ucred, uid),
    UCRED_GID_OFFSET = offsetof(struct ucred, gid),

    LINGER_BYTE_SIZE = sizeof(struct linger),
    LINGER_L_ONOFF_OFFSET = offsetof(struct linger, l_onoff),
    LINGER_L_LINGER_OFFSET = offsetof(struct linger, l_linger),

    TIMEVAL_BYTE_SIZE = sizeof(struct timeval),
    TIMEVAL_TV_SEC_OFFSET = offsetof(struct timeval, tv_sec),
    TIMEVAL_TV_USEC_OFFSET = offsetof(struct timeval, tv_usec)
};
