package org.chagres.benchmarks;

import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.chagres.benchmarks.PipePair.Threads;
import org.chagres.pipe.PipeSource;
import org.chagres.process.ChildProcess;
import org.chagres.process.ChildProcessBuilder;
import org.chagres.process.Redirect;
import org.chagres.process.Termination;

/**
 * A process that starts children, one after the other: {@code both CPU OTHER_CPU KIND THREADS OPEN SIZE PIECE LIBRARY},
 * with so many descriptors open besides its own. A child does nothing, or writes so many bytes that are all read, in
 * pieces of its own choice (0) or of a size. A CPU of -1 is any; children, and threads started meanwhile, are on the
 * same.
 */
final class ProcessPeer {
    private static final String TRUE = "/bin/true";
    private static final String HEAD = "/usr/bin/head";
    private static final String DD = "/bin/dd";
    private static final int BUFFER = 64 * 1024;
    private static final int PAGE = 4096;

    /** By what. */
    enum Kind {
        C,
        /** C with all that the library does for a child. */
        C_CLEAN,
        CHAGRES,
        JDK
    }

    private ProcessPeer() {}

    public static void main(String[] arguments) throws Throwable {
        int cpu = Integer.parseInt(arguments[1]);
        Kind kind = Kind.valueOf(arguments[3]);
        boolean virtual = Threads.valueOf(arguments[4]) == Threads.VIRTUAL;
        List<InputStream> open = open(Integer.parseInt(arguments[5]));
        long byteSize = Long.parseLong(arguments[6]);
        int piece = Integer.parseInt(arguments[7]);
        Path library = Path.of(arguments[8]);
        if (cpu >= 0) {
            Cpus.pin(cpu);
        }
        Loop loop = byteSize == 0 ? children(kind, library) : outputs(kind, library, byteSize, piece);
        PairPeer.serveBoth(virtual ? new VirtualLoop(loop) : loop);
        for (InputStream one : open) {
            one.close();
        }
    }

    /** As the JDK opens them. */
    private static List<InputStream> open(int count) throws IOException {
        List<InputStream> open = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            open.add(new FileInputStream("/dev/null"));
        }
        return open;
    }

    private static Loop children(Kind kind, Path library) {
        return switch (kind) {
            case C -> CLibrary.loop(library, "loop_spawn");
            case C_CLEAN -> CLibrary.loop(library, "loop_spawn_clean");
            case CHAGRES -> ProcessPeer::children;
            case JDK -> ProcessPeer::childrenOfJdk;
        };
    }

    private static Loop outputs(Kind kind, Path library, long byteSize, int piece) {
        return switch (kind) {
            case C, C_CLEAN -> CLibrary.loop(library, "loop_spawn_output", byteSize, piece);
            case CHAGRES -> n -> outputs(n, byteSize, writer(byteSize, piece));
            case JDK -> n -> outputsOfJdk(n, byteSize, writer(byteSize, piece));
        };
    }

    private static List<String> writer(long byteSize, int piece) {
        return piece == 0
                ? List.of(HEAD, "-c", Long.toString(byteSize), "/dev/zero")
                : List.of(DD, "if=/dev/zero", "bs=" + piece, "count=" + byteSize / piece, "status=none");
    }

    private static long children(long n) throws Exception {
        ChildProcessBuilder builder = ChildProcess.command(TRUE);
        for (long i = 0; i < n; i++) {
            try (ChildProcess child = builder.start()) {
                check(child.await());
            }
        }
        return n;
    }

    private static long childrenOfJdk(long n) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(TRUE).inheritIO();
        for (long i = 0; i < n; i++) {
            check(builder.start());
        }
        return n;
    }

    private static long outputs(long n, long byteSize, List<String> writer) throws Exception {
        String[] arguments = writer.subList(1, writer.size()).toArray(String[]::new);
        ChildProcessBuilder builder =
                ChildProcess.command(writer.getFirst(), arguments).output(Redirect.pipe());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment into = arena.allocate(BUFFER, PAGE);
            for (long i = 0; i < n; i++) {
                try (ChildProcess child = builder.start()) {
                    PipeSource output = child.output();
                    long rest = byteSize;
                    for (long count = output.read(into); count >= 0; count = output.read(into)) {
                        rest -= count;
                    }
                    check(rest);
                    check(child.await());
                }
            }
        }
        return n;
    }

    private static long outputsOfJdk(long n, long byteSize, List<String> writer) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(writer)
                .redirectInput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        byte[] into = new byte[BUFFER];
        for (long i = 0; i < n; i++) {
            Process child = builder.start();
            try (InputStream output = child.getInputStream()) {
                long rest = byteSize;
                for (int count = output.read(into); count >= 0; count = output.read(into)) {
                    rest -= count;
                }
                check(rest);
            }
            check(child);
        }
        return n;
    }

    private static void check(long rest) throws IOException {
        if (rest != 0) {
            throw new EOFException(rest + " bytes of the output are missing");
        }
    }

    private static void check(Termination termination) throws IOException {
        if (!(termination instanceof Termination.Exited exited && exited.status() == 0)) {
            throw new IOException("a child ended by " + termination);
        }
    }

    private static void check(Process child) throws IOException, InterruptedException {
        if (child.waitFor() != 0) {
            throw new IOException("a child ended by " + child.exitValue());
        }
    }
}
