package org.chagres.testing;

import java.util.regex.Pattern;

/** The library's threads that wait on behalf of virtual ones. */
public final class Helpers {
    private static final String NAME = "chagres-helper-";

    /** The kernel keeps 15 characters: the first ones, or, of a JDK from 26 on, the first and the last. */
    private static final Pattern COMM = Pattern.compile(NAME + "|chagres\\.\\.\\w*er-\\d+");

    private Helpers() {}

    public static boolean isHelper(Thread thread) {
        return thread.getName().startsWith(NAME);
    }

    /** Whether a thread is one by the name that the kernel has for it. */
    public static boolean isHelper(String comm) {
        return COMM.matcher(comm.strip()).matches();
    }
}
