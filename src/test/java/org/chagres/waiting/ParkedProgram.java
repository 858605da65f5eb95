package org.chagres.waiting;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import org.chagres.testing.ThreadKind;

/**
 * All rows at once, each on a platform and on a virtual thread, in a JVM of their own. It does what it reads, a word a
 * line, and tells when that is done. Thread dumps go to the same output: what it tells is marked, and written in one
 * piece.
 */
final class ParkedProgram {
    /** Before what it tells, wherever in a line that ends up. */
    static final String MARK = "parked> ";

    private record Parked(Wait row, ThreadKind kind, Scene scene, Attempt attempt) {
        String ending() {
            boolean good =
                    attempt.ending().equals(row.success()) && scene.state().equals(row.stateAfter());
            return row + ", " + kind + ": " + (good ? "good" : attempt.ending() + ", left " + scene.state());
        }
    }

    private ParkedProgram() {}

    public static void main(String[] arguments) throws Exception {
        List<Parked> all = new ArrayList<>();
        try (Scanner in = new Scanner(System.in, StandardCharsets.UTF_8)) {
            for (Wait row : Waits.possible().toList()) {
                if (row.canBeParked()) {
                    for (ThreadKind kind : ThreadKind.values()) {
                        Scene scene = row.scene();
                        all.add(new Parked(row, kind, scene, Attempt.start(scene, Wait.LONG, kind)));
                    }
                }
            }
            while (in.hasNextLine()) {
                tell(answer(in.nextLine(), all));
            }
        } catch (Throwable failure) {
            failure.printStackTrace(); // closing fails too where some still wait
            throw failure;
        } finally {
            all.forEach(parked -> parked.scene().close());
            SilentNetwork.forget();
        }
    }

    private static String answer(String word, List<Parked> all) throws Exception {
        switch (word) {
            case "waiting?" -> {
                for (Parked parked : all) {
                    parked.attempt().untilWaiting();
                }
                return all.size() + " wait";
            }
            case "collect" -> {
                System.gc();
                return all.stream().filter(ParkedProgram::stillWaits).count() + " wait";
            }
            case "events" -> {
                for (Parked parked : all) {
                    parked.scene().event();
                }
                return all.stream().map(Parked::ending).toList().toString();
            }
            default -> throw new IllegalArgumentException(word);
        }
    }

    /** In the kernel still, not again: only those that cannot wait there look at their thing from time to time. */
    private static boolean stillWaits(Parked parked) {
        if (parked.row().looks().isEmpty()) {
            return parked.attempt().isWaiting();
        }
        parked.attempt().untilWaiting();
        return true;
    }

    private static void tell(String words) {
        byte[] line = (MARK + words + "\n").getBytes(StandardCharsets.UTF_8);
        System.out.write(line, 0, line.length);
        System.out.flush();
    }
}
