/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import static dev.cracadapters.logback.testing.Configured.files;
import static dev.cracadapters.logback.testing.Configured.policy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

@Tag("soak")
@RequiresCriu
@DisplayName("After a real restore")
class RestoredFilesIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String FILE = "<file>DIR/app.log</file>";
  private static final String SIZED =
      policy(
          "SizeAndTimeBasedRollingPolicy",
          "<fileNamePattern>DIR/app.%%d{yyyy-MM}.%%i.log%s</fileNamePattern><maxFileSize>1</maxFileSize>");

  @TempDir Path folder;

  /** Not below /tmp, of which each clone has its own. */
  @TempDir(factory = BelowTheModule.class)
  Path logs;

  private Image image;
  private LoggedService service;

  static final class BelowTheModule implements TempDirFactory {

    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test)
        throws IOException {
      Path target = Path.of("target").toAbsolutePath();
      return Files.createTempDirectory(Files.createDirectories(target), "restored-files");
    }
  }

  @BeforeEach
  void service() {
    image = new Image(folder.resolve("image"));
    service = new LoggedService(folder, logs, image);
  }

  private static String appender(String name, String kind, String inside) {
    return "<appender name='%s' class='ch.qos.logback.core.%s'>%s<encoder><pattern>%%msg%%n</pattern></encoder></appender>"
        .formatted(name, kind, inside);
  }

  private static String rolling(String inside) {
    return appender("A", "rolling.RollingFileAppender", inside);
  }

  private static String plain(String inside) {
    return appender("A", "FileAppender", inside);
  }

  @Tag("essential")
  @Test
  @DisplayName("clones side by side on one folder have their own files and archives")
  void perInstance() throws Exception {
    service.checkpointed(
        "on-restore", "per-instance", rolling(FILE + SIZED.formatted("")), "before");
    String one;
    String two;
    try (RunningProcess first = image.restore("--clone").start(folder, "first");
        RunningProcess second = image.restore("--clone").start(folder, "second")) {
      one = LoggedService.instance(first);
      two = LoggedService.instance(second);
      for (int i = 1; i <= 3; i++) {
        LoggedService.log(first, "first" + i);
        LoggedService.log(second, "second" + i);
      }
      LoggedService.end(first);
      LoggedService.end(second);
    }
    assertThat(one).isNotEqualTo(two);
    Map<String, String> files = new TreeMap<>();
    files(logs)
        .forEach((name, text) -> files.put(name.replaceFirst("\\.\\d{4}-\\d{2}\\.", ".Y."), text));
    assertThat(files)
        .containsOnly(
            Map.entry("app.log", "before"),
            Map.entry("app.Y.0." + one + ".log", "first1"),
            Map.entry("app.Y.1." + one + ".log", "first2"),
            Map.entry("app." + one + ".log", "first3"),
            Map.entry("app.Y.0." + two + ".log", "second1"),
            Map.entry("app.Y.1." + two + ".log", "second2"),
            Map.entry("app." + two + ".log", "second3"));
  }

  @Tag("essential")
  @Test
  @DisplayName("the file is rolled, and the restored process begins a fresh one, at each restore")
  void rotate() throws Exception {
    String policy =
        policy("FixedWindowRollingPolicy", "<fileNamePattern>DIR/app.%i.log</fileNamePattern>")
            + "<triggeringPolicy class='ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy'/>";
    service.checkpointed("on-restore", "rotate", rolling(FILE + policy), "before");
    service.run("first", List.of(), "one", "two");
    assertThat(files(logs))
        .containsOnly(Map.entry("app.1.log", "before"), Map.entry("app.log", "one two"));
    service.run("second", List.of(), "three");
    assertThat(files(logs))
        .containsOnly(
            Map.entry("app.2.log", "before"),
            Map.entry("app.1.log", "one two"),
            Map.entry("app.log", "three"));
  }

  @Test
  @DisplayName("in a later period the old events are in that period's archive, and history ends")
  void period() throws Exception {
    DateTimeFormatter second = DateTimeFormatter.ofPattern("yyyy-MM-dd_HH-mm-ss");
    String policy =
        policy(
            "TimeBasedRollingPolicy",
            "<fileNamePattern>DIR/app.%d{yyyy-MM-dd_HH-mm-ss}.log</fileNamePattern><maxHistory>120</maxHistory>");
    service.checkpointed(
        "on-restore",
        "append",
        rolling(FILE + policy).replace("%msg", "%d{yyyy-MM-dd_HH-mm-ss} %msg"),
        "old");
    // On a slow machine the original itself may have gone into a second period. Then Logback next
    // looks only at what the history has lost since: this one is lost before the restore.
    LocalDateTime then = LocalDateTime.now();
    Path stale = archive(then.minusSeconds(119), second);
    Path recent = archive(then.minusSeconds(10), second);
    assertThat(Deadline.after(LIMIT).await(() -> LocalDateTime.now().isAfter(then.plusSeconds(4))))
        .isTrue();
    service.run("restored", List.of(), "new");
    Map<String, String> files = files(logs);
    assertThat(files.get("app.log")).endsWith("new").doesNotContain("old");
    assertThat(files).doesNotContainKey(stale.getFileName().toString());
    assertThat(files).containsKey(recent.getFileName().toString());
    String old =
        files.values().stream().filter(text -> text.endsWith(" old")).findFirst().orElseThrow();
    assertThat(files).containsEntry("app." + old.split(" ")[0] + ".log", old);
  }

  private Path archive(LocalDateTime time, DateTimeFormatter format) throws IOException {
    return Files.writeString(logs.resolve("app." + format.format(time) + ".log"), "");
  }

  @Test
  @DisplayName("a folder that is gone is made again, and where it cannot be the others go on")
  void folderGone() throws Exception {
    Path gone = logs.resolve("gone");
    service.checkpointed(
        "on-restore",
        "append",
        plain("<file>DIR/gone/app.log</file>")
            + appender("B", "FileAppender", "<file>DIR/other.log</file>")
            + "<logger name='app'><appender-ref ref='B'/></logger>",
        "before");
    Files.delete(gone.resolve("app.log"));
    Files.delete(gone);
    service.run("first", List.of(), "one");
    assertThat(files(logs))
        .containsOnly(Map.entry("gone/app.log", "one"), Map.entry("other.log", "before one"));
    Files.delete(gone.resolve("app.log"));
    Files.delete(gone);
    Files.writeString(gone, "in the way\n");
    RunningProcess second = service.run("second", List.of(), "two", "three");
    assertThat(second.awaitLineOrExit("restored with failures").orElseThrow())
        .contains(gone + "/app.log");
    assertThat(files(logs))
        .containsOnly(
            Map.entry("gone", "in the way"), Map.entry("other.log", "before one two three"));
    assertThat(second.error().lines().filter(line -> line.startsWith("Appender [A]")))
        .singleElement()
        .asString()
        .contains(gone + "/app.log", gone + " is a file: put a folder there");
    // Nobody can have the events now: the end of the process brings them to light.
    assertThat(second.error().lines()).containsOnlyOnce("two").containsOnlyOnce("three");
  }

  @Test
  @DisplayName("a changed configuration is used, with the restore's variables, a broken one not")
  void reload() throws Exception {
    String told = "<logger name='dev.cracadapters.logback'><appender-ref ref='A'/></logger>";
    service.checkpointed("reload", true, plain(FILE) + told, "before");
    service.configure(plain("<file>DIR/new.log</file>") + told);
    try (RunningProcess restored =
        image.restore("-e", "LOG_LEVEL=DEBUG").start(folder, "restored")) {
      LoggedService.instance(restored);
      restored.send("debug details");
      restored.awaitLine("logged details");
      LoggedService.end(restored);
    }
    assertThat(files(logs).get("app.log")).isEqualTo("before");
    assertThat(files(logs).get("new.log"))
        .contains("read again", "logback.xml", "LOG_LEVEL")
        .endsWith(" details");
    Files.delete(logs.resolve("new.log"));

    service.configure(plain("<file>DIR/new.log</file><unclosed>") + told);
    service.run("broken", List.of(), "after");
    assertThat(files(logs)).containsOnlyKeys("app.log");
    assertThat(files(logs).get("app.log"))
        .startsWith("before Logback's configuration changed")
        .contains("logback.xml", "cannot be used", "Parsing fatal error on line 1")
        .endsWith(" after");
  }

  @Test
  @DisplayName("and beside the process that was left running, each event is in each file once")
  void leftRunning() throws Exception {
    Image other = new Image(folder.resolve("other"));
    int logged;
    try (RunningProcess original = service.started("on-restore", "per-instance", plain(FILE))) {
      original.send("flood");
      original.awaitLine("flooding");
      original.send("image " + other.folder());
      assertThat(original.awaitLine("imaged")).isEqualTo("imaged");
      logged = LoggedService.stop(original);
    }
    assertThat(Files.readAllLines(logs.resolve("app.log"))).isEqualTo(numbers(0, logged));
    try (RunningProcess restored = other.restore().start(folder, "restored")) {
      String file = "app." + LoggedService.instance(restored) + ".log";
      int end = LoggedService.stop(restored);
      List<String> own = Files.readAllLines(logs.resolve(file));
      int first = Integer.parseInt(own.get(0));
      assertThat(first).isBetween(1000, logged);
      assertThat(own).isEqualTo(numbers(first, end));
    }
    assertThat(Files.readAllLines(logs.resolve("app.log"))).isEqualTo(numbers(0, logged));
  }

  private static List<String> numbers(int first, int end) {
    return IntStream.range(first, end).mapToObj(String::valueOf).toList();
  }

  @Tag("essential")
  @Test
  @DisplayName("nothing is missing of a buffered file, or of those that were being compressed")
  void strict() throws Exception {
    service.checkpointed(
        "on-restore",
        "append",
        rolling(FILE + SIZED.formatted(".gz"))
            + appender(
                "B",
                "FileAppender",
                "<file>DIR/buffered.log</file><immediateFlush>false</immediateFlush><bufferSize>64KB</bufferSize>")
            + "<logger name='app'><appender-ref ref='B'/></logger>",
        "one",
        "two",
        "three");
    assertThat(files(logs)).containsEntry("buffered.log", "one two three");
    assertThat(files(logs).values())
        .containsExactlyInAnyOrder("one", "two", "three", "one two three");
    service.run("restored", List.of(), "four");
    assertThat(files(logs).keySet().stream().filter(name -> name.endsWith(".log.gz"))).hasSize(3);
    assertThat(files(logs))
        .containsEntry("app.log", "four")
        .containsEntry("buffered.log", "one two three four")
        .hasSize(5);
  }
}
