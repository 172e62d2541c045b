/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import java.util.Optional;

/**
 * How a context is configured anew after a restore, where Logback does not do it by itself: by a
 * framework that configures it at the start. Called on the threads of a walk, one at a time.
 */
public interface ConfigurationSource {

  /** At a checkpoint: takes note of what the present configuration is made from. */
  void note();

  /**
   * After a restore, with all files open again. What needs no reset, such as a level, is changed by
   * this call.
   *
   * @return what else changed since the checkpoint, for a message; empty where the configuration
   *     stays
   */
  Optional<String> changes();

  /**
   * In a rehearsal of a restore, as {@link #changes}: looks for changes, and changes nothing. What
   * it throws is ignored: the restore will say it. By default nothing is looked for.
   */
  default void rehearse() {}

  /**
   * Looks for mistakes in the new configuration, without touching the old one.
   *
   * @return why it cannot be used; empty where it seems that it can
   */
  Optional<String> flaw();

  /**
   * Resets the context and configures it. No event is lost meanwhile: threads that log wait.
   *
   * @throws Exception if the new configuration is broken; the old one is back by then
   */
  void apply() throws Exception;
}
