package org.chagres.waiting;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.chagres.testing.ThreadKind;

/**
 * One row: a public method that can wait, how to make it wait, and how it is to end. Not changed once it is in the
 * table.
 *
 * {@snippet lang = java :
 * Wait.of("ProcessSemaphore.tryAcquire(Duration)", () -> new SemaphoreScene(...))
 *         .returns(true, "[0]")
 *         .whenLate(Ending.returned(false))
 *         .whenClosed(IllegalStateException.class)
 *         .by("semop", "semtimedop");
 * }
 */
final class Wait {
    /** Longer than any test, and yet not for ever: the call is given a time. */
    static final Duration LONG = Duration.ofHours(1);

    private final String method;
    private final Supplier<Scene> scenes;
    private String particular = "";
    private Ending success = Ending.returned(null);
    private String stateAfter = "";
    private List<Ending> late = List.of();
    private List<Ending> closedBefore = List.of();
    private List<Ending> closed = List.of();
    private List<Ending> removed = List.of();
    private List<Ending> orphaned = List.of();
    private Duration patience = LONG;
    private boolean atOnce = true;
    private List<String> calls = List.of();
    private List<String> virtualCalls = List.of();
    private List<String> looks = List.of();
    private boolean helped;
    private boolean slow;
    private boolean fewAtOnce;
    private Supplier<String> obstacle = () -> "";

    private Wait(String method, Supplier<Scene> scenes) {
        this.method = method;
        this.scenes = scenes;
    }

    /** A method, as {@link Waits#signature} spells it, and what makes a fresh object for each cell. */
    static Wait of(String method, Supplier<Scene> scenes) {
        return new Wait(method, scenes);
    }

    /** What is particular about this row, where a method has several. */
    Wait where(String words) {
        particular = words;
        return this;
    }

    /** What it returns when its event comes, and what there is to take afterwards. */
    Wait returns(Object result, String state) {
        success = Ending.returned(result);
        stateAfter = state;
        return this;
    }

    /** It takes a time, and ends so when that is over. */
    Wait whenLate(Ending ending) {
        late = List.of(ending);
        return this;
    }

    /** It can be closed, before or meanwhile. */
    Wait whenClosed(Class<? extends Throwable> type) {
        return whenClosed(type, type);
    }

    /** It can be closed, with one end of the wait if before, and another if meanwhile. */
    Wait whenClosed(Class<? extends Throwable> before, Class<? extends Throwable> during) {
        closedBefore = List.of(Ending.threw(before));
        closed = List.of(Ending.threw(during));
        return this;
    }

    /** The kernel's object can be removed meanwhile; it ends in one of these ways. */
    Wait whenRemoved(Ending... endings) {
        removed = List.of(endings);
        return this;
    }

    /** It ends so when a process dies, by what the kernel then does. */
    Wait whenPeerDies(Ending ending) {
        return whenPeerDies(ending, LONG);
    }

    /** It ends so when it has waited so long for a process that died. */
    Wait whenPeerDies(Ending ending, Duration after) {
        orphaned = List.of(ending);
        patience = after;
        return this;
    }

    /** It waits a little even if its event has come already, for what it begins itself. */
    Wait neverAtOnce() {
        atOnce = false;
        return this;
    }

    /** The functions of the C library by which it tries and waits in the kernel. */
    Wait by(String... functions) {
        calls = List.of(functions);
        virtualCalls = calls;
        return this;
    }

    /** The same on virtual threads, if they go by others. */
    Wait onVirtualThreadsBy(String... functions) {
        virtualCalls = List.of(functions);
        return this;
    }

    /** On a virtual thread a helper waits for it, as no poll tells. */
    Wait byHelper() {
        helped = true;
        return this;
    }

    /**
     * The functions by which it looks again and again, where it cannot wait in the kernel; the first is called each
     * time.
     */
    Wait lookingBy(String... functions) {
        looks = List.of(functions);
        return this;
    }

    /** It does not wait for its event itself, but tries again from time to time, or the kernel does for it. */
    Wait slowly() {
        slow = true;
        return this;
    }

    /** In one process only so many wait for their event at once, fewer than there are rows: the others for those. */
    Wait fewAtOnce() {
        fewAtOnce = true;
        return this;
    }

    /** It cannot be tried where this tells a reason. */
    Wait unless(Supplier<String> reason) {
        obstacle = reason;
        return this;
    }

    String method() {
        return method;
    }

    Scene scene() {
        return scenes.get();
    }

    Ending success() {
        return success;
    }

    String stateAfter() {
        return stateAfter;
    }

    boolean takesTime() {
        return !late.isEmpty();
    }

    List<Ending> late() {
        return late;
    }

    List<Ending> closedBefore() {
        return closedBefore;
    }

    List<Ending> closed() {
        return closed;
    }

    List<Ending> removed() {
        return removed;
    }

    List<Ending> orphaned() {
        return orphaned;
    }

    Duration patience() {
        return patience;
    }

    /** Whether it succeeds with no time to wait once its event has come. */
    boolean succeedsAtOnce() {
        return atOnce;
    }

    /** Whether the wait ends by itself after a time that cannot be chosen, which is short. */
    boolean isImpatient() {
        return !takesTime() && patience.compareTo(LONG) < 0;
    }

    List<String> calls(ThreadKind kind) {
        return kind == ThreadKind.VIRTUAL ? virtualCalls : calls;
    }

    boolean isByHelper() {
        return helped;
    }

    /** Whether it can be under way beside all others for a long time. */
    boolean canBeParked() {
        return !isImpatient() && !slow && !fewAtOnce;
    }

    boolean isSlow() {
        return slow;
    }

    /** Why it cannot be tried here; empty if it can. */
    String obstacle() {
        return obstacle.get();
    }

    List<String> looks() {
        return looks;
    }

    @Override
    public String toString() {
        return method + (particular.isEmpty() ? "" : ", " + particular);
    }
}
