/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Closes, once a second, the orders that have been open for long enough. */
@Component
class OrderClosing {

  private static final Logger LOG = LoggerFactory.getLogger(OrderClosing.class);

  private final OrderStore orders;
  private final Duration age;
  private volatile Runs runs = new Runs(0, null);

  OrderClosing(OrderStore orders, OrdersProperties properties) {
    this.orders = orders;
    this.age = properties.closeAfter();
  }

  @Scheduled(fixedRate = 1, timeUnit = TimeUnit.SECONDS)
  void run() {
    int closed = orders.closeOlderThan(age);
    if (closed > 0) {
      LOG.info("closed {} orders", closed);
    }
    runs = new Runs(runs.runs() + 1, Instant.now());
  }

  Runs runs() {
    return runs;
  }

  /**
   * How often the job has run to its end in this process.
   *
   * @param lastRun when it last did; null before the first time
   */
  record Runs(long runs, Instant lastRun) {}
}
