package org.chagres.readiness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.chagres.testing.Waiting.*;

import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.chagres.Pollable;
import org.chagres.pipe.Pipe;
import org.chagres.socket.Message;
import org.chagres.socket.SendOption;
import org.chagres.socket.UnixStream;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Peer;
import org.chagres.testing.Run;
import org.chagres.testing.ThreadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Three sets and a time. */
@ExtendWith(LeakCheck.class)
class SelectionTest {
    private static final Set<Pollable> NONE = Set.of();
    private static final Duration SHORT = Duration.ofMillis(20);

    @ParameterizedTest
    @EnumSource
    void eachSetHasThoseThatAreReadyForIt(ThreadKind kind) throws Exception {
        var pair = UnixStream.pair();
        try (UnixStream one = pair.first();
                UnixStream other = pair.second();
                Pipe pipe = Pipe.create()) {
            Set<Pollable> readers = Set.of(one, pipe.source());
            Set<Pollable> writers = Set.of(pipe.sink());
            start(kind, () -> {
                        assertThat(Selection.trySelect(readers, NONE, Set.of(one), Duration.ZERO)
                                        .isEmpty())
                                .isTrue();
                        assertThat(Selection.select(readers, writers, Set.of(one)))
                                .isEqualTo(new Selection(NONE, Set.of(pipe.sink()), NONE));
                        return null;
                    })
                    .get();
            var waiting = startAndAwait(kind, () -> Selection.select(readers, NONE, Set.of(one)));
            other.write(memory(1));
            assertThat(waiting.get()).isEqualTo(new Selection(Set.of(one), NONE, NONE));
            other.send(Message.of("!").with(SendOption.OUT_OF_BAND));
            pipe.sink().write(memory(1));
            assertThat(start(kind, () -> Selection.select(readers, Set.of(one), Set.of(one)))
                            .get())
                    .as("the same in each set")
                    .isEqualTo(new Selection(readers, Set.of(one), Set.of(one)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void theTimeMayBeOver(ThreadKind kind) throws Exception {
        try (Pipe pipe = Pipe.create()) {
            start(kind, () -> {
                        long nanos = nanosOf(() -> {
                            assertThat(Selection.trySelect(Set.of(pipe.source()), NONE, NONE, SHORT))
                                    .isEqualTo(new Selection(NONE, NONE, NONE));
                            return null;
                        });
                        assertThat(nanos).isGreaterThanOrEqualTo(SHORT.toNanos());
                        assertThat(Selection.trySelect(
                                                Set.of(pipe.source()), NONE, NONE, Duration.ofSeconds(Long.MIN_VALUE))
                                        .isEmpty())
                                .isTrue();
                        return null;
                    })
                    .get();
            pipe.sink().tryWrite(memory(1 << 20), Duration.ZERO);
            Selection full = Selection.trySelect(Set.of(pipe.source()), Set.of(pipe.sink()), NONE, SHORT);
            assertThat(full).isEqualTo(new Selection(Set.of(pipe.source()), NONE, NONE));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aHangUpAndAnErrorAreToldInEachSet(ThreadKind kind) throws Exception {
        for (int set = 0; set < 3; set++) {
            Pipe first = Pipe.create();
            Pipe second = Pipe.create();
            first.sink().close();
            second.source().close();
            try (Pollable hungUp = first.source();
                    Pollable broken = second.sink()) {
                Set<Pollable> both = Set.of(hungUp, broken);
                Set<Pollable> readers = set == 0 ? both : NONE;
                Set<Pollable> writers = set == 1 ? both : NONE;
                Set<Pollable> exceptional = set == 2 ? both : NONE;
                assertThat(start(kind, () -> Selection.select(readers, writers, exceptional))
                                .get())
                        .isEqualTo(new Selection(readers, writers, exceptional));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptAndACloseEndTheWait(ThreadKind kind) throws Exception {
        try (Pipe first = Pipe.create();
                Pipe second = Pipe.create()) {
            Set<Pollable> readers = Set.of(first.source());
            Set<Pollable> exceptional = Set.of(second.source());
            var interrupted = startAndAwait(kind, () -> Selection.select(readers, NONE, exceptional));
            interrupted.thread().interrupt();
            assertThat(interrupted.failure()).isInstanceOf(InterruptedException.class);
            var closed = startAndAwait(kind, () -> Selection.select(readers, NONE, exceptional));
            second.source().close();
            assertThat(closed.failure()).isInstanceOf(AsynchronousCloseException.class);
            assertThatExceptionOfType(ClosedChannelException.class)
                    .isThrownBy(() -> Selection.trySelect(readers, NONE, exceptional, Duration.ZERO));
        }
    }

    @Test
    void theSetsThatAreGivenStayAndThoseThatAreToldKeepTheirOrder() throws Exception {
        List<Pipe> pipes = new ArrayList<>();
        try {
            Set<Pollable> writers = new LinkedHashSet<>();
            for (int i = 0; i < 10; i++) {
                pipes.add(Pipe.create());
                writers.add(pipes.get(i).sink());
            }
            List<Pollable> before = List.copyOf(writers);
            Selection selection = Selection.select(NONE, writers, NONE);
            assertThat(writers).containsExactlyElementsOf(before);
            assertThat(selection.writable()).containsExactlyElementsOf(before);
            assertThatExceptionOfType(UnsupportedOperationException.class)
                    .isThrownBy(() -> selection.writable().clear());
        } finally {
            pipes.forEach(Pipe::close);
        }
    }

    @Test
    void nothingAndNullAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Selection.select(NONE, NONE, NONE));
        assertThatIllegalArgumentException().isThrownBy(() -> Selection.trySelect(NONE, NONE, NONE, SHORT));
        assertThatNullPointerException().isThrownBy(() -> Selection.select(null, NONE, NONE));
        assertThatNullPointerException().isThrownBy(() -> Selection.select(NONE, null, NONE));
        assertThatNullPointerException().isThrownBy(() -> Selection.select(NONE, NONE, null));
        assertThatNullPointerException().isThrownBy(() -> Selection.trySelect(NONE, NONE, NONE, null));
    }

    /** Where {@code select(2)} writes beside its sets. */
    @Test
    void numbersOf1024AndMoreAreAsGoodAsOthers() {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -n 8192 && exec \"$@\"", "sh"));
        command.addAll(Peer.javaCommand(List.of("--enable-native-access=ALL-UNNAMED"), ManyDescriptors.class));
        assertThat(Run.command(command, Map.of()).output())
                .isEqualTo("platform: 3 of 1500 readers, 1500 writers\nvirtual: 3 of 1500 readers, 1500 writers\n");
    }
}
