package org.chagres.internal.syscall;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;

/**
 * Finds C functions by name and links them, all through one canonical shape: six {@code long} arguments, a {@code long}
 * result, errno captured.
 *
 * <p>Why one shape: the linker's cost is per distinct shape (4 to 5 ms), next to nothing for a further function of a known
 * one. Integer arguments and pointers all travel in general registers on x86-64 and aarch64; a callee looks only at the
 * registers, and the halves of them, that it declared, so narrower, fewer or no arguments are all served. The
 * result is narrowed by the caller: of an {@code int} function only the low half of the register means anything.
 *
 * <p>Linking never fails. What cannot be linked (a symbol this C library lacks, another operating system, native access
 * denied) becomes a handle that throws one clear exception when it is called.
 */
final class Linkage {
    /** The canonical shape; the capture block comes first. */
    static final FunctionDescriptor SHAPE =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    static final MethodType TYPE = MethodType.methodType(
            long.class, MemorySegment.class, long.class, long.class, long.class, long.class, long.class, long.class);

    private Linkage() {}

    static MethodHandle link(String function) {
        String unsupported = Abi.unsupportedBecause();
        if (unsupported != null) {
            return refusing(UnsupportedOperationException.class, unsupported);
        }
        try {
            Optional<MemorySegment> symbol = Native.LOOKUP.find(function);
            if (symbol.isEmpty()) {
                return refusing(
                        UnsupportedOperationException.class,
                        function + " is not supported here: this system's C library has no such function");
            }
            MethodHandle handle = Native.LINKER.downcallHandle(symbol.get(), SHAPE, Native.CAPTURE_ERRNO);
            return ScriptedAnswers.ENABLED ? ScriptedAnswers.before(function, handle) : handle;
        } catch (IllegalCallerException denied) {
            return refusing(IllegalCallerException.class, accessDenied(Linkage.class.getModule()));
        }
    }

    static String accessDenied(Module module) {
        String name = module.isNamed() ? module.getName() : "ALL-UNNAMED";
        return "Chagres calls the kernel through java.lang.foreign, and this JVM denies it native access: start java with"
                + " --enable-native-access=" + name;
    }

    /** A handle of the canonical type that throws, a fresh exception each time. */
    private static MethodHandle refusing(Class<? extends RuntimeException> kind, String message) {
        MethodHandle constructor;
        try {
            constructor =
                    MethodHandles.publicLookup().findConstructor(kind, MethodType.methodType(void.class, String.class));
        } catch (ReflectiveOperationException impossible) {
            throw new AssertionError(impossible);
        }
        MethodHandle thrower = MethodHandles.throwException(long.class, kind);
        MethodHandle refusal = MethodHandles.collectArguments(
                thrower, 0, constructor.bindTo(message).asType(MethodType.methodType(kind)));
        return MethodHandles.dropArguments(refusal, 0, TYPE.parameterList());
    }

    /** Initialised only where there is something to link with: on other systems these may throw. */
    private static final class Native {
        static final Linker LINKER = Linker.nativeLinker();
        static final SymbolLookup LOOKUP = LINKER.defaultLookup();
        static final Linker.Option CAPTURE_ERRNO = Linker.Option.captureCallState("errno");
    }
}
