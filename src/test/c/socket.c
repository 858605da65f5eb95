/* Local sockets. The loops of two processes are those of pairs/socket.c as well. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LARGEST (64 * 1024)

/* Written before it is sent: memory that never was would all be one page of zeros. */
static _Thread_local _Alignas(4096) char out[LARGEST];
static _Thread_local _Alignas(4096) char in[LARGEST];

static inline long send_all(int socket, long size) {
    for (long done = 0; done < size;) {
        ssize_t count = send(socket, out + done, (size_t) (size - done), MSG_NOSIGNAL);
        if (count < 0) {
            return -errno;
        }
        done += count;
    }
    return 0;
}

static inline long receive_all(int socket, long size) {
    for (long done = 0; done < size;) {
        ssize_t count = recv(socket, in + done, (size_t) (size - done), 0);
        if (count <= 0) {
            return count == 0 ? -EPIPE : -errno;
        }
        done += count;
    }
    return 0;
}

/* One thread sends to itself; or calls a process that answers by the same socket. */
long loop_socket(long n, long from, long to, long size) {
    memset(out, 1, (size_t) size);
    for (long i = 0; i < n; i++) {
        long failed = send_all((int) from, size);
        failed = failed != 0 ? failed : receive_all((int) to, size);
        if (failed != 0) {
            return failed;
        }
    }
    return n;
}

long loop_socket_answer(long n, long socket, long size) {
    memset(out, 1, (size_t) size);
    for (long i = 0; i < n; i++) {
        long failed = receive_all((int) socket, size);
        failed = failed != 0 ? failed : send_all((int) socket, size);
        if (failed != 0) {
            return failed;
        }
    }
    return n;
}

/* Sends, and waits for the byte that says that all came. */
long loop_socket_pour(long n, long socket, long size) {
    memset(out, 1, (size_t) size);
    long failed = 0;
    for (long i = 0; i < n && failed == 0; i++) {
        failed = send_all((int) socket, size);
    }
    failed = failed != 0 ? failed : receive_all((int) socket, 1);
    return failed != 0 ? failed : n;
}

/* The other side; receives what there is. */
long loop_socket_drain(long n, long socket, long size) {
    for (long rest = n * size; rest > 0;) {
        ssize_t count = recv((int) socket, in, (size_t) size, 0);
        if (count <= 0) {
            return count == 0 ? -EPIPE : -errno;
        }
        rest -= count;
    }
    out[0] = 1;
    long failed = send_all((int) socket, 1);
    return failed != 0 ? failed : n;
}

static inline struct sockaddr_un address_of(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return address;
}

/* A socket that listens at a path; or one that is connected to it. */
long make_listener(long n, long path) {
    (void) n;
    struct sockaddr_un address = address_of((const char *) path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *) &address, sizeof address) != 0
            || listen(listener, SOMAXCONN) != 0) {
        return -errno;
    }
    return listener;
}

long make_connected(long n, long path) {
    (void) n;
    struct sockaddr_un address = address_of((const char *) path);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return client < 0 || connect(client, (struct sockaddr *) &address, sizeof address) != 0 ? -errno : client;
}

/* Two that are connected, both numbers in one. */
long make_socket_pair(void) {
    int ends[2];
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0 ? -errno : (long) ends[1] << 32 | ends[0];
}

/* Connects, accepts and closes both. */
long loop_socket_connect(long n, long listener, long path) {
    for (long i = 0; i < n; i++) {
        long client = make_connected(0, path);
        if (client < 0) {
            return client;
        }
        int server = accept4((int) listener, NULL, NULL, SOCK_CLOEXEC);
        if (server < 0) {
            return -errno;
        }
        close(server);
        close((int) client);
    }
    return n;
}

/* Sends a byte with a descriptor, receives both, and closes what came. */
long loop_socket_pass(long n, long from, long to, long passed) {
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control;
    out[0] = 1;
    for (long i = 0; i < n; i++) {
        struct iovec piece = {out, 1};
        struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes,
                                 .msg_controllen = sizeof control.bytes};
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_len = CMSG_LEN(sizeof(int));
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        int number = (int) passed;
        memcpy(CMSG_DATA(head), &number, sizeof number);
        if (sendmsg((int) from, &message, MSG_NOSIGNAL) != 1) {
            return -errno;
        }
        piece.iov_base = in;
        message.msg_controllen = sizeof control.bytes;
        if (recvmsg((int) to, &message, MSG_CMSG_CLOEXEC) != 1) {
            return -errno;
        }
        head = CMSG_FIRSTHDR(&message);
        if (head == NULL) {
            return -EBADMSG;
        }
        memcpy(&number, CMSG_DATA(head), sizeof number);
        close(number);
    }
    return n;
}
