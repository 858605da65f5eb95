package org.chagres.memory;

import java.io.IOException;
import org.chagres.IpcKey;
import org.chagres.testing.Garbage;

/** Forgets attachments, one after the other: when the second is gone, all has been said of the first. */
final class ForgetfulProgram {
    public static void main(String[] arguments) throws IOException {
        for (int time = 0; time < 2; time++) {
            int id = forget();
            Garbage.collectUntil(() -> isGone(id));
        }
    }

    private static int forget() throws IOException {
        SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 4096);
        memory.remove();
        return memory.id();
    }

    private static boolean isGone(int id) {
        try {
            SharedMemory.status(id);
            return false;
        } catch (IOException gone) {
            return true;
        }
    }
}
