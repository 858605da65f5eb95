package org.chagres.waiting;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.chagres.IpcKey;
import org.chagres.testing.CProgram;
import org.chagres.testing.Peer;

/**
 * Processes in C that do one half of something, and then wait to be killed. Tests that need one are skipped where there
 * is no compiler.
 */
final class Partner {
    private static final String SOURCE = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <sys/sem.h>
            #include <unistd.h>

            int main(int argc, char **argv) {
                if (argc == 3) { // id and delta: changes a semaphore with undo
                    struct sembuf operation = {0, atoi(argv[2]), SEM_UNDO};
                    if (semop(atoi(argv[1]), &operation, 1)) {
                        perror("semop");
                        return 1;
                    }
                } else { // key: creates a set, and gives no values
                    if (semget(atoi(argv[1]), 1, IPC_CREAT | IPC_EXCL | 0600) < 0) {
                        perror("semget");
                        return 1;
                    }
                }
                puts("done");
                fflush(stdout);
                pause();
            }
            """;

    private static CProgram program; // guarded by the class

    private Partner() {}

    /** Has changed the first semaphore of a set; the kernel takes that back when it dies. */
    static Peer holding(int id, int delta) {
        return started(id, delta);
    }

    /** Has created a set of one semaphore, and stops there. */
    static Peer creating(IpcKey key) {
        return started(key.value());
    }

    private static Peer started(Object... arguments) {
        Peer peer = Peer.start(program().command(arguments));
        assertEquals("done", peer.hear());
        return peer;
    }

    private static synchronized CProgram program() {
        if (program == null) {
            program = CProgram.compile(SOURCE);
        }
        return program;
    }

    /** Deletes the program, if it was ever made. */
    static synchronized void forget() {
        if (program != null) {
            program.close();
            program = null;
        }
    }
}
