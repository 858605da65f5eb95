package org.chagres.process;

import static org.chagres.process.ChildProcess.ERROR;
import static org.chagres.process.ChildProcess.INPUT;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.chagres.ByteSink;
import org.chagres.ByteSource;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.Pollable;
import org.chagres.internal.resource.Child;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Spawn;
import org.chagres.internal.view.DescriptorView;
import org.chagres.pipe.Pipe;

/** One start: opens what the child is to have, starts it, and closes here what is only the child's. */
final class Launch {
    /** Where programs are if {@code PATH} does not say, as {@code confstr(3)} has it. */
    private static final String DEFAULT_PATH = "/bin:/usr/bin";

    private static final int MOST_TOLD = 200;

    private final ChildProcessBuilder builder;

    /** What the child's numbers refer to. */
    private final SortedMap<Integer, OpenDescriptor> given = new TreeMap<>();

    /** To be closed once the child runs, or cannot be started. */
    private final List<Pollable> ours = new ArrayList<>();

    /** To be closed once the child runs. */
    private final List<Pollable> taken = new ArrayList<>();

    private final Map<Integer, ByteSource> sources = new HashMap<>();
    private final Map<Integer, ByteSink> sinks = new HashMap<>();

    Launch(ChildProcessBuilder builder) {
        this.builder = builder;
    }

    ChildProcess start() throws IOException {
        Child.keepStatus();
        boolean started = false;
        try {
            for (Map.Entry<Integer, Redirect> one : builder.redirects().entrySet()) {
                open(one.getKey(), one.getValue());
            }
            for (Map.Entry<Integer, Redirect> one : builder.redirects().entrySet()) {
                if (one.getValue() instanceof Redirect.Same same) {
                    openSame(one.getKey(), same.number());
                }
            }
            ChildProcess child = new ChildProcess(builder.arguments(), spawned(), sources, sinks);
            started = true;
            taken.forEach(one -> one.descriptor().close()); // and not wait for a child of its own
            return child;
        } finally {
            ours.forEach(Pollable::close);
            if (!started) {
                sources.values().forEach(Pollable::close);
                sinks.values().forEach(Pollable::close);
            }
        }
    }

    private void open(int number, Redirect redirect) throws IOException {
        switch (redirect) {
            case Redirect.Inherited inherited -> {
                if (number > ERROR) {
                    throw new IllegalArgumentException("descriptor " + number
                            + " cannot be inherited, as it is close-on-exec or not ours; share() what it is");
                }
            }
            case Redirect.Piped piped -> {
                Pipe pipe = Pipe.create();
                if (number == INPUT || piped.toChild()) {
                    sinks.put(number, pipe.sink());
                    give(number, pipe.source(), ours);
                } else {
                    sources.put(number, pipe.source());
                    give(number, pipe.sink(), ours);
                }
            }
            case Redirect.File file -> {
                Descriptor opened = Descriptor.open(file.path(), file.options().toArray(OpenOption[]::new));
                give(number, opened, ours);
                if (DescriptorView.of(opened).ask(DescriptorObject::isPipe) == 1) { // it was opened without waiting
                    throw new IllegalArgumentException(
                            file.path() + " is a FIFO: open it by Fifo, which waits, and take() the end");
                }
            }
            case Redirect.Given what -> {
                given.put(number, DescriptorView.of(what.what()));
                if (what.taken()) {
                    taken.add(what.what());
                }
            }
            case Redirect.Same same -> {} // when the others are there
        }
    }

    private void give(int number, Pollable what, List<Pollable> toClose) {
        toClose.add(what);
        given.put(number, DescriptorView.of(what));
    }

    private void openSame(int number, int other) throws IOException {
        int last = other;
        for (int i = 0;
                i < builder.redirects().size() && builder.redirects().get(last) instanceof Redirect.Same same;
                i++) {
            last = same.number();
        }
        OpenDescriptor descriptor = given.get(last);
        if (descriptor == null) {
            if (last < 0 || last > ERROR || builder.redirects().get(last) instanceof Redirect.Same) {
                throw new IllegalArgumentException(
                        "descriptor " + number + " is to be the same as " + other + ", which is not told");
            }
            give(number, Descriptor.duplicateOf(last), ours);
        } else {
            given.put(number, descriptor);
        }
    }

    private Child spawned() throws IOException {
        String program = builder.arguments().getFirst();
        Spawn spawn = new Spawn(
                builder.arguments(),
                builder.environment(),
                builder.changes(),
                builder.directory(),
                builder.group(),
                builder.session(),
                given);
        String path = program.indexOf('/') >= 0 ? program : found(program);
        String what = "starting " + path + " " + words(builder.arguments());
        int reserved = Child.reserve();
        if (reserved < 0) {
            throw new ErrnoException("pidfd_open", -reserved, what, "there is no number to watch it by");
        }
        int pid = -1;
        try {
            pid = spawn.start(path);
        } finally {
            if (pid < 0) {
                Child.giveBack(reserved);
            }
        }
        if (pid == OpenDescriptor.WAS_CLOSED) {
            throw new ClosedChannelException();
        }
        if (pid < 0) {
            throw new ErrnoException("posix_spawn", -pid, what, hint(-pid));
        }
        int descriptor = Child.descriptor(pid, reserved);
        if (descriptor < 0) {
            String hint = Errno.of(-descriptor) == Errno.ESRCH
                    ? "it has ended, and other code of this process waited for it"
                    : "it was started, and killed";
            throw new ErrnoException("pidfd_open", -descriptor, what, hint);
        }
        return Child.own(pid, descriptor);
    }

    /** The arguments for people to read: they may be megabytes. */
    static String words(List<String> arguments) {
        String all = arguments.toString();
        return all.length() <= MOST_TOLD ? all : all.substring(0, MOST_TOLD) + "... (" + all.length() + " characters)";
    }

    private String hint(int number) {
        return switch (Errno.of(number)) {
            case ENOENT, ENOTDIR ->
                builder.directory().map(path -> "to be started in " + path).orElse("");
            case ENOEXEC -> "it is no program, and a script needs a first line such as #!/bin/sh";
            default -> "";
        };
    }

    /** As the shell does; the first that can be executed. */
    private String found(String program) throws ErrnoException {
        String inherited = builder.environment().orElseGet(System::getenv).getOrDefault("PATH", DEFAULT_PATH);
        String paths = builder.changes().getOrDefault("PATH", inherited);
        Path start = builder.directory().orElse(Path.of(""));
        Path name = Path.of(program);
        boolean forbidden = false;
        for (String directory : paths.split(":", -1)) {
            String candidate = directory.isEmpty() ? "./" + program : directory + "/" + program;
            Path file;
            try {
                file = start.resolve(directory).resolve(name);
            } catch (InvalidPathException unmappable) {
                continue; // a directory that this JVM cannot name
            }
            if (Files.isRegularFile(file)) {
                if (Files.isExecutable(file)) {
                    return candidate;
                }
                forbidden = true;
            }
        }
        throw new ErrnoException(
                "posix_spawn",
                (forbidden ? Errno.EACCES : Errno.ENOENT).number(),
                "starting " + program + " " + words(builder.arguments()),
                "looked for in PATH=" + paths);
    }
}
