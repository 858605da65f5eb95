package org.chagres.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.chagres.Descriptor;
import org.chagres.testing.LeakCheck;
import org.chagres.testing.Run;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who sees what is written: the file, others, or nobody. */
@ExtendWith(LeakCheck.class)
class MappedMemorySharingTest {
    private static final int PAGE = PageSize.bytes();
    private static final Path ZERO = Path.of("/dev/zero");

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        Files.write(file, new byte[2 * PAGE]);
    }

    private static MappedMemoryBuilder privately() {
        return MappedMemory.builder().sharing(Sharing.PRIVATE);
    }

    @Test
    void whatIsWrittenSharedReachesTheFileAndOtherMappingsAtOnce() throws IOException {
        try (MappedMemory one = MappedMemory.open(file);
                MappedMemory other = MappedMemory.open(file)) {
            one.segment().set(JAVA_INT, PAGE, 4711);
            assertThat(other.segment().get(JAVA_INT, PAGE)).isEqualTo(4711);
            assertThat(Files.readAllBytes(file)[PAGE]).isEqualTo((byte) 4711);
            other.segment().set(JAVA_INT, 0, 815);
            assertThat(one.segment().get(JAVA_INT, 0)).isEqualTo(815);
        }
    }

    @Test
    void whatAnotherProcessWritesToTheFileIsSeen() throws IOException {
        Run.assumeInstalled("sh");
        try (MappedMemory memory = MappedMemory.open(file)) {
            Run.command("sh", "-c", "printf hello | dd of=\"$1\" bs=1 seek=5000 conv=notrunc", "sh", file.toString())
                    .output();
            byte[] seen = memory.segment().asSlice(5000, 5).toArray(JAVA_BYTE);
            assertThat(new String(seen, StandardCharsets.US_ASCII)).isEqualTo("hello");
        }
    }

    @Test
    void whatIsWrittenPrivatelyReachesNobody() throws IOException {
        try (MappedMemory mine = privately().open(file);
                MappedMemory shared = MappedMemory.open(file);
                MappedMemory alsoPrivate = privately().open(file)) {
            assertThat(mine.sharing()).isEqualTo(Sharing.PRIVATE);
            mine.segment().set(JAVA_INT, 0, 4711);
            mine.flush();
            assertThat(shared.segment().get(JAVA_INT, 0)).isZero();
            assertThat(alsoPrivate.segment().get(JAVA_INT, 0)).isZero();
            assertThat(Files.readAllBytes(file)).containsOnly(0);
            assertThat(AddressSpace.of(mine).permissions()).isEqualTo("rw-p");
            // A page that was written is a copy: what others write to the file is not seen in it.
            shared.segment().set(JAVA_INT, 4, 815);
            assertThat(mine.segment().get(JAVA_INT, 4)).isZero();
        }
    }

    @Test
    void whatWasWrittenPrivatelyIsGoneWhenItIsClosed() throws IOException {
        try (MappedMemory mine = privately().open(file)) {
            mine.segment().fill((byte) 47);
        }
        try (MappedMemory mine = privately().open(file)) {
            assertThat(mine.segment().toArray(JAVA_BYTE)).containsOnly(0);
        }
        assertThat(Files.readAllBytes(file)).containsOnly(0);
    }

    @Test
    void aFileOpenForReadingOnlyIsEnoughToWritePrivately() throws IOException {
        try (Descriptor reading = Descriptor.open(file, StandardOpenOption.READ);
                MappedMemory mine = privately().map(reading)) {
            mine.segment().set(JAVA_INT, 0, 4711);
            assertThat(mine.segment().get(JAVA_INT, 0)).isEqualTo(4711);
        }
        assertThat(Files.readAllBytes(file)).containsOnly(0);
    }

    /** What lies behind the end is not touched meanwhile. */
    @Test
    void theFileCanBecomeShorterAndLongerWhileItIsMapped() throws IOException {
        try (Descriptor descriptor = Descriptor.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                MappedMemory memory = MappedMemory.map(descriptor)) {
            memory.segment().fill((byte) 47);
            descriptor.truncate(PAGE);
            assertThat(memory.segment().get(JAVA_BYTE, PAGE - 1)).isEqualTo((byte) 47);
            descriptor.truncate(4L * PAGE);
            assertThat(memory.segment().get(JAVA_BYTE, PAGE)).isZero();
            memory.segment().set(JAVA_BYTE, 2 * PAGE - 1, (byte) 48);
            descriptor.truncate(0);
            assertThat(memory.byteSize()).isEqualTo(2L * PAGE);
            descriptor.truncate(2L * PAGE);
            assertThat(memory.segment().toArray(JAVA_BYTE)).containsOnly(0);
        }
    }

    /** Between the end of the file and the end of its page. */
    @Test
    void bytesCutOffWithinAPageReadAsZeros() throws IOException {
        try (Descriptor descriptor = Descriptor.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                MappedMemory memory = MappedMemory.map(descriptor)) {
            memory.segment().fill((byte) 47);
            descriptor.truncate(PAGE + 100);
            assertThat(memory.segment().get(JAVA_BYTE, PAGE + 99)).isEqualTo((byte) 47);
            assertThat(memory.segment().asSlice(PAGE + 100).toArray(JAVA_BYTE)).containsOnly(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theZeroDeviceIsNewMemoryEachTime(Sharing sharing) throws IOException {
        for (int time = 0; time < 20; time++) {
            try (MappedMemory memory =
                    MappedMemory.builder().sharing(sharing).byteSize(5000).open(ZERO)) {
                assertThat(memory.byteSize()).isEqualTo(5000);
                assertThat(memory.segment().toArray(JAVA_BYTE)).containsOnly(0);
                memory.segment().fill((byte) 47);
                assertThat(memory.segment().get(JAVA_BYTE, 4999)).isEqualTo((byte) 47);
            }
        }
        assertThat(AddressSpace.of(ZERO)).isEmpty();
    }

    @Test
    void ofADeviceTheSizeMustBeSaid() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MappedMemory.open(ZERO))
                .withMessageContaining("/dev/zero has no size")
                .withMessageContaining("byteSize");
    }

    @ParameterizedTest
    @EnumSource
    void anonymousMemoryIsNewEachTime(Sharing sharing) throws IOException {
        for (int time = 0; time < 20; time++) {
            try (MappedMemory memory = MappedMemory.builder().sharing(sharing).anonymous(5000)) {
                assertThat(memory.byteSize()).isEqualTo(5000);
                assertThat(memory.created()).isTrue();
                assertThat(memory.sharing()).isEqualTo(sharing);
                assertThat(memory.segment().toArray(JAVA_BYTE)).containsOnly(0);
                memory.segment().fill((byte) 47);
                assertThat(AddressSpace.of(memory).permissions())
                        .isEqualTo(sharing == Sharing.SHARED ? "rw-s" : "rw-p");
            }
        }
    }

    @Test
    void anonymousMemoryIsPrivateUnlessAskedOtherwise() throws IOException {
        try (MappedMemory memory = MappedMemory.anonymous(1)) {
            assertThat(memory.sharing()).isEqualTo(Sharing.PRIVATE);
            assertThat(memory).hasToString("MappedMemory[anonymous memory, byteSize=1, PRIVATE READ_WRITE]");
        }
    }

    @Test
    void anonymousMemoryHasNoPartsOfFiles() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MappedMemory.builder().offset(1).anonymous(10))
                .withMessageContaining("offset and byteSize");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MappedMemory.builder().byteSize(10).anonymous(10));
    }

    @Test
    void memoryThatNobodyPromisesIsMarkedSo() throws IOException {
        // At a place of its own: beside the JVM's memory of the same kind it would be one with that in the kernel's
        // eyes.
        MappedMemoryBuilder apart = MappedMemory.builder().noReserve().at(AddressSpace.free());
        try (MappedMemory memory = apart.anonymous(1L << 30)) {
            memory.segment().set(JAVA_BYTE, (1L << 30) - 1, (byte) 47);
            assertThat(AddressSpace.of(memory).flags()).contains("nr");
            assertThat(AddressSpace.of(memory).bytes("Rss")).isLessThan(16L << 20);
        }
        try (MappedMemory memory = MappedMemory.anonymous(4096)) {
            assertThat(AddressSpace.of(memory).flags()).doesNotContain("nr");
        }
    }
}
