package org.chagres;

import static org.chagres.TestDescriptors.*;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.IntStream;
import org.chagres.internal.resource.DescriptorObject;
import org.chagres.internal.syscall.FileCalls;
import org.chagres.pipe.Pipe;

/**
 * Redirects its own standard streams. Arguments: which of the methods below, and a folder for the files that the
 * streams go to.
 */
final class RedirectionProgram {
    private static Path folder;

    private RedirectionProgram() {}

    public static void main(String[] arguments) throws Exception {
        folder = Path.of(arguments[1]);
        switch (arguments[0]) {
            case "output" -> output();
            case "error" -> error();
            case "input" -> input();
            case "buffered" -> buffered();
            case "nested" -> nested();
            case "twice" -> twice();
            case "closedBefore" -> closedBefore();
            case "outlives" -> outlives();
            case "closedTarget" -> closedTarget();
            case "captured" -> captured();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static Descriptor create(String name) throws IOException {
        return Descriptor.open(folder.resolve(name), StandardOpenOption.WRITE, StandardOpenOption.CREATE);
    }

    /** A program that inherits the streams, and one that C code starts. */
    private static void children(String words) throws Exception {
        new ProcessBuilder("sh", "-c", words).inheritIO().start().waitFor();
        callWithText("system", words);
    }

    private static void output() throws Exception {
        System.out.println("before");
        try (Descriptor file = create("file")) {
            Redirection redirection = file.redirect(StandardStream.OUTPUT);
            System.out.println("inside");
            children("echo of a child");
            System.out.println("inherited: " + ((flags(1) & FileCalls.O_CLOEXEC) == 0));
            System.out.println(redirection);
            redirection.close();
            System.out.println(redirection);
        }
        children("echo child after");
        System.out.println("after");
    }

    private static void error() throws Exception {
        System.err.println("before");
        try (Descriptor file = create("file")) {
            Redirection redirection = file.redirect(StandardStream.ERROR);
            System.err.println("inside");
            children("echo of a child >&2");
            redirection.close();
        }
        System.err.println("after");
    }

    private static void input() throws Exception {
        try (Pipe pipe = Pipe.create()) {
            pipe.sink().write(text("by pipe\n"));
            pipe.sink().close();
            String before = target(0);
            Redirection redirection = pipe.source().descriptor().redirect(StandardStream.INPUT);
            children("cat");
            redirection.close();
            System.out.println("restored: " + target(0).equals(before));
            children("cat");
        }
    }

    /** What Java has not written yet when the stream is turned belongs where it was printed to. */
    private static void buffered() throws Exception {
        System.setOut(
                new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16), false));
        System.out.println("before");
        try (Descriptor file = create("file")) {
            Redirection redirection = file.redirect(StandardStream.OUTPUT);
            System.out.println("inside");
            redirection.close();
        }
        System.out.println("after");
        System.out.flush();
    }

    private static void nested() throws Exception {
        try (Descriptor outer = create("outer");
                Descriptor inner = create("inner")) {
            Redirection first = outer.redirect(StandardStream.OUTPUT);
            System.out.println("first");
            Redirection second = inner.redirect(StandardStream.OUTPUT);
            System.out.println("second");
            second.close();
            System.out.println("third");
            first.close();
        }
        System.out.println("last");
    }

    private static void twice() throws Exception {
        try (Descriptor one = create("one");
                Descriptor other = create("other")) {
            Redirection first = one.redirect(StandardStream.OUTPUT);
            first.close();
            Redirection second = other.redirect(StandardStream.OUTPUT);
            first.close();
            System.out.println("still redirected");
            second.close();
            second.close();
        }
        System.out.println("restored");
    }

    private static void closedBefore() throws Exception {
        try (Descriptor file = create("file")) {
            file.redirect(StandardStream.INPUT).close(); // loads the classes: their files would take the number
            DescriptorObject.closeStandard(0);
            Redirection redirection = file.redirect(StandardStream.INPUT);
            boolean redirected = target(0).endsWith("/file");
            redirection.close();
            boolean open = isOpen(0);
            callWithText("open", "/dev/null", 0); // takes number 0, before something else does
            System.out.println("redirected: " + redirected + ", open afterwards: " + open);
        }
    }

    /** The stream has the description by itself. */
    private static void outlives() throws Exception {
        Descriptor file = create("file");
        Redirection redirection = file.redirect(StandardStream.OUTPUT);
        file.close();
        System.out.println("inside");
        redirection.close();
        System.out.println("after");
    }

    private static void closedTarget() throws Exception {
        Descriptor file = create("file");
        file.close();
        long before = countOpen();
        try {
            file.redirect(StandardStream.OUTPUT).close();
        } catch (ClosedChannelException closed) {
            System.out.println("closed, " + (countOpen() - before) + " left open");
        }
    }

    private static long countOpen() {
        return IntStream.range(0, 256).filter(TestDescriptors::isOpen).count();
    }

    /** Has what C code prints read by Java. */
    private static void captured() throws Exception {
        try (Pipe pipe = Pipe.create()) {
            Redirection redirection = pipe.sink().descriptor().redirect(StandardStream.OUTPUT);
            callWithText("system", "echo by C");
            redirection.close();
            pipe.sink().close();
            System.out.print("read: " + read(pipe.source()));
            System.out.println("then: " + read(pipe.source()));
        }
    }
}
