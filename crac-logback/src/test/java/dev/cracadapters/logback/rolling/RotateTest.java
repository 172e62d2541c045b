/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import static dev.cracadapters.logback.testing.Configured.files;
import static dev.cracadapters.logback.testing.Configured.policy;
import static dev.cracadapters.logback.testing.Configured.rolling;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.core.status.Status;
import dev.cracadapters.logback.LogbackSettings.OnRestore;
import dev.cracadapters.logback.testing.CloneEngine;
import dev.cracadapters.logback.testing.Configured;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.YearMonth;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("With on-restore=rotate")
@Timeout(60)
class RotateTest {

  private static final String FILE = "<file>DIR/app.log</file>";
  private static final String MONTH = YearMonth.now().toString();
  private static final String BY_SIZE =
      "<triggeringPolicy class='ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy'><maxFileSize>1MB</maxFileSize></triggeringPolicy>";

  @TempDir Path folder;
  private Logs logs;

  @AfterEach
  void tearDown() {
    logs.close();
  }

  private void logs(String xml) throws Exception {
    logs = Configured.logs(folder, OnRestore.ROTATE, xml);
  }

  /** One event before the checkpoint, one while the file is closed, one after the restore. */
  private void log(String instance) throws Exception {
    logs.logger().info("before {}", instance);
    logs.checkpoint();
    logs.logger().info("during {}", instance);
    CloneEngine.becomes(instance);
    logs.restore();
    logs.logger().info("after {}", instance);
  }

  private Map<String, String> walk(String instance) throws Exception {
    log(instance);
    assertThat(logs.open()).hasSize(1);
    return files(folder);
  }

  private Map<String, String> walkAndStop(String instance) throws Exception {
    log(instance);
    logs.context.stop(); // waits for compressions
    return files(folder);
  }

  @Test
  @DisplayName("a plain file gets the time of its last event, and a fresh one begins")
  void plain() throws Exception {
    logs(Configured.file(FILE));
    Map<String, String> found = walk("1");
    assertThat(found).hasSize(2).containsEntry("app.log", "during 1 after 1");
    found.remove("app.log");
    assertThat(found.keySet())
        .singleElement()
        .asString()
        .matches("app\\.\\d{4}-\\d\\d-\\d\\d_\\d\\d-\\d\\d-\\d\\d\\.log");
    assertThat(found).containsValue("before 1");
  }

  @Test
  @DisplayName("plain files of the same second all stay")
  void plainTwice() throws Exception {
    logs(Configured.file(FILE));
    for (int i = 1; i <= 5; i++) {
      walk("" + i);
    }
    assertThat(files(folder))
        .hasSize(6)
        .containsEntry("app.log", "during 5 after 5")
        .containsValue("before 1")
        .containsValue("during 4 after 4 before 5");
  }

  @Test
  @DisplayName("a file with append=false is rolled, too, not truncated")
  void truncating() throws Exception {
    logs(Configured.file(FILE + "<append>false</append>"));
    assertThat(walk("1")).containsEntry("app.log", "during 1 after 1").containsValue("before 1");
  }

  @Test
  @DisplayName("an empty file is not rolled")
  void empty() throws Exception {
    logs(Configured.file(FILE));
    logs.checkpoint();
    CloneEngine.becomes("1");
    logs.restore();
    assertThat(files(folder)).containsOnlyKeys("app.log");
  }

  @Test
  @DisplayName("size and time: the file gets the next index")
  void sizeAndTime() throws Exception {
    logs(
        rolling(
            FILE
                + policy(
                    "SizeAndTimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/app.%d{yyyy-MM}.%i.log</fileNamePattern><maxFileSize>1MB</maxFileSize>")));
    walk("1");
    assertThat(walk("2"))
        .containsOnly(
            Map.entry("app." + MONTH + ".0.log", "before 1"),
            Map.entry("app." + MONTH + ".1.log", "during 1 after 1 before 2"),
            Map.entry("app.log", "during 2 after 2"));
  }

  @Test
  @DisplayName("size and time: archives that others have made meanwhile stay")
  void sizeAndTimeTaken() throws Exception {
    logs(
        rolling(
            FILE
                + policy(
                    "SizeAndTimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/app.%d{yyyy-MM}.%i.log.gz</fileNamePattern><maxFileSize>1MB</maxFileSize>")));
    Files.writeString(logs.path("app." + MONTH + ".0.log"), "other");
    Files.writeString(logs.path("app." + MONTH + ".1.log"), "other");
    assertThat(walkAndStop("1"))
        .containsOnly(
            Map.entry("app." + MONTH + ".0.log", "other"),
            Map.entry("app." + MONTH + ".1.log", "other"),
            Map.entry("app." + MONTH + ".2.log.gz", "before 1"),
            Map.entry("app.log", "during 1 after 1"));
  }

