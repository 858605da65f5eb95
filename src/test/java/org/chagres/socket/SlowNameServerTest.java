package org.chagres.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.Test;

/** Lookups that ask a name server, which answers when it is told to; in namespaces of their own. */
class SlowNameServerTest {
    private static final String ALONE_WITH_A_NAME_SERVER = """
            folder=$(mktemp -d)
            trap 'umount /etc/resolv.conf /etc/nsswitch.conf 2>/dev/null; rm -r "$folder"' EXIT
            printf 'nameserver 127.0.0.1\\noptions timeout:3 attempts:1\\n' > "$folder/resolv.conf"
            printf 'hosts: files dns\\n' > "$folder/nsswitch.conf"
            mount --bind "$folder/resolv.conf" /etc/resolv.conf
            mount --bind "$folder/nsswitch.conf" /etc/nsswitch.conf
            unshare --net sh -eu -c 'ip link set lo up; exec "$@"' sh "$@"
            """;

    @Test
    void aSilentNameServerHoldsNobodyAndWhatItAnswersIsTold() {
        Run.assumeInstalled("ip");
        Run run = Run.inNamespace(
                ALONE_WITH_A_NAME_SERVER,
                Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), SlowNameServer.class),
                Map.of());

        assertThat(run.output().lines())
                .containsExactly(
                        "late true, at once true",
                        "[InterruptedException], at once true",
                        "[InterruptedException], at once true",
                        "/192.0.2.1:80",
                        "NameInfo[host=somewhere.test, service=80]",
                        "EAI_NONAME",
                        "EAI_NODATA",
                        "HostEntry[name=slow.test, aliases=[], addresses=[/192.0.2.1]]",
                        "HostEntry[name=somewhere.test, aliases=[], addresses=[/192.0.2.1]]",
                        "EAI_NONAME",
                        "EAI_NODATA",
                        "EAI_AGAIN",
                        "EAI_AGAIN");
    }
}
