/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

/** A resource's place in a {@link CheckpointCoordinator}. */
public interface Registration extends AutoCloseable {

  /**
   * Takes the resource out: later walks do not call it. A walk that is under way still completes
   * for it. Closing again does nothing.
   */
  @Override
  void close();
}
