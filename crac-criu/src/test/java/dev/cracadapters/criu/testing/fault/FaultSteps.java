/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing.fault;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import org.crac.CheckpointException;
import org.crac.RestoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps that the classes of a {@link FaultLoader} take, at one of which something is thrown.
 */
public final class FaultSteps {

  /** What an adapter brings back, and how to see that it is back. */
  @FunctionalInterface
  public interface Serving {

    /**
     * Fails if the library does not serve.
     *
     * @param when what was thrown before, for the message
     * @throws Exception if it does not serve
     */
    void check(String when) throws Exception;
  }

  private enum Kind {
    EXCEPTION(IllegalStateException::new),
    ERROR(OutOfMemoryError::new);

    private final Function<String, Throwable> maker;

    Kind(Function<String, Throwable> maker) {
      this.maker = maker;
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(FaultSteps.class);

  /** How the names of an application's own threads begin: what they call is no step of a walk. */
  public static final String APPLICATION = "application";

  private static final Duration LIMIT = Duration.ofSeconds(5);

  private static final Set<String> DONE = new HashSet<>();
  private static Kind kind = Kind.EXCEPTION;
  private static boolean isArmed;
  private static String thrown = "";

  private FaultSteps() {}

  /**
   * Called before each call into other code.
   *
   * @param call what is about to be called
   */
  public static void step(String call) {
    if (Thread.currentThread().getName().startsWith(APPLICATION)) {
      return;
    }
    Throwable fault = null;
    synchronized (FaultSteps.class) {
      if (isArmed && DONE.add(call)) {
        isArmed = false;
        thrown = call;
        fault = kind.maker.apply("injected before " + call);
      }
    }
    if (fault != null) {
      FaultSteps.<RuntimeException>sneak(fault);
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable fault) throws T {
    throw (T) fault;
  }

  private static synchronized void arm(Kind how) {
    kind = how;
    isArmed = true;
    thrown = "";
  }

  private static synchronized String disarm() {
    isArmed = false;
    return thrown;
  }

  /**
   * Takes one checkpoint after the other, by the pause engine. In each the next call fails that has
   * not failed yet, with an exception and then with an error, until there is none any more.
   *
   * @param serving asked after each
   * @return how many calls there are
   * @throws Exception if the library does not serve
   */
  public static int each(Serving serving) throws Exception {
    CheckpointCoordinator coordinator = CheckpointCoordinator.global();
    coordinator.configure(
        new CoordinatorSettings("pause", null, AuditMode.LENIENT, LIMIT.multipliedBy(4), LIMIT));
    int steps = 0;
    try {
      for (Kind how : Kind.values()) {
        DONE.clear();
        String at = "none";
        while (!at.isEmpty()) {
          arm(how);
          try {
            coordinator.checkpoint();
          } catch (CheckpointException | RestoreException e) {
            LOG.trace("Of the step, or of what else this process has open", e);
          }
          at = disarm();
          String when = how + " before " + at;
          LOG.debug(when);
          if (coordinator.isUnderWay()) {
            throw new AssertionError("A walk has no end after " + when);
          }
          serving.check(when);
        }
        steps = Math.max(steps, DONE.size());
      }
    } finally {
      coordinator.configure(CoordinatorSettings.fromSystemProperties());
    }
    return steps;
  }
}
