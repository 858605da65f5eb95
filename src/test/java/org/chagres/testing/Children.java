package org.chagres.testing;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The processes that the tests started, dead ones too: what they left in the kernel is the tests' to remove. */
final class Children {
    private static final Set<Long> PIDS = ConcurrentHashMap.newKeySet();

    private Children() {}

    static void add(Process process) {
        PIDS.add(process.pid());
    }

    /** Whether a process is this one or was started by it. */
    static boolean areOurs(long pid) {
        return pid == ProcessHandle.current().pid() || PIDS.contains(pid);
    }
}
