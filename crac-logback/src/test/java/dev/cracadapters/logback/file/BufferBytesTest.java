/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.LogbackSettings.OnFull;
import dev.cracadapters.logback.testing.Flood;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Where the events kept for a file take buffer-bytes")
@Timeout(60)
class BufferBytesTest {

  /** Room for five lines of 100 bytes. */
  private static final LogbackSettings SETTINGS =
      LogbackSettings.defaults().withBufferBytes(500).withDrainTimeout(Duration.ofSeconds(30));

  @TempDir Path folder;
  private Logs logs;

  @AfterEach
  void tearDown() {
    logs.close();
  }

  private void log(int number) {
    logs.logger().info(line(number));
  }

  private static String line(int number) {
    String start = "event " + number + " ";
    return start + "x".repeat(100 - start.length() - System.lineSeparator().length());
  }

  @Test
  @DisplayName("a thread that logs waits until the file is open, and no event is lost")
  void block() throws Exception {
    logs = new Logs(folder, SETTINGS);
    logs.attachFile("app.log");
    logs.checkpoint();
    Flood flood = new Flood(logs);
    flood.logging = this::log;
    flood.start(20);
    flood.awaitHeld();
    assertThat(flood.logged()).isEqualTo(5);
    logs.restore();
    flood.awaitEnd();
    assertThat(logs.lines("app.log")).hasSize(20).startsWith(line(0)).endsWith(line(19));
  }

  @Test
  @DisplayName("with drop-oldest the oldest are dropped, and the file says how many, and why")
  void dropOldest() throws Exception {
    logs = new Logs(folder, SETTINGS.withOnFull(OnFull.DROP_OLDEST));
    logs.attachFile("app.log");
    logs.checkpoint();
    for (int i = 0; i < 20; i++) {
      log(i);
    }
    logs.restore();
    assertThat(logs.lines("app.log"))
        .containsExactly(
            line(15),
            line(16),
            line(17),
            line(18),
            line(19),
            "15 log events were dropped from %s while it was closed for a checkpoint (buffer-bytes 500)"
                .formatted(logs.path("app.log")));
  }

  @Test
  @DisplayName("with drop-oldest one event is kept, however long")
  void longer() throws Exception {
    logs = new Logs(folder, SETTINGS.withOnFull(OnFull.DROP_OLDEST));
    logs.attachFile("app.log");
    String text = "x".repeat(1000);
    logs.checkpoint();
    log(1);
    logs.logger().info(text);
    logs.restore();
    assertThat(logs.lines("app.log")).hasSize(2).startsWith(text);
  }
}
