package org.chagres.waiting;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.chagres.internal.syscall.ScriptedAnswers;

/**
 * The whole table in a JVM that has been started differently, or is refused something; but for the column that needs
 * other processes.
 */
final class ContractProgram {
    private ContractProgram() {}

    /**
     * The arguments may be the name of a function that fails, with which number, how often, and how often it succeeds
     * before.
     */
    public static void main(String[] arguments) throws Exception {
        ScriptedAnswers script = arguments.length == 0 ? null : scripted(arguments);
        List<Waits.Cell> cells =
                Waits.cells().filter(cell -> cell.column() != Column.PEER_DEAD).toList();
        for (Waits.Cell cell : cells) {
            try {
                cell.check();
            } catch (AssertionError failure) {
                System.out.println(cell + ": " + failure.getMessage());
                Stream.of(failure.getStackTrace()).limit(10).forEach(System.out::println);
            }
        }
        System.out.println(cells.size() + " cells tried");
        if (script != null && script.remaining() >= Integer.parseInt(arguments[2])) {
            System.out.println("and nobody was refused anything");
        }
    }

    private static ScriptedAnswers scripted(String[] arguments) {
        long refusal = -Long.parseLong(arguments[1]);
        List<ScriptedAnswers.Answer> answers = new ArrayList<>();
        answers.addAll(Collections.nCopies(Integer.parseInt(arguments[3]), asked -> ScriptedAnswers.ASK_THE_KERNEL));
        answers.addAll(Collections.nCopies(Integer.parseInt(arguments[2]), asked -> refusal));
        return ScriptedAnswers.toThreads(thread -> true, arguments[0], answers.toArray(ScriptedAnswers.Answer[]::new));
    }
}
