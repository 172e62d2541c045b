/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import static dev.cracadapters.logback.testing.Configured.file;
import static dev.cracadapters.logback.testing.Configured.files;
import static dev.cracadapters.logback.testing.Configured.policy;
import static dev.cracadapters.logback.testing.Configured.rolling;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.core.rolling.RollingFileAppender;
import dev.cracadapters.logback.LogbackSettings.OnRestore;
import dev.cracadapters.logback.testing.CloneEngine;
import dev.cracadapters.logback.testing.Configured;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("With on-restore=per-instance")
@Timeout(60)
class PerInstanceTest {

  private static final String FILE = "<file>DIR/app.log</file>";
  private static final String MONTH = YearMonth.now().toString();

  @TempDir Path folder;
  private Logs logs;

  @AfterEach
  void tearDown() {
    logs.close();
  }

  private void logs(String xml) throws Exception {
    logs = Configured.logs(folder, OnRestore.PER_INSTANCE, xml);
  }

  private void log(String instance) throws Exception {
    logs.logger().info("before-{}", instance);
    logs.checkpoint();
    logs.logger().info("during-{}", instance);
    CloneEngine.becomes(instance);
    logs.restore();
    logs.logger().info("after-{}", instance);
  }

  private Map<String, String> walk(String instance) throws Exception {
    log(instance);
    assertThat(logs.open()).hasSize(1);
    return files(folder);
  }

  @Test
  @DisplayName("a restored process has a file of its own, and the file of before stays as it was")
  void plain() throws Exception {
    logs(file(FILE));
    assertThat(walk("1"))
        .containsOnly(Map.entry("app.log", "before-1"), Map.entry("app.1.log", "during-1 after-1"));
  }

  @Test
  @DisplayName("each restore makes the name from the configured one")
  void again() throws Exception {
    logs(file(FILE + "<append>false</append>"));
    walk("1");
    walk("2");
    assertThat(walk("1"))
        .containsOnly(
            Map.entry("app.log", "before-1"),
            Map.entry("app.1.log", "during-1 after-1 before-2 during-1 after-1"),
            Map.entry("app.2.log", "during-2 after-2 before-1"));
  }

  @Test
  @DisplayName("a checkpoint that fails leaves the name")
  void failed() throws Exception {
    logs(file(FILE));
    logs.checkpoint();
    logs.restore();
    logs.logger().info("original");
    walk("1");
    logs.checkpoint();
    logs.restore();
    logs.logger().info("end");
    assertThat(files(folder))
        .containsOnly(
            Map.entry("app.log", "original before-1"),
            Map.entry("app.1.log", "during-1 after-1 end"));
  }

  @Test
  @DisplayName("a name without an extension below a folder with dots gets the ID at its end")
  void noExtension() throws Exception {
    logs(file("<file>DIR/v1.2/app</file>"));
    assertThat(walk("../web 1"))
        .containsOnlyKeys("v1.2/app", "v1.2/app." + RestoredName.part("../web 1"))
        .containsValue("during-../web 1 after-../web 1");
  }

  @Test
  @DisplayName("what is no regular file, as /dev/stdout is none, keeps its name")
  void device() throws Exception {
    Files.createSymbolicLink(folder.resolve("app.log"), Path.of("/dev/null"));
    logs(file(FILE));
    logs.checkpoint();
    CloneEngine.becomes("1");
    logs.restore();
    logs.logger().info("after");
    assertThat(folder).isDirectoryContaining("glob:**/app.log");
    assertThat(folder).isDirectoryNotContaining("glob:**/app.1.log");
  }

  @Test
  @DisplayName("an appender in prudent mode has a file of its own, too")
  void prudent() throws Exception {
    logs(file(FILE + "<prudent>true</prudent>"));
    assertThat(walk("1")).containsEntry("app.1.log", "during-1 after-1");
  }

  @Test
  @DisplayName("prudent, named by the policy: the ID is in the file's name")
  void prudentRolling() throws Exception {
    logs(
        rolling(
            "<prudent>true</prudent>"
                + policy(
                    "TimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/app-%d{yyyy-MM}.log</fileNamePattern>")));
    assertThat(walk("x"))
        .containsOnly(
            Map.entry("app-" + MONTH + ".log", "before-x"),
            Map.entry("app-" + MONTH + ".x.log", "during-x after-x"));
  }

