/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.logging;

import static dev.cracadapters.spring.logging.RestoredService.level;
import static dev.cracadapters.spring.logging.RestoredService.logger;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The log file and its configuration at a restore")
class LogFileAtRestoreTest {

  private static final String PATTERN = "--logging.pattern.file=%msg%n";

  @TempDir Path folder;

  private String logging(String name) {
    return "--logging.file.name=" + folder.resolve(name);
  }

  @Test
  @DisplayName("is the one of the environment variable; the old one keeps what was logged before")
  void environmentVariable() throws Exception {
    try (RestoredService service =
        new RestoredService(folder, PATTERN, "--logging.level.com.acme=debug")) {
      service.restore("LOGGING_FILE_NAME=" + folder.resolve("one.log"));
      logger("com.acme").debug("first");
      service.restore(
          () -> logger("com.acme").debug("between"),
          "LOGGING_FILE_NAME=" + folder.resolve("two.log"));
      logger("com.acme").debug("second");
      assertThat(service.text("one.log").lines()).contains("first", "between");
      assertThat(service.text("one.log")).doesNotContain("second");
      assertThat(service.text("two.log").lines()).contains("second");
      assertThat(service.text("two.log")).doesNotContain("first", "between");
    }
  }

  @Test
  @DisplayName("and of logging.file.path in a changed configuration file")
  void path() throws Exception {
    try (RestoredService service = new RestoredService(folder, PATTERN)) {
      service.restore(() -> service.configure("logging.file.path=" + folder.resolve("logs")));
      logger("com.acme").info("after");
      assertThat(service.text("logs/spring.log").lines()).contains("after");
    }
  }

  @Test
  @DisplayName("stays, with the reason, where the new one cannot be written")
  void unwritable() throws Exception {
    try (RestoredService service = new RestoredService(folder, PATTERN, logging("one.log"))) {
      service.restore("CRAC_ARGUMENT=" + logging("application.properties/two.log"));
      logger("com.acme").info("after");
      assertThat(service.text("one.log")).contains("two.log cannot be written", "after");
    }
  }

  private void xml(String file, String extra) throws Exception {
    Files.writeString(
        folder.resolve("custom.xml"),
        """
        <configuration>
          <springProperty name="WORD" source="acme.word" defaultValue="none"/>
          <appender name="FILE" class="ch.qos.logback.core.FileAppender">
            <file>%s</file>
            <encoder><pattern>${WORD} %%msg%%n</pattern></encoder>
          </appender>
          %s
          <root level="info"><appender-ref ref="FILE"/></root>
        </configuration>
        """
            .formatted(folder.resolve(file), extra));
  }

  private String config() {
    return "--logging.config=" + folder.resolve("custom.xml").toUri();
  }

  @Test
  @DisplayName("a logging.config given to the restore is applied without reload")
  void configGiven() throws Exception {
    xml(
        "custom.log",
        "<springProfile name=\"default\"><logger name=\"a\" level=\"trace\"/></springProfile>");
    try (RestoredService service = new RestoredService(folder, "--acme.word=hello")) {
      service.restore("CRAC_ARGUMENT=" + config());
      logger("com.acme").info("after");
      assertThat(service.text("custom.log").lines()).contains("hello after");
      assertThat(level("a")).isEqualTo("TRACE");
    }
  }

  @Test
  @DisplayName("a changed one is read again with reload, by Spring Boot's own reader")
  void reload() throws Exception {
    xml("one.log", "");
    try (RestoredService service =
        new RestoredService(
            folder, config(), "--acme.word=hello", "--spring.crac.logback.reload=true")) {
      logger("com.acme").info("before");
      service.restore(() -> xml("two.log", ""));
      logger("com.acme").info("after");
      assertThat(service.text("one.log").lines())
          .contains("hello before")
          .doesNotContain("hello after");
      assertThat(service.text("two.log").lines())
          .contains("hello after")
          .doesNotContain("hello before");
    }
  }

  @Test
  @DisplayName("and not without reload")
  void withoutReload() throws Exception {
    xml("one.log", "");
    try (RestoredService service = new RestoredService(folder, config())) {
      service.restore(() -> xml("two.log", ""));
      logger("com.acme").info("after");
      assertThat(service.text("one.log").lines()).contains("none after");
      assertThat(folder.resolve("two.log")).doesNotExist();
    }
  }

  @Test
  @DisplayName("a changed one that is broken leaves the old one, with the reason")
  void broken() throws Exception {
    xml("one.log", "<logger name=\"a\" level=\"trace\"/>");
    try (RestoredService service =
        new RestoredService(
            folder, config(), "--acme.word=hello", "--spring.crac.logback.reload=true")) {
      service.restore(() -> Files.writeString(folder.resolve("custom.xml"), "<configuration>"));
      logger("com.acme").info("first");
      service.restore(
          () ->
              xml(
                  "two.log",
                  "<appender name=\"X\" class=\"no.such.Class\"/><root><appender-ref ref=\"X\"/></root>"));
      logger("com.acme").info("second");
      assertThat(service.text("one.log"))
          .contains("cannot be read", "hello first", "no.such.Class", "hello second");
      assertThat(level("a")).isEqualTo("TRACE");
      service.restore(() -> xml("three.log", ""));
      logger("com.acme").info("third");
      assertThat(service.text("three.log").lines()).contains("hello third");
    }
  }

  @Test
  @DisplayName("changes without an event lost, or written twice, of threads that log without pause")
  void nothingLost() throws Exception {
    int turns = 6;
    long[] logged = new long[3];
    try (RestoredService service = new RestoredService(folder, PATTERN, logging("0.log"))) {
      AtomicBoolean end = new AtomicBoolean();
      AtomicLong progress = new AtomicLong();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < logged.length; i++) {
        int number = i;
        threads.add(
            new Thread(
                () -> {
                  while (!end.get()) {
                    logger("com.acme").info("event {} {}", number, logged[number]++);
                    progress.incrementAndGet();
                  }
                }));
      }
      threads.forEach(Thread::start);
      for (int turn = 1; turn <= turns; turn++) {
        awaitFurther(progress);
        service.restore("CRAC_ARGUMENT=" + logging(turn + ".log"));
      }
      awaitFurther(progress);
      end.set(true);
      for (Thread thread : threads) {
        thread.join(20_000);
        assertThat(thread.isAlive()).isFalse();
      }
    }
    List<String> lines = new ArrayList<>();
    for (int turn = 0; turn <= turns; turn++) {
      List<String> own = Files.readAllLines(folder.resolve(turn + ".log"));
      assertThat(own).anyMatch(line -> line.startsWith("event 0 "));
      lines.addAll(own);
    }
    for (int i = 0; i < logged.length; i++) {
      String prefix = "event " + i + " ";
      assertThat(lines.stream().filter(line -> line.startsWith(prefix)).toList())
          .isEqualTo(IntStream.range(0, (int) logged[i]).mapToObj(n -> prefix + n).toList());
    }
  }

  private static void awaitFurther(AtomicLong progress) {
    long from = progress.get();
    await().atMost(Duration.ofSeconds(20)).until(() -> progress.get() >= from + 1_000);
  }
}
