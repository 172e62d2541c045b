/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.audit.DescriptorOwner;
import dev.cracadapters.core.audit.ResourcePolicies;
import dev.cracadapters.core.management.CheckpointMBean;
import dev.cracadapters.core.support.CracImplementation;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.core.support.OutcomeLog;
import dev.cracadapters.core.support.UnreadableSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Resource;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Walks the registered resources down before a checkpoint and up after a restore.
 *
 * <p>It is one resource in {@code org.crac}'s global context, so a checkpoint from any side, {@code
 * Core.checkpointRestore()}, {@code jcmd} on a CRaC JDK, Spring's, reaches the same walk. Before a
 * checkpoint the phases go from high to low, inside a phase the last registered first; after a
 * restore exactly the other way. Those that say so go {@linkplain SideBySideResource side by side}.
 *
 * <p>A resource that throws does not keep the others from being called. All failures reach the
 * caller as suppressed exceptions of one {@link CheckpointException}; before that, everything is
 * brought back up and the application goes on serving. A resource that passes its deadline counts
 * as failed, with its thread's stack in the message. So does one of existing code, which is
 * registered with {@code org.crac} itself; on a stock JDK each of those is called on a thread of
 * its own, the same one down and up. An {@code Error}, wherever it is thrown, does not leave the
 * application stopped either.
 */
