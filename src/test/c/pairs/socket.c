/*
 * The twin of StreamPair.java, of two threads as a JVM has several: PROGRAM server|client CPU CALL|POUR SIZE PATH [tcp].
 * With tcp the path is a file that tells the port.
 */
#include "pair.h"
#include "ports.h"
#include "../socket.c"
#include "../inet.c"
#include <pthread.h>

static int server;
static int pours;
static int by_tcp;
static long size;
static long listener;
static long connection = -1;

static void exchange(long n) {
    if (connection < 0) {
        connection = accept((int) listener, NULL, NULL);
        if (by_tcp) {
            connection = send_at_once(0, connection);
        }
    }
    long done;
    if (server) {
        done = pours ? loop_socket_drain(n, connection, size) : loop_socket_answer(n, connection, size);
    } else {
        done = pours ? loop_socket_pour(n, connection, size) : loop_socket(n, connection, connection, size);
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
    if (argc < 6 || argc > 7 || pthread_create(&thread, NULL, idle, NULL) != 0) {
        return 1;
    }
    server = is_server(argv);
    pours = strcmp(argv[3], "POUR") == 0;
    by_tcp = argc == 7 && strcmp(argv[6], "tcp") == 0;
    size = atol(argv[4]);
    if (size < 1 || size > LARGEST) {
        return 1;
    }
    if (server && by_tcp) {
        listener = make_tcp_listener();
        tell_port(argv[5], port_of(0, listener));
    } else if (server) {
        listener = make_listener(0, (long) argv[5]);
    } else if (by_tcp) {
        connection = send_at_once(0, make_tcp_connected(0, told_port(argv[5])));
    } else {
        connection = make_connected(0, (long) argv[5]);
    }
    if (server ? listener < 0 : connection < 0) {
        fail("a socket");
    }
    serve(argv, exchange);
    return 0;
}
