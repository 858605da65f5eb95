package org.chagres.readiness;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.chagres.Readiness;
import org.chagres.process.Signal;
import org.chagres.testing.Await;

/** What could end a JVM by a signal, in a JVM of its own: {@code orders}, or {@code burst}. */
final class SignalProgram {
    private SignalProgram() {}

    private enum Step {
        OWNER,
        SIGNAL,
        ON,
        HANDLER,
        DATA,
        CLOSE
    }

    public static void main(String[] arguments) throws Exception {
        try (ExecutorService executor = Executors.newFixedThreadPool(2)) {
            if (arguments[0].equals("orders")) {
                orders(executor);
            } else {
                burst(executor);
            }
        }
        long daemons = SignalLink.threads().stream().filter(Thread::isDaemon).count();
        System.out.println("threads: " + SignalLink.threads().size() + ", daemons: " + daemons);
    }

    // Every order, of every kind, by every signal.

    private static void orders(ExecutorService executor) throws Exception {
        List<List<Step>> orders = new ArrayList<>();
        permute(List.of(), EnumSet.allOf(Step.class), orders);
        int told = 0;
        int done = 0;
        for (SignalLink link : SignalLink.values()) {
            for (List<Step> order : orders) {
                Signal signal = done % 2 == 0 ? new Signal(40) : Signal.SIGIO;
                told += play(link, order, signal, executor) ? 1 : 0;
                done++;
            }
        }
        System.out.println("orders: " + done + ", told: " + told);
    }

    private static void permute(List<Step> begun, Set<Step> left, List<List<Step>> all) {
        if (left.isEmpty()) {
            all.add(begun);
        }
        for (Step step : left) {
            List<Step> longer = new ArrayList<>(begun);
            longer.add(step);
            Set<Step> rest = EnumSet.copyOf(left);
            rest.remove(step);
            permute(longer, rest, all);
        }
    }

    /** Answers whether the handler was there for the data; then it must have been told. */
    private static boolean play(SignalLink link, List<Step> order, Signal signal, ExecutorService executor)
            throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        List<SignalEvents> registered = new ArrayList<>();
        Set<Step> done = EnumSet.noneOf(Step.class);
        try (SignalLink.Ends ends = link.open()) {
            SignalSettings settings = SignalSettings.of(ends.reader());
            for (Step step : order) {
                if (step == Step.CLOSE && done.contains(Step.HANDLER) && done.contains(Step.DATA)) {
                    if (!told.await(30, TimeUnit.SECONDS)) {
                        throw new AssertionError("not told: " + link + " " + signal + " " + order);
                    }
                }
                try {
                    switch (step) {
                        case OWNER -> settings.setOwner(SignalOwner.thisProcess());
                        case SIGNAL -> settings.setSignal(signal);
                        case ON -> settings.turnOn();
                        case HANDLER ->
                            registered.add(SignalEvents.on(
                                    ends.reader(),
                                    Set.of(Readiness.READABLE),
                                    executor,
                                    event -> told.countDown(),
                                    signal));
                        case DATA -> ends.write(1);
                        case CLOSE -> ends.reader().close();
                    }
                } catch (ClosedChannelException closed) {
                    require(done.contains(Step.CLOSE), closed);
                } catch (IllegalStateException refused) { // it has a handler, which has seen to it
                    require(done.contains(Step.HANDLER) && step != Step.HANDLER, refused);
                } catch (IOException nobodyReads) {
                    require(done.contains(Step.CLOSE) && step == Step.DATA, nobodyReads);
                }
                done.add(step);
            }
        } finally {
            registered.forEach(SignalEvents::close);
        }
        return told.getCount() == 0;
    }

    private static void require(boolean expected, Exception failure) {
        if (!expected) {
            throw new AssertionError(failure);
        }
    }

    // More signals than the kernel's queue takes.

    private static final int LINKS = 80;
    private static final int WRITES = 200; // which fit without anybody reading

    private static void burst(ExecutorService executor) throws Exception {
        AtomicLong read = new AtomicLong();
        AtomicLong polled = new AtomicLong();
        List<AutoCloseable> open = new ArrayList<>();
        List<SignalLink.Ends> links = new ArrayList<>();
        for (int i = 0; i < LINKS; i++) {
            SignalLink.Ends ends = (i % 2 == 0 ? SignalLink.PIPE : SignalLink.UNIX).open();
            links.add(ends);
            open.add(SignalEvents.on(ends.reader(), Set.of(Readiness.READABLE), executor, event -> {
                polled.addAndGet(event.polled() ? 1 : 0);
                try {
                    read.addAndGet(ends.readAll());
                } catch (IOException | InterruptedException failure) {
                    throw new AssertionError(failure);
                }
            }));
            open.add(ends);
        }
        try (ExecutorService writers = Executors.newFixedThreadPool(4)) {
            for (SignalLink.Ends ends : links) {
                writers.submit(() -> {
                    for (int i = 0; i < WRITES; i++) {
                        ends.write(1);
                    }
                    return null;
                });
            }
        }
        long written = LINKS * WRITES;
        Await.until(() -> read.get() == written, () -> written + " bytes, " + read + " were read");
        for (AutoCloseable one : open) {
            one.close();
        }
        System.out.println(
                "read: " + read + " of " + written + ", queue " + (polled.get() > 0 ? "full" : "never full"));
    }
}
