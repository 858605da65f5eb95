package org.chagres.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The results, for people and for programs. */
final class Table {
    private static final Form TEXT = new Form(
            "",
            "%n%1$s: %2$s%n  %3$-36s %4$10s %5$10s %6$7s %7$7s %8$9s %9$8s  %10$s%n",
            "  %2$-36s %3$10.1f %4$10.1f %5$7.3f %6$7.3f %7$+9.1f %8$8.1f  %9$s%n");
    private static final Form MARKDOWN = new Form(
            "%n| row | variant | median ns | ratio | min | +ns | bytes | goal |%n|---|---|---|---|---|---|---|---|%n",
            "", "| %1$s | %2$s | %3$.1f | %5$.3f | %6$.3f | %7$+.1f | %8$.0f | %9$s |%n");

    /** Formats: of the head of all, of the head of a row, of a variant. */
    private record Form(String all, String row, String variant) {}

    private static final String COLUMNS = String.join(
            "\t", "row", "variant", "median_ns", "min_ns", "ratio", "min_ratio", "plus_ns", "bytes", "goal", "met");

    private final Form form;
    private final List<Result> results = new ArrayList<>();

    private Table(Form form) {
        this.form = form;
    }

    /** For a terminal. */
    static Table text() {
        return new Table(TEXT);
    }

    /** For {@code docs/benchmarks.md}. */
    static Table markdown() {
        return new Table(MARKDOWN);
    }

    void begin() {
        System.out.printf(form.all);
    }

    void print(Row row, List<Result> measured) {
        System.out.printf(
                form.row, row.name(), row.what(), "", "median ns", "min ns", "ratio", "min", "+ns", "bytes/op", "goal");
        for (Result result : measured) {
            System.out.printf(
                    Locale.ROOT,
                    form.variant,
                    result == measured.getFirst() ? "`" + row.name() + "`" : "",
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
                    asked
                            ? result.goal().ratio() + "/" + result.goal().otherRatio() + "/"
                                    + result.goal().bytes()
                            : "",
                    asked ? result.goal().isMetBy(result) : ""));
        }
        Files.write(file, lines);
    }
}
