package org.chagres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ErrnoExceptionTest {
    private static final String INTENT = "creating segment key=0x5eed byteSize=4096";
    private static final String HINT = "SHMMNI is 4096 and 4096 segments exist";

    @Test
    void messageHasCallNameNumberAndIntent() {
        assertThat(new ErrnoException("shmget", 17, INTENT))
                .hasMessage("shmget: EEXIST (17), creating segment key=0x5eed byteSize=4096");
    }

    @Test
    void messageEndsWithTheHint() {
        assertThat(new ErrnoException("shmget", 28, INTENT, HINT))
                .hasMessage("shmget: ENOSPC (28), creating segment key=0x5eed byteSize=4096; "
                        + "SHMMNI is 4096 and 4096 segments exist");
    }

    @Test
    void aNumberWithoutNameIsKept() {
        ErrnoException exception = new ErrnoException("shmget", 4711, INTENT);

        assertThat(exception).hasMessage("shmget: errno 4711 (unknown), creating segment key=0x5eed byteSize=4096");
        assertThat(exception.number()).isEqualTo(4711);
        assertThat(exception.errno()).isSameAs(Errno.UNKNOWN);
    }

    @Test
    void partsOfTheMessageCanBeAsked() {
        assertHasAllParts(new ErrnoException("shmget", 28, INTENT, HINT));
    }

    @Test
    void thereIsNoHintUnlessGiven() {
        assertThat(new ErrnoException("shmget", 17, INTENT).hint()).isEmpty();
        assertThat(new ErrnoException("shmget", 17, INTENT, "").hint()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, -17, Integer.MIN_VALUE})
    void aNumberThatIsNotPositiveIsRefused(int number) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ErrnoException("shmget", number, INTENT))
                .withMessageContaining("not " + number)
                .withMessageContaining("shmget");
    }

    @Test
    void nullIsRefusedByName() {
        assertThatNullPointerException()
                .isThrownBy(() -> new ErrnoException(null, 17, INTENT))
                .withMessage("call");
        assertThatNullPointerException()
                .isThrownBy(() -> new ErrnoException("shmget", 17, null))
                .withMessage("intent");
        assertThatNullPointerException()
                .isThrownBy(() -> new ErrnoException("shmget", 17, INTENT, null))
                .withMessage("hint");
    }

    @Test
    void serializationKeepsAllParts() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(new ErrnoException("shmget", 28, INTENT, HINT));
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertHasAllParts((ErrnoException) in.readObject());
        }
    }

    private static void assertHasAllParts(ErrnoException exception) {
        assertThat(exception.call()).isEqualTo("shmget");
        assertThat(exception.number()).isEqualTo(28);
        assertThat(exception.errno()).isSameAs(Errno.ENOSPC);
        assertThat(exception.intent()).isEqualTo(INTENT);
        assertThat(exception.hint()).contains(HINT);
    }
}
