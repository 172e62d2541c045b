/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy;
import ch.qos.logback.core.rolling.TimeBasedRollingPolicy;
import ch.qos.logback.core.rolling.TriggeringPolicyBase;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.testing.Logs;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A rolling appender")
@Timeout(60)
class RollingTest {

  private static final String TEN_BYTES = "123456789";

  @TempDir Path folder;
  private Logs logs;

  @BeforeEach
  void setUp() {
    logs = new Logs(folder, LogbackSettings.defaults().withDrainTimeout(Duration.ofSeconds(2)));
  }

  @AfterEach
  void tearDown() {
    logs.close();
  }

  @Test
  @DisplayName("does not roll over during a checkpoint, and does so at the first event after it")
  void notMeanwhile() throws Exception {
    logs.attach(logs.rolling("app.log", "100", ""));
    logs.checkpoint();
    log(30);
    assertThat(logs.open()).isEmpty();
    logs.restore();
    assertThat(logs.rolled("app.log")).isEmpty();
    assertThat(logs.lines("app.log")).hasSize(30);
    log(1);
    assertThat(logs.rolled("app.log")).hasSize(1);
    assertThat(logs.lines("app.log")).hasSize(1);
    assertThat(logs.rollingLines("app.log")).hasSize(31);
  }

  @Test
  @DisplayName("goes on counting where it was before the checkpoint")
  void keepsCounting() throws Exception {
    logs.attach(logs.rolling("app.log", "100", ""));
    log(5);
    logs.checkpoint();
    log(2);
    logs.restore();
    log(3);
    assertThat(logs.rolled("app.log")).isEmpty();
    log(1);
    assertThat(logs.rolled("app.log")).singleElement().satisfies(p -> assertThat(p).hasSize(100));
  }

  @Test
  @DisplayName("counts from the file it finds after the restore, not from the one it had")
  void countsFromNewFile() throws Exception {
    logs.attach(logs.rolling("app.log", "100", ""));
    log(9);
    logs.checkpoint();
    Files.delete(logs.path("app.log"));
    logs.restore();
    log(10);
    assertThat(logs.rolled("app.log")).isEmpty();
    log(1);
    assertThat(logs.rolled("app.log")).singleElement().satisfies(p -> assertThat(p).hasSize(100));
  }

  @Test
  @DisplayName("that names its file by date appends to the same file")
  void namedByDate() throws Exception {
    RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
    appender.setContext(logs.context);
    appender.setName("dated");
    appender.setEncoder(logs.encoder("%msg%n"));
    TimeBasedRollingPolicy<ILoggingEvent> policy = new TimeBasedRollingPolicy<>();
    policy.setContext(logs.context);
    policy.setParent(appender);
    policy.setFileNamePattern(logs.path("app") + "-%d{yyyy-MM}.log");
    policy.start();
    appender.setRollingPolicy(policy);
    logs.attach(appender);
    String name = "app-" + LocalDate.now().toString().substring(0, 7) + ".log";
    logs.logger().info("before");
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
    logs.logger().info("during");
    logs.restore();
    assertThat(logs.lines(name)).containsExactly("before", "during");
    assertThat(logs.open()).containsExactly(name);
  }

  @Test
  @DisplayName("with a fixed window of files rolls over between checkpoints, without loss")
  void fixedWindow() throws Exception {
    RollingFileAppender<ILoggingEvent> appender =
        logs.prepare(new RollingFileAppender<>(), "app.log");
    FixedWindowRollingPolicy policy = new FixedWindowRollingPolicy();
    policy.setContext(logs.context);
    policy.setParent(appender);
    policy.setFileNamePattern(logs.path("app.log") + ".%i");
    policy.setMaxIndex(9);
    policy.start();
    appender.setRollingPolicy(policy);
    OnDemand trigger = new OnDemand();
    trigger.start();
    appender.setTriggeringPolicy(trigger);
    logs.attach(appender);
    for (int i = 0; i < 5; i++) {
      logs.logger().info("before {}", i);
      logs.checkpoint();
      trigger.due = true;
      logs.logger().info("during {}", i);
      logs.restore();
      assertThat(appender.getTriggeringPolicy()).isSameAs(trigger);
    }
    logs.logger().info("end");
    assertThat(logs.lines("app.log")).containsExactly("end");
    assertThat(logs.lines("app.log.1")).containsExactly("before 4", "during 4");
    assertThat(logs.lines("app.log.5")).containsExactly("before 0", "during 0");
  }

