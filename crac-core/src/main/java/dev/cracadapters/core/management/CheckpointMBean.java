/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.management;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointMXBean;
import dev.cracadapters.core.CheckpointOptions;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CheckpointReport.Rehearsal;
import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.core.support.CracImplementation;
import dev.cracadapters.core.support.Failures;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;
import org.crac.CheckpointException;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The global coordinator as JMX sees it. */
public final class CheckpointMBean implements CheckpointMXBean {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointMBean.class);

  private final CheckpointCoordinator coordinator;
  private final Supplier<Optional<Path>> image;

  private CheckpointMBean(CheckpointCoordinator coordinator, Supplier<Optional<Path>> image) {
    this.coordinator = coordinator;
    this.image = image;
  }

  /**
   * Registers it in the platform MBean server, unless there is one already.
   *
   * @param image the image folder of the coordinator's settings
   */
  public static void register(CheckpointCoordinator coordinator, Supplier<Optional<Path>> image) {
    try {
      ManagementFactory.getPlatformMBeanServer()
          .registerMBean(new CheckpointMBean(coordinator, image), new ObjectName(NAME));
    } catch (JMException | RuntimeException e) {
      // Another class loader's crac-core is there first: checkpoints are taken without as well.
      LOG.debug("No {} in JMX", NAME, e);
    }
  }

  @Override
  public long getUptimeSinceRestore() {
    long restored = getRestoreTime();
    return restored < 0 ? -1 : System.currentTimeMillis() - restored;
  }

  @Override
  public long getRestoreTime() {
    return RestoreInfo.latest().map(info -> info.restoredAt().toEpochMilli()).orElse(-1L);
  }

  @Override
  public boolean isImplemented() {
    return CracImplementation.isOurs() || CracImplementation.jdkHasCrac();
  }

  @Override
  public void checkpointRestore() {
    try {
      coordinator.checkpoint();
    } catch (CheckpointException | RestoreException e) {
      // The exception itself is of a class that a remote client need not have.
      throw new IllegalStateException(failures(e));
    }
  }

  @Override
  public Map<String, String> checkpoint(@Nullable String image, boolean leaveRunning) {
    try {
      Path folder = image == null || image.isBlank() ? null : Path.of(image);
      return describe(coordinator.checkpoint(new CheckpointOptions(folder, leaveRunning)));
    } catch (RestoreException e) {
      return getLastReport();
    } catch (CheckpointException e) {
      // Not the last report: one that was refused because another is under way has none.
      return Map.of("outcome", Outcome.REFUSED.name(), "failures", failures(e));
    }
  }

  @Override
  public String getImage() {
    return image.get().map(path -> path.toAbsolutePath().toString()).orElse("");
  }

  @Override
  public boolean isLeaveRunning() {
    return CheckpointOptions.NONE.leavesRunning();
  }

  @Override
  public boolean isUnderWay() {
    return coordinator.isUnderWay();
  }

  @Override
  public Map<String, String> getLastReport() {
    return coordinator
        .lastReport()
        .map(CheckpointMBean::describe)
        .orElseGet(() -> Map.of("outcome", "NONE"));
  }

  private static Map<String, String> describe(CheckpointReport report) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("outcome", report.outcome().name());
    values.put("engine", report.engine());
    values.put("startedAt", report.startedAt().toString());
    values.put("endedAt", report.endedAt().toString());
    values.put("downMillis", Long.toString(report.downMillis()));
    values.put("snapshotMillis", Long.toString(report.snapshotMillis()));
    values.put("upMillis", Long.toString(report.upMillis()));
    if (!report.rehearsals().isEmpty()) {
      values.put("rehearsalDownMillis", each(report, Rehearsal::downMillis));
      values.put("rehearsalUpMillis", each(report, Rehearsal::upMillis));
    }
    CheckpointReport.Image taken = report.image();
    if (taken != null) {
      values.put("image", taken.folder().toString());
      values.put("bytes", Long.toString(taken.bytes()));
    }
    CheckpointReport.Hold hold = report.hold();
    if (hold != null) {
      values.put("heldThreads", Integer.toString(hold.threads()));
      values.put("heldMillis", Long.toString(hold.millis()));
    }
    if (report.instanceId() != null) {
      values.put("instanceId", report.instanceId());
    }
    if (!report.failures().isEmpty()) {
      values.put("failures", String.join("\n", report.failures()));
    }
    return values;
  }

  private static String each(CheckpointReport report, ToLongFunction<Rehearsal> millis) {
    return report.rehearsals().stream()
        .map(rehearsal -> Long.toString(millis.applyAsLong(rehearsal)))
        .collect(Collectors.joining(", "));
  }

  private static String failures(Exception e) {
    Stream<Throwable> each =
        e.getSuppressed().length > 0 ? Stream.of(e.getSuppressed()) : Stream.of(e);
    return each.map(Failures::describe).collect(Collectors.joining("\n"));
  }
}
