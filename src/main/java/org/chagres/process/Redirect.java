package org.chagres.process;

import static java.util.Objects.requireNonNull;

import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.chagres.Pollable;

/** What a descriptor of a child refers to. Made by the methods here, used by {@link ChildProcessBuilder}. */
public sealed interface Redirect {

    /**
     * What the same number refers to in this process; the default of 0, 1 and 2.
     *
     * @return the redirect
     */
    static Redirect inherit() {
        return new Inherited();
    }

    /**
     * A new pipe. The child reads from it if it is for number 0, and writes to it otherwise; this process has the other
     * end ({@link ChildProcess#input()}, {@link ChildProcess#output()}, {@link ChildProcess#source(int)}).
     *
     * @return the redirect
     */
    static Redirect pipe() {
        return new Piped(false);
    }

    /**
     * A new pipe that the child reads from, whatever the number ({@link ChildProcess#sink(int)}).
     *
     * @return the redirect
     */
    static Redirect pipeToChild() {
        return new Piped(true);
    }

    /**
     * Nothing: reading comes to the end at once, and what is written is gone (<code>/dev/null</code>).
     *
     * @return the redirect
     */
    static Redirect discard() {
        return new File(Path.of("/dev/null"), List.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    /**
     * A file to read from.
     *
     * @param path which; it must be there
     * @return the redirect
     */
    static Redirect from(Path path) {
        return new File(path, List.of(StandardOpenOption.READ));
    }

    /**
     * A file to write to; what was in it is lost.
     *
     * @param path which; one that is made can be read and written by its owner
     * @return the redirect
     */
    static Redirect to(Path path) {
        return new File(
                path,
                List.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING));
    }

    /**
     * A file to write to, at its end.
     *
     * @param path which; one that is made can be read and written by its owner
     * @return the redirect
     */
    static Redirect appendTo(Path path) {
        return new File(path, List.of(StandardOpenOption.APPEND, StandardOpenOption.CREATE));
    }

    /**
     * A descriptor of this process, which is closed here as soon as the child runs. So the child, and whoever has it
     * else, alone keeps the other end of a pipe from its end of data, or from {@code EPIPE}. If the start fails it
     * stays open.
     *
     * @param what to give away
     * @return the redirect
     */
    static Redirect take(Pollable what) {
        return new Given(what, true);
    }

    /**
     * A descriptor of this process, which stays open here too. Of a pipe's end that means: who reads from it does not
     * come to the end of the data before it is closed here as well.
     *
     * @param what to share
     * @return the redirect
     */
    static Redirect share(Pollable what) {
        return new Given(what, false);
    }

    /**
     * What another number of the child refers to: {@code sameAs(1)} for number 2 is the shell's {@code 2>&1}.
     *
     * @param number the other one; if that is such a redirect too, what that refers to
     * @return the redirect
     */
    static Redirect sameAs(int number) {
        return new Same(number);
    }

    /** As it is here. */
    record Inherited() implements Redirect {}

    /**
     * A new pipe.
     *
     * @param toChild whether the child reads from it
     */
    record Piped(boolean toChild) implements Redirect {}

    /**
     * A file.
     *
     * @param path which
     * @param options how it is opened
     */
    record File(Path path, List<OpenOption> options) implements Redirect {
        /** Keeps a copy of the options. */
        public File {
            requireNonNull(path, "path");
            options = List.copyOf(requireNonNull(options, "options"));
        }
    }

    /**
     * What is open here.
     *
     * @param what the resource
     * @param taken whether it is closed here
     */
    record Given(Pollable what, boolean taken) implements Redirect {
        /** Refuses nulls. */
        public Given {
            requireNonNull(what, "what");
        }
    }

    /**
     * Another number's.
     *
     * @param number the other one
     */
    record Same(int number) implements Redirect {}
}
