package org.chagres.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lister against the system's own. No name server is asked: hosts are looked up in files alone. */
class GetentTest {
    private static final List<String> NATIVE_ACCESS = List.of("--enable-native-access=ALL-UNNAMED");

    /** Files of our own, in a namespace that is nobody else's; then the command. */
    private static final String WITH_ODD_FILES = """
            folder=$(mktemp -d)
            trap 'cd /; umount /etc/hosts /etc/services /etc/nsswitch.conf; rm -r "$folder"' EXIT
            printf '%s\\n' '127.0.0.1 localhost' '::1 ip6-localhost' '2001:db8::5 six.test also.six' \\
                '192.0.2.7 seven.test' '192.0.2.8 seven.test eight' '# nobody' 'nonsense line' '192.0.2.10 ten' \\
                > "$folder/hosts"
            {
                echo 'first 1/tcp'
                printf 'many 2/tcp'
                awk 'BEGIN { for (i = 0; i < 20000; i++) printf " alias%d", i; print "" }'
                printf 'wide 3/udp '
                awk 'BEGIN { for (i = 0; i < 200000; i++) printf "0123456789"; print "" }'
                echo 'last 65535/tcp end'
            } > "$folder/services"
            printf 'hosts: files\\nservices: files\\n' > "$folder/nsswitch.conf"
            for file in hosts services nsswitch.conf; do
                mount --bind "$folder/$file" "/etc/$file"
            done
            "$@"
            """;

    @BeforeAll
    static void assumeThereIsOne() {
        Run.assumeInstalled("getent");
        assumeTrue(Run.command("getent", "protocols", "tcp").status() == 0, "this getent knows no protocols");
    }

    private static Run ours(List<String> words) {
        return Run.command(Peer.javaCommand(NATIVE_ACCESS, Getent.class, words.toArray()), Map.of());
    }

    private static Run theirs(List<String> words) {
        List<String> command = new ArrayList<>(List.of("getent"));
        command.addAll(words);
        return Run.command(command, Map.of());
    }

    private static void same(List<String> words) {
        assertThat(ours(words)).isEqualTo(theirs(words));
    }

    @ParameterizedTest
    @ValueSource(strings = {"services", "protocols", "networks", "hosts"})
    void allEntriesAreThoseOfGetent(String database) {
        same(List.of(database));
    }

    @Test
    void everyServiceIsFoundByEachNameAndPortAsByGetent() {
        List<String> words = new ArrayList<>(List.of("services"));
        for (String line : theirs(words).output().lines().toList()) {
            String[] columns = line.split(" +"); // name, port/protocol, other names
            String protocol = columns[1].replaceAll(".*/", "");
            words.addAll(List.of(columns[0], columns[1], columns[1].replaceAll("/.*", "")));
            for (int i = 0; i < columns.length; i++) {
                if (i != 1) {
                    words.add(columns[i] + "/" + protocol);
                }
            }
        }
        assumeTrue(words.size() > 1, "no services");
        same(words);
    }

    @Test
    void everyProtocolIsFoundByEachNameAndNumberAsByGetent() {
        same(allColumns("protocols"));
    }

    @Test
    void everyNetworkIsFoundByEachNameAndNumberAsByGetent() {
        same(allColumns("networks"));
    }

    private static List<String> allColumns(String database) {
        List<String> words = new ArrayList<>(List.of(database));
        for (String line : theirs(words).output().lines().toList()) {
            words.addAll(List.of(line.split(" +")));
        }
        assumeTrue(words.size() > 1, "no " + database);
        return words;
    }

    @Test
    void whatIsNotThereIsToldByTheStatus() {
        same(List.of("services", "nosuchservice", "http", "http/nosuchprotocol", "0", "65535/udp", "99999", ""));
        same(List.of("protocols", "nosuchprotocol", "tcp", "253", "1000"));
        same(List.of("networks", "nosuchnetwork", "192.0.2.0"));
        assertThat(ours(List.of("services", "nosuchservice")).status()).isEqualTo(2);
        assertThat(ours(List.of("nosuchdatabase")).status()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hosts",
                "hosts localhost seven.test eight six.test 192.0.2.8 2001:db8::5 ::1 nosuch.test ten 192.0.2.99",
                "services",
                "services many alias19999 alias7/tcp alias7/udp wide 3 last/tcp end 65535",
            })
    void oddFilesAreReadAsByGetent(String words) {
        String command = "cd \"$folder\"; getent $words > theirs || echo $? >> theirs; "
                + "\"$@\" $words > ours || echo $? >> ours; cmp theirs ours && wc -c < ours";
        Run run = Run.inNamespace(
                WITH_ODD_FILES.replace("\"$@\"\n", command.replace("$words", words) + "\n"),
                Peer.javaCommand(NATIVE_ACCESS, Getent.class),
                Map.of());

        assertThat(Integer.parseInt(run.output().strip())).isGreaterThan(50);
    }
}
