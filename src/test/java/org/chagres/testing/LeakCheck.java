package org.chagres.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.chagres.internal.resource.SemaphoreObject;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Compares what this process holds in the kernel before a test class and after it: descriptors, mappings of ours,
 * names in {@code /dev/shm},
 * System V segments created, and semaphore sets last changed, by this process or a child that {@link Run} or
 * {@link Peer} started. What is left is told, and then removed, so that one failed test leaves nothing behind on the
 * machine. Segments of other programs come and go unseen.
 */
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(LeakCheck.class);

    private record Before(
            Set<String> descriptors, List<String> mappings, Set<Long> segments, Set<Long> sets, Set<String> names) {}

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        makeWhatTheJdkKeeps();
        context.getStore(NAMESPACE)
                .put(Before.class, new Before(Kernel.descriptors(), Kernel.mappings(), segments(), allSets(), names()));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Before before = context.getStore(NAMESPACE).get(Before.class, Before.class);
        Set<Long> segments = segments();
        segments.removeAll(before.segments());
        segments.forEach(id -> Run.command("ipcrm", "-m", Long.toString(id)));
        Set<Long> sets = allSets();
        sets.removeAll(before.sets());
        sets.removeIf(id -> !isOurs(id));
        sets.forEach(id -> Run.command("ipcrm", "-s", Long.toString(id)));

        Set<String> names = names();
        names.removeAll(before.names());
        names.forEach(name -> Run.command("rm", "-f", "/dev/shm/" + name));

        Set<String> descriptors = Kernel.descriptors();
        descriptors.removeAll(before.descriptors());
        List<String> mappings = Kernel.mappings().stream()
                .filter(line -> !before.mappings().contains(line))
                .toList();
        assertThat(segments)
                .as("System V segments left by %s", context.getDisplayName())
                .isEmpty();
        assertThat(sets)
                .as("System V semaphore sets left by %s", context.getDisplayName())
                .isEmpty();
        assertThat(names)
                .as("names in /dev/shm left by %s", context.getDisplayName())
                .isEmpty();
        assertThat(mappings).as("mappings left by %s", context.getDisplayName()).isEmpty();
        assertThat(descriptors)
                .as("descriptors left by %s", context.getDisplayName())
                .isEmpty();
    }

    /** A socket that the JDK makes with the first channel of the kinds that need it, and never closes. */
    private static void makeWhatTheJdkKeeps() throws IOException {
        SocketChannel.open().close();
    }

    private static Set<Long> segments() {
        return Kernel.sharedMemory().stream()
                .filter(row -> Children.areOurs(row.get("cpid")))
                .map(row -> row.get("shmid"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Of POSIX shared memory, if they have in them, by a dash, the number of a process that is ours. */
    private static Set<String> names() {
        String[] all = new File("/dev/shm").list();
        return Stream.of(all == null ? new String[0] : all)
                .filter(name -> Pattern.compile("-(\\d{1,10})(?!\\d)")
                        .matcher(name)
                        .results()
                        .anyMatch(pid -> Children.areOurs(Long.parseLong(pid.group(1)))))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<Long> allSets() {
        return Kernel.semaphores().stream().map(row -> row.get("semid")).collect(Collectors.toCollection(TreeSet::new));
    }

    /** The kernel does not tell who created a set, but who changed a value last. */
    private static boolean isOurs(long id) {
        int count =
                Kernel.semaphores((int) id).map(row -> (int) row.get("nsems")).orElse(0);
        return IntStream.range(0, Math.min(count, 16))
                .anyMatch(number -> Children.areOurs(SemaphoreObject.lastPid((int) id, number)));
    }
}
