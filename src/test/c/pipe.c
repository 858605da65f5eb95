/* Pipes. The loops of two threads are those of pairs/pipe.c as well. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LARGEST (64 * 1024)

/* Written before it is sent: memory that never was would all be one page of zeros. */
static _Thread_local _Alignas(4096) char out[LARGEST];
static _Thread_local _Alignas(4096) char in[LARGEST];

static inline long send_all(int sink, const char *from, long size) {
    for (long done = 0; done < size;) {
        ssize_t count = write(sink, from + done, (size_t) (size - done));
        if (count < 0) {
            return -errno;
        }
        done += count;
    }
    return 0;
}

static inline long receive_all(int source, char *into, long size) {
    for (long done = 0; done < size;) {
        ssize_t count = read(source, into + done, (size_t) (size - done));
        if (count <= 0) {
            return count == 0 ? -EPIPE : -errno;
        }
        done += count;
    }
    return 0;
}

/* Makes a pipe: both numbers in one, the sink in the upper half. */
long make_pipe(void) {
    int ends[2];
    return pipe2(ends, O_CLOEXEC) != 0 ? -errno : (long) ends[1] << 32 | ends[0];
}

/* One thread writes and reads what it wrote; or calls another by one pipe, that answers by a second. */
long loop_pipe(long n, long sink, long source, long size) {
    memset(out, 1, (size_t) size);
    for (long i = 0; i < n; i++) {
        long failed = send_all((int) sink, out, size);
        failed = failed != 0 ? failed : receive_all((int) source, in, size);
        if (failed != 0) {
            return failed;
        }
    }
    return n;
}

long loop_pipe_answer(long n, long sink, long source, long size) {
    memset(out, 1, (size_t) size);
    for (long i = 0; i < n; i++) {
        long failed = receive_all((int) source, in, size);
        failed = failed != 0 ? failed : send_all((int) sink, out, size);
        if (failed != 0) {
            return failed;
        }
    }
    return n;
}

/* Says how many, sends as many, and waits for the word that all came. */
long loop_pipe_pour(long n, long sink, long source, long size) {
    memset(out, 1, (size_t) size);
    long failed = send_all((int) sink, (const char *) &n, sizeof n);
    for (long i = 0; i < n && failed == 0; i++) {
        failed = send_all((int) sink, out, size);
    }
    long all;
    failed = failed != 0 ? failed : receive_all((int) source, (char *) &all, sizeof all);
    return failed != 0 ? failed : n;
}

/* The other side of so many of these; reads what there is. */
long loop_pipe_drain(long n, long sink, long source, long size) {
    for (long i = 0; i < n; i++) {
        long messages;
        long failed = receive_all((int) source, (char *) &messages, sizeof messages);
        for (long rest = failed != 0 ? 0 : messages * size; rest > 0;) {
            ssize_t count = read((int) source, in, (size_t) size);
            if (count <= 0) {
                return count == 0 ? -EPIPE : -errno;
            }
            rest -= count;
        }
        failed = failed != 0 ? failed : send_all((int) sink, (const char *) &messages, sizeof messages);
        if (failed != 0) {
            return failed;
        }
    }
    return n;
}

/* A try where nothing is to be read; answers how often there was nothing. */
long loop_pipe_try(long n, long source) {
    long refused = 0;
    if (fcntl((int) source, F_SETFL, O_NONBLOCK) != 0) {
        return -errno;
    }
    for (long i = 0; i < n; i++) {
        if (read((int) source, in, 1) >= 0) {
            return -EINVAL;
        }
        if (errno != EAGAIN) {
            return -errno;
        }
        refused++;
    }
    return refused;
}
