package org.chagres.examples;

import org.chagres.IpcKey;
import org.chagres.examples.WeatherRecord.Weather;
import org.chagres.memory.SharedMemory;

/**
 * {@code WeatherStation KEY TIMES}: measures the weather into shared memory, for any number of {@link WeatherDisplay}s.
 */
public final class WeatherStation {
    private WeatherStation() {}

    /** Creates the segment if no display has yet, and writes TIMES records. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            System.err.println("usage: WeatherStation KEY TIMES");
            System.exit(2);
        }
        IpcKey key = IpcKey.parse(arguments[0]);
        try (SharedMemory memory = SharedMemory.openOrCreate(key, WeatherRecord.LAYOUT.byteSize())) {
            WeatherRecord record = new WeatherRecord(memory.segment());
            for (int i = 1; i <= Integer.parseInt(arguments[1]); i++) {
                // Readers check that a record is whole: all three parts carry the same number.
                record.write(new Weather(i, i, "Gamboa " + i));
            }
        }
    }
}
