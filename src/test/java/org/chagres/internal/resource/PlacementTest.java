package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.chagres.testing.Answers.refusing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.chagres.Descriptor;
import org.chagres.Errno;
import org.chagres.internal.syscall.MappingCalls;
import org.chagres.internal.syscall.ScriptedAnswers;
import org.chagres.internal.view.DescriptorView;
import org.chagres.testing.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The arithmetic of pages, and what the kernel is asked. */
@ExtendWith(LeakCheck.class)
class PlacementTest {
    private static final long PAGE = Placement.PAGE_BYTE_SIZE;
    private static final long STANDS_FOR_AN_ADDRESS = 0x7000_0000_0000L;

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makeTheFile() throws IOException {
        file = folder.resolve("file");
        Files.write(file, new byte[(int) (3 * PAGE)]);
    }

    private static MappingOptions options(boolean shared, boolean noReserve, int hugePageLog2, long address) {
        return new MappingOptions(true, true, shared, false, false, noReserve, hugePageLog2, address);
    }

    private static MappingOptions shared() {
        return options(true, false, SharedMemoryObject.SMALL_PAGES, 0);
    }

    /** Maps by a script, and answers what the kernel would have been asked: address, length, …, offset. */
    private List<Long> asked(Placement place, long offset, long byteSize) throws IOException {
        List<Long> asked = new ArrayList<>();
        try (Descriptor descriptor = Descriptor.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                ScriptedAnswers script = ScriptedAnswers.to("mmap", arguments -> {
                    for (long argument : arguments) {
                        asked.add(argument);
                    }
                    return STANDS_FOR_AN_ADDRESS;
                })) {
            long answer = place.map(DescriptorView.of(descriptor), offset, byteSize, shared());
            assertThat(answer).isEqualTo(script.remaining() == 0 ? STANDS_FOR_AN_ADDRESS : Placement.TOO_SHORT);
        }
        return asked;
    }

    @ParameterizedTest
    @CsvSource({
        "0, -1, 0, 12288, 12288, 0",
        "0, 1, 0, 4096, 1, 0",
        "1, -1, 0, 12288, 12287, 1",
        "4096, 4096, 4096, 4096, 4096, 0",
        "4095, 1, 0, 4096, 1, 4095",
        "4095, 2, 0, 8192, 2, 4095",
        "8191, 4097, 4096, 8192, 4097, 4095",
        "12287, -1, 8192, 4096, 1, 4095"
    })
    void thePagesAroundWhatWasAskedForAreMapped(
            long offset, long byteSize, long fileOffset, long length, long shown, long before) throws IOException {
        Placement place = new Placement();
        List<Long> asked = asked(place, offset, byteSize);
        assertThat(asked.get(1)).as("length").isEqualTo(length);
        assertThat(asked.get(5)).as("offset in the file").isEqualTo(fileOffset);
        assertThat(place.address).isEqualTo(STANDS_FOR_AN_ADDRESS);
        assertThat(place.length).isEqualTo(length);
        assertThat(place.byteSize).isEqualTo(shown);
        assertThat(place.before).isEqualTo(before);
        assertThat(place.pageByteSize).isEqualTo(PAGE);
        assertThat(place.fileByteSize()).isEqualTo(3 * PAGE);
    }

