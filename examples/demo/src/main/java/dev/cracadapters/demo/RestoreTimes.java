/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;

/**
 * When what of a restore was seen, in milliseconds from the start of its command.
 *
 * @param firstOk the first 200
 * @param criu CRIU's start, less than 0 where nobody saw it
 * @param walk the begin of the walk up
 * @param up when all was back
 */
record RestoreTimes(long firstOk, double criu, double walk, double up) {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** Waits for the first 200 of a restore that was just started. */
  static RestoreTimes of(Service restored, OrdersClient orders) throws IOException {
    long firstOk;
    double criuAt;
    try (CriuWatch criu = CriuWatch.start(restored)) {
      firstOk = restored.firstOkMillis(orders.http(), orders.countAddress());
      criuAt = criu.millis();
    }
    // The report comes a moment after the first answer.
    Wait.until("the report of the restore", LIMIT, () -> isBack(orders));
    JsonNode walk = orders.lastReport();
    // By the wall clock: it is the only one that the restored process has in common with this one.
    Instant end = Instant.parse(walk.get("endedAt").asText());
    double up = Duration.between(restored.startedAt(), end).toNanos() / 1e6;
    return new RestoreTimes(firstOk, criuAt, up - walk.get("upMillis").asLong(), up);
  }

  private static boolean isBack(OrdersClient orders) throws IOException {
    return orders.lastReport().path("outcome").asText().startsWith("RESTORED");
  }

  RestoreParts parts() {
    return RestoreParts.of(firstOk, criu, walk, up);
  }
}
