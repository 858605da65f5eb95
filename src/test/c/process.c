/* Children: started, read from and waited for. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static _Alignas(4096) char output[64 * 1024];

static long wait_for(idtype_t type, int id, int options) {
    siginfo_t info;
    if (waitid(type, (id_t) id, &info, WEXITED | options) != 0) {
        return -errno;
    }
    return info.si_code == CLD_EXITED && info.si_status == 0 ? 0 : -ECHILD;
}

/* The least there is: nothing said about descriptors and signals. */
long loop_spawn(long n) {
    char *arguments[] = {"/bin/true", NULL};
    for (long i = 0; i < n; i++) {
        pid_t pid;
        long failed = -posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environ);
        failed = failed != 0 ? failed : wait_for(P_PID, pid, 0);
        if (failed != 0) {
            return failed;
        }
    }
    return n;
}

/* All that the library does: nothing inherited, signals as by default, waited for by a descriptor of the child. */
static long spawn_clean(char **arguments) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    pid_t pid;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
#if defined __GLIBC__ && __GLIBC_PREREQ(2, 34)
    long failed = -posix_spawn_file_actions_addclosefrom_np(&actions, 3);
#else
    long failed = -ENOSYS;
#endif
    failed = failed != 0 ? failed : -posix_spawn(&pid, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        return failed;
    }
    struct pollfd child = {(int) syscall(SYS_pidfd_open, pid, 0), POLLIN, 0};
    if (child.fd < 0) {
        return -errno;
    }
    failed = poll(&child, 1, -1) < 0 ? -errno : wait_for(P_PIDFD, child.fd, WNOHANG);
    close(child.fd);
    return failed;
}

long loop_spawn_clean(long n) {
    char *arguments[] = {"/bin/true", NULL};
    for (long i = 0; i < n; i++) {
        long failed = spawn_clean(arguments);
        if (failed != 0) {
            return failed;
        }
    }
    return n;
}

/* A child that writes so many zeros, in pieces of head's choice or of ours, read to the end. */
long loop_spawn_output(long n, long size, long piece) {
    char text[24];
    char piece_text[24];
    snprintf(text, sizeof text, "%s%ld", piece == 0 ? "" : "count=", piece == 0 ? size : size / piece);
    snprintf(piece_text, sizeof piece_text, "bs=%ld", piece);
    char *head[] = {"/usr/bin/head", "-c", text, "/dev/zero", NULL};
    char *dd[] = {"/bin/dd", "if=/dev/zero", piece_text, text, "status=none", NULL};
    char **arguments = piece == 0 ? head : dd;
    for (long i = 0; i < n; i++) {
        int ends[2];
        pid_t pid;
        posix_spawn_file_actions_t actions;
        if (pipe2(ends, O_CLOEXEC) != 0) {
            return -errno;
        }
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        long failed = -posix_spawn(&pid, arguments[0], &actions, NULL, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        if (failed != 0) {
            return failed;
        }
        long rest = size;
        ssize_t count;
        while ((count = read(ends[0], output, sizeof output)) > 0) {
            rest -= count;
        }
        failed = count < 0 ? -errno : wait_for(P_PID, pid, 0);
        close(ends[0]);
        if (failed != 0 || rest != 0) {
            return failed != 0 ? failed : -EPIPE;
        }
    }
    return n;
}
