/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import java.io.IOException;

/** The connection of one appender to the network, through one checkpoint. */
interface Connection {

  /**
   * Keeps the events that come from now on, sends those that came before, and closes every socket.
   *
   * @throws RefusedException if that is not done at the deadline; {@link #open} makes it good
   */
  void close(Deadline deadline) throws RefusedException, InterruptedException;

  /**
   * Connects anew and sends what was kept, also where the appender was stopped meanwhile. Where
   * {@link #close} was not called, or failed, nothing that is open is disturbed.
   *
   * @throws IOException if that cannot be done now. Events are kept as before, and it is asked
   *     again.
   */
  void open(Deadline deadline) throws IOException, InterruptedException;
}
