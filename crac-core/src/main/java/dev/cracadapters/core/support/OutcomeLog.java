/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.NOPLoggerFactory;

/**
 * Logs how a checkpoint failed, in one line that stands on its own. Where SLF4J has no provider the
 * line goes to standard error: whoever asked by a signal has nothing else to read. The same where
 * the logging itself fails.
 */
public final class OutcomeLog {

  private OutcomeLog() {}

  /**
   * Says that no checkpoint was taken.
   *
   * @param log the logger to use
   * @param reasons why not
   */
  public static void refused(Logger log, String reasons) {
    String line = "Checkpoint refused; the application goes on. " + reasons;
    log(line, () -> log.warn("{}", line));
  }

  /**
   * Says that a checkpoint was taken, and what did not come back.
   *
   * @param log the logger to use
   * @param failures what did not come back
   */
  public static void incomplete(Logger log, String failures) {
    String line = "Not everything came back. " + failures;
    log(line, () -> log.error("{}", line));
  }

  private static void log(String line, Runnable logging) {
    boolean logged = false;
    try {
      logging.run();
      logged = !(LoggerFactory.getILoggerFactory() instanceof NOPLoggerFactory);
    } finally {
      if (!logged) {
        System.err.println(line);
      }
    }
  }
}
