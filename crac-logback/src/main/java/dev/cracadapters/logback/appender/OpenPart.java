/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import ch.qos.logback.classic.LoggerContext;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import java.io.IOException;

/** One kind of thing that a logger context holds open: its files, its connections. */
public interface OpenPart {

  /**
   * Lets go of all that is open, as far as it can, and sees to it that nothing is opened until
   * {@link #open}. Called again without one where the last {@code open} failed.
   *
   * @throws RefusedException for the first thing that stays open, with the others suppressed
   */
  void close(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException;

  /**
   * Lets go of what was opened since {@link #close}, on any thread. Does nothing where nothing is
   * closed at the moment.
   *
   * @throws RefusedException for the first thing that stays open, with the others suppressed
   */
  default void closeFurther(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {}

  /**
   * Takes everything up again, as far as it can. Does nothing where nothing was let go.
   *
   * @throws IOException for the first thing that cannot be opened, with the others suppressed
   */
  void open(Deadline deadline) throws IOException;
}
