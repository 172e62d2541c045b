/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import dev.cracadapters.core.BoundedCalls.Way;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;

/** One walk: each resource down, and later each up in the other direction. */
final class Walk {

  private final List<WalkStep> steps;

  /** What was registered, as {@link #steps} has it: a group stands together. */
  private final List<RegisteredResource> order;

  private final CoordinatorSettings settings;
  private final WalkReport report;
  private final Deadline whole;
  private final Map<RegisteredResource, Long> upTimes = new HashMap<>();

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
      return stop(members, resource -> resource.beforeCheckpoint(NoContext.INSTANCE));
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
      failures.addAll(each(members, Way.DOWN, call, Walk::bringBack, calls, time, times));
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
   * what failed. Before anything else comes up: others' resources may wait for such a thread.
   */
  List<Throwable> jdkUp() {
    report.upBegins();
    stillDown = steps.size();
    List<Throwable> failures = new ArrayList<>();
    try (BoundedCalls calls = new BoundedCalls()) {
      while (stillDown > 0 && steps.get(stillDown - 1).phase() <= Phase.JDK) {
        stillDown--;
        failures.addAll(bringUp(steps.get(stillDown), calls));
      }
    } finally {
      report.releaseThreads();
    }
    return failures;
  }

  /** Brings every resource back, also those that were never stopped; what failed. */
  List<Throwable> up() {
    List<Throwable> failures = new ArrayList<>(stillDown < 0 ? jdkUp() : List.of());
    try (BoundedCalls calls = new BoundedCalls()) {
      while (stillDown > 0) {
        stillDown--;
        failures.addAll(bringUp(steps.get(stillDown), calls));
      }
    }
    report.upEnds(order, upTimes);
    return failures;
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
      List<Throwable> failures = each(members, Way.UP, up, resource -> {}, calls, limit, times);
      if (!left.isEmpty()) {
        // What it has not foreseen may be over: a thread could not be started, memory was short.
        List<RegisteredResource> again = List.copyOf(left);
        for (Throwable failure :
            each(again, Way.UP, Walk::bringBack, resource -> {}, calls, limit, times)) {
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

  private interface Call {
    void on(PhasedResource resource) throws Exception;
  }

  private static List<Throwable> each(
      List<RegisteredResource> members,
      Way way,
      Call call,
      Call whenLate,
      BoundedCalls calls,
      Duration limit,
      Map<RegisteredResource, Long> times) {
    List<BoundedCalls.Call> all = new ArrayList<>();
    for (RegisteredResource member : members) {
      PhasedResource resource = member.resource();
      all.add(
          new BoundedCalls.Call(
              member.name(), () -> call.on(resource), () -> whenLate.on(resource)));
    }
    List<BoundedCalls.Outcome> outcomes = calls.run(way, all, limit);
    List<Throwable> failures = new ArrayList<>();
    Map<RegisteredResource, Long> longest = new HashMap<>();
    for (int i = 0; i < outcomes.size(); i++) {
      BoundedCalls.Outcome outcome = outcomes.get(i);
      longest.merge(members.get(i).inReport(), outcome.micros(), Math::max);
      if (outcome.failure() != null) {
        failures.add(outcome.failure());
      }
    }
    failures.addAll(calls.takeUnlogged());
    longest.forEach((member, micros) -> times.merge(member, micros, Long::sum));
    return failures;
  }

  /** Also once more when a stop ended after the roll-back: it has stopped the library again. */
  private static void bringBack(PhasedResource resource) throws Exception {
    resource.afterRestore(NoContext.INSTANCE);
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
