/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.actuate;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.crac.CheckpointException;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * The endpoint {@code /actuator/checkpoint}: takes a checkpoint, and reports how the last one went.
 */
@Endpoint(id = "checkpoint")
public final class CheckpointEndpoint {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointEndpoint.class);
  private static final int ACCEPTED = 202;
  private static final int CONFLICT = 409;

  private final AtomicBoolean underWay = new AtomicBoolean();

  private volatile @Nullable Unreported unreported;

  /**
   * The end of a checkpoint that the coordinator has no report of.
   *
   * @param last the coordinator's last report at that time; when it has another one, this is past
   */
  private record Unreported(@Nullable CheckpointReport last, Map<String, Object> body) {}

  /** The report of the last checkpoint; its {@code outcome} is {@code NONE} before the first. */
  @ReadOperation
  Map<String, Object> lastReport() {
    CheckpointReport last = CheckpointCoordinator.global().lastReport().orElse(null);
    Unreported later = unreported;
    return later != null && later.last == last ? later.body : ReportBody.of(last);
  }

  /**
   * Starts a checkpoint and answers at once: the request must be over before its own server can be
   * stopped. How it went is in {@link #lastReport}.
   */
  @WriteOperation
  WebEndpointResponse<Map<String, Object>> checkpoint() {
    if (CheckpointCoordinator.global().isUnderWay() || !underWay.compareAndSet(false, true)) {
      return answer(CONFLICT, false, "A checkpoint is under way: wait until its report is there");
    }
    // Not a daemon: when all servers are down it may be the only thread that keeps the JVM alive.
    Thread thread = new Thread(this::take, "crac-checkpoint");
    thread.setDaemon(false);
    boolean started = false;
    try {
      thread.start();
      started = true;
    } finally {
      if (!started) { // no memory for a thread: the next request asks again
        underWay.set(false);
      }
    }
    return answer(ACCEPTED, true, "GET gives the report when it is done");
  }

  private void take() {
    CheckpointCoordinator coordinator = CheckpointCoordinator.global();
    CheckpointReport before = coordinator.lastReport().orElse(null);
    try {
      coordinator.checkpoint();
    } catch (CheckpointException | RestoreException e) {
      // The coordinator has logged it. What has no walk has no report either.
      CheckpointReport report = coordinator.lastReport().orElse(null);
      if (report == before || report == null || report.failures().isEmpty()) {
        unreported = new Unreported(report, ReportBody.refused(e));
      }
    } catch (RuntimeException | Error e) {
      LOG.error("The checkpoint failed", e);
      unreported = new Unreported(coordinator.lastReport().orElse(null), ReportBody.refused(e));
    } finally {
      underWay.set(false);
    }
  }

  private static WebEndpointResponse<Map<String, Object>> answer(
      int status, boolean accepted, String message) {
    return new WebEndpointResponse<>(Map.of("accepted", accepted, "message", message), status);
  }
}
