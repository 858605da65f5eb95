package org.chagres.memory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.chagres.Descriptor;
import org.chagres.ErrnoException;

/** Processes with memory files of their own, or of others. */
final class MemoryFilePrograms {
    private MemoryFilePrograms() {}

    /** Makes files whose names are not ASCII. */
    static final class Names {
        private Names() {}

        /** Runs it. */
        public static void main(String[] arguments) throws IOException {
            System.out.println(outcome("é".repeat(124) + "x"));
            System.out.println(outcome("é".repeat(125)));
        }

        private static String outcome(String name) throws IOException {
            int bytes = name.getBytes(StandardCharsets.UTF_8).length;
            try (MemoryFile file = MemoryFile.create(name, 1)) {
                MemoryFile taken = MemoryFile.take(file.descriptor(), 1);
                return bytes + " created taken " + (taken.name().equals(name) ? "as named" : "as another");
            } catch (ErrnoException failure) {
                return bytes + " " + failure.errno();
            } catch (IllegalArgumentException unmappable) {
                return "refused";
            }
        }
    }

    /**
     * Takes a memory file and tells what it found: {@code Receiver NUMBER|PATH BYTES SEAL…}. Then does what it is told
     * on the standard input.
     */
    static final class Receiver {
        private Receiver() {}

        /** Runs it. */
        public static void main(String[] arguments) throws Exception {
            Seal[] seals = Arrays.stream(arguments).skip(2).map(Seal::valueOf).toArray(Seal[]::new);
            try (Descriptor received = received(arguments[0]);
                    MemoryFile file = MemoryFile.take(received, Long.parseLong(arguments[1]), seals);
                    MappedMemory memory =
                            file.map(file.seals().contains(Seal.WRITE) ? Access.READ_ONLY : Access.READ_WRITE)) {
                System.out.println(file.name() + " " + file.byteSize() + " " + memory.access() + " "
                        + memory.segment().getString(0));
                if (memory.access() == Access.READ_WRITE) {
                    memory.segment().setString(0, "from the receiver");
                }
            } catch (UntrustedMemoryFileException refused) {
                System.out.println("refused: " + refused.getMessage());
            }
        }

        private static Descriptor received(String where) throws IOException {
            return where.startsWith("/")
                    ? Descriptor.open(Path.of(where), StandardOpenOption.READ, StandardOpenOption.WRITE)
                    : Descriptor.adopt(Integer.parseInt(where));
        }
    }

    /** Makes one that can and one that cannot be sealed, where the administrator may have ideas of his own. */
    static final class Habits {
        private Habits() {}

        /** Runs it. */
        public static void main(String[] arguments) throws IOException {
            System.out.println("default: " + seals(MemoryFile.builder()));
            System.out.println("not executable: " + seals(MemoryFile.builder().notExecutable()));
            System.out.println("unsealable: " + seals(MemoryFile.builder().unsealable()));
            System.out.println(
                    "neither: " + seals(MemoryFile.builder().unsealable().notExecutable()));
        }

        private static String seals(MemoryFileBuilder builder) throws IOException {
            try (MemoryFile file = builder.create("habit", 1)) {
                return file.seals().toString();
            } catch (ErrnoException failure) {
                return failure.errno() + ", " + failure.hint().orElse("no hint");
            }
        }
    }
}
