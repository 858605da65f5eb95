package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.chagres.internal.generated.Linux;

/**
 * Starting children. Other than elsewhere, these functions answer 0 or a positive error number, and leave errno alone:
 * here that becomes {@code -errno} as of all others.
 */
public final class SpawnCalls {
    public static final int POSIX_SPAWN_SETPGROUP = Linkage.POSSIBLE ? Linux.POSIX_SPAWN_SETPGROUP() : 0;
    public static final int POSIX_SPAWN_SETSID = Linkage.POSSIBLE ? Linux.POSIX_SPAWN_SETSID() : 0;
    public static final int POSIX_SPAWN_SETSIGDEF = Linkage.POSSIBLE ? Linux.POSIX_SPAWN_SETSIGDEF() : 0;
    public static final int POSIX_SPAWN_SETSIGMASK = Linkage.POSSIBLE ? Linux.POSIX_SPAWN_SETSIGMASK() : 0;

    private static final NativeFunction SPAWN = NativeFunction.named("posix_spawn");
    private static final NativeFunction ACTIONS_INIT = NativeFunction.named("posix_spawn_file_actions_init");
    private static final NativeFunction ACTIONS_DESTROY = NativeFunction.named("posix_spawn_file_actions_destroy");
    private static final NativeFunction ACTIONS_ADDDUP2 = NativeFunction.named("posix_spawn_file_actions_adddup2");
    private static final NativeFunction ACTIONS_ADDCLOSE = NativeFunction.named("posix_spawn_file_actions_addclose");
    private static final NativeFunction ACTIONS_ADDCLOSEFROM =
            NativeFunction.named("posix_spawn_file_actions_addclosefrom_np");
    private static final NativeFunction ACTIONS_ADDCHDIR = NativeFunction.named("posix_spawn_file_actions_addchdir_np");
    private static final NativeFunction ATTRIBUTES_INIT = NativeFunction.named("posix_spawnattr_init");
    private static final NativeFunction ATTRIBUTES_DESTROY = NativeFunction.named("posix_spawnattr_destroy");
    private static final NativeFunction ATTRIBUTES_SETFLAGS = NativeFunction.named("posix_spawnattr_setflags");
    private static final NativeFunction ATTRIBUTES_SETPGROUP = NativeFunction.named("posix_spawnattr_setpgroup");
    private static final NativeFunction ATTRIBUTES_SETSIGMASK = NativeFunction.named("posix_spawnattr_setsigmask");
    private static final NativeFunction ATTRIBUTES_SETSIGDEFAULT =
            NativeFunction.named("posix_spawnattr_setsigdefault");

    private SpawnCalls() {}

    /** Memory for file actions. */
    public static MemorySegment allocateActions(SegmentAllocator allocator) {
        Linkage.require();
        return allocator.allocate(Linux.SPAWN_FILE_ACTIONS_BYTE_SIZE(), Long.BYTES);
    }

    /** Memory for attributes. */
    public static MemorySegment allocateAttributes(SegmentAllocator allocator) {
        Linkage.require();
        return allocator.allocate(Linux.SPAWN_ATTRIBUTES_BYTE_SIZE(), Long.BYTES);
    }

    /** Memory for a set of all signals or of none. */
    public static MemorySegment allocateSignals(SegmentAllocator allocator, boolean all) {
        Linkage.require();
        return allocator.allocate(Linux.SIGSET_T_BYTE_SIZE(), Long.BYTES).fill((byte) (all ? -1 : 0));
    }

    /** The environment of this process: the value of {@code environ(7)}. */
    public static MemorySegment environ() {
        long variable = Linkage.address("environ");
        return MemorySegment.ofAddress(variable).reinterpret(Long.BYTES).get(ValueLayout.ADDRESS, 0);
    }

