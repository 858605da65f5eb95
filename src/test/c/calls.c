/* Loops of bare calls, and functions for Java to call. */
#include <unistd.h>

/* Read anew each time, so that the call stays one through a pointer: what any binding can come near to at best. */
static int (*volatile page_size)(void) = getpagesize;
static __uid_t (*volatile user)(void) = geteuid;

int nop(int value) {
    return value;
}

static int (*volatile nothing)(int) = nop;

long loop_getpagesize(long n) {
    long sum = 0;
    for (long i = 0; i < n; i++) {
        sum += page_size();
    }
    return sum;
}

long loop_geteuid(long n) {
    long sum = 0;
    for (long i = 0; i < n; i++) {
        sum += user();
    }
    return sum;
}

long loop_nop(long n) {
    long sum = 0;
    for (long i = 0; i < n; i++) {
        sum += nothing((int) (i & 0xff));
    }
    return sum;
}

/* A native method of CallRows, as javac -h would declare it, without its headers. */
int Java_org_chagres_benchmarks_CallRows_jniNop(void *environment, void *type, int value) {
    (void) environment;
    (void) type;
    return value;
}
