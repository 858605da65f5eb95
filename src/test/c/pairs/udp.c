/*
 * The twin of DatagramPair.java, of two threads as a JVM has several: PROGRAM server|client CPU CALL|POUR SIZE PATH WAY,
 * where the size is 64, and the way one of inet.c.
 */
#include "pair.h"
#include "ports.h"
#include "../socket.c"
#include "../inet.c"
#include <pthread.h>

static int server;
static int pours;
static long way;
static long number;

static void exchange(long n) {
    long done;
    if (server) {
        done = pours ? loop_udp_drain(n, number, way) : loop_socket_answer(n, number, SIZE);
    } else {
        done = pours ? loop_udp_pour(n, number, way) : loop_socket(n, number, number, SIZE);
    }
    if (done < 0) {
        fail("a socket");
    }
}

static void *idle(void *nothing) {
    while (1) {
        pause();
    }
    return nothing;
}

int main(int argc, char **argv) {
    pthread_t thread;
    if (argc != 7 || atol(argv[4]) != SIZE || pthread_create(&thread, NULL, idle, NULL) != 0) {
        return 1;
    }
    server = is_server(argv);
    pours = strcmp(argv[3], "POUR") == 0;
    way = atol(argv[6]);
    number = server ? make_udp_server() : make_udp_client(0, told_port(argv[5]));
    if (number < 0) {
        fail("a socket");
    }
    if (server) {
        tell_port(argv[5], port_of(0, number));
    }
    serve(argv, exchange);
    return 0;
}
