/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import dev.cracadapters.core.BoundedCalls.Way;
import dev.cracadapters.core.WalkStep.Call;
import dev.cracadapters.core.listen.ListeningResource;
import dev.cracadapters.core.support.RestoreWatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One walk: each resource down, and later each up in the other direction. */
final class Walk {

  private static final Logger LOG = LoggerFactory.getLogger(Walk.class);

  private final List<WalkStep> steps;

  /** What was registered, as {@link #steps} has it: a group stands together. */
  private final List<RegisteredResource> order;

  private final CoordinatorSettings settings;
  private final WalkReport report;
  private final Deadline whole;
  private final Map<RegisteredResource, Long> upTimes =
      Collections.synchronizedMap(new HashMap<>());

  /** How many of the steps have not been brought back; below zero before the first is. */
  private int stillDown = -1;

  /**
   * The resources are fixed when the walk begins, but for what a {@link ResourceFinder} finds: one
   * that is registered meanwhile was not stopped by it.
   */
  Walk(List<RegisteredResource> order, CoordinatorSettings settings, WalkReport report) {
    this.steps = WalkStep.of(order);
    this.order = steps.stream().flatMap(step -> step.members().stream()).toList();
    this.settings = settings;
    this.report = report;
    this.whole = Deadline.after(settings.walkTimeout());
  }

  WalkReport report() {
    return report;
  }

  /** How long a resource may take that is stopped now; zero when the walk's time is over. */
  Duration timeToStop() {
    Duration left = Duration.ofNanos(whole.remainingNanos());
    return left.compareTo(settings.resourceTimeout()) < 0 ? left : settings.resourceTimeout();
  }

  /** Why a resource was not stopped when the walk's time was over. */
  RefusedException timeIsOver(String name) {
    return new RefusedException(
        name,
        "its turn did not come within the walk's " + settings.walkTimeout().toMillis() + " ms",
        "raise walk-timeout");
  }

  /** Stops every resource; what failed. */
  List<Throwable> down() {
    report.downBegins();
    RestoreWatch.walkBegins();
    try (BoundedCalls calls = new BoundedCalls()) {
      Down down = new Down(calls);
      try {
        down.all();
      } catch (Throwable e) { // whatever it is, all of it comes up
        down.failures.add(e);
      }
      report.downEnds(down.times);
      return down.failures;
    }
  }

  /** The way down. Its methods return false when nothing else is to be stopped any more. */
  private final class Down {

    private final BoundedCalls calls;
    private final List<Throwable> failures = new ArrayList<>();
    private final Map<RegisteredResource, Long> times = new HashMap<>();

    Down(BoundedCalls calls) {
      this.calls = calls;
    }

    void all() {
      boolean goesOn = !isInterrupted();
      // By index: what is found in a phase is added to the steps.
      for (int next = 0; goesOn && next < steps.size(); next++) {
        int phase = steps.get(next).phase();
        if (next == 0 || steps.get(next - 1).phase() != phase) {
          goesOn = find(phase);
        }
        goesOn = goesOn && stop(steps.get(next));
      }
    }

    /** Adds what the finders of a phase find. */
    boolean find(int phase) {
      for (RegisteredResource finder : order) {
        if (finder.phase() == phase && finder.resource() instanceof ResourceFinder) {
          int before = failures.size();
          AtomicReference<List<? extends SideBySideResource>> found =
              new AtomicReference<>(List.of());
          Call call = resource -> found.set(((ResourceFinder) resource).findResources());
          if (!stop(List.of(finder), call)) {
            return false;
          }
          if (failures.size() == before) {
            found.get().forEach(each -> add(new RegisteredResource(each, finder), finder));
          }
        }
      }
      return true;
    }

    private void add(RegisteredResource found, RegisteredResource finder) {
      int place = 0;
      while (!steps.get(place).members().contains(finder)) {
        place++;
      }
      WalkStep.add(steps, place, found);
    }

    boolean stop(WalkStep step) {
      List<RegisteredResource> members = step.members();
      if (step.isSideBySide()) {
        SideBySideGroup group = step.group();
        List<RegisteredResource> told = new ArrayList<>();
        for (RegisteredResource member : members) {
          int before = failures.size();
          Call call = resource -> ((SideBySideResource) resource).goesDownWith(group);
          if (!stop(List.of(member), call)) {
            return false;
          }
          if (failures.size() == before) {
            told.add(member);
          }
        }
        members = told;
      }
      return stop(members, resource -> resource.beforeCheckpoint(WalkStep.NoContext.INSTANCE));
    }

    private boolean stop(List<RegisteredResource> members, Call call) {
      if (members.isEmpty()) {
        return true;
      }
      Duration time = timeToStop();
      if (time.isZero()) {
        failures.add(timeIsOver(members.get(0).name()));
        return false;
      }
      failures.addAll(WalkStep.each(members, Way.DOWN, call, Walk::bringBack, calls, time, times));
      return !isInterrupted();
    }
  }

  /**
   * Whether the checkpoint is off: what has not been stopped yet need not be. Where no resource
   * failed of it, the audit refuses it.
   */
  private static boolean isInterrupted() {
    return Thread.currentThread().isInterrupted();
  }

