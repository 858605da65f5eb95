package org.chagres.examples;

import org.chagres.IpcKey;
import org.chagres.examples.WeatherRecord.Weather;
import org.chagres.memory.SharedMemory;

/**
 * {@code WeatherDisplay KEY TIMES}: shows the weather until it was measured TIMES times, and then removes the segment.
 */
public final class WeatherDisplay {
    private WeatherDisplay() {}

    /** Creates the segment if no station has yet, and reads; ends with status 1 should a record ever be torn. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            System.err.println("usage: WeatherDisplay KEY TIMES");
            System.exit(2);
        }
        IpcKey key = IpcKey.parse(arguments[0]);
        long times = Long.parseLong(arguments[1]);
        // Write access: the display may be the one to create the segment, which is zeros then, an empty record.
        try (SharedMemory memory = SharedMemory.openOrCreate(key, WeatherRecord.LAYOUT.byteSize())) {
            WeatherRecord record = new WeatherRecord(memory.segment());
            Weather weather = record.read();
            while (record.writes() < times) {
                weather = record.read();
                if (weather.measuredAt() != (long) weather.temperature()
                        || weather.measuredAt() != 0 && !weather.station().equals("Gamboa " + weather.measuredAt())) {
                    System.out.println("torn: " + weather);
                    System.exit(1);
                }
                Thread.onSpinWait();
            }
            System.out.println(record.read());
            memory.remove();
        }
    }
}
