package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CredentialsTest {
    @Test
    void thoseOfThisProcessAreWhatTheKernelTells() throws Exception {
        String status = Files.readString(Path.of("/proc/self/status"));
        Credentials here = Credentials.ofThisProcess();
        assertThat(here.pid()).isEqualTo((int) ProcessHandle.current().pid());
        assertThat(status).containsPattern("\nUid:\t" + here.uid() + "\t");
        assertThat(status).containsPattern("\nGid:\t" + here.gid() + "\t");
    }

    @Test
    void numbersThatTheKernelDoesNotHaveAreRefused() {
        assertThat(new Credentials(0, 0xFFFF_FFFFL, 0)).isNotNull();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Credentials(-1, 0, 0))
                .withMessageContaining("-1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Credentials(1, -1, 0))
                .withMessageContaining("uid");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Credentials(1, 0, 1L << 32))
                .withMessageContaining("gid")
                .withMessageContaining("4294967296");
    }
}
