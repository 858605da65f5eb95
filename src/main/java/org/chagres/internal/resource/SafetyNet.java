package org.chagres.internal.resource;

import java.lang.ref.Cleaner;

/**
 * Lets go of what this process holds and its owner forgot: a mapping, a descriptor. It never removes a kernel object,
 * which other processes may be using. Started with {@code -Dorg.chagres.leaks=log} it also says where the forgotten
 * resource was acquired, in the log of {@code org.chagres}.
 */
public final class SafetyNet {
    private static final boolean LOG = "log".equals(System.getProperty("org.chagres.leaks"));

    /** Where there is no net. */
    static final Cleaner.Cleanable NONE = new Cleaner.Cleanable() { // no lambda: on the start path
                @Override
                public void clean() {}
            };

    private SafetyNet() {}

    /** Lets go; answers whether there was anything left to do. */
    @FunctionalInterface
    public interface Release {
        boolean run();
    }

    /** Runs {@code release} once {@code key} is unreachable; the release must not refer to the key. */
    static Cleaner.Cleanable register(Object key, Release release, String kind, Object name) {
        return Net.CLEANER.register(key, LOG ? new Logged(release, kind + name) : new Silent(release));
    }

    /** The same for a descriptor. */
    static Cleaner.Cleanable registerDescriptor(Object key, Release release, String kind, int number) {
        return Net.CLEANER.register(
                key, LOG ? new Logged(release, kind + " fd=" + number) : new Silent(release)); // no text without need
    }

    private record Silent(Release release) implements Runnable {
        @Override
        public void run() {
            release.run();
        }
    }

    private record Logged(Release release, String name, Throwable origin) implements Runnable {
        Logged(Release release, String name) {
            this(release, name, new Throwable(name + " was acquired here"));
        }

        @Override
        public void run() {
            if (release.run()) {
                System.getLogger("org.chagres")
                        .log(System.Logger.Level.WARNING, name + " was never closed; the collector did it", origin);
            }
        }
    }

    private static final class Net {
        static final Cleaner CLEANER = Cleaner.create();
    }
}
