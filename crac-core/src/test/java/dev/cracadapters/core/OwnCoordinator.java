/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.support.CracImplementation;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.crac.CheckpointException;
import org.crac.RestoreException;

/** A coordinator of a test's own, which no other test's resources are registered with. */
final class OwnCoordinator {

  static final CoordinatorSettings PAUSE = settings("pause", Duration.ofSeconds(20));

  final CheckpointCoordinator coordinator = new CheckpointCoordinator();

  /** What the resources were called, in order. */
  final List<String> calls = new CopyOnWriteArrayList<>();

  OwnCoordinator() {
    CracImplementation.install();
    coordinator.configure(PAUSE);
  }

  static CoordinatorSettings settings(String engine, Duration resourceTimeout) {
    return new CoordinatorSettings(
        engine, null, AuditMode.LENIENT, Duration.ofSeconds(40), resourceTimeout);
  }

  /** Registers a resource that does nothing yet. */
  TestResource add(String name, int phase) {
    TestResource resource = new TestResource(name, phase, calls);
    coordinator.register(resource);
    return resource;
  }

  /** Registers a resource that goes side by side, and does nothing yet. */
  TestResource.Side addSide(String name, int phase) {
    TestResource.Side side = new TestResource.Side(name, phase, calls);
    coordinator.register(side);
    return side;
  }

  CheckpointReport checkpoint() throws CheckpointException, RestoreException {
    coordinator.checkpointOnStockJdk(List.of(coordinator.asOneResource));
    return coordinator.lastReport().orElseThrow();
  }

  /** Takes a checkpoint that has to fail; the failures, as the caller sees them. */
  List<Throwable> refused() {
    try {
      coordinator.checkpointOnStockJdk(List.of(coordinator.asOneResource));
    } catch (CheckpointException e) {
      return List.of(e.getSuppressed());
    } catch (RestoreException e) {
      throw new AssertionError("The snapshot was taken", e);
    }
    throw new AssertionError("The checkpoint was not refused");
  }

  CheckpointReport report() {
    return coordinator.lastReport().orElseThrow();
  }
}
