package org.chagres.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs the benchmarks. {@code [--quick] [--rounds N] [--tsv FILE] [ROW…]}: all rows, or those named; {@code list} names them;
 * {@code startup [--quick]}: what the first call of a process costs; {@code jmh [ARGUMENT…]}: some of it by JMH.
 */
public final class Main {
    private static final List<Row> ROWS =
            Stream.of(CallRows.ALL, SharedMemoryRows.ALL).flatMap(List::stream).toList();

    private Main() {}

    public static void main(String[] arguments) throws Throwable {
        String first = arguments.length == 0 ? "" : arguments[0];
        switch (first) {
            case "list" -> ROWS.forEach(row -> System.out.printf("%-10s %s%n", row.name(), row.what()));
            case "startup" -> Startup.run(List.of(arguments).subList(1, arguments.length));
            case "jmh" -> org.openjdk.jmh.Main.main(Arrays.copyOfRange(arguments, 1, arguments.length));
            default -> compare(new ArrayList<>(List.of(arguments)));
        }
    }

    private static void compare(List<String> arguments) throws Throwable {
        Plan plan = arguments.remove("--quick") ? Plan.QUICK : Plan.FULL;
        String rounds = option(arguments, "--rounds");
        if (rounds != null) {
            plan = new Plan(Integer.parseInt(rounds), plan.warmUpOperations(), plan.warmUpAtMost());
        }
        String tsv = option(arguments, "--tsv");
        for (String name : arguments) {
            if (ROWS.stream().noneMatch(row -> row.name().equals(name))) {
                System.err.println("no row " + name + "; list names them");
                System.exit(2);
            }
        }
        System.out.println(Machine.describe());
        Table table = new Table();
        try (CLibrary c = new CLibrary()) {
            for (Row row : ROWS) {
                if (arguments.isEmpty() || arguments.contains(row.name())) {
                    try {
                        table.print(row, row.body().measure(new Comparison(row.name(), plan), c));
                    } catch (UnsupportedOperationException notHere) {
                        System.out.printf("%n%s: skipped, %s%n", row.name(), notHere.getMessage());
                    }
                }
            }
        }
        if (tsv != null) {
            table.write(Path.of(tsv));
        }
    }

    private static String option(List<String> arguments, String name) {
        int at = arguments.indexOf(name);
        if (at < 0 || at + 1 == arguments.size()) {
            return null;
        }
        arguments.remove(at);
        return arguments.remove(at);
    }
}
