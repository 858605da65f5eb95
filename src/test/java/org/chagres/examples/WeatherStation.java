package org.chagres.examples;

import org.chagres.IpcKey;
import org.chagres.examples.WeatherRecord.Weather;
import org.chagres.memory.SharedMemory;

/** {@code WeatherStation KEY TIMES}: measures the weather into shared memory, for any number of {@link WeatherDisplay}s. */
public final class WeatherStation {
    private WeatherStation() {}

    /** Creates the segment if no display has yet, and writes TIMES records. */
    public static void main(String[] arguments) throws Exception {
        IpcKey key = IpcKey.of(Long.decode(arguments[0]).intValue());
        try (SharedMemory memory = SharedMemory.openOrCreate(key, WeatherRecord.LAYOUT.byteSize())) {
            WeatherRecord record = new WeatherRecord(memory.segment());
            for (int i = 1; i <= Integer.parseInt(arguments[1]); i++) {
                // Readers check that a record is whole: all three parts carry the same number.
                record.write(new Weather(i, i, "Gamboa " + i));
            }
        }
    }
}
