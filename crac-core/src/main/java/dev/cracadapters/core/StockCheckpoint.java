/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import dev.cracadapters.core.BoundedCalls.Way;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.audit.CoveredDescriptor;
import dev.cracadapters.core.audit.DescriptorAudit;
import dev.cracadapters.core.audit.DescriptorOwner;
import dev.cracadapters.core.audit.ResourcePolicies;
import dev.cracadapters.core.engine.CheckpointEngine;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.core.engine.Engines;
import dev.cracadapters.core.engine.Snapshot;
import dev.cracadapters.core.hold.ThreadHold;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.core.support.OutcomeLog;
import dev.cracadapters.core.support.UnreadableSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Resource;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One checkpoint on a JDK without a CRaC of its own: down, audit, snapshot, up, and the outcome. An
 * object is for one checkpoint and the thread that takes it.
 */
final class StockCheckpoint {

  private static final Logger LOG = LoggerFactory.getLogger(StockCheckpoint.class);

  private final CheckpointCoordinator coordinator;
  private final CoordinatorSettings settings;
  private final CheckpointOptions options;
  private final List<RegisteredResource> order;
  private final List<DescriptorOwner> owners;
  private final WalkReport report = new WalkReport();
  private final List<CoveredDescriptor> covered = new ArrayList<>();
  private @Nullable Snapshot snapshot;

  /** Of resources. */
  private int number;

  StockCheckpoint(
      CheckpointCoordinator coordinator,
      CoordinatorSettings settings,
      CheckpointOptions options,
      List<RegisteredResource> order,
      List<DescriptorOwner> owners) {
    this.coordinator = coordinator;
    this.settings = settings;
    this.options = options;
    this.order = order;
    this.owners = owners;
  }

