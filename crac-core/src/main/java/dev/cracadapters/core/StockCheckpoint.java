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
import dev.cracadapters.core.support.Failures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.crac.CheckpointException;
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
  void take(Resource globalContext) throws CheckpointException, RestoreException {
    CheckpointEngine engine;
    ResourcePolicies policies;
    try {
      policies = ResourcePolicies.fromSystemProperties();
      engine = Engines.choose(settings.engine(), request());
    } catch (RefusedException e) {
      report.engine(settings.engine());
      LOG.warn("Checkpoint refused; the application goes on. {}", e.getMessage());
      coordinator.ended(report.end(Outcome.REFUSED, List.of(e)));
      throw Failures.carry(new CheckpointException(), List.of(e));
    }
    report.engine(engine.name());
    LOG.info("Checkpoint by the {} engine: stopping {} resources", engine.name(), order.size());

    coordinator.walk(new Walk(order, settings, report));
    List<Throwable> refusals = new ArrayList<>(call(() -> globalContext.beforeCheckpoint(null)));
    if (refusals.isEmpty()) {
      refusals.addAll(audit(policies, engine));
    }
    Snapshot snapshot = refusals.isEmpty() ? snapshot(engine, refusals) : null;
    // Others' resources come back on this thread: an interrupt would keep them down.
    boolean interrupted = Thread.interrupted();
    List<Throwable> losses = new ArrayList<>(call(() -> globalContext.afterRestore(null)));
    report.releaseThreads();
    losses.addAll(call(engine::backUp));
    coordinator.walk(null);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    conclude(snapshot, refusals, losses);
  }

  private @Nullable Snapshot snapshot(CheckpointEngine engine, List<Throwable> refusals) {
    report.snapshotBegins();
    LOG.info("Everything is down after {} ms", report.downMillis());
    Snapshot snapshot = null;
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
      if (snapshot == null || snapshot.restore() == null) {
        report.releaseThreads(); // this is the process that they have always run in
      }
    }
    report.snapshotEnds(snapshot);
    return snapshot;
  }

  private void conclude(
      @Nullable Snapshot snapshot, List<Throwable> refusals, List<Throwable> losses)
      throws CheckpointException, RestoreException {
    List<Throwable> failures = new ArrayList<>(refusals);
    failures.addAll(losses);
    if (snapshot == null) {
      coordinator.ended(report.end(Outcome.REFUSED, failures));
      LOG.warn("Checkpoint refused; the application goes on. {}", report.describeFailures());
      throw Failures.carry(new CheckpointException(), failures);
    }
    boolean left = snapshot.leftRunning();
    Outcome whole = left ? Outcome.IMAGED : Outcome.RESTORED;
    Outcome partial = left ? Outcome.IMAGED_WITH_FAILURES : Outcome.RESTORED_WITH_FAILURES;
    coordinator.ended(report.end(losses.isEmpty() ? whole : partial, losses));
    LOG.info(
        "{}: {}",
        left ? "Image taken, the application goes on" : "Back in service",
        report.summary());
    if (!losses.isEmpty()) {
      LOG.error("Not everything came back. {}", report.describeFailures());
      throw Failures.carry(new RestoreException(), losses);
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
    } catch (CheckpointException | RuntimeException | LinkageError e) { // an owner's
      return List.of(e);
    } catch (InterruptedException e) {
      return List.of(interrupted());
    } catch (IOException e) {
      return List.of(
          new RefusedException(
              "descriptor audit",
              "/proc/self/fd cannot be read (" + e + ")",
              "mount /proc for this process",
              e));
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

  /** Runs one half of the walk. */
  private static List<Throwable> call(BoundedCalls.Body half) {
    try {
      half.run();
      return List.of();
    } catch (Throwable e) { // an Error too must not leave the application stopped
      return Failures.carriedBy(e);
    }
  }
}