  /**
   * Brings back what is of the phase {@link Phase#JDK}, and lets the application's threads go on;
   * what failed. Before anything else comes up: others' resources may wait for such a thread. Then
   * clients may connect, who wait for the rest.
   */
  List<Throwable> jdkUp() {
    report.upBegins();
    stillDown = steps.size();
    List<Throwable> failures = new ArrayList<>();
    try (BoundedCalls calls = new BoundedCalls()) {
      try {
        while (stillDown > 0 && steps.get(stillDown - 1).phase() <= Phase.JDK) {
          stillDown--;
          failures.addAll(bringUp(steps.get(stillDown), calls));
        }
      } finally {
        report.releaseThreads();
      }
      for (int next = order.size() - 1; next >= 0; next--) {
        if (order.get(next).phase() > Phase.JDK) {
          listen(order.get(next), calls);
        }
      }
    }
    return failures;
  }

  /** What fails here is tried again in the resource's turn, and reported then if it fails again. */
  private void listen(RegisteredResource member, BoundedCalls calls) {
    if (member.resource() instanceof ListeningResource) {
      Call open = resource -> ((ListeningResource) resource).listen();
      Duration limit = settings.resourceTimeout();
      try {
        for (Throwable failure :
            WalkStep.each(List.of(member), Way.UP, open, Walk::bringBack, calls, limit, upTimes)) {
          LOG.debug("{} does not listen yet", member.name(), failure);
        }
      } catch (Throwable e) { // of the walk's own, or of a log appender: the walk up goes on
        return;
      }
    }
  }

  /** Brings every resource back, also those that were never stopped; what failed. */
  List<Throwable> up() {
    List<Supplier<List<Throwable>>> failures = new ArrayList<>();
    List<Throwable> first = stillDown < 0 ? jdkUp() : List.of();
    failures.add(() -> first);
    try (BoundedCalls calls = new BoundedCalls()) {
      while (stillDown > 0) {
        if (waitsForAll(stillDown)) {
          failures.forEach(Supplier::get);
        }
        stillDown--;
        WalkStep step = steps.get(stillDown);
        // Aside of nothing it would only cost two threads.
        boolean aside = step.callersWait() && !waitsForAll(stillDown);
        failures.add(aside ? bringUpAside(step) : bringUpNow(step, calls));
      }
    }
    List<Throwable> all = failures.stream().flatMap(each -> each.get().stream()).toList();
    report.upEnds(order, upTimes);
    return all;
  }

  /** Whether what comes next on the way up, with so many steps down, comes after all before it. */
  private boolean waitsForAll(int down) {
    if (down == 0) {
      return true;
    }
    int phase = steps.get(down - 1).phase();
    return phase >= Phase.TRAFFIC && (down == steps.size() || steps.get(down).phase() != phase);
  }

  private Supplier<List<Throwable>> bringUpNow(WalkStep step, BoundedCalls calls) {
    List<Throwable> failures = bringUp(step, calls);
    return () -> failures;
  }

  /**
   * Whoever needs its resources meanwhile waits at their gates. The thread only waits for those of
   * the calls, as the walk's own does for other steps.
   */
  private Supplier<List<Throwable>> bringUpAside(WalkStep step) {
    WalkStep.Aside aside =
        new WalkStep.Aside(
            () -> {
              try (BoundedCalls calls = new BoundedCalls()) {
                return bringUp(step, calls);
              }
            });
    aside.start();
    return aside::await;
  }

  /**
   * Everybody gets a try, for as long as it may take: leaving one down because another was slow
   * helps nobody.
   */
  private List<Throwable> bringUp(WalkStep step, BoundedCalls calls) {
    List<RegisteredResource> members = new ArrayList<>(step.members());
    Collections.reverse(members);
    return bringUp(members, calls, upTimes);
  }

  private List<Throwable> bringUp(
      List<RegisteredResource> members, BoundedCalls calls, Map<RegisteredResource, Long> times) {
    Duration limit = settings.resourceTimeout();
    try {
      List<RegisteredResource> left = new ArrayList<>();
      Call up =
          resource -> {
            try {
              bringBack(resource);
            } catch (RuntimeException | Error e) {
              members.stream()
                  .filter(member -> member.resource() == resource)
                  .forEach(member -> addTo(left, member));
              throw e;
            }
          };
      List<Throwable> failures =
          WalkStep.each(members, Way.UP, up, resource -> {}, calls, limit, times);
      if (!left.isEmpty()) {
        // What it has not foreseen may be over: a thread could not be started, memory was short.
        List<RegisteredResource> again = List.copyOf(left);
        for (Throwable failure :
            WalkStep.each(again, Way.UP, Walk::bringBack, resource -> {}, calls, limit, times)) {
          if (failures.stream().noneMatch(first -> isSame(first, failure))) {
            failures.add(failure);
          }
        }
      }
      return failures;
    } catch (Throwable e) { // of the walk's own: no memory for its lists
      List<Throwable> failures = new ArrayList<>(List.of(e));
      for (RegisteredResource member : members) {
        try {
          bringBack(member.resource());
        } catch (Throwable failure) {
          failures.add(failure);
        }
      }
      return failures;
    }
  }

  private static boolean isSame(Throwable first, Throwable second) {
    return WalkReport.describe(first).equals(WalkReport.describe(second));
  }

  private static void addTo(List<RegisteredResource> left, RegisteredResource member) {
    synchronized (left) {
      left.add(member);
    }
  }

  /** Also once more when a stop ended after the roll-back: it has stopped the library again. */
  private static void bringBack(PhasedResource resource) throws Exception {
    resource.afterRestore(WalkStep.NoContext.INSTANCE);
  }
}