    @ParameterizedTest
    @CsvSource({
        "12288, -1",
        "12288, 1",
        "0, 12289",
        "9223372036854775807, -1",
        "9223372036854775807, 9223372036854775807",
        "1, 9223372036854775807"
    })
    void whatTheFileDoesNotHaveIsNotAskedFor(long offset, long byteSize) throws IOException {
        Placement place = new Placement();
        assertThat(asked(place, offset, byteSize)).isEmpty();
        assertThat(place.fileByteSize()).isEqualTo(3 * PAGE);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, 4096",
        "0, 4096, 4096",
        "0, 4097, 8192",
        "4095, 1, 4096",
        "4095, 2, 8192",
        "1, 4294967295, 4294967296"
    })
    void lengthsAreWholePages(long before, long byteSize, long length) {
        Placement place = new Placement();
        place.before = before;
        assertThat(place.lengthFor(byteSize)).isEqualTo(length);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4095})
    void aLengthThatNoNumberTellsIsNone(long before) {
        Placement place = new Placement();
        place.before = before;
        for (long byteSize : new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 4094}) {
            assertThat(place.lengthFor(byteSize)).isNotPositive();
        }
        assertThat(place.lengthFor(Long.MAX_VALUE / PAGE * PAGE - before)).isEqualTo(Long.MAX_VALUE / PAGE * PAGE);
    }

    @Test
    void aDeviceHasNoSizeOfItsOwn() throws IOException {
        try (Descriptor zero =
                Descriptor.open(Path.of("/dev/zero"), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            assertThat(new Placement().map(DescriptorView.of(zero), 0, Placement.REST, shared()))
                    .isEqualTo(Placement.NO_SIZE);
        }
    }

    @Test
    void aClosedDescriptorIsToldApart() throws IOException {
        Descriptor descriptor = Descriptor.open(file, StandardOpenOption.READ);
        OpenDescriptor open = DescriptorView.of(descriptor);
        descriptor.close();
        assertThat(new Placement().map(open, 0, 1, shared())).isEqualTo(OpenDescriptor.WAS_CLOSED);
    }

    @Test
    void newMemoryIsMadeOfWholePages() {
        Placement place = new Placement();
        List<Long> asked = new ArrayList<>();
        try (ScriptedAnswers script = ScriptedAnswers.to("mmap", arguments -> {
            for (long argument : arguments) {
                asked.add(argument);
            }
            return STANDS_FOR_AN_ADDRESS;
        })) {
            assertThat(place.mapNew(4097, options(false, true, SharedMemoryObject.SMALL_PAGES, 0)))
                    .isEqualTo(STANDS_FOR_AN_ADDRESS);
            assertThat(script.remaining()).isZero();
        }
        long flags = MappingCalls.MAP_PRIVATE | MappingCalls.MAP_ANONYMOUS | MappingCalls.MAP_NORESERVE;
        long protection = MappingCalls.PROT_READ | MappingCalls.PROT_WRITE;
        assertThat(asked).containsExactly(0L, 8192L, protection, flags, -1L, 0L);
    }

    @Test
    void hugePagesAreAskedForByTheirSize() {
        for (int log2 : new int[] {SharedMemoryObject.DEFAULT_HUGE_PAGES, 30}) {
            Placement place = new Placement();
            List<Long> asked = new ArrayList<>();
            try (ScriptedAnswers script = ScriptedAnswers.to("mmap", arguments -> {
                asked.add(arguments[1]);
                asked.add(arguments[3]);
                return STANDS_FOR_AN_ADDRESS;
            })) {
                place.mapNew(1, options(true, false, log2, 0));
                assertThat(script.remaining()).isZero();
            }
            assertThat(asked.getFirst()).isEqualTo(place.pageByteSize).isGreaterThan(PAGE);
            assertThat(asked.getLast() & MappingCalls.MAP_HUGETLB).isEqualTo(MappingCalls.MAP_HUGETLB);
            assertThat(asked.getLast() >> MappingCalls.MAP_HUGE_SHIFT & 0x3F).isEqualTo(log2);
            if (log2 == 30) {
                assertThat(place.pageByteSize).isEqualTo(1L << 30);
            }
        }
    }

    @Test
    void hugePagesThatNobodyReservesAreNotAskedFor() {
        assertThat(new Placement().mapNew(1, options(true, true, SharedMemoryObject.DEFAULT_HUGE_PAGES, 0)))
                .isEqualTo(Placement.NO_RESERVE);
    }

    @Test
    void aChosenAddressNeverReplacesWhatIsThere() {
        List<Long> asked = new ArrayList<>();
        try (ScriptedAnswers script = ScriptedAnswers.to("mmap", arguments -> {
            asked.add(arguments[0]);
            asked.add(arguments[3] & MappingCalls.MAP_FIXED_NOREPLACE);
            return arguments[0];
        })) {
            new Placement().mapNew(1, options(false, false, SharedMemoryObject.SMALL_PAGES, STANDS_FOR_AN_ADDRESS));
            assertThat(script.remaining()).isZero();
        }
        assertThat(asked).containsExactly(STANDS_FOR_AN_ADDRESS, (long) MappingCalls.MAP_FIXED_NOREPLACE);
    }

    @Test
    void theKernelsRefusalIsTheAnswer() throws IOException {
        try (ScriptedAnswers script = ScriptedAnswers.to("mmap", refusing(Errno.ENFILE))) {
            assertThat(new Placement().mapNew(1, shared())).isEqualTo(-Errno.ENFILE.number());
            assertThat(script.remaining()).isZero();
        }
        assertThat(new Placement().mapNew(Long.MAX_VALUE, shared())).isEqualTo(-Errno.ENOMEM.number());
    }
}
