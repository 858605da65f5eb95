/* Internet sockets, of IPv4 and of this machine. What is sent by a stream, or by single datagrams, is in socket.c. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

#define BLOCK 32
#define SIZE 64

/* A port of 127.0.0.1, or of 127.0.0.2. */
enum host { LOOPBACK = INADDR_LOOPBACK, OTHER_LOOPBACK };

static inline struct sockaddr_in address_in(enum host host, long port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short) port)};
    address.sin_addr.s_addr = htonl(host);
    return address;
}

static inline long connect_to(int socket, enum host host, long port) {
    struct sockaddr_in address = address_in(host, port);
    return connect(socket, (struct sockaddr *) &address, sizeof address) != 0 ? -errno : 0;
}

static inline long bound(int type, enum host host, long port) {
    struct sockaddr_in address = address_in(host, port);
    int number = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    return number < 0 || bind(number, (struct sockaddr *) &address, sizeof address) != 0 ? -errno : number;
}

/* The port of a socket. */
long port_of(long n, long socket) {
    (void) n;
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    return getsockname((int) socket, (struct sockaddr *) &address, &length) != 0 ? -errno : ntohs(address.sin_port);
}

long make_tcp_listener(void) {
    long listener = bound(SOCK_STREAM, LOOPBACK, 0);
    return listener < 0 || listen((int) listener, SOMAXCONN) == 0 ? listener : -errno;
}

/* Has a stream send at once; answers the same number. */
long send_at_once(long n, long socket) {
    (void) n;
    int on = 1;
    return setsockopt((int) socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ? -errno : socket;
}

long make_tcp_connected(long n, long port) {
    (void) n;
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client < 0) {
        return -errno;
    }
    long failed = connect_to(client, LOOPBACK, port);
    return failed != 0 ? failed : client;
}

/* Connects, accepts, and closes both, the first with a reset: else its port would be in use for a minute. */
long loop_tcp_connect(long n, long listener, long port) {
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    for (long i = 0; i < n; i++) {
        long client = make_tcp_connected(0, port);
        if (client < 0) {
            return client;
        }
        struct sockaddr_in peer;
        socklen_t length = sizeof peer;
        int server = accept4((int) listener, (struct sockaddr *) &peer, &length, SOCK_CLOEXEC);
        if (server < 0 || setsockopt((int) client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0) {
            return -errno;
        }
        close((int) client);
        close(server);
    }
    return n;
}

/* A socket for datagrams with a free port, connected to the same port of the other address; or the one there. */
long make_udp_server(void) {
    long number = bound(SOCK_DGRAM, LOOPBACK, 0);
    long failed = number < 0 ? number : connect_to((int) number, OTHER_LOOPBACK, port_of(0, number));
    return failed != 0 ? failed : number;
}

long make_udp_client(long n, long port) {
    (void) n;
    long number = bound(SOCK_DGRAM, OTHER_LOOPBACK, port);
    long failed = number < 0 ? number : connect_to((int) number, LOOPBACK, port);
    return failed != 0 ? failed : number;
}

/* How a block is sent. It is received one by one, or by batches else. */
enum way { ONE_BY_ONE, BATCH, SEGMENTS };

struct block {
    char bytes[BLOCK * SIZE];
    struct sockaddr_in6 names[BLOCK];
    struct iovec pieces[BLOCK];
    struct mmsghdr messages[BLOCK];
};

static _Thread_local struct block outgoing;
static _Thread_local struct block incoming;

static inline void prepare(struct block *block) {
    if (block->pieces[0].iov_base != NULL) {
        return;
    }
    memset(block->bytes, 1, sizeof block->bytes);
    for (int i = 0; i < BLOCK; i++) {
        block->pieces[i] = (struct iovec) {block->bytes + i * SIZE, SIZE};
        block->messages[i].msg_hdr = (struct msghdr) {.msg_iov = &block->pieces[i], .msg_iovlen = 1};
    }
}

/* Has room for who sent each, which a batch tells. */
static inline void name(struct block *block) {
    for (int i = 0; i < BLOCK; i++) {
        block->messages[i].msg_hdr.msg_name = &block->names[i];
        block->messages[i].msg_hdr.msg_namelen = sizeof block->names[i];
    }
}

static inline long send_segments(int socket) {
    union {
        char bytes[CMSG_SPACE(sizeof(unsigned short))];
        struct cmsghdr aligned;
    } control;
    struct iovec all = {outgoing.bytes, sizeof outgoing.bytes};
    struct msghdr message = {.msg_iov = &all, .msg_iovlen = 1, .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    unsigned short size = SIZE;
    head->cmsg_len = CMSG_LEN(sizeof size);
    head->cmsg_level = IPPROTO_UDP;
    head->cmsg_type = UDP_SEGMENT;
    memcpy(CMSG_DATA(head), &size, sizeof size);
    return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static inline long send_block(int socket, enum way way) {
    if (way == SEGMENTS) {
        return send_segments(socket);
    }
    for (int done = 0; done < BLOCK;) {
        long count = 1;
        if (way == BATCH) {
            count = sendmmsg(socket, outgoing.messages + done, (unsigned) (BLOCK - done), MSG_NOSIGNAL);
        } else if (send(socket, outgoing.bytes, SIZE, MSG_NOSIGNAL) != SIZE) {
            count = -1;
        }
        if (count < 0) {
            return -errno;
        }
        done += count;
    }
    return 0;
}

static inline long receive_block(int socket, enum way way) {
    for (int done = 0; done < BLOCK;) {
        long count = 1;
        if (way != ONE_BY_ONE) {
            name(&incoming);
            count = recvmmsg(socket, incoming.messages, BLOCK, MSG_TRUNC | MSG_WAITFORONE, NULL);
        } else if (recv(socket, incoming.bytes, SIZE, MSG_TRUNC) < 0) {
            count = -1;
        }
        if (count < 0) {
            return -errno;
        }
        done += count;
    }
    return 0;
}

/* One thread sends blocks to itself, and receives each before the next. */
long loop_udp(long n, long from, long to, long way) {
    prepare(&outgoing);
    prepare(&incoming);
    for (long i = 0; i < n; i++) {
        long failed = send_block((int) from, (enum way) way);
        failed = failed != 0 ? failed : receive_block((int) to, (enum way) way);
        if (failed != 0) {
            return failed;
        }
    }
    return n;
}

/* Sends blocks, each when the one before is confirmed. */
long loop_udp_pour(long n, long socket, long way) {
    prepare(&outgoing);
    char confirmation[SIZE];
    for (long i = 0; i < n; i++) {
        long failed = send_block((int) socket, (enum way) way);
        if (failed != 0) {
            return failed;
        }
        if (recv((int) socket, confirmation, sizeof confirmation, MSG_TRUNC) < 0) {
            return -errno;
        }
    }
    return n;
}

/* The other side. */
long loop_udp_drain(long n, long socket, long way) {
    prepare(&outgoing);
    prepare(&incoming);
    for (long i = 0; i < n; i++) {
        long failed = receive_block((int) socket, (enum way) way);
        if (failed != 0) {
            return failed;
        }
        if (send((int) socket, outgoing.bytes, SIZE, MSG_NOSIGNAL) < 0) {
            return -errno;
        }
    }
    return n;
}
