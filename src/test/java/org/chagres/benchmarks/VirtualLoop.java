package org.chagres.benchmarks;

/** A loop that runs on a virtual thread, one for each batch. */
final class VirtualLoop implements Loop {
    private final Loop loop;

    VirtualLoop(Loop loop) {
        this.loop = loop;
    }

    @Override
    public long run(long n) throws Throwable {
        Answer answer = new Answer();
        Thread.ofVirtual().start(() -> answer.take(loop, n)).join();
        return answer.get();
    }

    private static final class Answer {
        private long value;
        private Throwable failure;

        void take(Loop loop, long n) {
            try {
                value = loop.run(n);
            } catch (Throwable thrown) {
                failure = thrown;
            }
        }

        long get() throws Throwable {
            if (failure != null) {
                throw failure;
            }
            return value;
        }
    }
}
