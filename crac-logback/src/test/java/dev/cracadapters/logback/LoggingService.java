/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.classic.LoggerContext;
import dev.cracadapters.core.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.crac.Core;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * A process whose threads log without a pause, each counting, and that takes its own checkpoints.
 * Its log is configured by a file, as users do it; the one line of ours is in {@link #main}.
 */
public final class LoggingService {

  /** How many threads log, each under its own MDC value. */
  static final int THREADS = 4;

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Logger LOGGER = LoggerFactory.getLogger("soak");

  private final AtomicLong logged = new AtomicLong();
  private final List<Thread> threads = new ArrayList<>();
  private final boolean telling;
  private volatile boolean ending;

  private LoggingService(boolean telling) {
    this.telling = telling;
  }

  /**
   * Logs, and after so many events takes the next checkpoint; at the end says how much each thread
   * has logged.
   *
   * @param arguments how many events at least, how many checkpoints, after how many events each,
   *     and {@code tell} where each event is told on standard output once it has been logged
   * @throws Exception if a checkpoint fails
   */
  public static void main(String[] arguments) throws Exception {
    LogbackResource.install();
    new LoggingService(arguments.length > 3)
        .run(
            Long.parseLong(arguments[0]),
            Integer.parseInt(arguments[1]),
            Long.parseLong(arguments[2]));
    ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
  }

  private void run(long events, int checkpoints, long interval) throws Exception {
    for (int i = 0; i < THREADS; i++) {
      Thread thread = new Thread(this::log, "t" + i);
      threads.add(thread);
      thread.start();
    }
    for (int i = 1; i <= checkpoints; i++) {
      await(i * interval);
      Core.checkpointRestore();
      say("restored " + i);
    }
    await(events);
    ending = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private void await(long events) throws InterruptedException {
    if (!Deadline.after(LIMIT).await(() -> logged.get() >= events)) {
      throw new IllegalStateException(logged + " events in " + LIMIT);
    }
  }

  private void log() {
    String name = Thread.currentThread().getName();
    MDC.put("thread", name);
    int own = 0;
    while (!ending) {
      LOGGER.info("{} {}", name, own);
      if (telling) {
        say(name + " " + own);
      }
      own++;
      logged.incrementAndGet();
    }
    say(name + " logged " + own);
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
