/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import static dev.cracadapters.logback.testing.Configured.files;
import static dev.cracadapters.logback.testing.Configured.policy;
import static dev.cracadapters.logback.testing.Configured.rolling;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.TimeBasedRollingPolicy;
import dev.cracadapters.logback.LogbackSettings.OnRestore;
import dev.cracadapters.logback.appender.LogbackMembers;
import dev.cracadapters.logback.testing.CloneEngine;
import dev.cracadapters.logback.testing.Configured;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("When the period changed between checkpoint and restore")
@Timeout(60)
class RolledPeriodTest {

  private static final String BY_DAY =
      "<file>DIR/app.log</file>"
          + policy(
              "TimeBasedRollingPolicy", "<fileNamePattern>DIR/app.%d.log</fileNamePattern>EXTRA");
  private static final String BY_SIZE_AND_DAY =
      "<file>DIR/app.log</file>"
          + policy(
              "SizeAndTimeBasedRollingPolicy",
              "<fileNamePattern>DIR/app.%d.%i.log</fileNamePattern><maxFileSize>24</maxFileSize>EXTRA");

  @TempDir Path folder;
  private Logs logs;
  private ZonedDateTime start;

  @BeforeEach
  void setUp() {
    start = ZonedDateTime.now(ZoneId.systemDefault());
  }

  @AfterEach
  void tearDown() {
    logs.close();
  }

  private void logs(OnRestore choice, String xml, String extra) throws Exception {
    logs = Configured.logs(folder, choice, rolling(xml.replace("EXTRA", extra)));
    day(0);
    logs.logger().info("before");
  }

  /** Sets the policy's time. */
  private void day(int days) {
    var appender = (RollingFileAppender<?>) logs.context.getLogger("ROOT").getAppender("A");
    ((TimeBasedRollingPolicy<?>) appender.getRollingPolicy())
        .getTimeBasedFileNamingAndTriggeringPolicy()
        .setCurrentTime(time(days).toEpochMilli());
  }

  private Instant time(int days) {
    return start.plusDays(days).toInstant();
  }

  private String name(int days, String rest) {
    return "app." + LocalDate.ofInstant(time(days), ZoneId.systemDefault()) + rest;
  }

  private void restoreAs(String instance) throws Exception {
    CloneEngine.becomes(instance);
    logs.restore();
  }

  private void walk(int days, Step meanwhile) throws Exception {
    logs.checkpoint();
    logs.logger().info("during");
    meanwhile.run();
    day(days);
    restoreAs("1");
    logs.logger().info("after");
  }

  @Test
  @DisplayName("the file with what was kept is rolled under the old period at the first event")
  void seconds() throws Exception {
    logs =
        Configured.logs(
            folder,
            OnRestore.APPEND,
            rolling(
                "<file>DIR/app.log</file>"
                    + policy(
                        "TimeBasedRollingPolicy",
                        "<fileNamePattern>DIR/app.%d{yyyy-MM-dd_HH-mm-ss}.log</fileNamePattern>")));
    logs.checkpoint();
    logs.logger().info("during");
    String archive = period().archive();
    await().until(() -> period().isOver());
    restoreAs("1");
    assertThat(files(folder)).containsOnly(Map.entry("app.log", "during"));
    logs.logger().info("after");
    assertThat(files(folder))
        .containsOnly(
            Map.entry(folder.relativize(Path.of(archive)).toString(), "during"),
            Map.entry("app.log", "after"));
  }

  @Test
  @DisplayName("with many periods between, archives beyond maxHistory are gone, later ones stay")
  void maxHistory() throws Exception {
    logs(OnRestore.APPEND, BY_DAY, "<maxHistory>5</maxHistory>");
    Files.writeString(logs.path(name(-2, ".log")), "too old");
    Files.writeString(logs.path(name(-1, ".log")), "last to stay");
    walk(4, () -> {});
    logs.context.stop(); // waits for the clean-up
    assertThat(files(folder))
        .containsOnly(
            Map.entry(name(-1, ".log"), "last to stay"),
            Map.entry(name(0, ".log"), "before during"),
            Map.entry("app.log", "after"));
  }

  @Test
  @DisplayName("an archive of that period that is there already stays, and the file gets an index")
  void archiveTaken() throws Exception {
    logs(OnRestore.APPEND, BY_DAY, "");
    walk(3, () -> Files.writeString(logs.path(name(0, ".log")), "other"));
    assertThat(files(folder))
        .containsOnly(
            Map.entry(name(0, ".log"), "other"),
            Map.entry(name(0, ".1.log"), "before"),
            Map.entry("app.log", "during after"));
  }

  @Test
  @DisplayName("a file that another process has rolled is begun anew, and its archive stays")
  void rolledByAnother() throws Exception {
    logs(OnRestore.APPEND, BY_DAY, "");
    walk(3, () -> Files.move(logs.path("app.log"), logs.path(name(0, ".log"))));
    day(4);
    logs.logger().info("end");
    assertThat(files(folder))
        .containsOnly(
            Map.entry(name(0, ".log"), "before"),
            Map.entry(name(3, ".log"), "during after"),
            Map.entry("app.log", "end"));
  }

