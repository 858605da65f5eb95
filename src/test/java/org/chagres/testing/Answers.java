package org.chagres.testing;

import org.chagres.Errno;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.internal.syscall.ScriptedAnswers.Answer;

/** What a script says in the kernel's stead. */
public final class Answers {
    /** Lets the kernel answer itself. */
    public static final Answer KERNEL = arguments -> ScriptedAnswers.ASK_THE_KERNEL;

    private Answers() {}

    public static Answer refusing(Errno errno) {
        return refusing(errno.number());
    }

    /** For numbers that nobody knows, too. */
    public static Answer refusing(int errno) {
        return arguments -> -errno;
    }
}
