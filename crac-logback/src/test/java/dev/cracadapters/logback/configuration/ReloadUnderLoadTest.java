/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.joran.JoranConfigurator;
import dev.cracadapters.logback.testing.Logs;
import dev.cracadapters.logback.testing.Restore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("While the configuration is read again, threads that log without pause")
class ReloadUnderLoadTest {

  private static final int THREADS = 4;
  private static final int TURNS = 12;
  private static final int EVENTS = 500;
  private static final int AT_ONCE = 500;

  @TempDir Path folder;

  private void configure(int turn) throws Exception {
    Files.writeString(
        folder.resolve("logback.xml"),
        """
        <configuration>
          <appender name="FILE" class="ch.qos.logback.core.FileAppender">
            <file>%1$s/file.%2$d</file>
            <encoder><pattern>%%msg%%n</pattern></encoder>
          </appender>
          <appender name="TARGET" class="ch.qos.logback.core.FileAppender">
            <file>%1$s/async.%2$d</file>
            <encoder><pattern>%%msg%%n</pattern></encoder>
          </appender>
          <appender name="ASYNC" class="ch.qos.logback.classic.AsyncAppender">
            <discardingThreshold>0</discardingThreshold>
            <appender-ref ref="TARGET"/>
          </appender>
          <logger name="test.trace" level="trace"/>
          <logger name="test.own" additivity="false" level="info">
            <appender-ref ref="ASYNC"/>
            <appender-ref ref="FILE"/>
          </logger>
          <root level="info">
            <appender-ref ref="FILE"/>
            <appender-ref ref="ASYNC"/>
          </root>
        </configuration>
        """
            .formatted(folder, turn));
  }

  @Test
  @DisplayName("lose no event, get none twice, and keep their order")
  void nothingLost() throws Exception {
    configure(0);
    long[] logged = new long[THREADS];
    long started;
    try (Logs logs = new Logs(folder, Logs.SETTINGS.withReload(true))) {
      JoranConfigurator configurator = new JoranConfigurator();
      configurator.setContext(logs.context);
      configurator.doConfigure(folder.resolve("logback.xml").toFile());
      AtomicBoolean end = new AtomicBoolean();
      AtomicLongArray progress = new AtomicLongArray(THREADS);
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int number = i;
        Thread thread =
            new Thread(
                () -> logged[number] = log(logs, number, end, progress), "logging " + number);
        threads.add(thread);
        thread.start();
      }
      AtomicLong once = new AtomicLong();
      Thread starting = new Thread(() -> logOnceEach(logs, once, end), "starting");
      threads.add(starting);
      starting.start();
      for (int turn = 1; turn <= TURNS; turn++) {
        int next = turn;
        awaitFurther(progress);
        Restore.of(logs.resource, folder, () -> configure(next));
      }
      awaitFurther(progress);
      end.set(true);
      for (Thread thread : threads) {
        thread.join(20_000);
        assertThat(thread.isAlive()).isFalse();
      }
      started = once.get();
    }
    for (String kind : List.of("file", "async")) {
      List<String> lines = new ArrayList<>();
      for (int turn = 0; turn <= TURNS; turn++) {
        List<String> own = Files.readAllLines(folder.resolve(kind + "." + turn));
        assertThat(own).anyMatch(line -> line.startsWith("0 "));
        lines.addAll(own);
      }
      for (int i = 0; i < THREADS; i++) {
        String prefix = i + " ";
        List<String> expected =
            IntStream.range(0, (int) logged[i]).mapToObj(n -> prefix + n).toList();
        assertThat(lines.stream().filter(line -> line.startsWith(prefix)).toList())
            .isEqualTo(expected);
      }
      assertThat(lines.stream().filter(line -> line.startsWith("once ")).toList())
          .doesNotHaveDuplicates()
          .hasSize((int) started);
    }
  }

  /** Threads that come at any moment: those above all wait when the reset begins. */
  private static void logOnceEach(Logs logs, AtomicLong count, AtomicBoolean end) {
    Semaphore alive = new Semaphore(AT_ONCE);
    Logger logger = logs.context.getLogger("test.plain");
    while (!end.get()) {
      alive.acquireUninterruptibly();
      long number = count.getAndIncrement();
      new Thread(
              () -> {
                logger.info("once {}", number);
                alive.release();
              })
          .start();
    }
    alive.acquireUninterruptibly(AT_ONCE);
  }

  /** Until each thread has logged some more. */
  private static void awaitFurther(AtomicLongArray progress) {
    long[] enough = IntStream.range(0, THREADS).mapToLong(i -> progress.get(i) + EVENTS).toArray();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> IntStream.range(0, THREADS).allMatch(i -> progress.get(i) >= enough[i]));
  }

  private static long log(Logs logs, int number, AtomicBoolean end, AtomicLongArray progress) {
    Logger[] loggers = {
      logs.context.getLogger("test.plain"),
      logs.context.getLogger("test.own"),
      logs.context.getLogger("test.trace"),
    };
    long next = 0;
    while (!end.get()) {
      Logger logger = loggers[(int) (next % loggers.length)];
      if (logger == loggers[2]) {
        logger.trace("{} {}", number, next++);
      } else {
        logger.info("{} {}", number, next++);
      }
      logs.context.getLogger("test.plain").debug("no line");
      progress.incrementAndGet(number);
    }
    return next;
  }
}
