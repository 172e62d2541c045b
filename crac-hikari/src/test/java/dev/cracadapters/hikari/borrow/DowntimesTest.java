/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.hikari.fixture.Deadlines;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much of a caller's time does not count. */
@Timeout(30)
class DowntimesTest {

  private static final long SECOND = 1_000_000_000L;

  private final Downtimes downtimes = new Downtimes();

  @Test
  @DisplayName("The time that the pool is down counts, from its begin to its end or to now")
  void sumOfDowntimes() throws Exception {
    long before = System.nanoTime();
    downtimes.begin();
    long first = System.nanoTime();
    Deadlines.pass(Duration.ofMillis(50));
    long now = System.nanoTime();
    assertThat(downtimes.within(before, now)).isBetween(now - first, now - before);
    downtimes.end();
    long between = System.nanoTime();
    assertThat(downtimes.within(before, between)).isBetween(now - first, between - before);
    downtimes.begin();
    long second = System.nanoTime();
    Deadlines.pass(Duration.ofMillis(50));
    long last = System.nanoTime();
    downtimes.end();
    long after = System.nanoTime();

    assertThat(downtimes.within(before - SECOND, after + SECOND))
        .isBetween(now - first + last - second, after - before);
    assertThat(downtimes.within(between, after)).isBetween(last - second, after - between);
    assertThat(downtimes.within(second, last)).isEqualTo(last - second);
    assertThat(downtimes.within(before - SECOND, before)).isZero();
    assertThat(downtimes.within(after, after + SECOND)).isZero();
  }

  @Test
  @DisplayName("Saying twice that the pool is down or up changes nothing")
  void sayingItTwice() throws Exception {
    long before = System.nanoTime();
    downtimes.end();
    assertThat(downtimes.within(before, System.nanoTime())).isZero();
    downtimes.begin();
    downtimes.begin();
    downtimes.end();
    long after = System.nanoTime();
    downtimes.end();
    assertThat(downtimes.within(before, after)).isBetween(1L, after - before);
    downtimes.awaitEnd();
    assertThat(downtimes.within(after, System.nanoTime())).isZero();
  }
}
