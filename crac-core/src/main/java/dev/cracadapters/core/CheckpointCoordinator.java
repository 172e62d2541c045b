/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Walks the registered resources down before a checkpoint and up after a restore. */
public final class CheckpointCoordinator {

  private static final CheckpointCoordinator GLOBAL = new CheckpointCoordinator();

  private final List<PhasedResource> resources = new CopyOnWriteArrayList<>();

  private CheckpointCoordinator() {}

  /**
   * The coordinator of this process.
   *
   * @return always the same one
   */
  public static CheckpointCoordinator global() {
    return GLOBAL;
  }

  /**
   * Adds a resource to every later walk.
   *
   * @param resource held strongly until the registration is closed
   * @return the way to take the resource out again
   */
  public Registration register(PhasedResource resource) {
    resources.add(resource);
    return () -> resources.remove(resource);
  }
}
