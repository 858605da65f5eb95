package org.chagres.internal.resource;

import org.chagres.internal.syscall.SemaphoreCalls;

/** The loop that every waiting call has, around one that takes no time-out of its own. */
final class UntimedCall {
    private UntimedCall() {}

    /** Takes a permit of semaphore 0; the deadline is Watch's. */
    static int take(int id, Gate gate, long nanos) throws InterruptedException {
        Waiter waiter = Waiter.enter(gate, nanos);
        try {
            waiter.watchDeadline();
            int answer;
            do {
                answer = waiter.refusal();
                if (answer == 0) {
                    answer = SemaphoreCalls.semopOne(id, TestSet.TAKE);
                }
            } while (waiter.goesOnAfter(answer));
            return answer;
        } finally {
            waiter.leave();
        }
    }
}
