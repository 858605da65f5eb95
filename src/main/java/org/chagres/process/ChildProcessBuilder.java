package org.chagres.process;

import static java.util.Objects.requireNonNull;
import static org.chagres.process.ChildProcess.ERROR;
import static org.chagres.process.ChildProcess.INPUT;
import static org.chagres.process.ChildProcess.OUTPUT;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.chagres.ErrnoException;
import org.chagres.internal.resource.Interruption;
import org.chagres.internal.resource.Spawn;

/**
 * A program to start, and how; see {@link ChildProcess}. A builder can be used again, but for what it gives away
 * ({@link Redirect#take}). Not for several threads at once.
 */
public final class ChildProcessBuilder {

    private final List<String> arguments;
    private final SortedMap<Integer, Redirect> redirects = new TreeMap<>();
    private Optional<Map<String, String>> environment = Optional.empty();
    private final Map<String, String> changes = new LinkedHashMap<>();
    private Optional<Path> directory = Optional.empty();
    private int group = Spawn.SAME_GROUP;
    private boolean session;

    ChildProcessBuilder(List<String> arguments) {
        if (arguments.isEmpty() || arguments.getFirst().isEmpty()) {
            throw new IllegalArgumentException("there is no program to start: " + arguments);
        }
        this.arguments = List.copyOf(arguments);
    }

    /**
     * What the child reads from (number 0); by default that of this process.
     *
     * @param redirect to where
     * @return this
     */
    public ChildProcessBuilder input(Redirect redirect) {
        return descriptor(INPUT, redirect);
    }

    /**
     * What the child writes to (number 1); by default that of this process.
     *
     * @param redirect to where
     * @return this
     */
    public ChildProcessBuilder output(Redirect redirect) {
        return descriptor(OUTPUT, redirect);
    }

    /**
     * What the child writes its errors to (number 2); by default that of this process.
     *
     * @param redirect to where
     * @return this
     */
    public ChildProcessBuilder error(Redirect redirect) {
        return descriptor(ERROR, redirect);
    }

    /**
     * What any descriptor of the child refers to. From 3 on the child has those that are told here and no other.
     *
     * @param number the child's number
     * @param redirect to where
     * @return this
     * @throws IllegalArgumentException if {@code number} is negative
     */
    public ChildProcessBuilder descriptor(int number, Redirect redirect) {
        if (number < 0) {
            throw new IllegalArgumentException("a descriptor has a number of 0 or more, not " + number);
        }
        redirects.put(number, requireNonNull(redirect, "redirect"));
        return this;
    }

    /**
     * The whole environment of the child; by default that of this process. A program without a slash is looked for in
     * its {@code PATH}. What {@link #variable} told before is gone.
     *
     * @param variables by name
     * @return this
     * @throws IllegalArgumentException if a name is empty or has an {@code =}
     */
    public ChildProcessBuilder environment(Map<String, String> variables) {
        Map<String, String> copy = new LinkedHashMap<>(requireNonNull(variables, "variables"));
        copy.forEach((name, value) -> {
            checkName(name);
            requireNonNull(value, name);
        });
        environment = Optional.of(copy);
        changes.clear();
        return this;
    }

    /**
     * One variable of the child's environment, besides those it has.
     *
     * @param name of the variable
     * @param value its value
     * @return this
     * @throws IllegalArgumentException if the name is empty or has an {@code =}
     */
    public ChildProcessBuilder variable(String name, String value) {
        checkName(name);
        changes.put(name, requireNonNull(value, "value"));
        return this;
    }

    private static void checkName(String name) {
        if (requireNonNull(name, "name").isEmpty() || name.indexOf('=') >= 0) {
            throw new IllegalArgumentException("a variable needs a name without =, not \"" + name + "\"");
        }
    }

    /**
     * The directory the child starts in; by default that of this process. A relative path of the program starts there
     * too.
     *
     * @param path an existing directory
     * @return this
     */
    public ChildProcessBuilder directory(Path path) {
        directory = Optional.of(requireNonNull(path, "path").toString().isEmpty() ? Path.of(".") : path);
        return this;
    }

    /**
     * Makes the child the leader of a new process group ({@code setpgid(2)}): signals of the terminal do not reach it,
     * and {@link ChildProcess#signalGroup} reaches it together with its own children.
     *
     * @return this
     */
    public ChildProcessBuilder newProcessGroup() {
        group = 0;
        return this;
    }

    /**
     * Puts the child into the process group of another child, of the same session.
     *
     * @param leader which leads its group and has not been waited for
     * @return this
     */
    public ChildProcessBuilder processGroupOf(ChildProcess leader) {
        group = requireNonNull(leader, "leader").pid();
        return this;
    }

