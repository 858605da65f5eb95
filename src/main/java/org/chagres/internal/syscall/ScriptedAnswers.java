package org.chagres.internal.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;

/**
 * The seam for tests: answers in the kernel's place. With {@code -Dorg.chagres.internal.scripted=true} at the start of
 * the JVM, every linked function first asks whether the calling thread has a script for it. Without, nothing of this is
 * in a handle.
 *
 * {@snippet lang = java :
 * try (var script = ScriptedAnswers.to("shmat", arguments -> -Errno.ENOMEM.number())) {
 *     // the next shmat of this thread fails so; later ones are the kernel's
 * }
 * }
 */
public final class ScriptedAnswers implements AutoCloseable {
    /** An {@link Answer} of this: the kernel is called after all. */
    public static final long ASK_THE_KERNEL = Long.MIN_VALUE;

    static final boolean ENABLED = Boolean.getBoolean("org.chagres.internal.scripted");

    private static final ConcurrentMap<String, ScriptedAnswers> SCRIPTS = new ConcurrentHashMap<>();

    /** One answer: a result {@code >= 0}, {@code -errno}, or {@link #ASK_THE_KERNEL}. May do something first. */
    @FunctionalInterface
    public interface Answer {
        long to(long[] arguments);
    }

    private final String function;
    private final Predicate<Thread> threads;
    private final Queue<Answer> answers;

    private ScriptedAnswers(String function, Predicate<Thread> threads, List<Answer> answers) {
        this.function = function;
        this.threads = threads;
        this.answers = new ConcurrentLinkedQueue<>(answers);
    }

    /** Answers the calling thread's next calls of {@code function}, one each, until closed. */
    public static ScriptedAnswers to(String function, Answer... answers) {
        Thread caller = Thread.currentThread();
        return toThreads(thread -> thread == caller, function, answers);
    }

    /** Answers the next calls of {@code function} by threads that fit, one each, until closed. */
    public static ScriptedAnswers toThreads(Predicate<Thread> threads, String function, Answer... answers) {
        if (!ENABLED) {
            throw new IllegalStateException("start the JVM with -Dorg.chagres.internal.scripted=true");
        }
        ScriptedAnswers script = new ScriptedAnswers(function, threads, List.of(answers));
        if (SCRIPTS.putIfAbsent(function, script) != null) {
            throw new IllegalStateException(function + " is scripted already");
        }
        return script;
    }

    /** How many answers were not asked for yet. */
    public int remaining() {
        return answers.size();
    }

    @Override
    public void close() {
        SCRIPTS.remove(function, this);
    }

    /** Puts the question before a handle of one of the three shapes. */
    static MethodHandle before(String function, MethodHandle kernel) {
        MethodType type = kernel.type().insertParameterTypes(0, String.class, MethodHandle.class);
        try {
            MethodHandle answer = MethodHandles.lookup().findStatic(ScriptedAnswers.class, "answer", type);
            return MethodHandles.insertArguments(answer, 0, function, kernel);
        } catch (ReflectiveOperationException impossible) {
            throw new LinkageError(impossible.getMessage(), impossible);
        }
    }

    @SuppressWarnings("UnusedMethod") // by the method handle above
    private static long answer(
            String function, MethodHandle kernel, MemorySegment errno, long a, long b, long c, long d, long e, long f)
            throws Throwable {
        long answer = scripted(function, errno, a, b, c, d, e, f);
        return answer == ASK_THE_KERNEL ? (long) kernel.invokeExact(errno, a, b, c, d, e, f) : answer;
    }

    @SuppressWarnings("UnusedMethod") // by the method handle above
    private static long answer(
            String function,
            MethodHandle kernel,
            MemorySegment errno,
            long a,
            MemorySegment b,
            long c,
            long d,
            long e,
            long f)
            throws Throwable {
        long answer = scripted(function, errno, a, b.address(), c, d, e, f);
        return answer == ASK_THE_KERNEL ? (long) kernel.invokeExact(errno, a, b, c, d, e, f) : answer;
    }

    @SuppressWarnings("UnusedMethod") // by the method handle above
    private static long answer(
            String function,
            MethodHandle kernel,
            MemorySegment errno,
            long a,
            long b,
            long c,
            long d,
            long e,
            long f,
            MemorySegment g,
            MemorySegment h,
            MemorySegment i,
            MemorySegment j)
            throws Throwable {
        long answer = scripted(function, errno, a, b, c, d, e, f);
        return answer == ASK_THE_KERNEL ? (long) kernel.invokeExact(errno, a, b, c, d, e, f, g, h, i, j) : answer;
    }

    private static long scripted(String function, MemorySegment errno, long... arguments) {
        ScriptedAnswers script = SCRIPTS.get(function);
        Answer next = script != null && script.threads.test(Thread.currentThread()) ? script.answers.poll() : null;
        long result = next == null ? ASK_THE_KERNEL : next.to(arguments);
        if (result < 0 && result != ASK_THE_KERNEL) {
            errno.set(ValueLayout.JAVA_INT, 0, (int) -result);
            return -1;
        }
        return result;
    }
}
