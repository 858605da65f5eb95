package org.chagres.internal.tool;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Takes a command line apart as {@code getopt_long(3)} does: letters may share one dash, long names may be shortened as
 * long as one option alone can be meant, operands may stand between options, {@code --} ends the options. Mistakes have
 * the C library's messages.
 */
final class Options {
    /** For an option that has no letter. */
    static final char NO_LETTER = 0;

    /** Whether something follows an option: {@code --id 3}, {@code --id=3}, {@code -i 3}, {@code -i3}. */
    enum Argument {
        NONE,
        REQUIRED,
        /** Only in the forms {@code --all=shm} and {@code -ashm}. */
        OPTIONAL
    }

    /** An option that the tool knows. */
    record Option(String name, char letter, Argument argument) {}

    private final List<Option> known;
    private final String[] arguments;
    private final List<String> operands = new ArrayList<>();
    private int position;
    private String letters = ""; // those of the present cluster, such as -ml, that were not taken yet
    private String name = "";
    private String value = "";

    Options(List<Option> known, String[] arguments) {
        this.known = known;
        this.arguments = arguments;
    }

    /** Goes on to the next option; false if there is none. */
    boolean next() throws UsageException {
        while (letters.isEmpty()) {
            if (position == arguments.length) {
                return false;
            }
            String argument = arguments[position++];
            if (argument.equals("--")) {
                operands.addAll(List.of(arguments).subList(position, arguments.length));
                position = arguments.length;
            } else if (argument.startsWith("--")) {
                takeLong(argument);
                return true;
            } else if (argument.startsWith("-") && argument.length() > 1) {
                letters = argument.substring(1);
            } else {
                operands.add(argument);
            }
        }
        takeLetter();
        return true;
    }

    /** The full name of the present option. */
    String name() {
        return name;
    }

    /** What followed the present option; empty if nothing did. */
    String value() {
        return value;
    }

    /** What is no option; complete once {@link #next()} has answered false. */
    List<String> operands() {
        return operands;
    }

    private void takeLetter() throws UsageException {
        char letter = letters.charAt(0);
        String rest = letters.substring(1);
        for (Option option : known) {
            if (option.letter() == letter) {
                boolean takesRest = option.argument() != Argument.NONE;
                letters = takesRest ? "" : rest;
                name = option.name();
                value = takesRest ? rest : "";
                if (option.argument() == Argument.REQUIRED && rest.isEmpty()) {
                    value = following("option requires an argument -- '" + letter + "'");
                }
                return;
            }
        }
        throw UsageException.seeHelp("invalid option -- '" + letter + "'");
    }

    private void takeLong(String argument) throws UsageException {
        int equals = argument.indexOf('=');
        String given = equals < 0 ? argument.substring(2) : argument.substring(2, equals);
        Option option = named(given, argument);
        name = option.name();
        value = equals < 0 ? "" : argument.substring(equals + 1);
        if (option.argument() == Argument.NONE && equals >= 0) {
            throw UsageException.seeHelp("option '--" + name + "' doesn't allow an argument");
        }
        if (option.argument() == Argument.REQUIRED && equals < 0) {
            value = following("option '--" + name + "' requires an argument");
        }
    }

    private Option named(String given, String argument) throws UsageException {
        List<Option> candidates =
                known.stream().filter(option -> option.name().startsWith(given)).toList();
        if (candidates.size() == 1) {
            return candidates.getFirst();
        }
        if (candidates.isEmpty()) {
            throw UsageException.seeHelp("unrecognized option '--" + given + "'");
        }
        throw UsageException.seeHelp("option '" + argument + "' is ambiguous; possibilities: "
                + candidates.stream()
                        .map(candidate -> "'--" + candidate.name() + "'")
                        .collect(Collectors.joining(" ")));
    }

    private String following(String complaint) throws UsageException {
        if (position == arguments.length) {
            throw UsageException.seeHelp(complaint);
        }
        return arguments[position++];
    }
}
