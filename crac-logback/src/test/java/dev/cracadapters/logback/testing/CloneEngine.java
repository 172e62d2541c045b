/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.testing;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.core.engine.CheckpointEngine;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.core.engine.Snapshot;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.crac.CheckpointException;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;

/** Takes no snapshot, and says that this process was restored all the same. */
public final class CloneEngine implements CheckpointEngine {

  private static final String POLICIES = "crac.resource-policies";

  private static volatile @Nullable String instanceId;

  /**
   * Makes this process a clone, by a walk of the coordinator, which nobody need take part in.
   * Whatever is open stays so: other clones in this process, and what other tests have left.
   */
  public static void becomes(String instance)
      throws CheckpointException, RestoreException, URISyntaxException {
    CheckpointCoordinator coordinator = CheckpointCoordinator.global();
    CoordinatorSettings usual = CoordinatorSettings.fromSystemProperties();
    instanceId = instance;
    URL policies = CloneEngine.class.getResource("/ignore-all-descriptors.yaml");
    System.setProperty(POLICIES, Path.of(Objects.requireNonNull(policies).toURI()).toString());
    coordinator.configure(
        new CoordinatorSettings(
            "clone", null, usual.audit(), usual.walkTimeout(), usual.resourceTimeout()));
    try {
      coordinator.checkpoint();
    } finally {
      System.clearProperty(POLICIES);
      coordinator.configure(usual);
    }
  }

  @Override
  public String name() {
    return "clone";
  }

  @Override
  public int rank() {
    return Integer.MIN_VALUE;
  }

  @Override
  public Optional<RefusedException> unavailable(CheckpointRequest request) {
    return Optional.empty();
  }

  @Override
  public Snapshot checkpoint(CheckpointRequest request) {
    return new Snapshot(
        null, new RestoreInfo(Instant.now(), "" + instanceId, Map.of(), Map.of(), List.of()));
  }
}
