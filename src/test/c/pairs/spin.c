/* The twin of SpinPair.java: PROGRAM server|client CPU SHMID. */
#include "pair.h"
#include <sys/shm.h>

struct region {
    _Alignas(64) long ping; /* how many times the client has called */
    _Alignas(64) long pong; /* how many times the server has answered */
};

static struct region *region;
static long count;

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

static inline void await(long *word, long value) {
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) {
        relax();
    }
}

static void call(long n) {
    for (long i = 0; i < n; i++) {
        count++;
        __atomic_store_n(&region->ping, count, __ATOMIC_RELEASE);
        await(&region->pong, count);
    }
}

static void answer(long n) {
    for (long i = 0; i < n; i++) {
        count++;
        await(&region->ping, count);
        __atomic_store_n(&region->pong, count, __ATOMIC_RELEASE);
    }
}

int main(int argc, char **argv) {
    if (argc != 4) {
        return 1;
    }
    region = shmat(atoi(argv[3]), NULL, 0);
    if (region == (void *) -1) {
        fail("shmat");
    }
    serve(argv, is_server(argv) ? answer : call);
    return 0;
}
