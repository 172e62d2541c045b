/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.logback.event.LoggerGate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** A thread that logs as fast as it can. */
public final class Flood {

  private final AtomicInteger logged = new AtomicInteger();
  public IntConsumer logging;
  private volatile boolean interrupted;
  private Thread thread;

  public Flood(Logs logs) {
    logging = i -> logs.logger().info("event {}", i);
  }

  /** What such a thread has logged. */
  public static List<String> events(int count) {
    return IntStream.range(0, count).mapToObj(i -> "event " + i).toList();
  }

  /** Tells whether a thread waits for room. */
  public static boolean isHeld(Thread thread) {
    return thread.getState() == Thread.State.TIMED_WAITING
        && Arrays.stream(thread.getStackTrace())
            .anyMatch(frame -> frame.getClassName().equals(LoggerGate.class.getName()));
  }

  public void start(int events) {
    thread =
        new Thread(
            () -> {
              for (int i = 0; i < events; i++) {
                logging.accept(i);
                logged.incrementAndGet();
              }
              interrupted = Thread.currentThread().isInterrupted();
            },
            "flood");
    thread.start();
  }

  public int logged() {
    return logged.get();
  }

  public void interrupt() {
    thread.interrupt();
  }

  public boolean wasInterrupted() {
    return interrupted;
  }

  public void awaitLogged(int events) {
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> logged.get() >= events);
  }

  public void awaitHeld() {
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> isHeld(thread));
  }

  public void awaitEnd() throws InterruptedException {
    thread.join(20_000);
    assertThat(thread.isAlive()).isFalse();
  }
}
