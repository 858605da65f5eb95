#include <errno.h>
#include <sys/shm.h>

/* What attaching in the caller's arena and closing the arena does: the size is asked for too. */
long loop_attach(long n, long id) {
    long sum = 0;
    for (long i = 0; i < n; i++) {
        void *address = shmat((int) id, 0, 0);
        if (address == (void *) -1) {
            return -errno;
        }
        struct shmid_ds status;
        if (shmctl((int) id, IPC_STAT, &status) != 0) {
            return -errno;
        }
        sum += (long) status.shm_segsz;
        if (shmdt(address) != 0) {
            return -errno;
        }
    }
    return sum;
}

/* The sum of what was there before, without its sign: nothing here fails. */
long loop_add(long n, long address) {
    long *counter = (long *) address;
    long sum = 0;
    for (long i = 0; i < n; i++) {
        sum ^= __atomic_fetch_add(counter, 1, __ATOMIC_ACQ_REL);
    }
    return sum & 0x7fffffffffffffff;
}
