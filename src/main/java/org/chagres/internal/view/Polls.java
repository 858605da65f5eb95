package org.chagres.internal.view;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.chagres.Pollable;
import org.chagres.Readiness;
import org.chagres.internal.resource.OpenDescriptor;
import org.chagres.internal.resource.Polling;
import org.chagres.internal.resource.Readinesses;

/** Readiness: sets become bits, and bits become sets. */
public final class Polls {
    private Polls() {}

    public static Set<Readiness> poll(Pollable one, Set<Readiness> events, long nanos)
            throws IOException, InterruptedException {
        return poll(Map.of(one, events), nanos).getOrDefault(one, Set.of());
    }

    public static Map<Pollable, Set<Readiness>> poll(Map<? extends Pollable, Set<Readiness>> events, long nanos)
            throws IOException, InterruptedException {
        if (events.isEmpty()) {
            throw new IllegalArgumentException("there is nothing to poll");
        }
        List<Pollable> pollables = new ArrayList<>(events.keySet());
        OpenDescriptor[] descriptors =
                pollables.stream().map(DescriptorView::of).toArray(OpenDescriptor[]::new);
        int[] bits = events.values().stream().mapToInt(Polls::bits).toArray();
        int[] ready = new int[bits.length];
        int answer = Polling.await(descriptors, bits, ready, nanos);
        if (answer < 0) {
            Transfers.noneInTime(answer, "ppoll", () -> "polling " + pollables);
        }
        Map<Pollable, Set<Readiness>> result = new LinkedHashMap<>();
        for (int i = 0; i < ready.length; i++) {
            if (ready[i] != 0) {
                result.put(pollables.get(i), readiness(ready[i]));
            }
        }
        return Collections.unmodifiableMap(result);
    }

    /** The bits of a set. */
    public static int bits(Set<Readiness> events) {
        int bits = 0;
        for (Readiness event : events) {
            bits |= bit(event);
        }
        return bits;
    }

    /** The set of bits. */
    public static Set<Readiness> readiness(int bits) {
        Set<Readiness> set = EnumSet.noneOf(Readiness.class);
        for (Readiness event : Readiness.values()) {
            if ((bits & bit(event)) != 0) {
                set.add(event);
            }
        }
        return Collections.unmodifiableSet(set);
    }

    private static int bit(Readiness event) {
        return switch (event) {
            case READABLE -> Readinesses.READABLE;
            case WRITABLE -> Readinesses.WRITABLE;
            case URGENT -> Readinesses.URGENT;
            case READ_HANG_UP -> Readinesses.READ_HANG_UP;
            case HANG_UP -> Readinesses.HANG_UP;
            case ERROR -> Readinesses.ERROR;
        };
    }
}
