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
#include <netinet/icmp6.h>
#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h> /* in place of <netinet/tcp.h>, whose struct tcp_info ends after 104 bytes */
#include <linux/udp.h>
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

/* Newer than the headers, or in those of the kernel alone that cannot stand beside <netinet/in.h>. */
#ifndef IPV6_FLOWINFO
#define IPV6_FLOWINFO 11
#endif
#ifndef IPV6_FLOWINFO_SEND
#define IPV6_FLOWINFO_SEND 33
#endif
#ifndef IPV6_RECVERR_RFC4884
#define IPV6_RECVERR_RFC4884 31
#endif
#ifndef ICMP_FILTER
#define ICMP_FILTER 1
#endif
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif
#ifndef SO_RCVMARK
#define SO_RCVMARK 75
#endif
#ifndef SO_RCVPRIORITY
#define SO_RCVPRIORITY 82
#endif
#ifndef SO_RESERVE_MEM
#define SO_RESERVE_MEM 73
#endif
#ifndef SO_TXREHASH
#define SO_TXREHASH 74
#endif
#ifndef TCP_DELACK_MAX_US
#define TCP_DELACK_MAX_US 46
#endif
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif
#ifndef TCP_RTO_MIN_US
#define TCP_RTO_MIN_US 45
#endif

