/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import org.crac.Context;
import org.crac.Resource;

/**
 * A library's part in a checkpoint.
 *
 * <p>The {@link CheckpointCoordinator} calls the resources phase by phase, from the highest phase
 * to the lowest before a checkpoint and the other way after a restore. What it relies on:
 *
 * <ul>
 *   <li>When {@link #beforeCheckpoint} returns, the library is done: no socket is closing and no
 *       thread still writes in the background.
 *   <li>{@link #afterRestore} is also called after a checkpoint that failed or was cancelled, in
 *       the original process, even where the resource's own {@code beforeCheckpoint} threw or was
 *       never reached. It brings the library back to service, and calling it again does no harm:
 *       where it throws an unchecked exception or an error, it is called once more at once.
 *   <li>Both are called more than once before a snapshot where {@code crac.rehearse} says so. What
 *       is for a restore alone asks {@link dev.cracadapters.core.support.RestoreWatch}, which takes
 *       a rehearsal for a restore, and says that it is one: nothing of it may stay.
 *   <li>Both may be interrupted when their deadline has passed. They then end soon, with any
 *       exception.
 *   <li>What a resource cannot do it says by throwing a {@link RefusedException} before the
 *       snapshot, not by logging.
 * </ul>
 *
 * <p>The {@link Context} that both methods get is the coordinator's own and cannot register further
 * resources.
 */
public interface PhasedResource extends Resource {

  /**
   * {@return what the report and error messages call this resource, for example {@code
   * HikariPool-1} or {@code jetty 0.0.0.0:8080}: short, not empty; it may change over time}
   */
  String name();

  /**
   * {@return the phase, as in Spring's {@code SmartLifecycle}: a higher phase stops earlier and
   * starts later} The usual places are the constants of {@link Phase}. Read once, when the resource
   * is registered.
   */
  int phase();

  /**
   * {@return whether whoever needs the library while it is stopped waits, and is then served} Where
   * it is so, the walk up does not wait for this resource either: those of higher phases come back
   * beside it, also where they need it. Only those of {@link Phase#TRAFFIC} and above come after
   * it. Read once, when the resource is registered.
   *
   * <p>{@link #afterRestore} of such a resource must not wait for what a resource of a higher phase
   * does, or holds while it comes back.
   */
  default boolean callersWait() {
    return false;
  }
}