  @Test
  @DisplayName(
      "a file that another process has written to since is of the period of its last event")
  void writtenByAnother() throws Exception {
    logs(OnRestore.APPEND, BY_DAY, "");
    walk(
        3,
        () -> {
          Files.move(logs.path("app.log"), logs.path(name(0, ".log")));
          Files.writeString(logs.path("app.log"), "other\n");
          Files.setLastModifiedTime(logs.path("app.log"), FileTime.from(time(2)));
        });
    assertThat(files(folder))
        .containsOnly(
            Map.entry(name(0, ".log"), "before"),
            Map.entry(name(2, ".log"), "other during"),
            Map.entry("app.log", "after"));
  }

  @Test
  @DisplayName("size and time: the index of the old period goes on, that of the new one begins")
  void sizeAndTime() throws Exception {
    logs(OnRestore.APPEND, BY_SIZE_AND_DAY, "");
    logs.logger().info("0123456789012345");
    logs.logger().info("next");
    walk(1, () -> {});
    logs.logger().info("0123456789012345678");
    logs.logger().info("end");
    assertThat(files(folder))
        .containsOnly(
            Map.entry(name(0, ".0.log"), "before 0123456789012345"),
            Map.entry(name(0, ".1.log"), "next during"),
            Map.entry(name(1, ".0.log"), "after 0123456789012345678"),
            Map.entry("app.log", "end"));
  }

  @Test
  @DisplayName("size and time: archives of others, of the old period and the new, all stay")
  void sizeAndTimeTaken() throws Exception {
    logs(OnRestore.APPEND, BY_SIZE_AND_DAY, "");
    walk(
        1,
        () -> {
          Files.writeString(logs.path(name(0, ".0.log")), "other old");
          Files.writeString(logs.path(name(1, ".0.log")), "other new");
        });
    logs.logger().info("0123456789012345678901");
    logs.logger().info("end");
    assertThat(files(folder))
        .containsOnly(
            Map.entry(name(0, ".0.log"), "other old"),
            Map.entry(name(0, ".1.log"), "before"),
            Map.entry(name(1, ".0.log"), "other new"),
            Map.entry(name(1, ".1.log"), "during after 0123456789012345678901"),
            Map.entry("app.log", "end"));
  }

  @Test
  @DisplayName("size and time in the same period: an index that another has taken is skipped")
  void samePeriod() throws Exception {
    logs(OnRestore.APPEND, BY_SIZE_AND_DAY, "");
    walk(0, () -> Files.writeString(logs.path(name(0, ".0.log")), "other"));
    logs.logger().info("0123456789");
    logs.logger().info("end");
    assertThat(files(folder))
        .containsOnly(
            Map.entry(name(0, ".0.log"), "other"),
            Map.entry(name(0, ".1.log"), "before during after 0123456789"),
            Map.entry("app.log", "end"));
  }

  @Test
  @DisplayName("rotate names the old file by the old period")
  void rotate() throws Exception {
    logs(OnRestore.ROTATE, BY_DAY, "");
    walk(2, () -> {});
    day(3);
    logs.logger().info("end");
    assertThat(files(folder))
        .containsOnly(
            Map.entry(name(0, ".log"), "before"),
            Map.entry(name(2, ".log"), "during after"),
            Map.entry("app.log", "end"));
  }

  @Test
  @DisplayName("rotate keeps maxHistory for the files with an index, too")
  void rotateMaxHistory() throws Exception {
    logs(OnRestore.ROTATE, BY_DAY, "<maxHistory>2</maxHistory>");
    Files.writeString(logs.path(name(-3, ".1.log")), "too old");
    Files.writeString(logs.path(name(-2, ".1.log")), "last to stay");
    walk(0, () -> {});
    logs.context.stop();
    assertThat(files(folder))
        .containsOnly(
            Map.entry(name(-2, ".1.log"), "last to stay"),
            Map.entry(name(0, ".1.log"), "before"),
            Map.entry("app.log", "during after"));
  }

  @Test
  @DisplayName("per-instance rolls what was kept under the old period")
  void perInstance() throws Exception {
    logs(OnRestore.PER_INSTANCE, BY_DAY, "");
    walk(2, () -> {});
    assertThat(files(folder))
        .containsOnly(
            Map.entry("app.log", "before"),
            Map.entry(name(0, ".1.log"), "during"),
            Map.entry("app.1.log", "after"));
  }

  private RollingPeriod period() {
    return RollingPeriod.of(
        (RollingFileAppender<?>) logs.context.getLogger("ROOT").getAppender("A"),
        new LogbackMembers());
  }

  private interface Step {
    void run() throws Exception;
  }
}
