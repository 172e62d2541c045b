/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.rolling.TriggeringPolicyBase;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.testing.Logs;
import dev.cracadapters.logback.testing.Xml;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A rolling appender with a fixed window that compresses")
@Timeout(180)
class FixedWindowTest {

  /**
   * Rolls over when it is told, and has a FIFO compressed then: its compression lasts as long as
   * the test writes to that, however fast the machine is.
   */
  public static final class OnDemand extends TriggeringPolicyBase<ILoggingEvent> {
    @Override
    public boolean isTriggeringEvent(File active, ILoggingEvent event) {
      if (!event.getMessage().equals("roll")) {
        return false;
      }
      try {
        Path fifo = active.toPath().resolveSibling("fifo");
        int status = new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor();
        Files.move(fifo, active.toPath(), StandardCopyOption.ATOMIC_MOVE);
        return status == 0;
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir Path temporary;

  @Test
  @DisplayName("has ended its compression before the checkpoint, and loses nothing")
  void compressing() throws Exception {
    Path folder = temporary.toRealPath();
    byte[] noise = new byte[20_000];
    new Random(1).nextBytes(noise);
    try (Logs logs = new Logs(folder, LogbackSettings.defaults().withDrainTimeout(LIMIT))) {
      Xml.configure(
          logs.context,
          Xml.appender(
              "window",
              "ch.qos.logback.core.rolling.RollingFileAppender",
              """
              <file>%1$s/window.log</file>
              <rollingPolicy class="ch.qos.logback.core.rolling.FixedWindowRollingPolicy">
                <fileNamePattern>%1$s/window.%%i.gz</fileNamePattern>
              </rollingPolicy>
              <triggeringPolicy class="%2$s"/>
              """
                  .formatted(folder, OnDemand.class.getName())));
      Thread rolling = new Thread(() -> logs.logger().info("roll"));
      rolling.start();
      Path fifo = folder.resolve("window.log");
      await()
          .atMost(LIMIT)
          .until(() -> Files.readAttributes(fifo, BasicFileAttributes.class).isOther());
      FutureTask<Void> checkpoint =
          new FutureTask<>(
              () -> {
                logs.checkpoint();
                return null;
              });
      Thread walk = new Thread(checkpoint);
      try (OutputStream compressed = new FileOutputStream(fifo.toFile())) {
        compressed.write(noise);
        await().atMost(LIMIT).until(() -> logs.open().contains("window.1.gz"));
        walk.start();
        await().atMost(LIMIT).until(() -> isWaitingForTheRollover(walk));
        assertThat(rolling.isAlive()).isTrue();
        compressed.write(noise);
      }
      checkpoint.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertThat(logs.open()).isEmpty();
      rolling.join(LIMIT.toMillis());
      assertThat(logs.open()).isEmpty();
      logs.logger().info("meanwhile");
      logs.restore();
      logs.logger().info("after");
      assertThat(logs.lines("window.log")).containsExactly("roll", "meanwhile", "after");
      try (InputStream rolled =
          new GZIPInputStream(Files.newInputStream(folder.resolve("window.1.gz")))) {
        assertThat(rolled.readAllBytes()).startsWith(noise).endsWith(noise).hasSize(40_000);
      }
      assertThat(Stream.of(folder.toFile().list())).containsOnly("window.log", "window.1.gz");
    }
  }

  private static boolean isWaitingForTheRollover(Thread walk) {
    return walk.getState() == Thread.State.TIMED_WAITING
        && Stream.of(walk.getStackTrace())
            .anyMatch(frame -> frame.getClassName().endsWith(".QuietTrigger"));
  }
}
