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
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A rolling appender with a fixed window that compresses")
@Timeout(60)
class FixedWindowTest {

  /** Rolls over when it is told. */
  public static final class OnDemand extends TriggeringPolicyBase<ILoggingEvent> {
    @Override
    public boolean isTriggeringEvent(File active, ILoggingEvent event) {
      return event.getMessage().equals("roll");
    }
  }

  private static final int LENGTH = 40_000_000;

  @TempDir Path temporary;

  @Test
  @DisplayName("has ended its compression before the checkpoint, and loses nothing")
  void compressing() throws Exception {
    Path folder = temporary.toRealPath();
    byte[] noise = new byte[LENGTH];
    new Random(1).nextBytes(noise);
    Files.write(folder.resolve("window.log"), noise);
    try (Logs logs = new Logs(folder, LogbackSettings.defaults())) {
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
      await().atMost(Duration.ofSeconds(20)).until(() -> logs.open().contains("window.1.gz"));
      assertThat(rolling.isAlive()).isTrue();

      logs.checkpoint();
      assertThat(logs.open()).isEmpty();
      rolling.join(20_000);
      assertThat(logs.open()).isEmpty();
      logs.logger().info("meanwhile");
      logs.restore();
      logs.logger().info("after");
      assertThat(logs.lines("window.log")).containsExactly("roll", "meanwhile", "after");
      try (InputStream rolled =
          new GZIPInputStream(Files.newInputStream(folder.resolve("window.1.gz")))) {
        assertThat(rolled.readAllBytes().length).isEqualTo(LENGTH);
      }
      assertThat(Stream.of(folder.toFile().list())).containsOnly("window.log", "window.1.gz");
    }
  }
}
