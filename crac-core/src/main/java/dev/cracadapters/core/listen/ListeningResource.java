/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.listen;

import dev.cracadapters.core.PhasedResource;

/**
 * A resource that others connect to: its sockets are opened first on the way up, and accepted from
 * last. The kernel completes the connections of clients that come in between, up to the back-log;
 * they wait until the walk is up instead of being refused.
 */
public interface ListeningResource extends PhasedResource {

  /**
   * Binds the sockets that {@link #beforeCheckpoint} has closed, with their back-log, on the
   * address that they will have, and accepts nothing. Called on every way up, also after a
   * checkpoint that failed, when the resources of {@link dev.cracadapters.core.Phase#JDK} are back
   * and before all others come back, lower phases first. It has the time of a resource, which
   * counts in the report as part of its way up. Does nothing where nothing was closed.
   *
   * <p>Then {@link #afterRestore}, in its turn, accepts from these very sockets. It opens what is
   * not open; so where this method throws or passes its deadline, that is no failure yet: {@code
   * afterRestore} tries again, and says what is in the way. A socket that it cannot accept from,
   * for whatever reason, it closes: no client is to wait for nothing.
   *
   * @throws Exception if a socket cannot be opened now
   */
  void listen() throws Exception;
}
