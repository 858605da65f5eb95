package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.ErrnoException;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.testing.Answers;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the kernel is told, and what comes of it. */
@ExtendWith(LeakCheck.class)
class MappedMemoryAdviseTest {
    private static final int PAGE = PageSize.bytes();
    private static final int PAGES = 4;

    /** Those that a kernel may have been built without, or that need luck. */
    private static final Set<Advice> NOT_EVERYWHERE =
            EnumSet.of(Advice.MERGEABLE, Advice.UNMERGEABLE, Advice.HUGE_PAGE, Advice.NO_HUGE_PAGE, Advice.COLLAPSE);

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        Files.write(file, new byte[PAGES * PAGE]);
    }

    private enum Kind {
        PRIVATE_ANONYMOUS,
        SHARED_ANONYMOUS,
        SHARED_FILE,
        PRIVATE_FILE
    }

    private MappedMemory map(Kind kind) throws IOException {
        return switch (kind) {
            case PRIVATE_ANONYMOUS -> MappedMemory.anonymous((long) PAGES * PAGE);
            case SHARED_ANONYMOUS ->
                MappedMemory.builder().sharing(Sharing.SHARED).anonymous((long) PAGES * PAGE);
            case SHARED_FILE -> MappedMemory.open(file);
            case PRIVATE_FILE -> MappedMemory.builder().sharing(Sharing.PRIVATE).open(file);
        };
    }

    static Stream<Arguments> combinations() {
        return Stream.of(Advice.values())
                .filter(advice -> !NOT_EVERYWHERE.contains(advice))
                .flatMap(advice -> Stream.of(Kind.values()).map(kind -> arguments(advice, kind)));
    }

    /** What the kernel says where the advice does not fit the memory. */
    private static Errno refusal(Advice advice, Kind kind) {
        return switch (advice) {
            case FREE, WIPE_ON_FORK -> kind == Kind.PRIVATE_ANONYMOUS ? null : Errno.EINVAL;
            case REMOVE ->
                switch (kind) {
                    case PRIVATE_ANONYMOUS -> Errno.EINVAL;
                    case PRIVATE_FILE -> Errno.EACCES;
                    default -> null;
                };
            default -> null;
        };
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void isTakenWhereItFitsAndRefusedWhereNot(Advice advice, Kind kind) throws IOException {
        try (MappedMemory memory = map(kind)) {
            memory.segment().fill((byte) 47);
            Errno refusal = refusal(advice, kind);
            if (refusal == null) {
                memory.advise(advice);
                memory.advise(advice, PAGE + 10, 2L * PAGE);
            } else {
                ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.advise(advice));
                assertThat(failure.errno()).isEqualTo(refusal);
                assertThat(failure)
                        .hasMessageStartingWith("madvise: " + refusal)
                        .hasMessageContaining("advising " + advice + " for all of ");
            }
            memory.segment().set(JAVA_INT, 0, 4711);
            assertThat(memory.segment().get(JAVA_INT, 0)).isEqualTo(4711);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"MERGEABLE", "UNMERGEABLE", "HUGE_PAGE", "NO_HUGE_PAGE", "COLLAPSE"})
    void thatIsNotKnownEverywhereLeavesTheMemoryAsItIs(Advice advice) throws IOException {
        try (MappedMemory memory = MappedMemory.anonymous(4 << 20)) {
            memory.segment().fill((byte) 47);
            try {
                memory.advise(advice);
            } catch (ErrnoException refused) {
                assertThat(refused.errno()).isIn(Errno.EINVAL, Errno.EAGAIN, Errno.ENOMEM, Errno.EBUSY);
            }
            assertThat(memory.segment().toArray(JAVA_BYTE)).containsOnly(47);
        }
    }

    static Stream<Arguments> flags() {
        return Stream.of(
                arguments(Advice.RANDOM, "rr", Advice.NORMAL),
                arguments(Advice.SEQUENTIAL, "sr", Advice.NORMAL),
                arguments(Advice.DONT_DUMP, "dd", Advice.DO_DUMP),
                arguments(Advice.DONT_FORK, "dc", Advice.DO_FORK),
                arguments(Advice.WIPE_ON_FORK, "wf", Advice.KEEP_ON_FORK));
    }

    @ParameterizedTest
    @MethodSource("flags")
    void isNotedByTheKernelUntilTheOppositeIsSaid(Advice advice, String flag, Advice opposite) throws IOException {
        try (MappedMemory memory = MappedMemory.anonymous((long) PAGES * PAGE)) {
            assertThat(AddressSpace.of(memory).flags()).doesNotContain(flag);
            memory.advise(advice);
            assertThat(AddressSpace.of(memory).flags()).contains(flag);
            memory.advise(opposite);
            assertThat(AddressSpace.of(memory).flags()).doesNotContain(flag);
        }
    }

    @Test
    void reachesEachPageThatHasAByteOfTheRange() throws IOException {
        try (MappedMemory memory = MappedMemory.anonymous((long) PAGES * PAGE)) {
            memory.advise(Advice.DONT_DUMP, PAGE - 1, 2);
            long address = memory.segment().address();
            assertThat(AddressSpace.at(address).flags()).contains("dd");
            assertThat(AddressSpace.at(address + PAGE).flags()).contains("dd");
            assertThat(AddressSpace.at(address + 2L * PAGE).flags()).doesNotContain("dd");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"DONT_NEED", "DONT_NEED_LOCKED"})
    void thatGivesPagesUpReachesOnlyWholePages(Advice advice) throws IOException {
        try (MappedMemory memory = MappedMemory.anonymous(PAGES * PAGE - 100L)) {
            memory.segment().fill((byte) 47);
            memory.advise(advice, 1, 2L * PAGE - 2); // of the first two pages no whole one
            assertThat(memory.segment().toArray(JAVA_BYTE)).containsOnly(47);
            memory.advise(advice, 1, 2L * PAGE - 1);
            assertThat(memory.segment().asSlice(0, PAGE).toArray(JAVA_BYTE)).containsOnly(47);
            assertThat(memory.segment().asSlice(PAGE, PAGE).toArray(JAVA_BYTE)).containsOnly(0);
            assertThat(memory.segment().asSlice(2L * PAGE).toArray(JAVA_BYTE)).containsOnly(47);
            memory.advise(advice, 3L * PAGE, PAGE - 100); // the last one, as the range reaches the end
            assertThat(memory.segment().asSlice(3L * PAGE).toArray(JAVA_BYTE)).containsOnly(0);
            memory.advise(advice, PAGES * PAGE - 100L, 0);
            memory.advise(advice, 2L * PAGE, 0);
            assertThat(memory.segment().asSlice(2L * PAGE, PAGE).toArray(JAVA_BYTE))
                    .containsOnly(47);
        }
    }

    @Test
    void ofAPartThatBeginsWithinAPageDoesNotGiveUpWhatIsBefore() throws IOException {
        try (MappedMemory memory =
                MappedMemory.builder().sharing(Sharing.PRIVATE).offset(100).open(file)) {
            memory.segment().fill((byte) 47);
            memory.advise(Advice.DONT_NEED);
            assertThat(memory.segment().asSlice(0, PAGE - 100).toArray(JAVA_BYTE))
                    .containsOnly(47);
            assertThat(memory.segment().asSlice(PAGE - 100).toArray(JAVA_BYTE)).containsOnly(0);
        }
    }

    @Test
    void notToNeedPrivatePagesLosesWhatWasWritten() throws IOException {
        Files.write(file, new byte[] {1, 2, 3}, StandardOpenOption.WRITE);
        try (MappedMemory memory = map(Kind.PRIVATE_FILE)) {
            memory.segment().fill((byte) 47);
            memory.advise(Advice.DONT_NEED);
            assertThat(memory.segment().asSlice(0, 4).toArray(JAVA_BYTE)).containsExactly(1, 2, 3, 0);
        }
    }

    @Test
    void notToNeedSharedPagesKeepsWhatWasWritten() throws IOException {
        try (MappedMemory memory = map(Kind.SHARED_FILE)) {
            memory.segment().fill((byte) 47);
            memory.advise(Advice.DONT_NEED);
            assertThat(memory.segment().toArray(JAVA_BYTE)).containsOnly(47);
        }
    }

    @Test
    void toRemoveTakesTheSpaceFromTheFileForAll() throws IOException {
        try (MappedMemory memory = map(Kind.SHARED_FILE);
                MappedMemory other = map(Kind.SHARED_FILE)) {
            memory.segment().fill((byte) 47);
            memory.flush();
            long before = blocks();
            memory.advise(Advice.REMOVE, PAGE - 1, PAGE + 2); // one whole page
            assertThat(other.segment().asSlice(0, PAGE).toArray(JAVA_BYTE)).containsOnly(47);
            assertThat(other.segment().asSlice(PAGE, PAGE).toArray(JAVA_BYTE)).containsOnly(0);
            assertThat(other.segment().asSlice(2L * PAGE).toArray(JAVA_BYTE)).containsOnly(47);
            assertThat(blocks()).isLessThan(before);
            assertThat(Files.size(file)).isEqualTo((long) PAGES * PAGE);
        }
    }

    /** Behind the end of a part the file goes on: nothing of that may be lost. */
    @Test
    void toRemoveAPartLeavesTheRestOfItsLastPage() throws IOException {
        try (MappedMemory all = map(Kind.SHARED_FILE);
                MappedMemory part = MappedMemory.builder().byteSize(PAGE + 100).open(file)) {
            all.segment().fill((byte) 47);
            part.advise(Advice.REMOVE);
            assertThat(all.segment().asSlice(0, PAGE).toArray(JAVA_BYTE)).containsOnly(0);
            assertThat(all.segment().asSlice(PAGE).toArray(JAVA_BYTE)).containsOnly(47);
        }
    }

    private long blocks() {
        return Long.parseLong(
                Run.command("stat", "-c", "%b", file.toString()).output().strip());
    }

    @Test
    void toPopulateHasAllPagesReady() throws IOException {
        try (MappedMemory memory = MappedMemory.anonymous((long) PAGES * PAGE)) {
            assertThat(memory.residentPages().cardinality()).isZero();
            memory.advise(Advice.POPULATE_WRITE, PAGE, 2L * PAGE);
            assertThat(memory.residentPages()).hasToString("{1, 2}");
            memory.advise(Advice.POPULATE_READ);
            assertThat(memory.residentPages().cardinality()).isEqualTo(PAGES);
        }
    }

    /** The question whether the file is still there. */
    @ParameterizedTest
    @EnumSource(names = {"POPULATE_READ", "POPULATE_WRITE"})
    void toPopulateTellsThatTheFileBecameShorter(Advice advice) throws IOException {
        try (MappedMemory memory = map(Kind.SHARED_FILE);
                Descriptor descriptor = Descriptor.open(file, StandardOpenOption.WRITE)) {
            memory.advise(advice);
            descriptor.truncate(PAGE + 1);
            memory.advise(advice, 0, 2L * PAGE);
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.advise(advice));
            assertThat(failure.errno()).isEqualTo(Errno.EFAULT);
            assertThat(failure).hasMessageContaining("shorter than what is mapped");
        }
    }

    @Test
    void notToNeedPagesLockedInMemoryIsRefusedUnlessMeant() throws IOException {
        try (MappedMemory memory = map(Kind.PRIVATE_ANONYMOUS)) {
            memory.segment().fill((byte) 47);
            memory.lockInMemory();
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.advise(Advice.DONT_NEED));
            assertThat(failure.errno()).isEqualTo(Errno.EINVAL);
            assertThat(failure).hasMessageContaining("pages are locked");
            memory.advise(Advice.DONT_NEED_LOCKED);
            assertThat(memory.segment().toArray(JAVA_BYTE)).containsOnly(0);
        }
    }

    @Test
    void thatTheKernelDoesNotKnowIsTold() throws IOException {
        try (MappedMemory memory = map(Kind.PRIVATE_ANONYMOUS);
                ScriptedAnswers old = ScriptedAnswers.to("madvise", Answers.refusing(Errno.EINVAL))) {
            ErrnoException failure = catchThrowableOfType(ErrnoException.class, () -> memory.advise(Advice.COLD));
            assertThat(failure).hasMessageContaining("this kernel does not know it");
            assertThat(old.remaining()).isZero();
        }
    }

    @Test
    void isRequiredAndAnOpenMapping() throws IOException {
        MappedMemory memory = map(Kind.SHARED_FILE);
        assertThatNullPointerException().isThrownBy(() -> memory.advise(null));
        memory.close();
        for (Advice advice : Advice.values()) {
            assertThatIllegalStateException().isThrownBy(() -> memory.advise(advice));
        }
    }
}
