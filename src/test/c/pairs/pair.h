/* A C process of a pair: the other end of the lines of Pair.java. Usage: PROGRAM server|client CPU ARGUMENT... */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A batch that takes longer has lost its partner. */
#define PATIENCE_SECONDS 20

static inline long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

static inline void fail(const char *what) {
    perror(what);
    exit(2);
}

static inline int is_server(char **argv) {
    return strcmp(argv[1], "server") == 0;
}

/* Does batches on one CPU until there are no more. */
static inline void serve(char **argv, void (*exchanges)(long n)) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(atoi(argv[2]), &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) {
        fail("sched_setaffinity");
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready\n");
    char line[32];
    while (fgets(line, sizeof line, stdin) != NULL) {
        long n = atol(line);
        printf("ready\n");
        alarm(PATIENCE_SECONDS); /* ends a process that spins or sleeps for a partner that is gone */
        long start = now();
        exchanges(n);
        long took = now() - start;
        alarm(0);
        printf("%ld 0\n", took);
    }
}
