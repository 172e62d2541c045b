/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;

/** One walk: each resource down, and later each up in the other direction. */
final class Walk {

  private final List<RegisteredResource> order;
  private final CoordinatorSettings settings;
  private final WalkReport report;

  /**
   * The resources are fixed when the walk begins: one that is registered meanwhile was not stopped
   * by it.
   */
  Walk(List<RegisteredResource> order, CoordinatorSettings settings, WalkReport report) {
    this.order = List.copyOf(order);
    this.settings = settings;
    this.report = report;
  }

  WalkReport report() {
    return report;
  }

  /** Stops every resource; what failed. */
  List<Throwable> down() {
    Map<RegisteredResource, Long> times = new HashMap<>();
    report.downBegins();
    List<Throwable> failures =
        each(order, "stop", resource -> resource.beforeCheckpoint(NoContext.INSTANCE), times, true);
    report.downEnds(order, times);
    return failures;
  }

  /** Brings every resource back, also those that were never stopped; what failed. */
  List<Throwable> up() {
    Map<RegisteredResource, Long> times = new HashMap<>();
    List<RegisteredResource> reverse = new ArrayList<>(order);
    java.util.Collections.reverse(reverse);
    report.upBegins();
    List<Throwable> failures =
        each(
            reverse,
            "come back",
            resource -> resource.afterRestore(NoContext.INSTANCE),
            times,
            false);
    report.upEnds(order, times);
    return failures;
  }

  private interface Call {
    void on(PhasedResource resource) throws Exception;
  }

  private List<Throwable> each(
      List<RegisteredResource> sequence,
      String what,
      Call call,
      Map<RegisteredResource, Long> times,
      boolean givesUp) {
    List<Throwable> failures = new ArrayList<>();
    Deadline whole = Deadline.after(settings.walkTimeout());
    try (BoundedCalls calls = new BoundedCalls(givesUp)) {
      for (RegisteredResource resource : sequence) {
        Duration limit = settings.resourceTimeout();
        Duration left = Duration.ofNanos(whole.remainingNanos());
        // On the way up everybody gets a try: leaving one down because another was slow helps
        // nobody.
        if (givesUp && left.compareTo(limit) < 0) {
          limit = left;
        }
        if (limit.isZero()) {
          failures.add(
              new RefusedException(
                  resource.name(),
                  "its turn did not come within the walk's "
                      + settings.walkTimeout().toMillis()
                      + " ms",
                  "raise walk-timeout"));
          break;
        }
        long start = System.nanoTime();
        Throwable failure =
            calls.run(
                resource.name(),
                what,
                () -> call.on(resource.resource()),
                limit,
                givesUp ? () -> bringBack(resource) : () -> {});
        times.put(resource, (System.nanoTime() - start) / 1_000);
        if (failure != null) {
          failures.add(failure);
          if (givesUp && Thread.currentThread().isInterrupted()) {
            break; // the checkpoint is off: what has not been stopped yet need not be
          }
        }
      }
    }
    return failures;
  }

  /** Once more: a stop that ended after the roll-back has stopped the library again. */
  private static void bringBack(RegisteredResource resource) throws Exception {
    resource.resource().afterRestore(NoContext.INSTANCE);
  }

  /**
   * The context that the coordinator's own resources get: they are called by phase, and register
   * elsewhere.
   */
  private static final class NoContext extends Context<Resource> {

    static final NoContext INSTANCE = new NoContext();

    @Override
    public void beforeCheckpoint(@Nullable Context<? extends Resource> context) {
      throw new UnsupportedOperationException("Only the coordinator starts a walk");
    }

    @Override
    public void afterRestore(@Nullable Context<? extends Resource> context) {
      throw new UnsupportedOperationException("Only the coordinator starts a walk");
    }

    @Override
    public void register(Resource resource) {
      throw new UnsupportedOperationException("Register with CheckpointCoordinator.global()");
    }
  }
}
