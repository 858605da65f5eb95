package org.chagres.internal.tool;

/** The command line cannot be carried out; the message is for its writer. */
final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Whether the user is told of {@code --help}. */
    private final boolean helpful;

    private UsageException(String message, boolean helpful) {
        super(message);
        this.helpful = helpful;
    }

    /** A mistake that {@code --help} would have prevented. */
    static UsageException seeHelp(String message) {
        return new UsageException(message, true);
    }

    /** A mistake that the message says all about. */
    static UsageException plain(String message) {
        return new UsageException(message, false);
    }

    /** What was asked concerns the kind of System V objects that no tool here knows. */
    static UsageException messageQueues(String asked) {
        return plain(asked + ": message queues are not known here");
    }

    boolean isHelpful() {
        return helpful;
    }
}