  @Test
  @DisplayName("size and time without a file name: the next file begins")
  void sizeAndTimeNamedByPolicy() throws Exception {
    logs(
        rolling(
            policy(
                "SizeAndTimeBasedRollingPolicy",
                "<fileNamePattern>DIR/app.%d{yyyy-MM}.%i.log</fileNamePattern><maxFileSize>1MB</maxFileSize>")));
    assertThat(walk("1"))
        .containsOnly(
            Map.entry("app." + MONTH + ".0.log", "before 1"),
            Map.entry("app." + MONTH + ".1.log", "during 1 after 1"));
  }

  @Test
  @DisplayName("time: the file gets an index, which leaves the period's own name free")
  void time() throws Exception {
    logs(
        rolling(
            FILE
                + policy(
                    "TimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/app.%d{yyyy-MM}.log</fileNamePattern>")));
    walk("1");
    assertThat(walk("2"))
        .containsOnly(
            Map.entry("app." + MONTH + ".1.log", "before 1"),
            Map.entry("app." + MONTH + ".2.log", "during 1 after 1 before 2"),
            Map.entry("app.log", "during 2 after 2"));
  }

  @Test
  @DisplayName("time: the file is compressed where the pattern says so")
  void timeCompressed() throws Exception {
    logs(
        rolling(
            FILE
                + policy(
                    "TimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/%d{yyyy-MM}/app.zip</fileNamePattern>")));
    assertThat(walkAndStop("1"))
        .containsOnly(
            Map.entry(MONTH + "/app.1.zip", "before 1"), Map.entry("app.log", "during 1 after 1"));
  }

  @Test
  @DisplayName("time without a file name: the file so far gets an index")
  void timeNamedByPolicy() throws Exception {
    logs(
        rolling(
            policy(
                "TimeBasedRollingPolicy",
                "<fileNamePattern>DIR/app-%d{yyyy-MM}.log.gz</fileNamePattern>")));
    assertThat(walkAndStop("1"))
        .containsOnly(
            Map.entry("app-" + MONTH + ".1.log.gz", "before 1"),
            Map.entry("app-" + MONTH + ".log", "during 1 after 1"));
  }

  @Test
  @DisplayName("prudent: the file so far gets an index")
  void prudent() throws Exception {
    logs(
        rolling(
            "<prudent>true</prudent>"
                + policy(
                    "TimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/app-%d{yyyy-MM}.log</fileNamePattern>")));
    assertThat(walk("1"))
        .containsOnly(
            Map.entry("app-" + MONTH + ".1.log", "before 1"),
            Map.entry("app-" + MONTH + ".log", "during 1 after 1"));
  }

  @Test
  @DisplayName("fixed window: the window moves on, compressed")
  void fixedWindow() throws Exception {
    logs(
        rolling(
            FILE
                + policy(
                    "FixedWindowRollingPolicy",
                    "<fileNamePattern>DIR/app.%i.log.gz</fileNamePattern><maxIndex>2</maxIndex>")
                + BY_SIZE));
    walk("1");
    walk("2");
    assertThat(walk("3"))
        .containsOnly(
            Map.entry("app.2.log.gz", "during 1 after 1 before 2"),
            Map.entry("app.1.log.gz", "during 2 after 2 before 3"),
            Map.entry("app.log", "during 3 after 3"));
  }

  @Test
  @DisplayName("a file below an asynchronous appender is rolled")
  void asynchronous() throws Exception {
    logs(
        Configured.file(FILE).replace("'A'", "'B'")
            + "<appender name='A' class='ch.qos.logback.classic.AsyncAppender'><appender-ref ref='B'/></appender>");
    logs.logger().info("before");
    logs.checkpoint();
    CloneEngine.becomes("1");
    logs.restore();
    logs.logger().info("after");
    logs.context.stop();
    assertThat(files(folder)).hasSize(2).containsEntry("app.log", "after").containsValue("before");
  }

  @Test
  @DisplayName("a process that was not restored appends, as does one whose second checkpoint fails")
  void notRestored() throws Exception {
    logs(Configured.file(FILE));
    logs.logger().info("one");
    logs.checkpoint();
    logs.restore();
    logs.logger().info("two");
    assertThat(files(folder)).containsOnly(Map.entry("app.log", "one two"));
    walk("1");
    logs.checkpoint();
    logs.restore();
    logs.logger().info("end");
    assertThat(files(folder)).hasSize(2).containsEntry("app.log", "during 1 after 1 end");
  }

  @Test
  @DisplayName("a file that cannot be rolled is appended to, and the status list says so")
  void cannotBeRolled() throws Exception {
    logs(
        rolling(
            FILE
                + policy(
                    "TimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/old/app.%d{yyyy-MM}.log</fileNamePattern>")));
    Files.writeString(logs.path("old"), "not a folder");
    assertThat(walk("1"))
        .containsOnly(
            Map.entry("old", "not a folder"), Map.entry("app.log", "before 1 during 1 after 1"));
    assertThat(logs.context.getStatusManager().getCopyOfStatusList())
        .filteredOn(status -> status.getLevel() == Status.ERROR)
        .extracting(Status::getMessage)
        .singleElement()
        .asString()
        .contains(logs.path("app.log").toString(), "cannot be rolled");
  }
}
