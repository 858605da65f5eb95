package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.IpcKey;
import org.chagres.Readiness;
import org.chagres.file.LockMode;
import org.chagres.file.RecordLock;
import org.chagres.internal.resource.SemaphoreObject;
import org.chagres.memory.MappedMemory;
import org.chagres.memory.PosixSharedMemory;
import org.chagres.memory.SharedMemory;
import org.chagres.pipe.Pipe;
import org.chagres.pipe.PipeSource;
import org.chagres.readiness.Epoll;
import org.chagres.readiness.EventCounter;
import org.chagres.semaphore.Permit;
import org.chagres.semaphore.ProcessSemaphore;
import org.chagres.semaphore.SemaphoreSet;
import org.chagres.semaphore.SemaphoreSetBuilder;
import org.chagres.semaphore.UninitializedSemaphoreException;
import org.chagres.testing.Await;
import org.chagres.testing.CProgram;
import org.chagres.testing.Kernel;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Keeps README.md and docs/ honest. A block of Java under {@code <!-- region: Type#name -->} is that region of an
 * example, and the guide's programs in other languages run. The regions in this file are what the guide shows and no
 * example needs.
 */
@ExtendWith(LeakCheck.class)
class DocsTest {
    private static final Path BASE = Path.of(System.getProperty("basedir", ""));
    private static final Path EXAMPLES = BASE.resolve("src/test/java/org/chagres/examples");
    private static final Path SHARED_MEMORY = BASE.resolve("docs/guide/shared-memory.md");
    private static final Path SEMAPHORES = BASE.resolve("docs/guide/semaphores.md");
    private static final Path MAPPED_MEMORY = BASE.resolve("docs/guide/mapped-memory.md");
    private static final Path FILE_LOCKS = BASE.resolve("docs/guide/file-locks.md");

    private static final Pattern MARK = Pattern.compile("<!-- region: (\\w+)#([\\w-]+) -->");
    private static final Pattern START = Pattern.compile("// @start region=\"([\\w-]+)\"");

    /** One piece of Java that a page shows, and where it says it is from. */
    private record Block(Path page, int line, String type, String region, String code) {
        String place() {
            return page + ":" + line + ", region " + type + "#" + region;
        }
    }

    @Test
    void everyMarkedBlockIsItsRegion() {
        List<Block> blocks =
                pages().stream().flatMap(page -> blocks(page).stream()).toList();
        assertThat(blocks).isNotEmpty();
        for (Block block : blocks) {
            assertThat(block.code()).as(block.place()).isEqualTo(region(block.type(), block.region()));
        }
    }

    @Test
    void theReadmeShowsAnExample() {
        assertThat(blocks(BASE.resolve("README.md"))).isNotEmpty();
    }

    @Test
    void aRegionThatDoesNotExistIsAnError() {
        assertThatThrownBy(() -> region("SharedCounter", "none")).hasMessageContaining("has 0 regions \"none\"");
    }

    @Test
    void aMarkWithoutItsCodeIsAnError() {
        List<String> page = List.of("<!-- region: SharedCounter#share -->", "", "```java", "```");
        assertThatThrownBy(() -> blocks(Path.of("page.md"), page))
                .hasMessageContaining("page.md:1: no block of Java follows the mark");
    }

    @Test
    void theGuidesProgramInCCounts() throws Exception {
        try (CProgram program = CProgram.compile(program(SHARED_MEMORY, "c"))) {
            assertThat(printed(41, program.command())).isEqualTo("42\n");
        }
    }

    @Test
    void theGuidesProgramInPythonReads() throws Exception {
        Run.assumeInstalled("python3");
        assertThat(printed(42, List.of("python3", "-c", program(SHARED_MEMORY, "python"))))
                .isEqualTo("42\n");
    }

    @Test
    void theGuidesProgramInPerlReads() throws Exception {
        Run.assumeInstalled("perl");
        assertThat(printed(42, List.of("perl", "-e", program(SHARED_MEMORY, "perl"))))
                .isEqualTo("42\n");
    }

    @Test
    void theGuidesProgramInCTakesTurns() throws Exception {
        try (CProgram program = CProgram.compile(program(SEMAPHORES, "c"))) {
            takesTurns(program.command());
        }
    }

    @Test
    void theGuidesProgramInPythonTakesTurns() throws Exception {
        Run.assumeInstalled("python3");
        takesTurns(List.of("python3", "-c", program(SEMAPHORES, "python")));
    }

    @Test
    void theGuidesProgramInPerlTakesTurns() throws Exception {
        Run.assumeInstalled("perl");
        takesTurns(List.of("perl", "-e", program(SEMAPHORES, "perl")));
    }

    @Test
    void theGuidesProgramInCCountsInAFile(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("number");
        try (CProgram program = CProgram.compile(program(MAPPED_MEMORY, "c"));
                MappedMemory memory = MappedMemory.create(file, 4096)) {
            memory.segment().set(JAVA_LONG, 0, 41);
            assertThat(program.run(file).output()).isEqualTo("41\n");
            assertThat(memory.segment().get(JAVA_LONG, 0)).isEqualTo(42);
        }
    }

    @Test
    void theGuidesProgramInCCountsInAPosixObject() throws Exception {
        try (CProgram program = CProgram.compile(program(MAPPED_MEMORY, "c"))) {
            countsInAnObject(name -> program.command("/dev/shm/" + name));
        }
    }

    @Test
    void theGuidesProgramInPythonCountsInAPosixObjectAndLeavesItThere() throws Exception {
        Run.assumeInstalled("python3");
        countsInAnObject(name -> List.of("python3", "-c", program(MAPPED_MEMORY, "python"), name));
    }

    /** Runs a program of an object that this process created, twice. */
    private static void countsInAnObject(Function<String, List<String>> program) throws Exception {
        String name = "chagres-docs-" + ProcessHandle.current().pid();
        try (PosixSharedMemory memory = PosixSharedMemory.create(name, 4096)) {
            try {
                memory.segment().set(JAVA_LONG, 0, 41);
                assertThat(Run.command(program.apply(name), Map.of()).output()).isEqualTo("41\n");
                assertThat(Run.command(program.apply(name), Map.of()).output()).isEqualTo("42\n");
                assertThat(memory.segment().get(JAVA_LONG, 0)).isEqualTo(43);
            } finally {
                memory.unlink(); // it is there, or this would throw
            }
        }
    }

    @Test
    void theGuidesProgramInPythonWaitsForTheLock(@TempDir Path folder) throws Exception {
        Run.assumeInstalled("python3");
        Path path = folder.resolve("file");
        try (Descriptor file = Descriptor.open(path, CREATE_NEW, READ, WRITE)) {
            RecordLock lock = RecordLock.lock(file, LockMode.EXCLUSIVE);
            List<String> command = List.of("python3", "-c", program(FILE_LOCKS, "python"), path.toString());
            try (Peer python = Peer.start(command)) {
                Pattern waiting = Pattern.compile(
                        "-> POSIX +ADVISORY +WRITE +" + python.process().pid() + " ");
                Await.until(() -> lines(Path.of("/proc/locks")).stream()
                        .anyMatch(line -> waiting.matcher(line).find()));
                assertThat(path).isEmptyFile();
                lock.close();
                assertThat(python.hear()).isEqualTo("mine");
                assertThat(python.end()).isZero();
            }
            assertThat(path).hasContent("Python\n");
        }
    }

    /**
     * Runs a program with the key of a lock that this process holds: it waits, also through a signal, takes it and
     * gives it back.
     */
    private static void takesTurns(List<String> program) throws Exception {
        IpcKey key = IpcKey.of(IpcKey.random().value() | Integer.MIN_VALUE); // as for printed()
        try (ProcessSemaphore lock = ProcessSemaphore.create(key, 1)) {
            try {
                Permit permit = lock.hold();
                List<String> command = new ArrayList<>(program);
                command.add(key.toString());
                try (Peer peer = Peer.start(command)) {
                    Await.waiters(lock.set().id(), 0, 1);
                    peer.signal("STOP");
                    peer.signal("CONT");
                    Await.waiters(lock.set().id(), 0, 1);
                    permit.close();
                    assertThat(peer.hear()).isEqualTo("mine");
                    assertThat(peer.end()).isZero();
                }
                assertThat(lock.availablePermits()).isEqualTo(1);
            } finally {
                lock.set().remove();
            }
        }
    }

    @Test
    void aProcessIsToldThatTheOtherIsReady() throws Exception {
        try (ProcessSemaphore ready = ProcessSemaphore.create(IpcKey.PRIVATE, 0)) {
            try {
                assertThat(awaitReady(ready, Duration.ofMillis(1))).isFalse();
                tell(ready);
                assertThat(awaitReady(ready, Duration.ofSeconds(30))).isTrue();
            } finally {
                ready.set().remove();
            }
        }
    }

    private static void tell(ProcessSemaphore ready) throws ErrnoException {
        // @start region="tell"
        ready.release(); // in the one process, once there is something to do
        // @end
    }

    private static boolean awaitReady(ProcessSemaphore ready, Duration patience) throws Exception {
        // @start region="await"
        boolean told = ready.tryAcquire(patience); // in the other; false if the time is over
        // @end
        return told;
    }

    @Test
    void aPoolGivesOutAsManyAsItHas() throws Exception {
        try (ProcessSemaphore licences = ProcessSemaphore.create(IpcKey.PRIVATE, 5)) {
            try {
                useTwo(licences);
                assertThat(licences.availablePermits()).isEqualTo(5);
            } finally {
                licences.set().remove();
            }
        }
    }

    private static void useTwo(ProcessSemaphore licences) throws Exception {
        // @start region="pool"
        try (Permit two = licences.hold(2)) { // both at once, or none and it waits
            assertThat(licences.availablePermits()).isEqualTo(5 - two.permits());
        }
        // @end
    }

    @Test
    void aSetWhoseCreatorDiedHalfWayIsMadeAnew() throws Exception {
        IpcKey key = IpcKey.random();
        int dead = SemaphoreObject.create(key.value(), 1, PosixFilePermissions.fromString("rw-------"));
        try (ProcessSemaphore lock = openOrReplace(key)) {
            try {
                assertThat(lock.set().id()).isNotEqualTo(dead);
                assertThat(lock.availablePermits()).isEqualTo(1);
            } finally {
                lock.set().remove();
            }
        }
    }

    private static ProcessSemaphore openOrReplace(IpcKey key) throws Exception {
        // @start region="replace"
        SemaphoreSetBuilder patient = SemaphoreSet.builder().initializationTimeout(Duration.ofSeconds(1));
        try {
            return patient.openOrCreate(key, 1).semaphore(0);
        } catch (
                UninitializedSemaphoreException halfWay) { // one process should do this, at a time when no other starts
            SemaphoreSet.remove(halfWay.id());
            return patient.openOrCreate(key, 1).semaphore(0);
        }
        // @end
    }

    @Test
    void theCallersArenaDetaches() throws Exception {
        try (SharedMemory memory = SharedMemory.create(IpcKey.PRIVATE, 4096)) {
            memory.remove();
            MemorySegment attached = attachInAnArena(memory.id());
            assertThat(Kernel.attachCount(memory.id())).isEqualTo(1);
            assertThat(memory.segment().get(JAVA_LONG, 0)).isEqualTo(7);
            assertThatIllegalStateException().isThrownBy(() -> attached.get(JAVA_LONG, 0));
        }
    }

    private static MemorySegment attachInAnArena(int id) throws ErrnoException {
        // @start region="arena"
        MemorySegment record;
        try (Arena arena = Arena.ofConfined()) {
            record = SharedMemory.attach(id, arena);
            record.set(JAVA_LONG, 0, 7);
        } // closing the arena detaches; using the record from here on throws
        // @end
        return record;
    }

    @Test
    void aFreeKeyIsFound() throws Exception {
        try (SharedMemory one = createUnderAFreeKey(8);
                SharedMemory two = createUnderAFreeKey(8)) {
            one.remove();
            two.remove();
            assertThat(one.id()).isNotEqualTo(two.id());
            assertThat(one.created()).isTrue();
        }
    }

    // @start region="random-key"
    static SharedMemory createUnderAFreeKey(long byteSize) throws ErrnoException {
        while (true) {
            try {
                return SharedMemory.create(IpcKey.random(), byteSize);
            } catch (ErrnoException taken) {
                if (taken.errno() != Errno.EEXIST) {
                    throw taken;
                }
            }
        }
    }
    // @end

    @Test
    void aPipeIsCopiedToAFile(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("copy");
        try (Pipe pipe = Pipe.create();
                Descriptor file = Descriptor.open(path, CREATE_NEW, WRITE)) {
            pipe.sink().writeFully(new byte[10_000]);
            pipe.sink().close();
            assertThat(copy(pipe.source(), file)).isEqualTo(10_000);
        }
        assertThat(path).hasSize(10_000);
    }

    private static long copy(PipeSource source, Descriptor file) throws Exception {
        long copied = 0;
        // @start region="copy"
        long moved = source.splice(file, 1 << 20);
        while (moved > 0) {
            copied += moved;
            moved = source.splice(file, 1 << 20);
        }
        // @end
        return copied;
    }

    @Test
    void linesCanBeWaitedForWithATime() throws Exception {
        try (Pipe pipe = Pipe.create()) {
            pipe.sink().write("one\ntw".getBytes(UTF_8));
            BlockingQueue<String> lines = lines(pipe.source());
            assertThat(lines.poll(20, TimeUnit.SECONDS)).isEqualTo("one");
            assertThat(lines.poll(10, TimeUnit.MILLISECONDS)).isNull();
            pipe.sink().write("o\n".getBytes(UTF_8));
            assertThat(lines.poll(20, TimeUnit.SECONDS)).isEqualTo("two");
            pipe.sink().close(); // and the thread ends
        }
    }

    private static BlockingQueue<String> lines(PipeSource source) {
        // @start region="timed"
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        BufferedReader in = source.reader(UTF_8);
        Thread.startVirtualThread(() -> in.lines().forEach(lines::add)); // then lines.poll(1, TimeUnit.SECONDS)
        // @end
        return lines;
    }

    @Test
    void aServerIsToldToStopByABell() throws Exception {
        try (Pipe pipe = Pipe.create();
                Epoll epoll = Epoll.create();
                EventCounter bell = EventCounter.create()) {
            epoll.add(bell, Set.of(Readiness.READABLE));
            epoll.add(pipe.source(), Set.of(Readiness.READABLE));
            FutureTask<Integer> server = new FutureTask<>(() -> serve(epoll));
            Thread.startVirtualThread(server);
            pipe.sink().write(new byte[100]);
            pipe.sink().close();
            bell.add(1);
            assertThat(server.get(20, TimeUnit.SECONDS)).isBetween(0, 100);
        }
    }

    private static int serve(Epoll epoll) throws Exception {
        int served = 0;
        byte[] buffer = new byte[64];
        // @start region="serve"
        while (true) {
            for (Epoll.Event event : epoll.await()) {
                switch (event.source()) {
                    case EventCounter bell -> {
                        return served;
                    }
                    case PipeSource source -> {
                        int count = source.read(buffer);
                        served += Math.max(count, 0);
                        if (count < 0) {
                            source.close();
                        }
                    }
                    default -> throw new IllegalStateException("not added: " + event.source());
                }
            }
        }
        // @end
    }

    /** Runs a program with the key of a segment that begins with a number; answers what it printed. */
    private static String printed(long counter, List<String> program) throws ErrnoException {
        // Half of all keys are negative as an int, and not every language takes them alike: always one of those.
        IpcKey key = IpcKey.of(IpcKey.random().value() | Integer.MIN_VALUE);
        try (SharedMemory memory = SharedMemory.create(key, 4096)) {
            try {
                memory.segment().set(JAVA_LONG, 0, counter);
                List<String> command = new ArrayList<>(program);
                command.add(key.toString());
                return Run.command(command, Map.of()).output();
            } finally {
                memory.remove();
            }
        }
    }

    private static List<Path> pages() {
        try (Stream<Path> files = Files.walk(BASE.resolve("docs"))) {
            return Stream.concat(Stream.of(BASE.resolve("README.md")), files)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static List<Block> blocks(Path page) {
        return blocks(page, lines(page));
    }

    private static List<Block> blocks(Path page, List<String> lines) {
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Matcher mark = MARK.matcher(lines.get(i));
            if (!mark.find()) {
                continue;
            }
            if (i + 1 == lines.size() || !lines.get(i + 1).strip().equals("```java")) {
                throw new AssertionError(page + ":" + (i + 1) + ": no block of Java follows the mark");
            }
            blocks.add(new Block(page, i + 1, mark.group(1), mark.group(2), fenced(page, lines, i + 1)));
        }
        return blocks;
    }

    /** The only program in a language that a chapter shows. */
    private static String program(Path chapter, String language) {
        List<String> lines = lines(chapter);
        int fence = lines.indexOf("```" + language);
        assertThat(fence).as("a program in %s", language).isNotNegative();
        assertThat(lines.lastIndexOf("```" + language))
                .as("one program in %s", language)
                .isEqualTo(fence);
        return fenced(chapter, lines, fence);
    }

    private static String fenced(Path page, List<String> lines, int fence) {
        for (int end = fence + 1; end < lines.size(); end++) {
            if (lines.get(end).strip().equals("```")) {
                return unindented(lines.subList(fence + 1, end));
            }
        }
        throw new AssertionError(page + ":" + (fence + 1) + ": the block does not end");
    }

    /** A region of an example, as Javadoc's snippets delimit it. */
    private static String region(String type, String name) {
        List<String> found = new ArrayList<>();
        Path file = EXAMPLES.resolve(type + ".java");
        List<String> lines = lines(file);
        for (int i = 0; i < lines.size(); i++) {
            Matcher start = START.matcher(lines.get(i));
            if (start.find() && start.group(1).equals(name)) {
                int end = i + 1;
                while (!lines.get(end).strip().equals("// @end")) {
                    end++;
                }
                found.add(unindented(lines.subList(i + 1, end)));
            }
        }
        if (found.size() != 1) {
            throw new AssertionError(file + " has " + found.size() + " regions \"" + name + "\"");
        }
        return found.getFirst();
    }

    private static String unindented(List<String> lines) {
        return String.join("\n", lines).stripIndent().strip();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
