/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import dev.cracadapters.core.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * {@code kill -9} at random moments of a victim's life, which is measured where nobody disturbs it.
 * The system property {@code crac.test.kills} says how many for each victim, {@code crac.test.seed}
 * repeats a failure, as far as a machine does the same in the same time.
 */
public final class RandomKills {

  /** How many for each victim. */
  public static final int KILLS = Integer.getInteger("crac.test.kills", 2);

  /** How often to look how long each lives: the first time all is cold. */
  public static final int UNDISTURBED = 3;

  /** After this nothing may hang. */
  public static final Duration LIMIT = Duration.ofSeconds(60);

  private static final long SEED = Long.getLong("crac.test.seed", System.nanoTime());

  private static final long PAUSE_NANOS = 2_000_000;

  /** Some moments lie after the victim's usual end: the machine may be slower than it was. */
  private static final double MORE = 1.05;

  /** Who is killed. */
  public interface Victim {

    /** {@return its name} */
    String name();

    /**
     * Who that is now.
     *
     * @param now all processes
     * @param image the image folder that all is about
     * @param service the service's PID, or its restore's
     * @return PIDs, none if it is not there
     */
    List<Long> among(Processes now, Path image, long service);
  }

  private final Map<Victim, Duration> lives = new HashMap<>();

  /**
   * Looks how long each victim lives; the shortest time counts, of as many runs as there are.
   *
   * @param victims all of them
   * @param image the image folder
   * @param service the service's PID, or its restore's
   * @param run what they live in
   * @throws Exception from the run
   */
  public void measure(
      Collection<? extends Victim> victims, Path image, long service, Callable<?> run)
      throws Exception {
    Map<Victim, Long> first = new HashMap<>();
    Map<Victim, Long> last = new HashMap<>();
    Thread watch =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                Processes now = Processes.now();
                for (Victim victim : victims) {
                  if (!victim.among(now, image, service).isEmpty()) {
                    first.putIfAbsent(victim, System.nanoTime());
                    last.put(victim, System.nanoTime());
                  }
                }
                LockSupport.parkNanos(PAUSE_NANOS); // or it would itself slow down what it measures
              }
            });
    watch.start();
    try {
      run.call();
    } finally {
      watch.interrupt();
      watch.join();
    }
    first.forEach(
        (victim, time) ->
            lives.merge(
                victim,
                Duration.ofNanos(last.get(victim) - time),
                (one, other) -> one.compareTo(other) < 0 ? one : other));
    System.out.println("kills: undisturbed " + lives);
  }

  /**
   * Kills a victim at a random moment of its life, or a little later, where it may have ended.
   *
   * @param victim who
   * @param turn a number that makes the moment another one
   * @param image the image folder
   * @param service the service's PID, or its restore's
   * @param over whether all is over without it
   * @return what was done, for the message of a failure; ends with [] if nobody was there
   * @throws InterruptedException if the thread was interrupted
   */
  public String kill(Victim victim, int turn, Path image, long service, BooleanSupplier over)
      throws InterruptedException {
    double part =
        new Random(SEED + 31L * victim.name().hashCode() + 1_000_003L * turn).nextDouble();
    long nanos = (long) (part * MORE * lives.getOrDefault(victim, Duration.ZERO).toNanos());
    Deadline.after(LIMIT)
        .await(
            () -> over.getAsBoolean() || !victim.among(Processes.now(), image, service).isEmpty());
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
    List<Long> killed = new ArrayList<>(victim.among(Processes.now(), image, service));
    killed.removeIf(pid -> ProcessHandle.of(pid).filter(ProcessHandle::destroyForcibly).isEmpty());
    String said =
        "kills: -Dtest.seed=%d %s, turn %d: after %d of %d ms, killed %s"
            .formatted(
                SEED,
                victim.name(),
                turn,
                nanos / 1_000_000,
                lives.getOrDefault(victim, Duration.ZERO).toMillis(),
                killed);
    System.out.println(said);
    return said;
  }

  /**
   * Each victim as often as it is to be killed.
   *
   * @param victims all of them
   * @return for a parameterized test: the victim, and the turn
   */
  public static Stream<Arguments> each(Victim... victims) {
    return Stream.of(victims)
        .flatMap(victim -> IntStream.range(0, KILLS).mapToObj(turn -> Arguments.of(victim, turn)));
  }

  /**
   * Waits for something that must come to pass.
   *
   * @param what it is
   * @param folder what is shown of the file system where it does not
   * @param condition whether it has
   * @throws AssertionError if it does not within a minute, with all that may help to see why
   * @throws InterruptedException if the thread was interrupted
   */
  public static void within(String what, Path folder, BooleanSupplier condition)
      throws InterruptedException {
    if (!Deadline.after(LIMIT).await(condition::getAsBoolean)) {
      throw new AssertionError("not within " + LIMIT + ": " + what + Processes.describe(folder));
    }
  }
}
