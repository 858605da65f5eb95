package org.chagres.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The results, for people and for programs. */
final class Table {
    private static final String HEAD = "  %-36s %10s %10s %7s %7s %9s %8s  %s%n";
    private static final String LINE = "  %-36s %10.1f %10.1f %7.3f %7.3f %+9.1f %8.1f  %s%n";
    private static final String COLUMNS = String.join(
            "\t", "row", "variant", "median_ns", "min_ns", "ratio", "min_ratio", "plus_ns", "bytes", "goal", "met");

    private final List<Result> results = new ArrayList<>();

    void print(Row row, List<Result> measured) {
        System.out.printf("%n%s: %s%n", row.name(), row.what());
        System.out.printf(HEAD, "", "median ns", "min ns", "ratio", "min", "+ns", "bytes/op", "goal");
        for (Result result : measured) {
            System.out.printf(
                    Locale.ROOT,
                    LINE,
                    result.variant(),
                    result.median(),
                    result.min(),
                    result.ratio(),
                    result.minRatio(),
                    result.plus(),
                    result.bytes(),
                    result.goal().describe(result));
        }
        results.addAll(measured);
    }

    void write(Path file) throws IOException {
        List<String> lines = new ArrayList<>(List.of(COLUMNS));
        for (Result result : results) {
            boolean asked = !result.goal().equals(Goal.NONE);
            lines.add(String.format(
                    Locale.ROOT,
                    "%s\t%s\t%.3f\t%.3f\t%.4f\t%.4f\t%.3f\t%.2f\t%s\t%s",
                    result.row(),
                    result.variant(),
                    result.median(),
                    result.min(),
                    result.ratio(),
                    result.minRatio(),
                    result.plus(),
                    result.bytes(),
                    asked ? result.goal().ratio() + "/" + result.goal().bytes() : "",
                    asked ? result.goal().isMetBy(result) : ""));
        }
        Files.write(file, lines);
    }
}