    /**
     * Makes the child the leader of a new session, without a terminal, and of a new process group ({@code setsid(2)}).
     *
     * @return this
     */
    public ChildProcessBuilder newSession() {
        session = true;
        return this;
    }

    /**
     * Starts the program ({@code posix_spawn(3)}).
     *
     * @return the child, which runs
     * @throws ErrnoException {@code ENOENT} if there is no such program, or directory, or what the first line of a
     *     script names; {@code EACCES} if it must not be executed; {@code ENOEXEC} if it is no program; {@code E2BIG}
     *     if arguments and environment are too long; {@code EMFILE}, {@code ENFILE} if there are as many open files as
     *     may be; {@code EAGAIN} if there are as many processes as may be; {@code ENOSYS} if the kernel is older than
     *     5.4; others as for opening the files of redirects
     * @throws IOException that, or {@link java.nio.channels.ClosedChannelException} if something to be given or shared
     *     is closed
     * @throws IllegalArgumentException if a text has a zero character or cannot be written in the JVM's encoding; if
     *     {@link Redirect#sameAs} is used in a circle, or names a number that is not told; if a number of 3 or more is
     *     to be inherited; if a file of a redirect is a FIFO, which waits to be opened ({@link org.chagres.pipe.Fifo})
     */
    public ChildProcess start() throws IOException {
        return new Launch(this).start();
    }

    /**
     * Starts the program and reads all that it writes, with pipes for its output and its errors where nothing else was
     * told; waits until it ends.
     *
     * @return how it ended, and what it wrote
     * @throws IOException as for {@link #start} and {@link ChildProcess#communicate}
     * @throws InterruptedException if the thread is interrupted: the child goes on without us; or was when it came
     *     here: then nothing is started
     */
    public Completed run() throws IOException, InterruptedException {
        Interruption.check(); // before anything is started
        try (ChildProcess child = withPipes().start()) {
            return child.communicate(new byte[0]);
        }
    }

    /**
     * Runs it as {@link #run} does, for at most a time; the child is killed when that is over, but not what it has
     * started itself.
     *
     * @param timeout how long; with zero or less it has hardly begun when it is killed; one of more than 292 years is
     *     for ever
     * @return how it ended, and what it wrote; empty if the time was over
     * @throws IOException as for {@link #run}
     * @throws InterruptedException if the thread is interrupted: the child goes on without us; or was when it came
     *     here: then nothing is started
     */
    public Optional<Completed> tryRun(Duration timeout) throws IOException, InterruptedException {
        requireNonNull(timeout, "timeout");
        Interruption.check(); // before anything is started
        try (ChildProcess child = withPipes().start()) {
            Optional<Completed> completed = child.tryCommunicate(new byte[0], timeout);
            if (completed.isEmpty()) {
                child.signal(Signal.SIGKILL);
            }
            return completed;
        }
    }

    private ChildProcessBuilder withPipes() {
        ChildProcessBuilder copy = copy();
        copy.redirects.putIfAbsent(OUTPUT, Redirect.pipe());
        copy.redirects.putIfAbsent(ERROR, Redirect.pipe());
        return copy;
    }

    /**
     * Starts the program to read what it writes, as {@code popen(3)} with {@code "r"}.
     *
     * @return its output; closing it waits for the end of the child
     * @throws IOException as for {@link #start}
     */
    public ChildSource openForReading() throws IOException {
        return new ChildSource(copy().output(Redirect.pipe()).start());
    }

    /**
     * Starts the program to write what it reads, as {@code popen(3)} with {@code "w"}.
     *
     * @return its input; closing it is the end of the data, and waits for the end of the child
     * @throws IOException as for {@link #start}
     */
    public ChildSink openForWriting() throws IOException {
        return new ChildSink(copy().input(Redirect.pipe()).start());
    }

    ChildProcessBuilder copy() {
        ChildProcessBuilder copy = new ChildProcessBuilder(arguments);
        copy.redirects.putAll(redirects);
        copy.environment = environment.map(LinkedHashMap::new);
        copy.changes.putAll(changes);
        copy.directory = directory;
        copy.group = group;
        copy.session = session;
        return copy;
    }

    List<String> arguments() {
        return arguments;
    }

    SortedMap<Integer, Redirect> redirects() {
        return redirects;
    }

    Optional<Map<String, String>> environment() {
        return environment;
    }

    Map<String, String> changes() {
        return changes;
    }

    Optional<Path> directory() {
        return directory;
    }

    int group() {
        return group;
    }

    boolean session() {
        return session;
    }

    @Override
    public String toString() {
        return "ChildProcessBuilder" + Launch.words(arguments);
    }
}
