/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import org.crac.Context;
import org.crac.Resource;

/**
 * What comes up after a server's sockets are open and before the server accepts.
 *
 * @param up what it does then
 */
public record Below(Step up) implements PhasedResource {

  /** What a walk up does. */
  public interface Step {

    /**
     * Does it.
     *
     * @throws Exception which the checkpoint tells
     */
    void run() throws Exception;
  }

  @Override
  public String name() {
    return "pool";
  }

  @Override
  public int phase() {
    return Phase.CLIENTS;
  }

  @Override
  public void beforeCheckpoint(Context<? extends Resource> context) {}

  @Override
  public void afterRestore(Context<? extends Resource> context) throws Exception {
    up.run();
  }
}
