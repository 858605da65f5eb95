package org.chagres.waiting;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.chagres.internal.syscall.ScriptedAnswers;

/**
 * The whole table in a JVM that has been started differently, or is refused something; but for the column that needs
 * other processes.
 */
final class ContractProgram {
    /** By number: fstat on x86-64 and aarch64, pidfd_send_signal and pidfd_open; without these there is no child. */
    private static final Set<Long> NOT_REFUSED =
            Set.of(System.getProperty("os.arch").equals("aarch64") ? 80L : 5L, 424L, 434L);

    private static final int SIDE_BY_SIDE = 3;

    private static final AtomicInteger REFUSALS = new AtomicInteger();

    private ContractProgram() {}

    /**
     * The arguments may be the name of a function that fails, with which number, how often, and how often it succeeds
     * before.
     */
    public static void main(String[] arguments) {
        if (arguments.length > 0) {
            scripted(arguments);
        }
        List<Waits.Cell> cells =
                Waits.cells().filter(cell -> cell.column() != Column.PEER_DEAD).toList();
        try (ExecutorService slow = Executors.newCachedThreadPool();
                ExecutorService others = Executors.newFixedThreadPool(SIDE_BY_SIDE)) {
            cells.stream().filter(cell -> cell.row().isSlow()).forEach(cell -> slow.execute(() -> check(cell)));
            // Where there is but one helper, semaphores need it for the kernel to show that somebody waits.
            cells.stream()
                    .filter(cell -> !cell.row().isSlow() && !isOfSemaphore(cell))
                    .forEach(cell -> others.execute(() -> check(cell)));
            cells.stream().filter(ContractProgram::isOfSemaphore).forEach(ContractProgram::check);
        } finally {
            SilentNetwork.forget();
        }
        System.out.println(cells.size() + " cells tried");
        if (arguments.length > 0 && REFUSALS.get() == 0) {
            System.out.println("and nobody was refused anything");
        }
    }

    private static boolean isOfSemaphore(Waits.Cell cell) {
        return cell.row().calls(cell.kind()).contains("semop");
    }

    private static void check(Waits.Cell cell) {
        try {
            cell.check();
        } catch (Throwable failure) {
            StringBuilder words = new StringBuilder(cell + ": " + failure + "\n");
            Stream.of(failure.getStackTrace())
                    .limit(10)
                    .forEach(frame -> words.append(frame).append('\n'));
            System.out.print(words);
        }
    }

    private static long refused(long refusal) {
        REFUSALS.getAndIncrement();
        return refusal;
    }

    private static void scripted(String[] arguments) {
        long refusal = -Long.parseLong(arguments[1]);
        List<ScriptedAnswers.Answer> answers = new ArrayList<>();
        answers.addAll(Collections.nCopies(Integer.parseInt(arguments[3]), asked -> ScriptedAnswers.ASK_THE_KERNEL));
        boolean bySystemCall = arguments[0].equals("syscall");
        answers.addAll(Collections.nCopies(
                Integer.parseInt(arguments[2]),
                asked -> bySystemCall && NOT_REFUSED.contains(asked[0])
                        ? ScriptedAnswers.ASK_THE_KERNEL
                        : refused(refusal)));
        ScriptedAnswers.toThreads(thread -> true, arguments[0], answers.toArray(ScriptedAnswers.Answer[]::new));
    }
}
