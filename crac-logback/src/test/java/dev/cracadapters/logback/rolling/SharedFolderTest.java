/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import static dev.cracadapters.logback.testing.Configured.files;
import static dev.cracadapters.logback.testing.Configured.policy;
import static dev.cracadapters.logback.testing.Configured.rolling;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.logback.LogbackSettings.OnRestore;
import dev.cracadapters.logback.testing.CloneEngine;
import dev.cracadapters.logback.testing.Configured;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two contexts that were configured alike and are closed at one moment are two clones. */
@DisplayName("Two clones that are restored from one image in one folder")
@Timeout(60)
class SharedFolderTest {

  private static final String MONTH = YearMonth.now().toString();

  @TempDir Path folder;
  private final List<Logs> clones = new ArrayList<>();

  @AfterEach
  void tearDown() {
    clones.forEach(Logs::close);
  }

  /** Both have kept one event, the one in the image. */
  private void image(OnRestore choice, String xml) throws Exception {
    try (Logs original = Configured.logs(folder, choice, xml)) {
      original.logger().info("before");
    }
    for (int i = 0; i < 2; i++) {
      clones.add(Configured.logs(folder, choice, xml));
    }
    for (Logs clone : clones) {
      clone.checkpoint();
    }
    for (Logs clone : clones) {
      clone.logger().info("image");
    }
  }

  private void restore(int number) throws Exception {
    CloneEngine.becomes("" + number);
    clones.get(number).restore();
    log(number, "a");
  }

  private void log(int number, String message) {
    clones.get(number).logger().info("{}{}", message, number);
  }

  private Map<String, String> run() throws Exception {
    restore(0);
    restore(1);
    log(0, "b");
    log(1, "b");
    clones.forEach(clone -> clone.context.stop());
    return files(folder);
  }

  @Test
  @DisplayName("and append: write to one file, each of them the events that are in the image")
  void append() throws Exception {
    image(OnRestore.APPEND, Configured.file("<file>DIR/app.log</file>"));
    assertThat(run()).containsOnly(Map.entry("app.log", "before image a0 image a1 b0 b1"));
  }

  @Test
  @DisplayName("and rotate: the first goes on writing to its file after the second has rolled that")
  void rotate() throws Exception {
    image(
        OnRestore.ROTATE,
        rolling(
            "<file>DIR/app.log</file>"
                + policy(
                    "TimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/app.%d{yyyy-MM}.log</fileNamePattern>")));
    assertThat(run())
        .containsOnly(
            Map.entry("app." + MONTH + ".1.log", "before"),
            Map.entry("app." + MONTH + ".2.log", "image a0 b0"),
            Map.entry("app.log", "image a1 b1"));
  }

  @Test
  @DisplayName("and rotate, all of many at one moment: no event is lost")
  void rotateAtOnce() throws Exception {
    image(
        OnRestore.ROTATE,
        rolling(
            "<file>DIR/app.log</file>"
                + policy(
                    "TimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/app.%d{yyyy-MM}.log</fileNamePattern>")));
    CloneEngine.becomes("all");
    List<FutureTask<Boolean>> restores = new ArrayList<>();
    for (Logs clone : clones) {
      Callable<Boolean> restore =
          () -> {
            clone.restore();
            clone.logger().info("after");
            return true;
          };
      restores.add(new FutureTask<>(restore));
    }
    restores.forEach(restore -> new Thread(restore).start());
    for (FutureTask<Boolean> restore : restores) {
      assertThat(restore.get(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(String.join(" ", files(folder).values()).split(" +"))
        .filteredOn(word -> !word.isEmpty())
        .containsExactlyInAnyOrder("before", "image", "image", "after", "after");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"SizeAndTimeBasedRollingPolicy", "TimeBasedRollingPolicy"})
  @DisplayName("and rotate, compressing: the file that the first writes to is not compressed")
  void rotateCompressing(String kind) throws Exception {
    boolean indexed = kind.startsWith("Size");
    image(
        OnRestore.ROTATE,
        rolling(
            "<file>DIR/app.log</file>"
                + policy(
                    kind,
                    "<fileNamePattern>DIR/app.%d{yyyy-MM}"
                        + (indexed ? ".%i" : "")
                        + ".log.gz</fileNamePattern>"
                        + (indexed ? "<maxFileSize>1MB</maxFileSize>" : ""))));
    Map<String, String> found = run();
    assertThat(found)
        .hasSize(3)
        .containsEntry("app." + MONTH + (indexed ? ".0" : ".1") + ".log.gz", "before")
        .containsValue("image a0 b0")
        .containsEntry("app.log", "image a1 b1");
    assertThat(found.keySet()).filteredOn(name -> name.endsWith(".gz")).hasSize(1);
  }

  @Test
  @DisplayName("and per-instance: neither touches a file of the other's, also when they roll")
  void perInstance() throws Exception {
    image(
        OnRestore.PER_INSTANCE,
        rolling(
            "<file>DIR/app.log</file>"
                + policy(
                    "SizeAndTimeBasedRollingPolicy",
                    "<fileNamePattern>DIR/app.%d{yyyy-MM}.%i.log.gz</fileNamePattern><maxFileSize>8</maxFileSize>")));
    assertThat(run())
        .containsOnly(
            Map.entry("app.log", "before"),
            Map.entry("app." + MONTH + ".0.0.log.gz", "image a0"),
            Map.entry("app." + MONTH + ".0.1.log.gz", "image a1"),
            Map.entry("app.0.log", "b0"),
            Map.entry("app.1.log", "b1"));
  }
}
