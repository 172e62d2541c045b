/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import dev.cracadapters.core.BoundedCalls.Way;
import dev.cracadapters.core.support.Failures;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.crac.Context;
import org.crac.Resource;

/**
 * What is registered with {@code org.crac}: this coordinator, and the resources of existing code.
 * Each of those has a thread of its own for the whole checkpoint, so that it may unlock on the way
 * up what it locked on the way down, and a deadline as the coordinator's resources have.
 */
final class GlobalContext implements AutoCloseable {

  private final List<Resource> resources;
  private final Resource coordinator;
  private final Walk walk;
  private final Duration timeToComeBack;
  private final Map<Resource, BoundedCalls> threads = new IdentityHashMap<>();

  /** The place of the last that was called on the way down. */
  private int lowest;

  GlobalContext(
      List<Resource> resources, Resource coordinator, Walk walk, Duration timeToComeBack) {
    this.resources = resources;
    this.coordinator = coordinator;
    this.walk = walk;
    this.timeToComeBack = timeToComeBack;
    this.lowest = resources.size();
  }

  /** The last registered first, as on a CRaC JDK. */
  void down(List<Throwable> failures) {
    while (lowest > 0) {
      Resource resource = resources.get(lowest - 1);
      if (resource == coordinator) {
        lowest--;
        failures.addAll(
            StockCheckpoint.call(
                () -> resource.beforeCheckpoint(org.crac.Core.getGlobalContext())));
      } else {
        Duration time = walk.timeToStop();
        if (time.isZero()) {
          failures.add(walk.timeIsOver(resource.getClass().getName()));
          return;
        }
        if (Thread.currentThread().isInterrupted()) {
          return; // the audit refuses it
        }
        lowest--;
        run(Way.DOWN, resource, time, failures);
      }
    }
  }

  /** All that were called on the way down, whatever became of them, and the coordinator. */
  void up(List<Throwable> failures) {
    for (int next = 0; next < resources.size(); next++) {
      Resource resource = resources.get(next);
      if (resource == coordinator) {
        failures.addAll(
            StockCheckpoint.call(() -> resource.afterRestore(org.crac.Core.getGlobalContext())));
      } else if (next >= lowest) {
        run(Way.UP, resource, timeToComeBack, failures);
      }
    }
  }

  private void run(Way way, Resource resource, Duration time, List<Throwable> failures) {
    Context<Resource> context = org.crac.Core.getGlobalContext();
    BoundedCalls.Body up = () -> resource.afterRestore(context);
    BoundedCalls.Body body = way == Way.UP ? up : () -> resource.beforeCheckpoint(context);
    // A stop that ends after the roll-back has stopped it again.
    BoundedCalls.Body whenLate = way == Way.UP ? () -> {} : up;
    try {
      BoundedCalls calls = threads.computeIfAbsent(resource, each -> new BoundedCalls());
      BoundedCalls.Call call = new BoundedCalls.Call(resource.getClass()::getName, body, whenLate);
      for (BoundedCalls.Outcome outcome : calls.run(way, List.of(call), time)) {
        if (outcome.failure() != null) {
          failures.addAll(Failures.carriedBy(outcome.failure()));
        }
      }
      failures.addAll(calls.takeUnlogged());
    } catch (Throwable e) { // of the walk's own, which must not keep it from going on
      failures.add(e);
      failures.addAll(way == Way.UP ? StockCheckpoint.call(up) : List.of());
    }
  }

  @Override
  public void close() {
    threads.values().forEach(BoundedCalls::close);
  }
}
