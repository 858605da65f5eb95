package org.chagres.waiting;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.chagres.testing.Peer;
import org.chagres.testing.ThreadKind;

/**
 * What can end a wait, or keep it from beginning. Checked without a library of assertions, as some of the JVMs in which
 * this is tried have none.
 */
enum Column {
    EVENT {
        @Override
        void check(Wait wait, ThreadKind kind, Scene scene) throws Exception {
            try (Attempt attempt = Attempt.start(scene, Wait.LONG, kind).untilWaiting()) {
                scene.event();
                succeeded(wait, scene, attempt);
            }
        }
    },

    ZERO_TIMEOUT {
        @Override
        boolean appliesTo(Wait wait) {
            return wait.takesTime();
        }

        @Override
        void check(Wait wait, ThreadKind kind, Scene scene) throws Exception {
            doesNotWait(wait, kind, scene, Duration.ZERO);
        }
    },

    NEGATIVE_TIMEOUT {
        @Override
        boolean appliesTo(Wait wait) {
            return wait.takesTime();
        }

        @Override
        void check(Wait wait, ThreadKind kind, Scene scene) throws Exception {
            doesNotWait(wait, kind, scene, Duration.ofNanos(-1));
            doesNotWait(wait, kind, scene, Duration.ofSeconds(Long.MIN_VALUE));
        }
    },

    TIMEOUT {
        @Override
        boolean appliesTo(Wait wait) {
            return wait.takesTime();
        }

        @Override
        void check(Wait wait, ThreadKind kind, Scene scene) throws Exception {
            Duration timeout = Duration.ofMillis(20);
            String before = scene.state();
            try (Attempt attempt = Attempt.start(scene, timeout, kind)) {
                endedWith(wait.late(), attempt);
                that(attempt.time().compareTo(timeout) >= 0, "it took only " + attempt.time());
                nothingTaken(before, scene, attempt);
            }
            staysUsable(wait, kind, scene);
        }
    },

    HUGE_TIMEOUT {
        @Override
        boolean appliesTo(Wait wait) {
            return wait.takesTime();
        }

        @Override
        void check(Wait wait, ThreadKind kind, Scene scene) throws Exception {
            Duration huge = Duration.ofSeconds(Long.MAX_VALUE, 999_999_999);
            try (Attempt attempt = Attempt.start(scene, huge, kind).untilWaiting()) {
                scene.event();
                succeeded(wait, scene, attempt);
            }
        }
    },

    INTERRUPTED_BEFORE {
        @Override
        void check(Wait wait, ThreadKind kind, Scene scene) throws Exception {
            scene.event(); // it could succeed at once
            String before = scene.state();
            interrupted(before, scene, Attempt.startInterrupted(scene, Wait.LONG, kind));
            if (wait.takesTime()) {
                interrupted(before, scene, Attempt.startInterrupted(scene, Duration.ZERO, kind));
            }
            try (Attempt attempt = Attempt.start(scene, Wait.LONG, kind)) {
                succeeded(wait, scene, attempt);
            }
        }
    },

    INTERRUPTED_DURING {
        @Override
        void check(Wait wait, ThreadKind kind, Scene scene) throws Exception {
            String before = scene.state();
            try (Attempt attempt = Attempt.start(scene, Wait.LONG, kind).untilWaiting()) {
                attempt.thread().interrupt();
                interrupted(before, scene, attempt);
            }
            staysUsable(wait, kind, scene);
        }
    },

    CLOSED_BEFORE {
        @Override
        boolean appliesTo(Wait wait) {
            return !wait.closed().isEmpty();
        }

        @Override
        void check(Wait wait, ThreadKind kind, Scene scene) throws Exception {
            closedBefore(wait, kind, scene, 0);
            for (int which = 1; which < scene.closable(); which++) {
                try (Scene other = wait.scene()) {
                    closedBefore(wait, kind, other, which);
                }
            }
        }

        private void closedBefore(Wait wait, ThreadKind kind, Scene scene, int which) throws Exception {
            scene.event(); // it could succeed at once
            scene.closeResource(which);
            String before = scene.state();
            for (Duration timeout : List.of(Wait.LONG, Duration.ZERO)) {
                try (Attempt attempt = Attempt.start(scene, timeout, kind)) {
                    endedWith(wait.closedBefore(), attempt);
                    nothingTaken(before, scene, attempt);
                }
            }
        }
    },

