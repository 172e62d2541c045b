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

  private static final String REFUSED = "Checkpoint refused; the application goes on. ";

  private OutcomeLog() {}

  /**
   * Says that no checkpoint was taken.
   *
   * @param log the logger to use
   * @param reasons why not
   */
  public static void refused(Logger log, String reasons) {
    String line = REFUSED + reasons;
    log(line, () -> log.warn("{}", line));
  }

  /**
   * Says that no checkpoint was taken, while the application starts.
   *
   * @param log the logger to use
   * @param reasons why not
   */
  public static void refusedEarly(Logger log, String reasons) {
    logEarly(log, REFUSED + reasons);
  }

  /**
   * Says that no checkpoint can be taken in this process.
   *
   * @param log the logger to use
   * @param reasons why not
   */
  public static void unusable(Logger log, String reasons) {
    logEarly(
        log, "No checkpoint can be taken in this process; the application goes on. " + reasons);
  }

  /** Spring Boot's logging lets nothing through until it has read its configuration. */
  private static void logEarly(Logger log, String line) {
    log(
        line,
        () -> {
          log.warn("{}", line);
          if (!log.isWarnEnabled() && hasProvider()) {
            System.err.println(line);
          }
        });
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
      logged = hasProvider();
    } finally {
      if (!logged) {
        System.err.println(line);
      }
    }
  }

  private static boolean hasProvider() {
    return !(LoggerFactory.getILoggerFactory() instanceof NOPLoggerFactory);
  }
}