/* What kernels newer than the headers tell behind the last of struct tcp_info that Linux 5.4 has. */
struct tcp_info_newer {
    __u32 tcpi_rcv_wnd; /* 6.2 */
    __u32 tcpi_rehash;
    __u16 tcpi_total_rto; /* 6.7 */
    __u16 tcpi_total_rto_recoveries;
    __u32 tcpi_total_rto_time;
    __u32 tcpi_received_ce; /* 6.18 */
    __u32 tcpi_delivered_e1_bytes;
    __u32 tcpi_delivered_e0_bytes;
    __u32 tcpi_delivered_ce_bytes;
    __u32 tcpi_received_e1_bytes;
    __u32 tcpi_received_e0_bytes;
    __u32 tcpi_received_ce_bytes;
    __u16 tcpi_accecn_fail_mode;
    __u16 tcpi_accecn_opt_seen;
};

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

    SIGINFO_BYTE_SIZE = sizeof(siginfo_t),
    SIGINFO_SI_BAND_OFFSET = offsetof(siginfo_t, si_band),
    SIGINFO_SI_FD_OFFSET = offsetof(siginfo_t, si_fd),

    F_OWNER_EX_TYPE_OFFSET = offsetof(struct f_owner_ex, type),
    F_OWNER_EX_PID_OFFSET = offsetof(struct f_owner_ex, pid),

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

    SOCKADDR_IN_BYTE_SIZE = sizeof(struct sockaddr_in),
    SOCKADDR_IN_SIN_FAMILY_OFFSET = offsetof(struct sockaddr_in, sin_family),
    SOCKADDR_IN_SIN_PORT_OFFSET = offsetof(struct sockaddr_in, sin_port),
    SOCKADDR_IN_SIN_ADDR_OFFSET = offsetof(struct sockaddr_in, sin_addr),

    SOCKADDR_IN6_BYTE_SIZE = sizeof(struct sockaddr_in6),
    SOCKADDR_IN6_SIN6_FAMILY_OFFSET = offsetof(struct sockaddr_in6, sin6_family),
    SOCKADDR_IN6_SIN6_PORT_OFFSET = offsetof(struct sockaddr_in6, sin6_port),
    SOCKADDR_IN6_SIN6_ADDR_OFFSET = offsetof(struct sockaddr_in6, sin6_addr),
    SOCKADDR_IN6_SIN6_SCOPE_ID_OFFSET = offsetof(struct sockaddr_in6, sin6_scope_id),

    ADDRINFO_BYTE_SIZE = sizeof(struct addrinfo),
    ADDRINFO_AI_FLAGS_OFFSET = offsetof(struct addrinfo, ai_flags),
    ADDRINFO_AI_FAMILY_OFFSET = offsetof(struct addrinfo, ai_family),
    ADDRINFO_AI_SOCKTYPE_OFFSET = offsetof(struct addrinfo, ai_socktype),
    ADDRINFO_AI_PROTOCOL_OFFSET = offsetof(struct addrinfo, ai_protocol),
    ADDRINFO_AI_ADDRLEN_OFFSET = offsetof(struct addrinfo, ai_addrlen),
    ADDRINFO_AI_ADDR_OFFSET = offsetof(struct addrinfo, ai_addr),
    ADDRINFO_AI_CANONNAME_OFFSET = offsetof(struct addrinfo, ai_canonname),
    ADDRINFO_AI_NEXT_OFFSET = offsetof(struct addrinfo, ai_next),

    HOSTENT_BYTE_SIZE = sizeof(struct hostent),
    HOSTENT_H_NAME_OFFSET = offsetof(struct hostent, h_name),
    HOSTENT_H_ALIASES_OFFSET = offsetof(struct hostent, h_aliases),
    HOSTENT_H_LENGTH_OFFSET = offsetof(struct hostent, h_length),
    HOSTENT_H_ADDR_LIST_OFFSET = offsetof(struct hostent, h_addr_list),

    NETENT_BYTE_SIZE = sizeof(struct netent),
    NETENT_N_NAME_OFFSET = offsetof(struct netent, n_name),
    NETENT_N_ALIASES_OFFSET = offsetof(struct netent, n_aliases),
    NETENT_N_NET_OFFSET = offsetof(struct netent, n_net),

    PROTOENT_BYTE_SIZE = sizeof(struct protoent),
    PROTOENT_P_NAME_OFFSET = offsetof(struct protoent, p_name),
    PROTOENT_P_ALIASES_OFFSET = offsetof(struct protoent, p_aliases),
    PROTOENT_P_PROTO_OFFSET = offsetof(struct protoent, p_proto),

    SERVENT_BYTE_SIZE = sizeof(struct servent),
    SERVENT_S_NAME_OFFSET = offsetof(struct servent, s_name),
    SERVENT_S_ALIASES_OFFSET = offsetof(struct servent, s_aliases),
    SERVENT_S_PORT_OFFSET = offsetof(struct servent, s_port),
    SERVENT_S_PROTO_OFFSET = offsetof(struct servent, s_proto),

    IF_NAMEINDEX_BYTE_SIZE = sizeof(struct if_nameindex),
    IF_NAMEINDEX_IF_INDEX_OFFSET = offsetof(struct if_nameindex, if_index),
    IF_NAMEINDEX_IF_NAME_OFFSET = offsetof(struct if_nameindex, if_name),

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

    IN_PKTINFO_BYTE_SIZE = sizeof(struct in_pktinfo),
    IN_PKTINFO_IPI_IFINDEX_OFFSET = offsetof(struct in_pktinfo, ipi_ifindex),
    IN_PKTINFO_IPI_SPEC_DST_OFFSET = offsetof(struct in_pktinfo, ipi_spec_dst),
    IN_PKTINFO_IPI_ADDR_OFFSET = offsetof(struct in_pktinfo, ipi_addr),

    IN6_PKTINFO_BYTE_SIZE = sizeof(struct in6_pktinfo),
    IN6_PKTINFO_IPI6_ADDR_OFFSET = offsetof(struct in6_pktinfo, ipi6_addr),
    IN6_PKTINFO_IPI6_IFINDEX_OFFSET = offsetof(struct in6_pktinfo, ipi6_ifindex),

    GROUP_SOURCE_REQ_BYTE_SIZE = sizeof(struct group_source_req),
    GROUP_SOURCE_REQ_GSR_INTERFACE_OFFSET = offsetof(struct group_source_req, gsr_interface),
    GROUP_SOURCE_REQ_GSR_GROUP_OFFSET = offsetof(struct group_source_req, gsr_group),
    GROUP_SOURCE_REQ_GSR_SOURCE_OFFSET = offsetof(struct group_source_req, gsr_source),
    GROUP_REQ_BYTE_SIZE = sizeof(struct group_req),

    SOCK_EXTENDED_ERR_BYTE_SIZE = sizeof(struct sock_extended_err),
    SOCK_EXTENDED_ERR_EE_ERRNO_OFFSET = offsetof(struct sock_extended_err, ee_errno),
    SOCK_EXTENDED_ERR_EE_ORIGIN_OFFSET = offsetof(struct sock_extended_err, ee_origin),
    SOCK_EXTENDED_ERR_EE_TYPE_OFFSET = offsetof(struct sock_extended_err, ee_type),
    SOCK_EXTENDED_ERR_EE_CODE_OFFSET = offsetof(struct sock_extended_err, ee_code),
    SOCK_EXTENDED_ERR_EE_INFO_OFFSET = offsetof(struct sock_extended_err, ee_info),

    UCRED_BYTE_SIZE = sizeof(struct ucred),
    UCRED_PID_OFFSET = offsetof(struct ucred, pid),
    UCRED_UID_OFFSET = offsetof(struct ucred, uid),
    UCRED_GID_OFFSET = offsetof(struct ucred, gid),

    LINGER_BYTE_SIZE = sizeof(struct linger),
    LINGER_L_ONOFF_OFFSET = offsetof(struct linger, l_onoff),
    LINGER_L_LINGER_OFFSET = offsetof(struct linger, l_linger),

    TCP_INFO_TCPI_STATE_OFFSET = offsetof(struct tcp_info, tcpi_state),
    TCP_INFO_TCPI_CA_STATE_OFFSET = offsetof(struct tcp_info, tcpi_ca_state),
    TCP_INFO_TCPI_RETRANSMITS_OFFSET = offsetof(struct tcp_info, tcpi_retransmits),
    TCP_INFO_TCPI_PROBES_OFFSET = offsetof(struct tcp_info, tcpi_probes),
    TCP_INFO_TCPI_BACKOFF_OFFSET = offsetof(struct tcp_info, tcpi_backoff),
    TCP_INFO_TCPI_OPTIONS_OFFSET = offsetof(struct tcp_info, tcpi_options),
    TCP_INFO_TCPI_WSCALE_OFFSET = offsetof(struct tcp_info, tcpi_options) + 1, /* two of four bits */
    TCP_INFO_TCPI_FLAGS_OFFSET = offsetof(struct tcp_info, tcpi_options) + 2, /* one bit, then two */
    TCP_INFO_TCPI_RTO_OFFSET = offsetof(struct tcp_info, tcpi_rto),
    TCP_INFO_TCPI_ATO_OFFSET = offsetof(struct tcp_info, tcpi_ato),
    TCP_INFO_TCPI_SND_MSS_OFFSET = offsetof(struct tcp_info, tcpi_snd_mss),
    TCP_INFO_TCPI_RCV_MSS_OFFSET = offsetof(struct tcp_info, tcpi_rcv_mss),
    TCP_INFO_TCPI_UNACKED_OFFSET = offsetof(struct tcp_info, tcpi_unacked),
    TCP_INFO_TCPI_SACKED_OFFSET = offsetof(struct tcp_info, tcpi_sacked),
    TCP_INFO_TCPI_LOST_OFFSET = offsetof(struct tcp_info, tcpi_lost),
    TCP_INFO_TCPI_RETRANS_OFFSET = offsetof(struct tcp_info, tcpi_retrans),
    TCP_INFO_TCPI_LAST_DATA_SENT_OFFSET = offsetof(struct tcp_info, tcpi_last_data_sent),
    TCP_INFO_TCPI_LAST_DATA_RECV_OFFSET = offsetof(struct tcp_info, tcpi_last_data_recv),
    TCP_INFO_TCPI_LAST_ACK_RECV_OFFSET = offsetof(struct tcp_info, tcpi_last_ack_recv),
    TCP_INFO_TCPI_PMTU_OFFSET = offsetof(struct tcp_info, tcpi_pmtu),
    TCP_INFO_TCPI_RCV_SSTHRESH_OFFSET = offsetof(struct tcp_info, tcpi_rcv_ssthresh),
    TCP_INFO_TCPI_RTT_OFFSET = offsetof(struct tcp_info, tcpi_rtt),
    TCP_INFO_TCPI_RTTVAR_OFFSET = offsetof(struct tcp_info, tcpi_rttvar),
    TCP_INFO_TCPI_SND_SSTHRESH_OFFSET = offsetof(struct tcp_info, tcpi_snd_ssthresh),
    TCP_INFO_TCPI_SND_CWND_OFFSET = offsetof(struct tcp_info, tcpi_snd_cwnd),
    TCP_INFO_TCPI_ADVMSS_OFFSET = offsetof(struct tcp_info, tcpi_advmss),
    TCP_INFO_TCPI_REORDERING_OFFSET = offsetof(struct tcp_info, tcpi_reordering),
    TCP_INFO_TCPI_RCV_RTT_OFFSET = offsetof(struct tcp_info, tcpi_rcv_rtt),
    TCP_INFO_TCPI_RCV_SPACE_OFFSET = offsetof(struct tcp_info, tcpi_rcv_space),
    TCP_INFO_TCPI_TOTAL_RETRANS_OFFSET = offsetof(struct tcp_info, tcpi_total_retrans),
    TCP_INFO_TCPI_PACING_RATE_OFFSET = offsetof(struct tcp_info, tcpi_pacing_rate),
    TCP_INFO_TCPI_MAX_PACING_RATE_OFFSET = offsetof(struct tcp_info, tcpi_max_pacing_rate),
    TCP_INFO_TCPI_BYTES_ACKED_OFFSET = offsetof(struct tcp_info, tcpi_bytes_acked),
    TCP_INFO_TCPI_BYTES_RECEIVED_OFFSET = offsetof(struct tcp_info, tcpi_bytes_received),
    TCP_INFO_TCPI_SEGS_OUT_OFFSET = offsetof(struct tcp_info, tcpi_segs_out),
    TCP_INFO_TCPI_SEGS_IN_OFFSET = offsetof(struct tcp_info, tcpi_segs_in),
    TCP_INFO_TCPI_NOTSENT_BYTES_OFFSET = offsetof(struct tcp_info, tcpi_notsent_bytes),
    TCP_INFO_TCPI_MIN_RTT_OFFSET = offsetof(struct tcp_info, tcpi_min_rtt),
    TCP_INFO_TCPI_DATA_SEGS_IN_OFFSET = offsetof(struct tcp_info, tcpi_data_segs_in),
    TCP_INFO_TCPI_DATA_SEGS_OUT_OFFSET = offsetof(struct tcp_info, tcpi_data_segs_out),
    TCP_INFO_TCPI_DELIVERY_RATE_OFFSET = offsetof(struct tcp_info, tcpi_delivery_rate),
    TCP_INFO_TCPI_BUSY_TIME_OFFSET = offsetof(struct tcp_info, tcpi_busy_time),
    TCP_INFO_TCPI_RWND_LIMITED_OFFSET = offsetof(struct tcp_info, tcpi_rwnd_limited),
    TCP_INFO_TCPI_SNDBUF_LIMITED_OFFSET = offsetof(struct tcp_info, tcpi_sndbuf_limited),
    TCP_INFO_TCPI_DELIVERED_OFFSET = offsetof(struct tcp_info, tcpi_delivered),
    TCP_INFO_TCPI_DELIVERED_CE_OFFSET = offsetof(struct tcp_info, tcpi_delivered_ce),
    TCP_INFO_TCPI_BYTES_SENT_OFFSET = offsetof(struct tcp_info, tcpi_bytes_sent),
    TCP_INFO_TCPI_BYTES_RETRANS_OFFSET = offsetof(struct tcp_info, tcpi_bytes_retrans),
    TCP_INFO_TCPI_DSACK_DUPS_OFFSET = offsetof(struct tcp_info, tcpi_dsack_dups),
    TCP_INFO_TCPI_REORD_SEEN_OFFSET = offsetof(struct tcp_info, tcpi_reord_seen),
    TCP_INFO_TCPI_RCV_OOOPACK_OFFSET = offsetof(struct tcp_info, tcpi_rcv_ooopack),
    TCP_INFO_TCPI_SND_WND_OFFSET = offsetof(struct tcp_info, tcpi_snd_wnd),
    TCP_INFO_LEAST_BYTE_SIZE = offsetof(struct tcp_info, tcpi_snd_wnd) + sizeof(__u32),
    TCP_INFO_TCPI_RCV_WND_OFFSET = TCP_INFO_LEAST_BYTE_SIZE + offsetof(struct tcp_info_newer, tcpi_rcv_wnd),
    TCP_INFO_TCPI_REHASH_OFFSET = TCP_INFO_LEAST_BYTE_SIZE + offsetof(struct tcp_info_newer, tcpi_rehash),
    TCP_INFO_TCPI_TOTAL_RTO_OFFSET = TCP_INFO_LEAST_BYTE_SIZE + offsetof(struct tcp_info_newer, tcpi_total_rto),
    TCP_INFO_TCPI_TOTAL_RTO_RECOVERIES_OFFSET = TCP_INFO_LEAST_BYTE_SIZE + offsetof(struct tcp_info_newer, tcpi_total_rto_recoveries),
    TCP_INFO_TCPI_TOTAL_RTO_TIME_OFFSET = TCP_INFO_LEAST_BYTE_SIZE + offsetof(struct tcp_info_newer, tcpi_total_rto_time),
    TCP_INFO_TCPI_RECEIVED_CE_OFFSET = TCP_INFO_LEAST_BYTE_SIZE + offsetof(struct tcp_info_newer, tcpi_received_ce),
    TCP_INFO_BYTE_SIZE = TCP_INFO_LEAST_BYTE_SIZE + sizeof(struct tcp_info_newer),

    TIMEVAL_BYTE_SIZE = sizeof(struct timeval),
    TIMEVAL_TV_SEC_OFFSET = offsetof(struct timeval, tv_sec),
    TIMEVAL_TV_USEC_OFFSET = offsetof(struct timeval, tv_usec)
};
