package org.chagres.examples;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * A typed view of one record in shared memory, as C would declare it:
 *
 * <pre>
 *   byte  0          8             16            24                     56
 *         +----------+-------------+-------------+----------------------+
 *         | version  | temperature | measured at | station, 0-ended     |
 *         | int64    | double      | int64, s    | char[32]             |
 *         +----------+-------------+-------------+----------------------+
 * </pre>
 *
 * The version lets readers see whole records without a lock: it is odd while the one writer is at work, and a reader
 * that finds it odd or changed reads again.
 */
public final class WeatherRecord {
    // @start region="layout"
    private static final int STATION_BYTES = 32;

    public static final MemoryLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_LONG.withName("version"),
            JAVA_DOUBLE.withName("temperature"),
            JAVA_LONG.withName("measuredAt"),
            MemoryLayout.sequenceLayout(STATION_BYTES, JAVA_BYTE).withName("station"));

    private static final VarHandle VERSION = LAYOUT.varHandle(PathElement.groupElement("version"));
    private static final VarHandle TEMPERATURE = LAYOUT.varHandle(PathElement.groupElement("temperature"));
    private static final VarHandle MEASURED_AT = LAYOUT.varHandle(PathElement.groupElement("measuredAt"));
    private static final long STATION = LAYOUT.byteOffset(PathElement.groupElement("station"));
    // @end

    /** What a reader gets: a copy that no writer changes any more. */
    public record Weather(double temperature, long measuredAt, String station) {}

    private final MemorySegment segment;

    /** Views the first bytes of a segment. */
    public WeatherRecord(MemorySegment segment) {
        this.segment = segment.asSlice(0, LAYOUT);
    }

    /** Writes the record; there must be one writer only. */
    // @start region="write"
    public void write(Weather weather) {
        byte[] station = weather.station().getBytes(UTF_8);
        if (station.length >= STATION_BYTES) { // before the version is touched: a failure must not leave it odd
            throw new IllegalArgumentException("a station has at most " + (STATION_BYTES - 1) + " bytes");
        }
        long writing = (long) VERSION.get(segment, 0L) | 1; // odd already if a writer died in here
        VERSION.setOpaque(segment, 0L, writing); // readers keep off
        VarHandle.storeStoreFence();
        TEMPERATURE.set(segment, 0L, weather.temperature());
        MEASURED_AT.set(segment, 0L, weather.measuredAt());
        segment.setString(STATION, weather.station());
        VERSION.setRelease(segment, 0L, writing + 1); // published: whoever sees it sees the fields
    }
    // @end

    /** Reads the record, again until it was whole. */
    // @start region="read"
    public Weather read() {
        while (true) {
            long before = (long) VERSION.getAcquire(segment, 0L);
            if ((before & 1) == 0) {
                Weather weather = new Weather(
                        (double) TEMPERATURE.get(segment, 0L),
                        (long) MEASURED_AT.get(segment, 0L),
                        segment.getString(STATION));
                VarHandle.acquireFence();
                if ((long) VERSION.getOpaque(segment, 0L) == before) {
                    return weather;
                }
            }
            Thread.onSpinWait();
        }
    }
    // @end

    /** How many times the record was written, or begun to be. */
    public long writes() {
        return (long) VERSION.getAcquire(segment, 0L) / 2;
    }
}
