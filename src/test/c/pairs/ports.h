/* Ports, which files tell: see Ports.java. */
#include <stdio.h>

static inline void tell_port(const char *path, long port) {
    FILE *file = fopen(path, "w");
    if (file == NULL || port < 0 || fprintf(file, "%ld", port) < 0 || fclose(file) != 0) {
        fail("telling a port");
    }
}

static inline long told_port(const char *path) {
    FILE *file = fopen(path, "r");
    long port;
    if (file == NULL || fscanf(file, "%ld", &port) != 1) {
        fail("a port that was told");
    }
    fclose(file);
    return port;
}
