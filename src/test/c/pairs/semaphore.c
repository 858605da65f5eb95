/* The twin of SemaphorePair.java: PROGRAM server|client CPU SEMID. */
#include "pair.h"
#include <sys/sem.h>

enum { PING, PONG };

static int id;

static inline void change(unsigned short number, short by) {
    struct sembuf operation = {number, by, 0};
    if (semop(id, &operation, 1) != 0) {
        fail("semop");
    }
}

static void call(long n) {
    for (long i = 0; i < n; i++) {
        change(PING, 1);
        change(PONG, -1);
    }
}

static void answer(long n) {
    for (long i = 0; i < n; i++) {
        change(PING, -1);
        change(PONG, 1);
    }
}

int main(int argc, char **argv) {
    if (argc < 4) {
        return 1;
    }
    id = atoi(argv[3]);
    serve(argv, is_server(argv) ? answer : call);
    return 0;
}
