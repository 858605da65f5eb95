package org.chagres.readiness;

import static org.chagres.testing.Waiting.memory;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.chagres.Pollable;
import org.chagres.pipe.Pipe;
import org.chagres.testing.ThreadKind;
import org.chagres.testing.Waiting;

/** Selects among more descriptors than a set of {@code select(2)} has room for. */
final class ManyDescriptors {
    private static final int PIPES = 1500;

    private ManyDescriptors() {}

    public static void main(String[] arguments) throws Exception {
        List<Pipe> pipes = new ArrayList<>();
        Set<Pollable> readers = new LinkedHashSet<>();
        Set<Pollable> writers = new LinkedHashSet<>();
        for (int i = 0; i < PIPES; i++) {
            Pipe pipe = Pipe.create();
            pipes.add(pipe);
            readers.add(pipe.source());
            writers.add(pipe.sink());
        }
        for (ThreadKind kind : ThreadKind.values()) {
            Set<Pollable> ready = Set.of(
                    pipes.getFirst().source(),
                    pipes.get(700).source(),
                    pipes.getLast().source());
            var waiting = Waiting.startAndAwait(kind, () -> Selection.select(readers, Set.of(), readers));
            pipes.getLast().sink().write(memory(1)); // its number is beyond 2048
            Selection last = waiting.get();
            check(last.readable().equals(Set.of(pipes.getLast().source())), last);
            check(last.exceptional().isEmpty(), last);
            pipes.getFirst().sink().write(memory(1));
            pipes.get(700).sink().write(memory(1));
            Selection all = Waiting.start(kind, () -> Selection.select(readers, writers, Set.of()))
                    .get();
            check(all.readable().equals(ready), all);
            System.out.println(kind + ": " + all.readable().size() + " of " + readers.size() + " readers, "
                    + all.writable().size() + " writers");
            for (int i : new int[] {0, 700, PIPES - 1}) {
                pipes.get(i).source().read(memory(1));
            }
        }
        pipes.forEach(Pipe::close);
    }

    private static void check(boolean right, Selection selection) {
        if (!right) {
            throw new AssertionError(selection.readable());
        }
    }
}