  @Test
  @DisplayName("that compresses has no descriptor open at a checkpoint, and loses nothing")
  void compressed() throws Exception {
    logs.attach(logs.rolling("app.log", "100KB", ".gz"));
    for (int cycle = 0; cycle < 5; cycle++) {
      log(25_000);
      logs.checkpoint();
      assertThat(logs.open()).as("open at checkpoint %d", cycle).isEmpty();
      logs.restore();
    }
    logs.context.stop();
    List<String> lines = new ArrayList<>(logs.lines("app.log"));
    for (Path rolled : logs.rolled("app.log")) {
      try (var in = new GZIPInputStream(Files.newInputStream(rolled))) {
        new BufferedReader(new InputStreamReader(in)).lines().forEach(lines::add);
      }
    }
    assertThat(lines).hasSize(125_000);
  }

  @Test
  @DisplayName("that compresses one file for longer than the next has neither open at a checkpoint")
  void compressesTwo() throws Exception {
    logs.close();
    logs =
        new Logs(
            folder,
            LogbackSettings.defaults().withBufferSize(10).withDrainTimeout(Duration.ofSeconds(30)));
    logs.attach(logs.rolling("app.log", "1KB", ".gz"));
    byte[] random = new byte[12_000_000];
    new Random(1).nextBytes(random);
    logs.logger().info(Base64.getEncoder().encodeToString(random));
    logs.logger().info("x".repeat(1024));
    logs.logger().info("end");
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
  }

  @Test
  @DisplayName("that is still compressing at the end of drain-timeout refuses the checkpoint")
  void compressingTooLong() throws Exception {
    logs.close();
    logs =
        new Logs(
            folder,
            LogbackSettings.defaults().withBufferSize(10).withDrainTimeout(Duration.ofMillis(100)));
    CountDownLatch go = new CountDownLatch(1);
    // The threads that compress are all busy, so that the compression cannot even begin.
    var executor = (ThreadPoolExecutor) logs.context.getExecutorService();
    var policy = logs.attach(logs.rolling("app.log", "10", ".gz")).getTriggeringPolicy();
    for (int i = 0; i < executor.getMaximumPoolSize(); i++) {
      executor.submit(() -> go.await(30, TimeUnit.SECONDS));
    }
    log(2);
    try {
      assertThatThrownBy(logs::checkpoint)
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("app.log")
          .hasMessageContaining("compressing");
    } finally {
      go.countDown();
    }
    logs.restore();
    assertThat(((RollingFileAppender<?>) attached()).getTriggeringPolicy()).isSameAs(policy);
    log(1);
    assertThat(logs.lines("app.log")).hasSize(1);
  }

  @Test
  @DisplayName("whose buffer cannot be written goes on rolling over after the refusal")
  void refused() throws Exception {
    Files.createSymbolicLink(logs.path("app.log"), Path.of("/dev/full"));
    var appender = logs.rolling("app.log", "1KB", "");
    appender.setImmediateFlush(false);
    logs.attach(appender);
    var policy = (SizeAndTimeBasedRollingPolicy<?>) appender.getTriggeringPolicy();
    // That of the device, which may have been made in another month: the link would roll over.
    policy
        .getTimeBasedFileNamingAndTriggeringPolicy()
        .setCurrentTime(logs.path("app.log").toFile().lastModified());
    log(1);
    assertThatThrownBy(logs::checkpoint).isInstanceOf(RefusedException.class);
    logs.restore();
    assertThat(appender.getTriggeringPolicy()).isSameAs(policy);
    Files.delete(logs.path("app.log"));
  }

  private Object attached() {
    return logs.context.getLogger("ROOT").iteratorForAppenders().next();
  }

  private void log(int events) {
    for (int i = 0; i < events; i++) {
      logs.logger().info(TEN_BYTES);
    }
  }

  /** Rolls over at the next event when told to. */
  private static final class OnDemand extends TriggeringPolicyBase<ILoggingEvent> {

    private volatile boolean due;

    @Override
    public boolean isTriggeringEvent(File activeFile, ILoggingEvent event) {
      boolean now = due;
      due = false;
      return now;
    }
  }
}
