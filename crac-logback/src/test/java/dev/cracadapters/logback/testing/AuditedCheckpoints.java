/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.testing;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Resource;

/** AuditedCheckpoints of the process by its coordinator and the pause engine. */
public final class AuditedCheckpoints implements AutoCloseable {

  public interface Body {
    void run() throws Exception;
  }

  private final List<Registration> registrations = new ArrayList<>();
  private final CheckpointCoordinator coordinator = CheckpointCoordinator.global();

  public AuditedCheckpoints(AuditMode audit) {
    coordinator.configure(
        new CoordinatorSettings(
            "pause", null, audit, Duration.ofSeconds(40), Duration.ofSeconds(20)));
  }

  public void add(Registration registration) {
    registrations.add(registration);
  }

  public void register(PhasedResource resource) {
    add(coordinator.register(resource));
  }

  /** Does something after Logback's files are closed, and before the audit. */
  public void meanwhile(Body body) {
    register(
        new PhasedResource() {
          @Override
          public String name() {
            return "meanwhile";
          }

          @Override
          public int phase() {
            return dev.cracadapters.core.Phase.JDK;
          }

          @Override
          public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
            body.run();
          }

          @Override
          public void afterRestore(Context<? extends Resource> context) {}
        });
  }

  public CheckpointReport take() throws Exception {
    return coordinator.checkpoint();
  }

  /** The messages of the checkpoint's failure, which must be there. */
  public List<String> refused() throws Exception {
    try {
      coordinator.checkpoint();
    } catch (CheckpointException e) {
      return List.of(e.getSuppressed()).stream().map(Throwable::getMessage).toList();
    }
    throw new AssertionError("The checkpoint was not refused");
  }

  @Override
  public void close() {
    registrations.forEach(Registration::close);
    coordinator.configure(CoordinatorSettings.fromSystemProperties());
  }
}
