/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing.fault;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointOptions;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  private static final String PAUSE = "pause";

  private static final Set<String> DONE = new HashSet<>();
  private static Kind kind = Kind.EXCEPTION;
  private static boolean isArmed;
  private static String thrown = "";
  private static Path plan = Path.of("/none");
  private static int planned;

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
      if (isPlanned(call)) {
        thrown = call;
        fault = kind.maker.apply("injected before " + call);
      } else if (isArmed && DONE.add(call)) {
        isArmed = false;
        thrown = call;
        fault = kind.maker.apply("injected before " + call);
      }
    }
    if (fault != null) {
      FaultSteps.<RuntimeException>sneak(fault);
    }
  }

  /**
   * From when there is such a file on, the call fails whose number it says, counted from then: so
   * each restore of one image fails at another one.
   *
   * @param file with a number and a kind, for example {@code 3 ERROR}
   */
  public static synchronized void follow(Path file) {
    plan = file;
  }

  /** {@return the call that failed, or how many steps there were since there was a plan} */
  public static synchronized String planned() {
    return thrown.isEmpty() ? planned + " steps" : thrown;
  }

  private static boolean isPlanned(String call) {
    if (!Files.exists(plan) || !DONE.add(call)) {
      return false;
    }
    try {
      String[] words = Files.readString(plan).strip().split(" ");
      kind = Kind.valueOf(words[1]);
      return ++planned == Integer.parseInt(words[0]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
    return each(PAUSE, CheckpointOptions.NONE, serving);
  }

  /**
   * The same by another engine.
   *
   * @param engine its name
   * @param options what is asked of it; that it leaves this process running, if it takes images
   * @param serving asked after each
   * @return how many calls there are
   * @throws Exception if the library does not serve
   */
  public static int each(String engine, CheckpointOptions options, Serving serving)
      throws Exception {
    CheckpointCoordinator coordinator = CheckpointCoordinator.global();
    coordinator.configure(
        new CoordinatorSettings(engine, null, AuditMode.LENIENT, LIMIT.multipliedBy(4), LIMIT));
    int steps = 0;
    try {
      for (Kind how : Kind.values()) {
        DONE.clear();
        String at = "none";
        while (!at.isEmpty()) {
          arm(how);
          Exception failure = null;
          try {
            coordinator.checkpoint(options);
          } catch (CheckpointException | RestoreException e) {
            LOG.trace("Of the step, or of what else this process has open", e);
            failure = e;
          }
          at = disarm();
          if (at.isEmpty() && failure != null && !engine.equals(PAUSE)) {
            throw failure;
          }
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