public final class CheckpointCoordinator {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointCoordinator.class);

  private final List<RegisteredResource> resources = new CopyOnWriteArrayList<>();
  private final List<DescriptorOwner> owners = new CopyOnWriteArrayList<>();
  private final AtomicBoolean underWay = new AtomicBoolean();

  /** org.crac's own call takes no arguments: they wait here for the walk on the same thread. */
  private final ThreadLocal<CheckpointOptions> options =
      ThreadLocal.withInitial(() -> CheckpointOptions.NONE);

  final Resource asOneResource = new AsOneResource(); // tests call it as the global context does

  /** Runs after each rehearsal, when everything serves: the place of what warms up. */
  volatile BoundedCalls.Body betweenRehearsals = () -> {};

  private volatile CoordinatorSettings settings = CoordinatorSettings.readable();
  private volatile @Nullable CheckpointReport lastReport;
  private volatile @Nullable Walk walk;

  /**
   * Not in {@link #global()}'s class initializer: {@code org.crac} must first be told which
   * implementation to take.
   */
  private static final class Global {
    static final CheckpointCoordinator INSTANCE = new CheckpointCoordinator();

    static {
      CracImplementation.install();
      org.crac.Core.getGlobalContext().register(INSTANCE.asOneResource);
      try {
        CheckpointMBean.register(INSTANCE, () -> Optional.ofNullable(INSTANCE.settings.image()));
      } catch (LinkageError e) {
        LOG.debug("This Java has no module java.management: no JMX", e);
      }
      CheckpointSignal.installIfReadable();
    }
  }

  CheckpointCoordinator() {}

  /**
   * The coordinator of this process. The first call makes crac-core the implementation of {@code
   * org.crac} where the JDK has none, and registers the coordinator in the global context.
   *
   * @return always the same one
   */
  public static CheckpointCoordinator global() {
    return Global.INSTANCE;
  }

  /**
   * Adds a resource to every later walk.
   *
   * @param resource held strongly until the registration is closed
   * @return the way to take the resource out again
   */
  public Registration register(PhasedResource resource) {
    RegisteredResource registered = new RegisteredResource(resource);
    resources.add(registered);
    return () -> resources.remove(registered);
  }

  /**
   * Adds an owner that knows what holds a descriptor. An {@link AuditedResource} that is registered
   * is asked anyway.
   *
   * @param owner asked for each descriptor that the audit refuses
   * @return the way to take the owner out again
   */
  public Registration explainDescriptorsBy(DescriptorOwner owner) {
    owners.add(owner);
    return () -> owners.remove(owner);
  }

  /**
   * Replaces the settings that the system properties gave, from the next checkpoint on.
   *
   * @param newSettings the settings
   */
  public void configure(CoordinatorSettings newSettings) {
    settings = newSettings;
    UnreadableSettings.replaced(CoordinatorSettings.PREFIX);
  }

  /** Goes back to the system properties. If one cannot be read, checkpoints are refused. */
  public void configureBySystemProperties() {
    settings = CoordinatorSettings.readable();
  }

  /** {@return the report of the last walk that has ended, empty until the first one} */
  public Optional<CheckpointReport> lastReport() {
    return Optional.ofNullable(lastReport);
  }

  /**
   * {@return whether a walk or a snapshot is under way: from the first resource stopped until the
   * last is back}
   */
  public boolean isUnderWay() {
    return underWay.get() || walk != null;
  }

  /**
   * Takes a checkpoint, and returns in the restored process. The same as {@code
   * org.crac.Core.checkpointRestore()}, with the report as its result.
   *
   * @return the report of this walk
   * @throws CheckpointException if no snapshot was taken; the reasons are its suppressed
   *     exceptions, and the application is back in service
   * @throws RestoreException if the process was restored but some resource could not be brought
   *     back; each such failure is a suppressed exception
   */
  public CheckpointReport checkpoint() throws CheckpointException, RestoreException {
    return checkpoint(CheckpointOptions.NONE);
  }

  /**
   * As {@link #checkpoint()}, with what this one is to do otherwise than the settings say.
   *
   * @param asked an image folder of its own, or whether to leave the process running
   * @return the report of this walk; in a process that is left running its outcome is {@link
   *     Outcome#IMAGED}
   * @throws CheckpointException as {@link #checkpoint()}
   * @throws RestoreException as {@link #checkpoint()}
   */
  public CheckpointReport checkpoint(CheckpointOptions asked)
      throws CheckpointException, RestoreException {
    boolean isMore = asked.image() != null || Boolean.TRUE.equals(asked.leaveRunning());
    if (isMore && !CracImplementation.isOurs()) {
      throw logged(CracImplementation.takesNoOptions());
    }
    options.set(asked);
    CheckpointReport before = lastReport;
    try {
      org.crac.Core.checkpointRestore();
    } catch (UnsupportedOperationException e) {
      throw logged(CracImplementation.isMissing(e));
    } catch (CheckpointException e) {
      CheckpointReport own = lastReport;
      // A refusal of the JDK's own, which knows no logger. Ours are logged already.
      if (!CracImplementation.isOurs()
          && (own == before || own == null || own.failures().isEmpty())) {
        logged(e);
      }
      throw e;
    } finally {
      options.remove();
    }
    CheckpointReport report = lastReport;
    if (report == null) {
      throw new IllegalStateException("The checkpoint did not reach the coordinator");
    }
    return report;
  }

  /**
   * The whole of a checkpoint on a stock JDK: walk, audit, snapshot, walk. Called by this module's
   * implementation of {@code org.crac}; applications call {@link #checkpoint}.
   *
   * @param globalContext gives all that is registered in the global context, in that order, this
   *     coordinator among it; asked for each walk, as a rehearsal may register others
   * @throws CheckpointException as {@link #checkpoint}
   * @throws RestoreException as {@link #checkpoint}
   */
  public void checkpointOnStockJdk(Supplier<List<Resource>> globalContext)
      throws CheckpointException, RestoreException {
    if (!underWay.compareAndSet(false, true)) {
      throw logged(
          new RefusedException(
              "checkpoint", "another one is under way", "wait until its report is there"));
    }
    try {
      WalkThreads.enter();
      new StockCheckpoint(
              this,
              settings,
              options.get(),
              globalContext,
              () -> RegisteredResource.inOrder(resources),
              owners)
          .take();
    } finally {
      walk = null;
      underWay.set(false);
      WalkThreads.leave();
    }
  }

  /** For tests, whose resources are always the same. */
  void checkpointOnStockJdk(List<Resource> globalContext)
      throws CheckpointException, RestoreException {
    checkpointOnStockJdk(() -> globalContext);
  }

  /** For a refusal that has no walk: it is logged here, once, whoever asked. */
  private static <E extends CheckpointException> E logged(E refusal) {
    try {
      OutcomeLog.refused(LOG, WalkReport.describeAll(Failures.carriedBy(refusal)));
    } catch (Throwable e) { // of a log appender
      refusal.addSuppressed(e);
    }
    return refusal;
  }

  /** The walk that is under way, null when it has ended. */
  void walk(@Nullable Walk current) {
    walk = current;
  }

  void ended(CheckpointReport report) {
    lastReport = report;
  }

  void restored(RestoreInfo restore) {
    RestoreInfo.publish(restore);
    try {
      settings = settings.afterRestore(restore.systemProperties().keySet());
    } catch (IllegalArgumentException e) { // the process was restored: that stands
      LOG.warn("A setting given to the restore is not taken: {}", e.getMessage());
    }
  }

  /** The coordinator as {@code org.crac} sees it. */
  private final class AsOneResource implements Resource {

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws CheckpointException {
      Walk current = walk;
      if (current == null) {
        current = beginOnCracJdk();
      }
      List<Throwable> failures = current.down();
      if (!CracImplementation.isOurs()) {
        current.report().snapshotBegins();
        current.report().failed(failures);
      }
      if (!failures.isEmpty()) {
        throw Failures.carry(new CheckpointException(), failures);
      }
    }

    /** There the walk begins and ends in this resource. */
    private Walk beginOnCracJdk() throws CheckpointException {
      UnreadableSettings.refuse();
      WalkThreads.enter();
      try {
        ResourcePolicies.offerToCracJdk();
        WalkReport report = new WalkReport();
        report.engine("crac");
        Walk begun = new Walk(RegisteredResource.inOrder(resources), settings, report);
        walk = begun;
        return begun;
      } finally {
        if (walk == null) { // nothing was stopped, and afterRestore will find no walk
          WalkThreads.leave();
        }
      }
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws RestoreException {
      Walk current = walk;
      if (current == null) {
        return;
      }
      List<Throwable> losses = new ArrayList<>();
      if (CracImplementation.isOurs()) {
        losses.addAll(current.up());
      } else {
        endOnCracJdk(current, losses);
      }
      if (!losses.isEmpty()) {
        throw Failures.carry(new RestoreException(), losses);
      }
    }

    private void endOnCracJdk(Walk current, List<Throwable> losses) {
      WalkReport report = current.report();
      try {
        report.snapshotEnds(null);
        losses.addAll(current.up());
      } finally {
        walk = null;
        WalkThreads.leave();
      }
      try {
        CheckpointReport ended = report.endOnCracJdk(losses);
        lastReport = ended;
        switch (ended.outcome()) {
          case REFUSED -> OutcomeLog.refused(LOG, report.describeFailures());
          case RESTORED -> LOG.info("Back in service: {}", report.summary());
          default -> OutcomeLog.incomplete(LOG, report.describeFailures());
        }
      } catch (Throwable e) { // of a log appender
        losses.add(e);
      }
    }

    @Override
    public String toString() {
      return "CheckpointCoordinator" + resources.stream().map(RegisteredResource::name).toList();
    }
  }
}
