package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.chagres.testing.ThreadKind.VIRTUAL;

import org.junit.jupiter.api.Test;

class LinesAsideTest {
    @Test
    void whatACallAsideThrowsComesToTheVirtualThread() {
        WaitingThread waiting = WaitingThread.start(
                VIRTUAL,
                () -> Lines.aside(() -> {
                    throw new UnsupportedOperationException("on purpose");
                }));
        assertThatThrownBy(waiting::result).hasRootCauseMessage("on purpose");
    }
}
