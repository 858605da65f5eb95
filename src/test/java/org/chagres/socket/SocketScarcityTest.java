package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Sockets where a process has hardly a number left for a descriptor. */
@ExtendWith(LeakCheck.class)
class SocketScarcityTest {
    @TempDir
    Path folder;

    @Test
    void whereNumbersAreScarceNothingLeaksAndNoConnectionIsLost() {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"));
        command.addAll(Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), SocketScarcity.class, folder));
        Run run = Run.command(command, Map.of());
        assertThat(run.err()).isEmpty();
        assertThat(run.output()).isEqualTo("""
                platform, 0 free: pair [EMFILE, EMFILE, EMFILE], then 0 free
                platform, 1 free: pair [EMFILE, EMFILE, EMFILE], then 1 free
                platform, 2 free: pair [made, made, made], then 2 free
                platform, 0 free: bind [EMFILE, EMFILE, EMFILE, EMFILE, no file], then 0 free
                platform, 1 free: bind [made, made, made, made, no file], then 1 free
                platform, 1 free: replace [EMFILE, the same file], then 1 free
                platform, 0 free: connect and accept [EMFILE, EMFILE, none, none], then 1 free
                platform, 1 free: connect and accept [made, made, made, made], then 1 free
                platform, 0 free: accept [EMFILE, EMFILE, EMFILE, hello], then 1 free
                platform, 0 free: a waiting accept [EMFILE, hello], then 1 free
                platform, 0 free: bind of the Internet [EMFILE, EMFILE, EMFILE, EMFILE, EMFILE], then 0 free
                platform, 1 free: bind of the Internet [made, made, made, made, made], then 1 free
                platform, 0 free: connect by TCP [EMFILE, EMFILE, EMFILE], then 0 free
                platform, 1 free: connect by TCP [made, made, made], then 1 free
                platform, 0 free: accept by TCP [EMFILE, EMFILE, EMFILE, hello], then 1 free
                platform, 0 free: a waiting accept by TCP [EMFILE, hello], then 1 free
                virtual, 0 free: pair [EMFILE, EMFILE, EMFILE], then 0 free
                virtual, 1 free: pair [EMFILE, EMFILE, EMFILE], then 1 free
                virtual, 2 free: pair [made, made, made], then 2 free
                virtual, 0 free: bind [EMFILE, EMFILE, EMFILE, EMFILE, no file], then 0 free
                virtual, 1 free: bind [made, made, made, made, no file], then 1 free
                virtual, 1 free: replace [EMFILE, the same file], then 1 free
                virtual, 0 free: connect and accept [EMFILE, EMFILE, none, none], then 1 free
                virtual, 1 free: connect and accept [made, made, made, made], then 1 free
                virtual, 0 free: accept [EMFILE, EMFILE, EMFILE, hello], then 1 free
                virtual, 0 free: a waiting accept [EMFILE, hello], then 1 free
                virtual, 0 free: bind of the Internet [EMFILE, EMFILE, EMFILE, EMFILE, EMFILE], then 0 free
                virtual, 1 free: bind of the Internet [made, made, made, made, made], then 1 free
                virtual, 0 free: connect by TCP [EMFILE, EMFILE, EMFILE], then 0 free
                virtual, 1 free: connect by TCP [made, made, made], then 1 free
                virtual, 0 free: accept by TCP [EMFILE, EMFILE, EMFILE, hello], then 1 free
                virtual, 0 free: a waiting accept by TCP [EMFILE, hello], then 1 free
                """);
    }
}