    /** Starts a program in a child process; its pid is written to {@code pid} ({@code posix_spawn(3)}). */
    public static int posix_spawn(
            MemorySegment pid,
            MemorySegment path,
            MemorySegment actions,
            MemorySegment attributes,
            MemorySegment arguments,
            MemorySegment environment) {
        return -SPAWN.callInt(
                pid.address(),
                path.address(),
                actions.address(),
                attributes.address(),
                arguments.address(),
                environment.address());
    }

    /** Makes empty file actions ({@code posix_spawn_file_actions_init(3)}). */
    public static int posix_spawn_file_actions_init(MemorySegment actions) {
        return -ACTIONS_INIT.callInt(actions.address(), 0, 0);
    }

    /** Frees what file actions take ({@code posix_spawn_file_actions_destroy(3)}). */
    public static int posix_spawn_file_actions_destroy(MemorySegment actions) {
        return -ACTIONS_DESTROY.callInt(actions.address(), 0, 0);
    }

    /**
     * Has the child duplicate a descriptor onto a number, which it then inherits even if it is the same
     * ({@code posix_spawn_file_actions_adddup2(3)}).
     */
    public static int posix_spawn_file_actions_adddup2(MemorySegment actions, int descriptor, int number) {
        return -ACTIONS_ADDDUP2.callInt(actions.address(), descriptor, number);
    }

    /** Has the child close a descriptor, if it is open ({@code posix_spawn_file_actions_addclose(3)}). */
    public static int posix_spawn_file_actions_addclose(MemorySegment actions, int descriptor) {
        return -ACTIONS_ADDCLOSE.callInt(actions.address(), descriptor, 0);
    }

    /** Has the child close all from a number on ({@code posix_spawn_file_actions_addclosefrom_np}; glibc 2.34). */
    public static int posix_spawn_file_actions_addclosefrom_np(MemorySegment actions, int from) {
        return -ACTIONS_ADDCLOSEFROM.callInt(actions.address(), from, 0);
    }

    /** Has the child go to a directory ({@code posix_spawn_file_actions_addchdir_np}). */
    public static int posix_spawn_file_actions_addchdir_np(MemorySegment actions, MemorySegment path) {
        return -ACTIONS_ADDCHDIR.callInt(actions.address(), path.address(), 0);
    }

    /** Makes default attributes ({@code posix_spawnattr_init(3)}). */
    public static int posix_spawnattr_init(MemorySegment attributes) {
        return -ATTRIBUTES_INIT.callInt(attributes.address(), 0, 0);
    }

    /** Frees what attributes take ({@code posix_spawnattr_destroy(3)}). */
    public static int posix_spawnattr_destroy(MemorySegment attributes) {
        return -ATTRIBUTES_DESTROY.callInt(attributes.address(), 0, 0);
    }

    /** Says which attributes count; a {@code short}, which is never negative ({@code posix_spawnattr_setflags(3)}). */
    public static int posix_spawnattr_setflags(MemorySegment attributes, short flags) {
        return -ATTRIBUTES_SETFLAGS.callInt(attributes.address(), flags, 0);
    }

    /** Sets the child's process group; 0 for one of its own ({@code posix_spawnattr_setpgroup(3)}). */
    public static int posix_spawnattr_setpgroup(MemorySegment attributes, int group) {
        return -ATTRIBUTES_SETPGROUP.callInt(attributes.address(), group, 0);
    }

    /** Sets which signals are blocked in the child ({@code posix_spawnattr_setsigmask(3)}). */
    public static int posix_spawnattr_setsigmask(MemorySegment attributes, MemorySegment signals) {
        return -ATTRIBUTES_SETSIGMASK.callInt(attributes.address(), signals.address(), 0);
    }

    /** Sets which signals do in the child what they do by themselves ({@code posix_spawnattr_setsigdefault(3)}). */
    public static int posix_spawnattr_setsigdefault(MemorySegment attributes, MemorySegment signals) {
        return -ATTRIBUTES_SETSIGDEFAULT.callInt(attributes.address(), signals.address(), 0);
    }
}
