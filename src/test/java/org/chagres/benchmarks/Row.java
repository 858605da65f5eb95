package org.chagres.benchmarks;

import java.util.List;

/** One comparison of the table: it makes what it needs, measures, and takes it away again. */
record Row(String name, String what, Body body) {
    @FunctionalInterface
    interface Body {
        List<Result> measure(Comparison comparison, CLibrary c) throws Throwable;
    }
}
