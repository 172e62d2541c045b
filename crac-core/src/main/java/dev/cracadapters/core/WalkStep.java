/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import dev.cracadapters.core.BoundedCalls.Way;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;

/** What the walk calls at one time: one resource, or a group that goes side by side. */
final class WalkStep {

  private final List<RegisteredResource> members = new ArrayList<>();

  private WalkStep(RegisteredResource first) {
    members.add(first);
  }

  /**
   * The steps of the way down.
   *
   * @param order the resources, from the first stopped to the last
   */
  static List<WalkStep> of(List<RegisteredResource> order) {
    List<WalkStep> steps = new ArrayList<>();
    order.forEach(resource -> add(steps, steps.size(), resource));
    return steps;
  }

  /** Adds a resource to the step that takes it, or as a step of its own. */
  static void add(List<WalkStep> steps, int place, RegisteredResource resource) {
    for (WalkStep step : steps) {
      if (step.takes(resource)) {
        step.members.add(resource);
        return;
      }
    }
    steps.add(place, new WalkStep(resource));
  }

  private boolean takes(RegisteredResource other) {
    RegisteredResource first = members.get(0);
    return isSideBySide()
        && first.phase() == other.phase()
        && first.resource().getClass() == other.resource().getClass()
        // Nobody is called twice at a time.
        && members.stream().noneMatch(member -> member.resource() == other.resource());
  }

  int phase() {
    return members.get(0).phase();
  }

  boolean isSideBySide() {
    return members.get(0).resource() instanceof SideBySideResource;
  }

  /** Whether the walk up may go on while the members come back. */
  boolean callersWait() {
    return members.stream().allMatch(RegisteredResource::callersWait);
  }

  /** From the first stopped to the last, as far as there is a difference. */
  List<RegisteredResource> members() {
    return Collections.unmodifiableList(members);
  }

  /** A new group of the members, for one walk. */
  SideBySideGroup group() {
    return new SideBySideGroup(
        members.stream().map(member -> (SideBySideResource) member.resource()).toList());
  }

  /** What a resource is called for. */
  interface Call {
    void on(PhasedResource resource) throws Exception;
  }

  /**
   * Calls resources at the same time; what failed.
   *
   * @param whenLate runs when a call that was left behind has ended after all
   * @param times takes how long each was at it, in microseconds
   */
  static List<Throwable> each(
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
              member::name, () -> call.on(resource), () -> whenLate.on(resource)));
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

  /** What is done beside the walk, on a thread that counts as one of the walk's. */
  static final class Aside implements Runnable {

    private final Supplier<List<Throwable>> body;
    private final CountDownLatch end = new CountDownLatch(1);
    private @Nullable List<Throwable> failures;
    private @Nullable Throwable thrown;

    /** A body that may be done once more where it throws; what failed otherwise. */
    Aside(Supplier<List<Throwable>> body) {
      this.body = body;
    }

    /** Where there is no thread, it is done when this returns. */
    void start() {
      try {
        Thread thread = new Thread(this, "crac-walk");
        thread.setDaemon(true);
        thread.start();
      } catch (Throwable e) { // OutOfMemoryError: unable to create native thread
        end.countDown();
        await();
      }
    }

    @Override
    public void run() {
      WalkThreads.enter();
      try {
        failures = body.get();
      } catch (Throwable e) { // of the walk's own: no memory for its lists
        thrown = e;
        failures = body.get();
      } finally {
        end.countDown();
        WalkThreads.leave();
      }
    }

    /**
     * Waits for the end, also where the thread is interrupted, as nothing ends the way up. What was
     * not done is done now.
     */
    List<Throwable> await() {
      boolean interrupted = false;
      while (end.getCount() > 0) {
        try {
          end.await();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (failures == null) {
        try {
          failures = body.get();
        } catch (Throwable e) { // what else comes up is not to be kept from it
          failures = List.of(e);
        }
      }
      List<Throwable> all = new ArrayList<>(failures);
      if (thrown != null) {
        all.add(thrown);
      }
      return all;
    }
  }

  /**
   * The context that the coordinator's own resources get: they are called by phase, and register
   * elsewhere.
   */
  static final class NoContext extends Context<Resource> {

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
