package org.chagres.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.chagres.Errno;
import org.chagres.internal.syscall.ScriptedAnswers;

/** Arguments that are refused before the kernel is asked anything. */
final class WithoutTheKernel {
    private WithoutTheKernel() {}

    static void assertRefused(ThrowingCallable call, String inTheMessage) {
        ScriptedAnswers.Answer never = arguments -> -Errno.ENOSYS.number();
        try (ScriptedAnswers get = ScriptedAnswers.to("shmget", never);
                ScriptedAnswers control = ScriptedAnswers.to("shmctl", never)) {
            assertThatIllegalArgumentException().isThrownBy(call).withMessageContaining(inTheMessage);
            assertThat(get.remaining() + control.remaining())
                    .as("calls left unmade")
                    .isEqualTo(2);
        }
    }
}
