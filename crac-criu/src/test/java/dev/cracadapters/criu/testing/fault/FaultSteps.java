/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing.fault;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import java.time.Duration;
import java.util.function.Function;
import org.crac.CheckpointException;
import org.crac.RestoreException;

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

  private static final Duration LIMIT = Duration.ofSeconds(5);

  private static Kind kind = Kind.EXCEPTION;
  private static int left = -1;
  private static String thrown = "";

  private FaultSteps() {}

  /**
   * Called before each call into other code.
   *
   * @param call what is about to be called
   */
  public static void step(String call) {
    Throwable fault = null;
    synchronized (FaultSteps.class) {
      if (left >= 0 && left-- == 0) {
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

  private static synchronized void arm(Kind how, int number) {
    kind = how;
    left = number;
    thrown = "";
  }

  private static synchronized String disarm() {
    left = -1;
    return thrown;
  }

  /**
   * Takes one checkpoint after the other, by the pause engine. In each the next step fails, with an
   * exception and then with an error, until there is no such step any more.
   *
   * @param serving asked after each
   * @return how many steps there are, at least
   * @throws Exception if the library does not serve
   */
  public static int each(Serving serving) throws Exception {
    CheckpointCoordinator coordinator = CheckpointCoordinator.global();
    coordinator.configure(
        new CoordinatorSettings("pause", null, AuditMode.LENIENT, LIMIT.multipliedBy(4), LIMIT));
    int steps = 0;
    try {
      for (Kind how : Kind.values()) {
        String at = "none";
        for (int number = 0; !at.isEmpty(); number++) {
          arm(how, number);
          try {
            coordinator.checkpoint();
          } catch (CheckpointException | RestoreException e) {
            // Of the step, or of what else this process has open.
            steps = Math.max(steps, number);
          }
          at = disarm();
          if (coordinator.isUnderWay()) {
            throw new AssertionError("A walk has no end after " + how + " before " + at);
          }
          serving.check(how + " at step " + number + ", before " + at);
        }
      }
    } finally {
      coordinator.configure(CoordinatorSettings.fromSystemProperties());
    }
    return steps;
  }
}
