package org.chagres.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.chagres.pipe.Pipe;
import org.chagres.process.ChildProcess;
import org.chagres.process.ChildSource;
import org.chagres.process.Completed;
import org.chagres.process.Pipeline;
import org.chagres.process.Redirect;
import org.chagres.process.Signal;
import org.chagres.process.Termination;

/** The tour's chapter on children: how they are started, talked with, waited for. */
final class ProcessChapter implements Tour.Chapter {
    @Override
    public void walk(Tour tour) throws Exception {
        Path folder =
                Tour.make(() -> Files.createTempDirectory("chagres-tour"), made -> () -> Files.deleteIfExists(made));
        for (String name : List.of("one", "two", "three")) {
            Tour.make(() -> Files.createFile(folder.resolve(name)), made -> () -> Files.deleteIfExists(made));
        }
        output(tour, folder);
        talk(tour);
        pipeline(tour, folder);
        ends(tour);
        given(tour);
        failures(tour, folder);
    }

    private static void output(Tour tour, Path folder) throws Exception {
        tour.say("All that a command prints, in one line.");
        tour.see("the kernel is called", kernel(), "Linux");
        tour.see("sorted by sort", sorted("pear\napple\nfig\n").lines().toList(), List.of("apple", "fig", "pear"));
        tour.see("listed by a shell's line", names(folder), List.of("two", "three", "one"));
    }

    private static String kernel() throws Exception {
        // @start region="one-line"
        String kernel = ChildProcess.command("uname", "-s").run().text().strip();
        // @end
        return kernel;
    }

    private static String sorted(String lines) throws Exception {
        // @start region="sort"
        try (ChildProcess sort = ChildProcess.command("sort")
                .input(Redirect.pipe())
                .output(Redirect.pipe())
                .start()) {
            Completed completed = sort.communicate(lines.getBytes(UTF_8)); // writes, reads, and waits for its end
            return completed.termination().isSuccess() ? completed.text() : "";
        }
        // @end
    }

    private static List<String> names(Path folder) throws Exception {
        List<String> names;
        // @start region="popen"
        ChildSource listing =
                ChildProcess.shell("ls | sort -r").directory(folder).openForReading();
        try (BufferedReader in = listing.reader(UTF_8)) {
            names = in.lines().toList();
        } // closes the pipe, and waits for the shell
        boolean good = listing.termination().orElseThrow().isSuccess();
        // @end
        return good ? names : List.of();
    }

    private static void talk(Tour tour) throws Exception {
        tour.say("A child that is asked, and answers: a line there, a line back.");
        tour.see("three answers", answers(3), List.of("1 and 1 is 2", "2 and 2 is 4", "3 and 3 is 6"));
    }

    private static List<String> answers(int times) throws Exception {
        List<String> answers = new ArrayList<>();
        // @start region="talk"
        String doubling = "while read n; do echo \"$n and $n is $((n + n))\"; done";
        try (ChildProcess shell = ChildProcess.shell(doubling)
                .input(Redirect.pipe())
                .output(Redirect.pipe())
                .start()) {
            try (BufferedReader in = shell.output().reader(UTF_8);
                    PrintWriter out = shell.input().writer(UTF_8)) {
                for (int i = 1; i <= times; i++) {
                    out.println(i);
                    out.flush(); // or the child would not see it, and each would wait for the other
                    answers.add(in.readLine());
                }
            } // the end of its input, upon which it ends
            shell.await();
        }
        // @end
        return answers;
    }

    private static void pipeline(Tour tour, Path folder) throws Exception {
        tour.say("ls | sort -r, without a shell.");
        tour.see("names, and how both ended", listing(folder), "two three one, [Exited[status=0], Exited[status=0]]");
    }

    private static String listing(Path folder) throws Exception {
        // @start region="pipeline"
        try (Pipeline pipeline = Pipeline.start(
                        ChildProcess.command("ls").directory(folder),
                        ChildProcess.command("sort", "-r").output(Redirect.pipe()));
                BufferedReader in = pipeline.children().getLast().output().reader(UTF_8)) {
            List<String> names = in.lines().toList();
            List<Termination> ends = pipeline.await(); // of each, not of the last one alone
            return String.join(" ", names) + ", " + ends;
        }
        // @end
    }

