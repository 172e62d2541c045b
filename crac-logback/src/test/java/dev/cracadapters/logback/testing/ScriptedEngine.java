/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.testing;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.engine.CheckpointEngine;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.core.engine.Snapshot;
import java.util.Optional;

/** An engine that does what a test says. Nobody gets it who does not name it. */
public final class ScriptedEngine implements CheckpointEngine {

  static final String NAME = "scripted";

  public interface Script {
    Snapshot checkpoint() throws RefusedException, InterruptedException;
  }

  static volatile Script script = () -> new Snapshot(null, null);

  @Override
  public String name() {
    return NAME;
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
  public Snapshot checkpoint(CheckpointRequest request)
      throws RefusedException, InterruptedException {
    return script.checkpoint();
  }
}
