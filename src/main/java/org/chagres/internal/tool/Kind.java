package org.chagres.internal.tool;

import java.util.List;
import java.util.Optional;
import org.chagres.ErrnoException;
import org.chagres.inspect.SemaphoreTable;
import org.chagres.inspect.SharedMemoryTable;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.internal.resource.SharedMemoryObject;
import org.chagres.memory.SharedMemory;
import org.chagres.memory.SharedMemoryStatus;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.semaphore.SemaphoreSetStatus;

/** A kind of System V objects: how those are found and removed by number. */
enum Kind {
    SHARED_MEMORY("shm", "shared memory segment") {
        @Override
        int find(int key) {
            return SharedMemoryObject.find(key, 0);
        }

        @Override
        List<Integer> ids() throws ErrnoException {
            return SharedMemoryTable.segments().stream()
                    .map(SharedMemoryStatus::id)
                    .toList();
        }

        @Override
        void remove(int id) throws ErrnoException {
            SharedMemory.remove(id);
        }
    },

    SEMAPHORES("sem", "semaphore") {
        @Override
        int find(int key) {
            return SemaphoreObject.find(key, 0);
        }

        @Override
        List<Integer> ids() throws ErrnoException {
            return SemaphoreTable.sets().stream().map(SemaphoreSetStatus::id).toList();
        }

        @Override
        void remove(int id) throws ErrnoException {
            SemaphoreSet.remove(id);
        }
    };

    /** What it is called on a command line, and what the names of its system calls begin with. */
    final String word;

    /** What one object is called in messages. */
    final String noun;

    Kind(String word, String noun) {
        this.word = word;
        this.noun = noun;
    }

    /** Finds the object of a key; answers its identifier or {@code -errno}. */
    abstract int find(int key);

    /** Lists all objects there are. */
    abstract List<Integer> ids() throws ErrnoException;

    abstract void remove(int id) throws ErrnoException;

    /**
     * Removes an object that was named by its {@code id} or its {@code key}; answers what there is to complain of, in
     * util-linux's words, which show the identifier either way.
     */
    Optional<String> tryRemove(int id, String namedBy) throws ErrnoException {
        try {
            remove(id);
            return Optional.empty();
        } catch (ErrnoException failure) {
            String complaint = switch (failure.errno()) {
                case EINVAL -> "invalid";
                case EACCES, EPERM -> "permission denied for";
                case EIDRM -> "already removed";
                default -> throw failure;
            };
            return Optional.of(complaint + " " + namedBy + " (" + id + ")");
        }
    }
}