  @Test
  @DisplayName("size and time: the archives have the ID, too, and their own index")
  void sizeAndTime() throws Exception {
    logs(
        rolling(
            FILE
                + policy(
                    "SizeAndTimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/app.%d{yyyy-MM}.%i.log.gz</fileNamePattern><maxFileSize>1</maxFileSize>")));
    log("7");
    logs.logger().info("end");
    logs.checkpoint(); // waits for both compressions, the stop would only for the last
    logs.restore();
    assertThat(files(folder))
        .containsOnly(
            Map.entry("app.log", "before-7"),
            Map.entry("app." + MONTH + ".0.7.log.gz", "during-7"),
            Map.entry("app." + MONTH + ".1.7.log.gz", "after-7"),
            Map.entry("app.7.log", "end"));
  }

  @Test
  @DisplayName("size and time, configured the old way: the archives have the ID, too")
  void sizeAndTimeTheOldWay() throws Exception {
    logs(
        rolling(
            FILE
                + policy(
                    "TimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/app.%d{yyyy-MM}.%i.log</fileNamePattern><timeBasedFileNamingAndTriggeringPolicy class='ch.qos.logback.core.rolling.SizeAndTimeBasedFNATP'><maxFileSize>1</maxFileSize></timeBasedFileNamingAndTriggeringPolicy>")));
    assertThat(walk("7"))
        .containsOnly(
            Map.entry("app.log", "before-7"),
            Map.entry("app." + MONTH + ".0.7.log", "during-7"),
            Map.entry("app.7.log", "after-7"));
  }

  @Test
  @DisplayName("size and time: the length of the instance's file is what counts")
  void length() throws Exception {
    logs(
        rolling(
            FILE
                + policy(
                    "SizeAndTimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/app.%d{yyyy-MM}.%i.log</fileNamePattern><maxFileSize>26</maxFileSize>")));
    logs.logger().info("before-1");
    walk("1"); // 9 and 8 bytes in the instance's file
    logs.logger().info("third123"); // 9
    logs.logger().info("fourth");
    assertThat(files(folder))
        .containsOnly(
            Map.entry("app.log", "before-1 before-1"),
            Map.entry("app." + MONTH + ".0.1.log", "during-1 after-1 third123"),
            Map.entry("app.1.log", "fourth"));
  }

  @Test
  @DisplayName("fixed window: the archives have the ID, too")
  void fixedWindow() throws Exception {
    logs(
        rolling(
            FILE
                + policy(
                    "FixedWindowRollingPolicy",
                    "<fileNamePattern>DIR/app.%i.log</fileNamePattern><maxIndex>3</maxIndex>")
                + "<triggeringPolicy class='ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy'><maxFileSize>1MB</maxFileSize></triggeringPolicy>"));
    Files.writeString(logs.path("app.1.log"), "of the original");
    walk("web");
    appender(logs).rollover();
    logs.logger().info("end");
    assertThat(files(folder))
        .containsOnly(
            Map.entry("app.log", "before-web"),
            Map.entry("app.1.log", "of the original"),
            Map.entry("app.1.web.log", "during-web after-web"),
            Map.entry("app.web.log", "end"));
  }

  @Test
  @DisplayName("clean-up at the start and by maxHistory and totalSizeCap finds own archives alone")
  void cleanUp() throws Exception {
    String old = LocalDate.now().minusDays(4).toString();
    String recent = LocalDate.now().minusDays(1).toString();
    logs(
        rolling(
            FILE
                + policy(
                    "SizeAndTimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/app.%d.%i.log</fileNamePattern><maxFileSize>5</maxFileSize><maxHistory>2</maxHistory><totalSizeCap>5</totalSizeCap><cleanHistoryOnStart>true</cleanHistoryOnStart>")));
    logs.checkpoint(); // waits for the original's clean-up
    for (String whose : new String[] {"", ".1", ".2"}) {
      Files.writeString(logs.path("app." + old + ".0" + whose + ".log"), "old");
      Files.writeString(logs.path("app." + recent + ".0" + whose + ".log"), "recent");
      Files.writeString(logs.path("app." + recent + ".1" + whose + ".log"), "1");
    }
    CloneEngine.becomes("1");
    logs.restore();
    logs.context.stop(); // waits for the clean-up
    assertThat(files(folder))
        .containsOnlyKeys(
            "app.log",
            "app.1.log",
            "app." + recent + ".1.1.log",
            "app." + old + ".0.log",
            "app." + recent + ".0.log",
            "app." + recent + ".1.log",
            "app." + old + ".0.2.log",
            "app." + recent + ".0.2.log",
            "app." + recent + ".1.2.log");
  }

  private static RollingFileAppender<?> appender(Logs logs) {
    return (RollingFileAppender<?>) logs.context.getLogger("ROOT").getAppender("A");
  }
}
