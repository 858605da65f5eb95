package org.chagres.memory;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import org.chagres.ErrnoException;

/** Processes that use POSIX shared memory. */
final class PosixSharedMemoryPrograms {
    private PosixSharedMemoryPrograms() {}

    private interface Call {
        PosixSharedMemory make() throws IOException;
    }

    private static String outcome(Call call) {
        try (PosixSharedMemory memory = call.make()) {
            return (memory.created() ? "created " : "opened ") + memory.byteSize();
        } catch (ErrnoException failure) {
            return failure.errno().name();
        } catch (EOFException failure) {
            return "too small";
        } catch (IOException failure) {
            return failure.toString();
        }
    }

    private static String unlink(String name) {
        try {
            PosixSharedMemory.unlink(name);
            return "unlinked";
        } catch (ErrnoException failure) {
            return failure.errno().name();
        }
    }

    /** Tries each way to a name: {@code User NAME BYTES}. */
    static final class User {
        private User() {}

        /** Runs it. */
        public static void main(String[] arguments) {
            String name = arguments[0];
            long byteSize = Long.parseLong(arguments[1]);
            System.out.println("open " + outcome(() -> PosixSharedMemory.open(name)));
            System.out.println("read "
                    + outcome(() ->
                            PosixSharedMemory.builder().access(Access.READ_ONLY).open(name)));
            System.out.println("create " + outcome(() -> PosixSharedMemory.create(name, byteSize)));
            System.out.println("openOrCreate " + outcome(() -> PosixSharedMemory.openOrCreate(name, byteSize)));
            System.out.println("unlink " + unlink(name));
        }
    }

    /** Creates with permissions: {@code Creator NAME rw-rw-rw-}. */
    static final class Creator {
        private Creator() {}

        /** Runs it. */
        public static void main(String[] arguments) throws Exception {
            PosixSharedMemory.builder()
                    .permissions(PosixFilePermissions.fromString(arguments[1]))
                    .create(arguments[0], 4096)
                    .close();
            System.out.println("created");
            System.in.read();
        }
    }

    /** Opens, or creates, a name again and again, and counts what that gives: {@code Opener NAME BYTES TIMES}. */
    static final class Opener {
        private Opener() {}

        /** Runs it. */
        public static void main(String[] arguments) throws Exception {
            Map<String, Integer> outcomes = new TreeMap<>();
            System.out.println("ready");
            System.in.read();
            for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
                outcomes.merge(outcome(() -> PosixSharedMemory.open(arguments[0])), 1, Integer::sum);
                outcomes.merge(
                        outcome(() -> PosixSharedMemory.openOrCreate(arguments[0], Long.parseLong(arguments[1]))),
                        1,
                        Integer::sum);
                unlink(arguments[0]);
            }
            System.out.println(outcomes.keySet());
        }
    }

    /** Creates more than there is room for, and what there is. */
    static final class Glutton {
        private Glutton() {}

        /** Runs it. */
        public static void main(String[] arguments) throws Exception {
            try {
                PosixSharedMemory.create("glutton", 2 << 20).close();
            } catch (ErrnoException failure) {
                System.out.println(failure.errno() + ", " + failure.hint().orElse("no hint"));
            }
            System.out.println(outcome(() -> PosixSharedMemory.openOrCreate("glutton", 2 << 20)));
            System.out.println(TestObject.names());
            for (int i = 0; i < 8; i++) { // nothing was kept of what failed
                System.out.println(outcome(() -> PosixSharedMemory.create("glutton", 1 << 20)));
                System.out.println(outcome(() -> PosixSharedMemory.create("another", 1)));
                System.out.println(unlink("glutton"));
            }
            System.out.println(TestObject.names());
        }
    }
}
