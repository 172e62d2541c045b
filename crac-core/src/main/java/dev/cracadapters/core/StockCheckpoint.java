/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

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
import dev.cracadapters.core.rehearsal.Rehearsals;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.core.support.OutcomeLog;
import dev.cracadapters.core.support.RestoreWatch;
import dev.cracadapters.core.support.UnreadableSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.crac.CheckpointException;
import org.crac.Resource;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One checkpoint on a JDK without a CRaC of its own: rehearsals, then down, audit, snapshot, up,
 * and the outcome. An object is for one checkpoint and the thread that takes it.
 *
 * <p>A rehearsal is a walk as the one of the checkpoint, but for the snapshot, of which {@link
 * RestoreWatch} says that it was taken. What fails in it refuses the checkpoint.
 */
final class StockCheckpoint {

  private static final Logger LOG = LoggerFactory.getLogger(StockCheckpoint.class);

  private final CheckpointCoordinator coordinator;
  private final CoordinatorSettings settings;
  private final CheckpointOptions options;
  private final Supplier<List<Resource>> globalContext;
  private final Supplier<List<RegisteredResource>> resources;
  private final List<DescriptorOwner> owners;
  private final WalkReport report = new WalkReport();
  private final List<Throwable> refusals = new ArrayList<>();
  private final List<Throwable> losses = new ArrayList<>();
  private @Nullable Snapshot snapshot;

  /** As they were registered when the walk began that is under way; a rehearsal may change them. */
  private List<RegisteredResource> order;

  private final List<CoveredDescriptor> covered = new ArrayList<>();

  /** Of resources. */
  private int number;

  /**
   * A checkpoint that has not begun.
   *
   * @param globalContext what is registered in the global context, asked for each walk
   * @param resources the coordinator's own, in order, asked for each walk
   */
  StockCheckpoint(
      CheckpointCoordinator coordinator,
      CoordinatorSettings settings,
      CheckpointOptions options,
      Supplier<List<Resource>> globalContext,
      Supplier<List<RegisteredResource>> resources,
      List<DescriptorOwner> owners) {
    this.coordinator = coordinator;
    this.settings = settings;
    this.options = options;
    this.globalContext = globalContext;
    this.resources = resources;
    this.owners = owners;
    this.order = resources.get();
  }

  /** Takes it, and returns in the restored process. */
  void take() throws CheckpointException, RestoreException {
    try {
      report.engine(settings.engine());
      UnreadableSettings.refuse();
      ResourcePolicies policies = ResourcePolicies.fromSystemProperties();
      CheckpointEngine engine =
          Engines.choose(settings.engine(), UnreadableSettings.require(this::request));
      report.engine(engine.name());
      number = number(globalContext.get());
      LOG.info("Checkpoint by the {} engine: {}", engine.name(), describe(number));
      takeBy(engine, policies);
    } catch (Throwable e) { // a mistyped setting or an Error is a refusal as well
      refusals.add(e);
    }
    conclude();
  }

  private void takeBy(CheckpointEngine engine, ResourcePolicies policies) {
    refusals.addAll(call(() -> rehearse(engine, policies)));
    if (!hasFailed()) {
      refusals.addAll(call(() -> walk(engine, policies, false)));
    }
    boolean interrupted = Thread.interrupted();
    losses.addAll(call(engine::backUp));
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void rehearse(CheckpointEngine engine, ResourcePolicies policies) {
    boolean byAuto = engine.isWorthRehearsing() && !options.leavesRunning();
    Rehearsals rehearsals = new Rehearsals(settings.rehearse(), byAuto);
    while (!hasFailed() && rehearsals.needAnother()) {
      walk(engine, policies, true);
      if (!hasFailed()) {
        LOG.debug("A rehearsal: {}, {}", report.rehearsedSummary(), report.resources());
        rehearsals.add(report.rehearsed());
        report.rehearsals(rehearsals.all());
        refusals.addAll(call(coordinator.betweenRehearsals));
      }
      if (!hasFailed() && Thread.currentThread().isInterrupted()) {
        refusals.add(interrupted());
      }
    }
    if (!hasFailed() && !rehearsals.all().isEmpty()) {
      LOG.info("Rehearsed {}", WalkReport.describe(rehearsals.all()));
    }
  }

  private boolean hasFailed() {
    return !refusals.isEmpty() || !losses.isEmpty();
  }

  /** Down, audit, the snapshot unless it is a rehearsal, and in any case up. */
  private void walk(CheckpointEngine engine, ResourcePolicies policies, boolean rehearsal) {
    order = resources.get();
    covered.clear();
    List<Resource> all = globalContext.get();
    number = number(all);
    Walk walk = new Walk(order, settings, report);
    coordinator.walk(walk);
    try (GlobalContext context =
        new GlobalContext(all, coordinator.asOneResource, walk, settings.resourceTimeout())) {
      try {
        context.down(refusals);
        if (refusals.isEmpty()) {
          refusals.addAll(audit(policies, engine, rehearsal));
        }
        if (refusals.isEmpty() && rehearsal) {
          engine.rehearse();
          settings.afterRestore(Set.of());
          RestoreWatch.rehearsalTurns();
        } else if (refusals.isEmpty()) {
          takeSnapshot(engine);
        }
      } catch (Throwable e) { // whatever it is, everything comes up
        refusals.add(e);
      }
      // What gets no thread of its own comes back on this one: an interrupt would keep it down.
      boolean interrupted = Thread.interrupted();
      losses.addAll(call(() -> losses.addAll(walk.jdkUp())));
      context.up(losses);
      coordinator.walk(null);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    } finally {
      RestoreWatch.rehearsalEnds();
    }
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

  private void takeSnapshot(CheckpointEngine engine) {
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

  private void conclude() throws CheckpointException, RestoreException {
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

  private List<Throwable> audit(
      ResourcePolicies policies, CheckpointEngine engine, boolean rehearsal) {
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
      DescriptorAudit audit =
          new DescriptorAudit(settings.audit(), asked, policies, engine::cannotKeep);
      DescriptorAudit.Findings findings = rehearsal ? audit.rehearse() : audit.run();
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

  /** What a body throws, whatever it is. */
  static List<Throwable> call(BoundedCalls.Body body) {
    try {
      body.run();
      return List.of();
    } catch (Throwable e) { // an Error too must not leave the application stopped
      return Failures.carriedBy(e);
    }
  }
}
