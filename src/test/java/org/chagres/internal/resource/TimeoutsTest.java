package org.chagres.internal.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TimeoutsTest {
    private static final long LAST_SECOND = Long.MAX_VALUE / 1_000_000_000;

    static List<Arguments> durations() {
        return List.of(
                arguments(Duration.ZERO, 0),
                arguments(Duration.ofNanos(1), 1),
                arguments(Duration.ofNanos(-1), 0),
                arguments(Duration.ofSeconds(-1).plusNanos(999_999_999), 0),
                arguments(Duration.ofSeconds(-1), 0),
                arguments(Duration.ofSeconds(Long.MIN_VALUE), 0),
                arguments(Duration.ofNanos(999_999_999), 999_999_999),
                arguments(Duration.ofSeconds(1), 1_000_000_000),
                arguments(Duration.ofSeconds(2, 3), 2_000_000_003),
                arguments(Duration.ofDays(365), 365L * 24 * 3600 * 1_000_000_000),
                arguments(Duration.ofSeconds(LAST_SECOND - 1, 999_999_999), LAST_SECOND * 1_000_000_000 - 1),
                arguments(Duration.ofSeconds(LAST_SECOND), Waiter.FOREVER),
                arguments(Duration.ofNanos(Long.MAX_VALUE), Waiter.FOREVER),
                arguments(Duration.ofSeconds(LAST_SECOND + 1), Waiter.FOREVER),
                arguments(Duration.ofSeconds(Long.MAX_VALUE), Waiter.FOREVER),
                arguments(Duration.ofSeconds(Long.MAX_VALUE, 999_999_999), Waiter.FOREVER),
                arguments(ChronoUnit.FOREVER.getDuration(), Waiter.FOREVER));
    }

    @ParameterizedTest
    @MethodSource("durations")
    void aDurationBecomesNanosecondsNeverNegativeAndNeverWrapped(Duration duration, long nanos) {
        assertThat(Timeouts.nanos(duration)).isEqualTo(nanos);
    }

    @Test
    void noDurationIsRefused() {
        assertThatThrownBy(() -> Timeouts.nanos(null)).isInstanceOf(NullPointerException.class);
    }
}
