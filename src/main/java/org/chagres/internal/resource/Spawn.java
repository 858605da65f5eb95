package org.chagres.internal.resource;

import static org.chagres.internal.syscall.DescriptorCalls.*;
import static org.chagres.internal.syscall.SpawnCalls.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.chagres.internal.syscall.Errnos;
import org.chagres.internal.syscall.SpawnCalls;

/**
 * The start of a program in a child: {@code posix_spawn}, never {@code fork}, as a JVM has more threads than the one
 * that a fork would copy. The child gets the descriptors it is given and no other, no signal blocked and none ignored.
 *
 * @param arguments with the name of the program in front
 * @param environment empty for that of this process
 * @param changes of that environment
 * @param directory empty for that of this process
 * @param group the process group, 0 for a new one, {@link #SAME_GROUP} for that of this process
 * @param session whether it gets a session of its own
 * @param descriptors what the child's numbers refer to; 0 to 2 are inherited if they are not told
 */
public record Spawn(
        List<String> arguments,
        Optional<Map<String, String>> environment,
        Map<String, String> changes,
        Optional<Path> directory,
        int group,
        boolean session,
        SortedMap<Integer, OpenDescriptor> descriptors) {

    public static final int SAME_GROUP = -1;

    private static final int LAST_STANDARD = DescriptorObject.FIRST_FREE - 1;

    /** Starts the program of a path; answers its pid, {@code -errno}, or {@link OpenDescriptor#WAS_CLOSED}. */
    public int start(String path) {
        OpenDescriptor[] used = descriptors.values().toArray(OpenDescriptor[]::new);
        try (Users users = new Users(used);
                Arena arena = Arena.ofConfined()) {
            if (!users.useAll()) {
                return OpenDescriptor.WAS_CLOSED;
            }
            MemorySegment name = NativeText.of(path, arena);
            MemorySegment texts = NativeText.array(arguments, arena);
            MemorySegment variables = variables(arena);
            MemorySegment actions = allocateActions(arena);
            MemorySegment attributes = allocateAttributes(arena);
            int answer = posix_spawn_file_actions_init(actions);
            if (answer < 0) {
                return answer;
            }
            try {
                answer = posix_spawnattr_init(attributes);
                if (answer < 0) {
                    return answer;
                }
                try {
                    answer = setActions(actions, arena);
                    answer = answer < 0 ? answer : setAttributes(attributes, arena);
                    if (answer < 0) {
                        return answer;
                    }
                    MemorySegment pid = arena.allocate(ValueLayout.JAVA_INT);
                    answer = posix_spawn(pid, name, actions, attributes, texts, variables);
                    return answer < 0 ? answer : pid.get(ValueLayout.JAVA_INT, 0);
                } finally {
                    posix_spawnattr_destroy(attributes);
                }
            } finally {
                posix_spawn_file_actions_destroy(actions);
            }
        }
    }

    /** Those that are inherited are so byte by byte: they need not be text in the JVM's encoding. */
    private MemorySegment variables(Arena arena) {
        MemorySegment whole = environment.isPresent()
                ? NativeText.array(lines(environment.get()), arena)
                : SpawnCalls.environ().reinterpret(Long.MAX_VALUE);
        if (changes.isEmpty()) {
            return whole;
        }
        List<byte[]> names = changes.keySet().stream()
                .map(name -> NativeText.of(name + "=", arena).toArray(ValueLayout.JAVA_BYTE))
                .toList();
        List<MemorySegment> kept = new ArrayList<>();
        for (long i = 0;
                whole.address() != 0 && whole.getAtIndex(ValueLayout.ADDRESS, i).address() != 0;
                i++) {
            MemorySegment variable = whole.getAtIndex(ValueLayout.ADDRESS, i).reinterpret(Long.MAX_VALUE);
            if (names.stream().noneMatch(name -> beginsWith(variable, name))) {
                kept.add(variable);
            }
        }
        lines(changes).forEach(line -> kept.add(NativeText.of(line, arena)));
        MemorySegment all = arena.allocate(ValueLayout.ADDRESS, kept.size() + 1L);
        for (int i = 0; i < kept.size(); i++) {
            all.setAtIndex(ValueLayout.ADDRESS, i, kept.get(i));
        }
        return all;
    }

    private static boolean beginsWith(MemorySegment variable, byte[] name) {
        for (int i = 0; i < name.length - 1; i++) { // without the zero
            if (variable.get(ValueLayout.JAVA_BYTE, i) != name[i]) {
                return false;
            }
        }
        return true;
    }

    private static List<String> lines(Map<String, String> variables) {
        return variables.entrySet().stream()
                .map(one -> one.getKey() + "=" + one.getValue())
                .toList();
    }

    private int setAttributes(MemorySegment attributes, Arena arena) {
        int flags = POSIX_SPAWN_SETSIGMASK
                | POSIX_SPAWN_SETSIGDEF
                | (session ? POSIX_SPAWN_SETSID : 0)
                | (group == SAME_GROUP || (session && group == 0) ? 0 : POSIX_SPAWN_SETPGROUP); // else it leads one
        int answer = posix_spawnattr_setsigmask(attributes, allocateSignals(arena, false));
        answer = answer < 0 ? answer : posix_spawnattr_setsigdefault(attributes, allocateSignals(arena, true));
        answer = answer < 0 || group == SAME_GROUP ? answer : posix_spawnattr_setpgroup(attributes, group);
        return answer < 0 ? answer : posix_spawnattr_setflags(attributes, (short) flags);
    }

    /**
     * In the child, one after the other: what stands where another one has to go steps aside; each goes to its number;
     * the rest is closed.
     */
    private int setActions(MemorySegment actions, Arena arena) {
        int answer = 0;
        int last = descriptors.isEmpty() ? LAST_STANDARD : Math.max(descriptors.lastKey(), LAST_STANDARD);
        Set<Integer> needed = new HashSet<>(descriptors.keySet());
        descriptors.values().forEach(descriptor -> needed.add(descriptor.number()));
        int aside = LAST_STANDARD;
        Map<Integer, Integer> standing = new HashMap<>(); // where what had our number is now
        for (OpenDescriptor descriptor : descriptors.values()) {
            int number = descriptor.number();
            if (answer == 0 && descriptors.containsKey(number) && !standing.containsKey(number)) {
                do {
                    aside++;
                } while (needed.contains(aside));
                answer = posix_spawn_file_actions_adddup2(actions, number, aside);
                standing.put(number, aside);
            }
        }
        for (Map.Entry<Integer, OpenDescriptor> one : descriptors.entrySet()) {
            int number = one.getValue().number();
            if (answer == 0) {
                answer = posix_spawn_file_actions_adddup2(actions, standing.getOrDefault(number, number), one.getKey());
            }
        }
        for (int number = LAST_STANDARD + 1; answer == 0 && number < last; number++) {
            if (!descriptors.containsKey(number)) {
                answer = posix_spawn_file_actions_addclose(actions, number);
            }
        }
        for (int number : standing.values()) {
            if (answer == 0 && number > last) {
                answer = posix_spawn_file_actions_addclose(actions, number); // may not be open here
            }
        }
        answer = answer == 0 ? closeFrom(actions, last + 1) : answer;
        if (answer == 0 && directory.isPresent()) {
            answer = posix_spawn_file_actions_addchdir_np(actions, FileNames.of(directory.get(), arena));
        }
        return answer;
    }

    private static int closeFrom(MemorySegment actions, int first) {
        try {
            int answer = posix_spawn_file_actions_addclosefrom_np(actions, first);
            return answer == -Errnos.EBADF ? 0 : answer; // beyond the limit: there are none
        } catch (UnsupportedOperationException olderLibrary) {
            // All there are now; what another thread opens meanwhile without close-on-exec is not among them.
            int answer = 0;
            for (int number : openNumbers()) {
                if (answer == 0 && number >= first) {
                    answer = posix_spawn_file_actions_addclose(actions, number);
                }
            }
            return answer;
        }
    }

    private static List<Integer> openNumbers() {
        List<Integer> numbers = new ArrayList<>();
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            open.forEach(one -> numbers.add(Integer.valueOf(one.getFileName().toString())));
        } catch (java.io.IOException noProc) {
            // Then they are inherited as by any program that does not care.
        }
        return numbers;
    }
}