  /** Takes it, and returns in the restored process. */
  void take(List<Resource> globalContext) throws CheckpointException, RestoreException {
    CheckpointEngine engine;
    ResourcePolicies policies;
    Walk walk;
    try {
      report.engine(settings.engine());
      UnreadableSettings.refuse();
      policies = ResourcePolicies.fromSystemProperties();
      engine = Engines.choose(settings.engine(), UnreadableSettings.require(this::request));
      report.engine(engine.name());
      number = number(globalContext);
      LOG.info("Checkpoint by the {} engine: {}", engine.name(), describe(number));
      walk = new Walk(order, settings, report);
    } catch (Throwable e) { // a mistyped setting or an Error is a refusal as well
      conclude(new ArrayList<>(List.of(e)), new ArrayList<>());
      return;
    }
    coordinator.walk(walk);
    List<Throwable> refusals = new ArrayList<>();
    List<Throwable> losses = new ArrayList<>();
    try (GlobalContext context = new GlobalContext(globalContext, walk)) {
      try {
        context.down(refusals);
        if (refusals.isEmpty()) {
          refusals.addAll(audit(policies, engine));
        }
        if (refusals.isEmpty()) {
          takeSnapshot(engine, refusals);
        }
      } catch (Throwable e) { // whatever it is, everything comes up
        refusals.add(e);
      }
      // What gets no thread of its own comes back on this one: an interrupt would keep it down.
      boolean interrupted = Thread.interrupted();
      losses.addAll(call(() -> losses.addAll(walk.jdkUp())));
      context.up(losses);
      losses.addAll(call(engine::backUp));
      coordinator.walk(null);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    conclude(refusals, losses);
  }

  /** The coordinator's own, and those of existing code. */
  private int number(List<Resource> globalContext) {
    int known = order.size();
    return globalContext.contains(coordinator.asOneResource)
        ? known + globalContext.size() - 1
        : known + globalContext.size();
  }

  private static String describe(int resources) {
    return switch (resources) {
      case 0 -> "nothing is registered that has to be stopped";
      case 1 -> "stopping 1 resource";
      default -> "stopping " + resources + " resources";
    };
  }

  private void takeSnapshot(CheckpointEngine engine, List<Throwable> refusals) {
    report.snapshotBegins();
    if (number > 0) {
      LOG.info("Everything is down after {} ms", report.downMillis());
    }
    ThreadHold hold = engine.holdsThreads() ? ThreadHold.begin() : null;
    report.holds(hold);
    try {
      snapshot = engine.checkpoint(request());
      if (snapshot.restore() != null) {
        coordinator.restored(snapshot.restore());
      }
    } catch (InterruptedException e) {
      refusals.add(interrupted());
    } catch (Throwable e) { // an Error too must not leave the application stopped
      refusals.add(e);
    } finally {
      if (snapshot == null || snapshot.leftRunning()) {
        report.releaseThreads(); // this is the process that they have always run in
      }
    }
    report.snapshotEnds(snapshot);
  }

  private void conclude(List<Throwable> refusals, List<Throwable> losses)
      throws CheckpointException, RestoreException {
    List<Throwable> failures = new ArrayList<>(refusals);
    failures.addAll(losses);
    try {
      coordinator.ended(report.end(outcome(failures.isEmpty()), failures));
      log(failures.isEmpty());
    } catch (Throwable e) { // of a log appender
      failures.add(e);
    }
    if (snapshot == null) {
      throw Failures.carry(new CheckpointException(), failures);
    }
    if (!failures.isEmpty()) {
      throw Failures.carry(new RestoreException(), failures);
    }
  }

  private Outcome outcome(boolean whole) {
    if (snapshot == null) {
      return Outcome.REFUSED;
    }
    return snapshot.leftRunning()
        ? whole ? Outcome.IMAGED : Outcome.IMAGED_WITH_FAILURES
        : whole ? Outcome.RESTORED : Outcome.RESTORED_WITH_FAILURES;
  }

  private void log(boolean whole) {
    if (snapshot == null) {
      OutcomeLog.refused(LOG, report.describeFailures());
      return;
    }
    LOG.info(
        "{}: {}",
        snapshot.leftRunning() ? "Image taken, the application goes on" : "Back in service",
        report.summary());
    if (!whole) {
      OutcomeLog.incomplete(LOG, report.describeFailures());
    }
  }

  private List<Throwable> audit(ResourcePolicies policies, CheckpointEngine engine) {
    if (Thread.currentThread().isInterrupted()) {
      return List.of(interrupted());
    }
    try {
      List<DescriptorOwner> asked = new ArrayList<>();
      for (RegisteredResource registered : order) {
        if (registered.resource() instanceof AuditedResource audited) {
          audited.beforeAudit();
          asked.add(audited);
        }
      }
      asked.addAll(owners);
      DescriptorAudit.Findings findings =
          new DescriptorAudit(settings.audit(), asked, policies, engine::cannotKeep).run();
      report.descriptors(findings.open());
      covered.addAll(findings.covered());
      return new ArrayList<>(findings.refusals());
    } catch (InterruptedException e) {
      return List.of(interrupted());
    } catch (IOException e) {
      return List.of(
          new RefusedException(
              "descriptor audit",
              "/proc/self/fd cannot be read (" + e + ")",
              "mount /proc for this process",
              e));
    } catch (Throwable e) { // an owner's, an engine's
      return List.of(e);
    }
  }

  private CheckpointRequest request() {
    return new CheckpointRequest(
        options.image(settings),
        order.stream().map(RegisteredResource::name).toList(),
        report.descriptorTargets(),
        covered,
        report.downMillis(),
        options.leavesRunning());
  }

  private static RefusedException interrupted() {
    Thread.currentThread().interrupt();
    return new RefusedException(
        "checkpoint", "the thread that takes it was interrupted", "ask for it again");
  }

  private static List<Throwable> call(BoundedCalls.Body body) {
    try {
      body.run();
      return List.of();
    } catch (Throwable e) { // an Error too must not leave the application stopped
      return Failures.carriedBy(e);
    }
  }

  /**
   * What is registered with {@code org.crac}: this coordinator, and the resources of existing code.
   * Each of those has a thread of its own for the whole checkpoint, so that it may unlock on the
   * way up what it locked on the way down, and a deadline as the coordinator's resources have.
   */
  private final class GlobalContext implements AutoCloseable {

    private final List<Resource> resources;
    private final Walk walk;
    private final Map<Resource, BoundedCalls> threads = new IdentityHashMap<>();

    /** The place of the last that was called on the way down. */
    private int lowest;

    GlobalContext(List<Resource> resources, Walk walk) {
      this.resources = resources;
      this.walk = walk;
      this.lowest = resources.size();
    }

    /** The last registered first, as on a CRaC JDK. */
    void down(List<Throwable> failures) {
      while (lowest > 0) {
        Resource resource = resources.get(lowest - 1);
        if (resource == coordinator.asOneResource) {
          lowest--;
          failures.addAll(call(() -> resource.beforeCheckpoint(org.crac.Core.getGlobalContext())));
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
        if (resource == coordinator.asOneResource) {
          failures.addAll(call(() -> resource.afterRestore(org.crac.Core.getGlobalContext())));
        } else if (next >= lowest) {
          run(Way.UP, resource, settings.resourceTimeout(), failures);
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
        BoundedCalls.Call call =
            new BoundedCalls.Call(resource.getClass().getName(), body, whenLate);
        for (BoundedCalls.Outcome outcome : calls.run(way, List.of(call), time)) {
          if (outcome.failure() != null) {
            failures.addAll(Failures.carriedBy(outcome.failure()));
          }
        }
        failures.addAll(calls.takeUnlogged());
      } catch (Throwable e) { // of the walk's own, which must not keep it from going on
        failures.add(e);
        failures.addAll(way == Way.UP ? call(up) : List.of());
      }
    }

    @Override
    public void close() {
      threads.values().forEach(BoundedCalls::close);
    }
  }
}
