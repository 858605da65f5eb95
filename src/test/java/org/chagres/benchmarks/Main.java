package org.chagres.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Runs the benchmarks. {@code [--quick] [--rounds N] [--markdown] [--tsv FILE] [ROW|GROUP…]}: all rows, or those named;
 * {@code list} names them; {@code latency [--quick]}: how soon a wait ends; {@code startup [--quick]}: what the first
 * call of a process costs; {@code jmh [ARGUMENT…]}: some of it by JMH.
 */
public final class Main {
    /** The name of a group stands for all its rows. */
    private record Group(String name, List<Row> rows) {}

    private static final List<Group> GROUPS = List.of(
            new Group("memory", SharedMemoryRows.ALL),
            new Group("semaphores", SemaphoreRows.ALL),
            new Group("pipes", PipeRows.ALL),
            new Group("sockets", SocketRows.ALL),
            new Group("inet", InetRows.ALL),
            new Group("processes", ProcessRows.ALL),
            new Group("mappings", MappingRows.ALL),
            // Last: they call functions of the library's shape with arenas that the library never has.
            new Group("calls", CallRows.ALL));

    private Main() {}

    public static void main(String[] arguments) throws Throwable {
        String first = arguments.length == 0 ? "" : arguments[0];
        switch (first) {
            case "list" -> list();
            case "latency" -> WaitLatency.run(List.of(arguments).subList(1, arguments.length));
            case "startup" -> Startup.run(List.of(arguments).subList(1, arguments.length));
            case "jmh" -> org.openjdk.jmh.Main.main(Arrays.copyOfRange(arguments, 1, arguments.length));
            default -> compare(new ArrayList<>(List.of(arguments)));
        }
    }

    private static void list() {
        for (Group group : GROUPS) {
            System.out.println(group.name);
            group.rows.forEach(row -> System.out.printf("  %-14s %s%n", row.name(), row.what()));
        }
    }

    private static void compare(List<String> arguments) throws Throwable {
        Plan plan = arguments.remove("--quick") ? Plan.QUICK : Plan.FULL;
        String rounds = option(arguments, "--rounds");
        if (rounds != null) {
            plan = new Plan(Integer.parseInt(rounds), plan.warmUpOperations(), plan.warmUpAtMost());
        }
        String tsv = option(arguments, "--tsv");
        Table table = arguments.remove("--markdown") ? Table.markdown() : Table.text();
        Set<String> unknown = new HashSet<>(arguments);
        List<Row> rows = new ArrayList<>();
        for (Group group : GROUPS) {
            unknown.remove(group.name);
            for (Row row : group.rows) {
                unknown.remove(row.name());
                if (arguments.isEmpty() || arguments.contains(group.name) || arguments.contains(row.name())) {
                    rows.add(row);
                }
            }
        }
        if (!unknown.isEmpty()) {
            System.err.println("no row " + String.join(", ", unknown) + "; list names them");
            System.exit(2);
        }
        System.out.println(Machine.describe());
        table.begin();
        try (CLibrary c = new CLibrary()) {
            for (Row row : rows) {
                try {
                    table.print(row, row.body().measure(new Comparison(row.name(), plan), c));
                } catch (UnsupportedOperationException notHere) {
                    System.out.printf("%n%s: skipped, %s%n", row.name(), notHere.getMessage());
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
