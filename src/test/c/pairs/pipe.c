/* The twin of PipePair.java, two threads in one process: PROGRAM both CPU OTHER_CPU CALL|POUR SIZE. */
#include "pair.h"
#include "../pipe.c"
#include <limits.h>
#include <pthread.h>

static int ping[2];
static int pong[2];
static long size;
static int other_cpu;
static long (*loop)(long n, long sink, long source, long size);
static long (*other_loop)(long n, long sink, long source, long size);

static void exchange(long n) {
    if (loop(n, ping[1], pong[0], size) < 0) {
        fail("a pipe");
    }
}

static void *answer(void *nothing) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(other_cpu, &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) {
        fail("sched_setaffinity");
    }
    other_loop(LONG_MAX, pong[1], ping[0], size);
    return nothing;
}

int main(int argc, char **argv) {
    pthread_t thread;
    if (argc != 6 || pipe(ping) != 0 || pipe(pong) != 0) {
        return 1;
    }
    int pours = strcmp(argv[4], "POUR") == 0;
    other_cpu = atoi(argv[3]);
    loop = pours ? loop_pipe_pour : loop_pipe;
    other_loop = pours ? loop_pipe_drain : loop_pipe_answer;
    size = atol(argv[5]);
    if (size < 1 || size > LARGEST || pthread_create(&thread, NULL, answer, NULL) != 0) {
        return 1;
    }
    serve(argv, exchange);
    return 0;
}