    CLOSED_DURING {
        @Override
        boolean appliesTo(Wait wait) {
            return !wait.closed().isEmpty();
        }

        @Override
        void check(Wait wait, ThreadKind kind, Scene scene) throws Exception {
            closedDuring(wait, kind, scene, 0);
            for (int which = 1; which < scene.closable(); which++) {
                try (Scene other = wait.scene()) {
                    closedDuring(wait, kind, other, which);
                }
            }
        }

        private void closedDuring(Wait wait, ThreadKind kind, Scene scene, int which) throws Exception {
            String before = scene.state();
            try (Attempt attempt = Attempt.start(scene, Wait.LONG, kind).untilWaiting()) {
                scene.closeResource(which);
                endedWith(wait.closed(), attempt);
                nothingTaken(before, scene, attempt);
                that(!attempt.wasLeftInterrupted(), "the thread is interrupted");
            }
        }
    },

    REMOVED_DURING {
        @Override
        boolean appliesTo(Wait wait) {
            return !wait.removed().isEmpty();
        }

        @Override
        void check(Wait wait, ThreadKind kind, Scene scene) throws Exception {
            try (Attempt attempt = Attempt.start(scene, Wait.LONG, kind).untilWaiting()) {
                scene.remove();
                endedWith(wait.removed(), attempt);
            }
        }
    },

    PEER_DEAD {
        @Override
        boolean appliesTo(Wait wait) {
            return !wait.orphaned().isEmpty();
        }

        @Override
        void check(Wait wait, ThreadKind kind, Scene scene) throws Exception {
            try (Peer peer = scene.peer();
                    Attempt attempt =
                            Attempt.start(scene, wait.patience(), kind).untilWaiting()) {
                peer.process().destroyForcibly().waitFor(); // SIGKILL
                endedWith(wait.orphaned(), attempt);
            }
        }
    };

    /** Whether a row has this cell. */
    boolean appliesTo(Wait wait) {
        return true;
    }

    /** Tries a cell; throws an {@link AssertionError} if it is not as the row says. */
    final void check(Wait wait, ThreadKind kind) throws Exception {
        try (Scene scene = wait.scene()) {
            check(wait, kind, scene);
        }
    }

    abstract void check(Wait wait, ThreadKind kind, Scene scene) throws Exception;

    /** The name of a cell. */
    String of(Wait wait, ThreadKind kind) {
        return wait + ": " + name().toLowerCase(Locale.ROOT).replace('_', ' ') + ", " + kind;
    }

    private static void succeeded(Wait wait, Scene scene, Attempt attempt) {
        endedWith(List.of(wait.success()), attempt);
        nothingTaken(wait.stateAfter(), scene, attempt);
        that(!attempt.wasLeftInterrupted(), "the thread is interrupted");
    }

    private static void interrupted(String before, Scene scene, Attempt attempt) {
        endedWith(List.of(Ending.threw(InterruptedException.class)), attempt);
        that(!attempt.wasLeftInterrupted(), "the thread is still interrupted");
        nothingTaken(before, scene, attempt);
    }

    /** A time of zero or less: what is there is taken, what is not is not waited for. */
    private static void doesNotWait(Wait wait, ThreadKind kind, Scene scene, Duration timeout) throws Exception {
        String before = scene.state();
        try (Attempt attempt = Attempt.start(scene, timeout, kind)) {
            endedWith(wait.late(), attempt);
            nothingTaken(before, scene, attempt);
        }
        if (!wait.succeedsAtOnce()) {
            return;
        }
        try (Scene withEvent = wait.scene()) {
            withEvent.event();
            try (Attempt attempt = Attempt.start(withEvent, timeout, kind)) {
                succeeded(wait, withEvent, attempt);
            }
        }
    }

    /** After a wait that ended without its event, the next one gets it. */
    static void staysUsable(Wait wait, ThreadKind kind, Scene scene) throws Exception {
        try (Attempt attempt = Attempt.start(scene, Wait.LONG, kind).untilWaiting()) {
            scene.event();
            succeeded(wait, scene, attempt);
        }
    }

    static void endedWith(List<Ending> expected, Attempt attempt) {
        that(expected.contains(attempt.ending()), "it " + attempt.ending() + " and not " + expected);
    }

    static void nothingTaken(String expected, Scene scene, Attempt attempt) {
        that(scene.state().equals(expected), "left is " + scene.state() + " and not " + expected);
        that(!scene.isWaiting(attempt), "somebody still waits in the kernel");
    }

    private static void that(boolean condition, String complaint) {
        if (!condition) {
            throw new AssertionError(complaint);
        }
    }
}
