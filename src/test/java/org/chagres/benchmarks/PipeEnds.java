package org.chagres.benchmarks;

import java.nio.file.Path;

/** A pipe as C knows it: two numbers. */
record PipeEnds(int source, int sink) {
    /** By {@code pipe.c}, so that no library of Java's has a hand in it. */
    static PipeEnds make(Path library) throws Throwable {
        return of(CLibrary.loop(library, "make_pipe").run(0));
    }

    static PipeEnds make(CLibrary c) throws Throwable {
        return of(c.loop("make_pipe").run(0));
    }

    private static PipeEnds of(long ends) {
        return new PipeEnds((int) ends, (int) (ends >>> Integer.SIZE));
    }
}
