/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.crac;

/** What {@code org.crac} registers here: a proxy for its own resource. */
public interface Resource {

  /**
   * Called before a checkpoint.
   *
   * @param context the context it is registered in
   * @throws Exception to refuse the checkpoint
   */
  void beforeCheckpoint(Context<? extends Resource> context) throws Exception;

  /**
   * Called after a restore, or after a checkpoint that was refused.
   *
   * @param context the context it is registered in
   * @throws Exception if it could not be brought back
   */
  void afterRestore(Context<? extends Resource> context) throws Exception;
}
