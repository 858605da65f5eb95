#include <errno.h>
#include <sys/sem.h>
#include <time.h>

/* A permit taken and given back; the flags are those of both operations. */
long loop_acquire(long n, long id, long flags) {
    struct sembuf take = {0, -1, (short) flags};
    struct sembuf give = {0, 1, (short) flags};
    for (long i = 0; i < n; i++) {
        if (semop((int) id, &take, 1) != 0 || semop((int) id, &give, 1) != 0) {
            return -errno;
        }
    }
    return n;
}

/* The same with a time-out of so many seconds, which is never needed. */
long loop_acquire_timed(long n, long id, long seconds) {
    struct sembuf take = {0, -1, 0};
    struct sembuf give = {0, 1, 0};
    struct timespec timeout = {seconds, 0};
    for (long i = 0; i < n; i++) {
        if (semtimedop((int) id, &take, 1, &timeout) != 0 || semop((int) id, &give, 1) != 0) {
            return -errno;
        }
    }
    return n;
}

/* A try where no permit is; answers how often there was none. */
long loop_try_acquire(long n, long id) {
    struct sembuf take = {0, -1, IPC_NOWAIT};
    long refused = 0;
    for (long i = 0; i < n; i++) {
        if (semop((int) id, &take, 1) == 0) {
            return -EINVAL;
        }
        if (errno != EAGAIN) {
            return -errno;
        }
        refused++;
    }
    return refused;
}
