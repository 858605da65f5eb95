package org.chagres.internal.syscall;

import static java.lang.foreign.ValueLayout.ADDRESS;
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
 * <p>Why one shape: the linker's cost is per distinct shape (4 to 5 ms), next to nothing for a further function of a
 * known one. Integer arguments and pointers all travel in general registers on x86-64 and aarch64; a callee looks only
 * at the registers, and the halves of them, that it declared, so narrower, fewer or no arguments are all served. The
 * result is narrowed by the caller: of an {@code int} function only the low half of the register means anything.
 *
 * <p>Linking never fails. What cannot be linked (a symbol this C library lacks, another operating system, native access
 * denied) becomes a handle that throws one clear exception when it is called.
 */
final class Linkage {
    /** The canonical shape; the capture block comes first. */
    static final FunctionDescriptor SHAPE =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    /**
     * The same with a user's memory as its second argument: as an ADDRESS, so that its arena stays open during the
     * call.
     */
    static final FunctionDescriptor SEGMENT_SHAPE =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    /**
     * The canonical shape with four pieces of a user's memory behind it, which only the linker looks at: the C function
     * gets their addresses in an array.
     */
    static final FunctionDescriptor VECTOR_SHAPE = SHAPE.appendArgumentLayouts(ADDRESS, ADDRESS, ADDRESS, ADDRESS);

    private static final Optional<String> UNSUPPORTED = Abi.unsupportedBecause();

    /**
     * Whether anything can be linked at all. If not, the generated classes must not be touched: their initialisers call
     * restricted methods too, and fail with an error that says nothing, and with another one ever after.
     */
    static final boolean POSSIBLE = UNSUPPORTED.isEmpty() && isAccessGranted();

    private Linkage() {}

    static MethodHandle link(String function, FunctionDescriptor shape) {
        Optional<MemorySegment> symbol = POSSIBLE ? Native.LOOKUP.find(function) : Optional.empty();
        if (symbol.isEmpty()) {
            return refusing(function, shape);
        }
        MethodHandle handle = Native.LINKER.downcallHandle(symbol.get(), shape, Native.CAPTURE_ERRNO);
        return ScriptedAnswers.ENABLED ? ScriptedAnswers.before(function, handle) : handle;
    }

    /** The address of a C function. */
    static long address(String function) {
        require();
        return Native.LOOKUP.find(function).orElseThrow().address();
    }

    /** Throws, where nothing can be linked, what a call would. */
    static void require() {
        if (UNSUPPORTED.isPresent()) {
            throw new UnsupportedOperationException(UNSUPPORTED.get());
        }
        if (!POSSIBLE) {
            Module module = Linkage.class.getModule();
            throw new IllegalCallerException(
                    "Chagres calls the kernel through java.lang.foreign, and this JVM denies it"
                            + " native access: start java with --enable-native-access="
                            + (module.isNamed() ? module.getName() : "ALL-UNNAMED"));
        }
    }

    private static boolean isAccessGranted() {
        try {
            // Restricted, and does nothing. Asking the module whether it has access does not tell whether it would be
            // denied.
            MemorySegment.NULL.reinterpret(0);
            return true;
        } catch (IllegalCallerException denied) {
            return false;
        }
    }

    /** A handle of the canonical type that does nothing but throw. */
    private static MethodHandle refusing(String function, FunctionDescriptor shape) {
        try {
            MethodHandle refusal = MethodHandles.lookup()
                    .findStatic(Linkage.class, "refuse", MethodType.methodType(long.class, String.class));
            MethodType type = shape.toMethodType().insertParameterTypes(0, MemorySegment.class); // the capture block
            return MethodHandles.dropArguments(refusal.bindTo(function), 0, type.parameterList());
        } catch (ReflectiveOperationException impossible) {
            throw new LinkageError(impossible.getMessage(), impossible);
        }
    }

    @SuppressWarnings("UnusedMethod") // by the method handle above
    private static long refuse(String function) {
        require();
        throw new UnsupportedOperationException(
                function + " is not supported here: this system's C library has no such function");
    }

    /** Initialised only where there is something to link with: on other systems these may throw. */
    private static final class Native {
        static final Linker LINKER = Linker.nativeLinker();
        static final SymbolLookup LOOKUP = LINKER.defaultLookup();
        static final Linker.Option CAPTURE_ERRNO = Linker.Option.captureCallState("errno");
    }
}
