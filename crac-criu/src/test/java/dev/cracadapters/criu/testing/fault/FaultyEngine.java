/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing.fault;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.CoveredDescriptor;
import dev.cracadapters.core.engine.CheckpointEngine;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.core.engine.Snapshot;
import java.util.Optional;

/** The CRIU engine, each of whose calls into other code is a {@linkplain FaultSteps step}. */
public final class FaultyEngine implements CheckpointEngine {

  /** For {@code crac.engine}. */
  public static final String NAME = "faulty";

  private static final FaultLoader LOADER = new FaultLoader("dev.cracadapters.criu");

  private final CheckpointEngine engine;

  /**
   * For {@link java.util.ServiceLoader}.
   *
   * @throws ReflectiveOperationException if the engine cannot be made
   */
  public FaultyEngine() throws ReflectiveOperationException {
    engine =
        (CheckpointEngine)
            LOADER.loadClass("dev.cracadapters.criu.CriuEngine").getConstructor().newInstance();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int rank() {
    return -1;
  }

  @Override
  public boolean holdsThreads() {
    return engine.holdsThreads();
  }

  @Override
  public Optional<RefusedException> unavailable(CheckpointRequest request) {
    return engine.unavailable(request);
  }

  @Override
  public Optional<String> cannotKeep(CoveredDescriptor covered) {
    return engine.cannotKeep(covered);
  }

  @Override
  public Snapshot checkpoint(CheckpointRequest request)
      throws RefusedException, InterruptedException {
    return engine.checkpoint(request);
  }
}