    private static void ends(Tour tour) throws Exception {
        tour.say("How children end.");
        tour.see("exit 3", ended("exit 3"), "it exited with status 3");
        tour.see("kill -TERM itself", ended("kill -TERM $$"), "it was ended by SIGTERM");
        tour.see("one that would take too long", patience(Duration.ofMillis(50)), "it was ended by SIGTERM");
        tour.see("yes, of which one line was read", yes(), "y, Signaled[signal=SIGPIPE, coreDumped=false]");
    }

    private static String ended(String line) throws Exception {
        return words(ChildProcess.shell(line).run().termination());
    }

    // @start region="termination"
    static String words(Termination termination) {
        return switch (termination) {
            case Termination.Exited exited -> "it exited with status " + exited.status();
            case Termination.Signaled signaled -> "it was ended by " + signaled.signal();
        };
    }
    // @end

    private static String patience(Duration patience) throws Exception {
        // @start region="patience"
        try (ChildProcess child = ChildProcess.command("sleep", "60").start()) {
            if (child.tryAwait(patience).isEmpty()) {
                child.signal(Signal.SIGTERM); // to this one or to nobody, whoever has its number by now
            }
            return words(child.await());
        }
        // @end
    }

    private static String yes() throws Exception {
        ChildSource yes = ChildProcess.command("yes").openForReading();
        byte[] line = new byte[1];
        try (yes) {
            yes.readFully(line);
        }
        return new String(line, UTF_8) + ", " + yes.termination().orElseThrow();
    }

    private static void given(Tour tour) throws Exception {
        tour.say("A child has what it was given, and nothing else of this process.");
        tour.see("open in it (3 is the folder that it lists)", open(), List.of("0", "1", "2", "3"));
        tour.see("read from its number 5", fromFive("by number"), "by number");
        tour.see("its whole environment", environment(), "NAME=value");
        tour.see("an end taken by cat", taken("Good morning"), "Good morning");
        String foreign = "x; echo Gotcha";
        tour.see("foreign text, as a variable", printed(foreign), foreign);
    }

    private static List<String> open() throws Exception {
        return ChildProcess.command("ls", "/proc/self/fd")
                .input(Redirect.discard())
                .run()
                .text()
                .lines()
                .toList();
    }

    private static String fromFive(String text) throws Exception {
        // @start region="five"
        try (ChildProcess cat = ChildProcess.shell("cat <&5")
                .descriptor(5, Redirect.pipeToChild())
                .output(Redirect.pipe())
                .start()) {
            cat.sink(5).writeFully(text.getBytes(UTF_8));
            cat.sink(5).close();
            return cat.communicate(new byte[0]).text();
        }
        // @end
    }

    private static String environment() throws Exception {
        return ChildProcess.command("/usr/bin/env")
                .environment(Map.of("NAME", "value"))
                .run()
                .text()
                .strip();
    }

    private static String taken(String text) throws Exception {
        // @start region="take"
        try (Pipe pipe = Pipe.create();
                ChildProcess cat = ChildProcess.command("cat")
                        .input(Redirect.take(pipe.source())) // open in the child alone from now on
                        .output(Redirect.pipe())
                        .start()) {
            pipe.sink().writeFully(text.getBytes(UTF_8));
            pipe.sink().close(); // the child comes to the end
            return cat.communicate(new byte[0]).text();
        }
        // @end
    }

    private static String printed(String foreign) throws Exception {
        // @start region="foreign"
        Completed completed = ChildProcess.shell("printf %s \"$TEXT\"") // in quotes: it is one word, whatever it says
                .variable("TEXT", foreign)
                .run();
        // @end
        return completed.text();
    }

    private static void failures(Tour tour, Path folder) throws Exception {
        tour.say("What cannot be started is told at once.");
        tour.see(
                "a program that is not there",
                Tour.outcome(() -> ChildProcess.command("no-such-program").run()),
                "ENOENT");
        tour.see(
                "a file that is no program",
                Tour.outcome(() ->
                        ChildProcess.command(folder.resolve("one").toString()).run()),
                "EACCES");
        tour.see("not found by a shell, which was started", shellLooksFor("no-such-program"), 127);
    }

    private static int shellLooksFor(String program) throws Exception {
        Completed shell = ChildProcess.shell(program).run();
        return shell.termination() instanceof Termination.Exited exited ? exited.status() : -1;
    }
}
