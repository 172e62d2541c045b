/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.configuration;

import static dev.cracadapters.logback.testing.Configured.file;
import static dev.cracadapters.logback.testing.Configured.files;
import static dev.cracadapters.logback.testing.Configured.policy;
import static dev.cracadapters.logback.testing.Configured.rolling;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import dev.cracadapters.logback.ConfigurationSource;
import dev.cracadapters.logback.LogbackResource;
import dev.cracadapters.logback.LogbackSettings.OnRestore;
import dev.cracadapters.logback.testing.CloneEngine;
import dev.cracadapters.logback.testing.Logs;
import dev.cracadapters.logback.testing.Restore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.YearMonth;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A configuration that is read again at a restore, with on-restore=per-instance")
@Timeout(60)
class ReloadedNamesTest {

  private static final String CHILDREN =
      "<appender name='A' class='ch.qos.logback.classic.sift.SiftingAppender'><discriminator><key>user</key><defaultValue>nobody</defaultValue></discriminator><sift><appender name='${user}' class='ch.qos.logback.core.FileAppender'><file>DIR/${user}.log</file>%s<encoder><pattern>%%msg%%n</pattern></encoder></appender></sift></appender>";

  @TempDir Path folder;
  private Reloading reloading;
  private Path shared;
  private Logs logs;

  @AfterEach
  void tearDown() {
    reloading.close();
  }

  private void logs(String xml) throws Exception {
    reloading = new Reloading(folder, OnRestore.PER_INSTANCE, xml);
    logs = reloading.logs;
    shared = reloading.shared;
  }

  private void log(String user, String message) {
    logs.mdc.put("user", user);
    logs.logger().info(message);
  }

  @Test
  @DisplayName("writes to a file of the instance, and opens no shared one")
  void plain() throws Exception {
    logs(file("<file>DIR/app.log</file>"));
    logs.logger().info("before");
    reloading.restore(file("<file>DIR/new.log</file>"));
    logs.logger().info("after");
    assertThat(files(shared))
        .containsOnly(
            Map.entry("app.log", "before"),
            Map.entry("app.clone.log", "during"),
            Map.entry("new.clone.log", "after"));
    assertThat(logs.open()).containsExactly("new.clone.log");
  }

  @Test
  @DisplayName("empties neither the shared file nor its own, also without append")
  void notEmptied() throws Exception {
    logs(file("<file>DIR/app.log</file>"));
    logs.logger().info("before");
    reloading.restore("<!-- new -->" + file("<file>DIR/app.log</file><append>false</append>"));
    logs.logger().info("after");
    assertThat(files(shared))
        .containsOnly(Map.entry("app.log", "before"), Map.entry("app.clone.log", "during after"));
  }

  @Test
  @DisplayName("names the next restore's files from the configured name")
  void again() throws Exception {
    logs(file("<file>DIR/app.log</file>"));
    reloading.restore(file("<file>DIR/new.log</file>"));
    logs.logger().info("after");
    logs.checkpoint();
    CloneEngine.becomes("2");
    logs.restore();
    logs.logger().info("end");
    assertThat(files(shared))
        .containsOnly(
            Map.entry("app.log", ""),
            Map.entry("app.clone.log", "during"),
            Map.entry("new.clone.log", "after"),
            Map.entry("new.2.log", "end"));
  }

  @Test
  @DisplayName("names archives by the instance")
  void archives() throws Exception {
    String sized =
        policy(
            "SizeAndTimeBasedRollingPolicy",
            "<fileNamePattern>DIR/new.%d{yyyy-MM}.%i.log</fileNamePattern><maxFileSize>1</maxFileSize>");
    logs(file("<file>DIR/app.log</file>"));
    reloading.restore(rolling("<file>DIR/new.log</file>" + sized));
    logs.logger().info("one");
    logs.logger().info("two");
    assertThat(files(shared))
        .containsOnly(
            Map.entry("app.log", ""),
            Map.entry("app.clone.log", "during"),
            Map.entry("new." + YearMonth.now() + ".0.clone.log", "one"),
            Map.entry("new.clone.log", "two"));
  }

  @Test
  @DisplayName("has the instance's name also where the policy names the file")
  void namedByPolicy() throws Exception {
    logs(file("<file>DIR/app.log</file>"));
    reloading.restore(
        rolling(
            policy(
                "TimeBasedRollingPolicy",
                "<fileNamePattern>DIR/new-%d{yyyy-MM}.log</fileNamePattern>")));
    logs.logger().info("after");
    assertThat(files(shared))
        .containsOnly(
            Map.entry("app.log", ""),
            Map.entry("app.clone.log", "during"),
            Map.entry("new-" + YearMonth.now() + ".clone.log", "after"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "<append>false</append>"})
  @DisplayName("gives a sifting appender's children files of the instance")
  void sifting(String append) throws Exception {
    logs(CHILDREN.formatted(""));
    log("alice", "before");
    reloading.restore("<!-- new -->" + CHILDREN.formatted(append));
    Files.writeString(shared.resolve("bob.log"), "another's\n", StandardOpenOption.CREATE_NEW);
    log("alice", "after");
    log("bob", "after");
    assertThat(files(shared))
        .containsOnly(
            Map.entry("alice.log", "before"),
            Map.entry("alice.clone.log", "during after"),
            Map.entry("bob.log", "another's"),
            Map.entry("bob.clone.log", "after"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "sifting", "sifting without append"})
  @DisplayName("writes no event to a shared file while threads log all the time")
  void underLoad(String kind) throws Exception {
    String xml =
        switch (kind) {
          case "file" -> file("<file>DIR/app.log</file>");
          case "sifting" -> CHILDREN.formatted("");
          default -> CHILDREN.formatted("<append>false</append>");
        };
    logs(xml);
    AtomicBoolean ended = new AtomicBoolean();
    AtomicInteger logged = new AtomicInteger();
    AtomicInteger atRestore = new AtomicInteger();
    Thread load =
        new Thread(
            () -> {
              logs.mdc.put("user", "app");
              while (!ended.get()) {
                logs.logger().info("{}", logged.get());
                logged.incrementAndGet();
              }
            });
    load.start();
    try {
      Restore.of(
          logs.resource,
          folder,
          () -> {
            atRestore.set(logged.get());
            reloading.configure("<!-- new -->" + xml);
          });
      int now = logged.get();
      await().atMost(20, TimeUnit.SECONDS).until(() -> logged.get() > now);
    } finally {
      ended.set(true);
      load.join(20_000);
    }
    assertThat(files(shared)).containsOnlyKeys("app.log", "app.clone.log");
    String all = (files(shared).get("app.log") + " " + files(shared).get("app.clone.log")).strip();
    String[] expected =
        IntStream.range(0, logged.get()).mapToObj(String::valueOf).toArray(String[]::new);
    // Not compared by AssertJ, which takes minutes to describe a difference of that many.
    assertThat(Arrays.mismatch(all.split(" "), expected)).as("first that differs").isEqualTo(-1);
    // What was logged while the files were closed was not before the restore.
    assertThat(files(shared).get("app.log").split(" ").length).isLessThanOrEqualTo(atRestore.get());
  }

  @Test
  @DisplayName("keeps the instance's files where the old one has to be made again")
  void fallenBack() throws Exception {
    logs(file("<file>DIR/app.log</file><append>false</append>"));
    logs.logger().info("before");
    reloading.restore(
        file("<file>DIR/new.log</file>")
            + "<appender name='B' class='%s'/><logger name='b'><appender-ref ref='B'/></logger>"
                .formatted(BrokenConfigurationTest.Unstartable.class.getName()));
    logs.logger().info("after");
    assertThat(files(shared))
        .containsEntry("app.log", "before")
        .containsEntry("app.clone.log", "during after")
        .containsEntry("new.clone.log", "")
        .hasSize(3);
  }

  @Test
  @DisplayName("has a framework's appenders write to files of the instance")
  void framework() throws Exception {
    logs(file("<file>DIR/app.log</file>"));
    logs.logger().info("before");
    LogbackResource resource =
        LogbackResource.of(
            logs.context, Logs.SETTINGS.withOnRestore(OnRestore.PER_INSTANCE), new InJava());
    Restore.of(resource, folder, () -> logs.logger().info("during"));
    logs.logger().info("after");
    assertThat(files(shared))
        .containsOnly(
            Map.entry("app.log", "before"),
            Map.entry("app.clone.log", "during"),
            Map.entry("new.log", ""),
            Map.entry("new.clone.log", "after"));
    assertThat(logs.open()).containsExactly("new.clone.log");
  }

  /** Configures without XML, of which Logback tells nobody. */
  private final class InJava implements ConfigurationSource {

    @Override
    public void note() {}

    @Override
    public Optional<String> changes() {
      return Optional.of("all");
    }

    @Override
    public Optional<String> flaw() {
      return Optional.empty();
    }

    @Override
    public void apply() {
      logs.context.reset();
      logs.context.getLogger("dev.cracadapters").setLevel(Level.OFF);
      logs.attachFile("new.log");
    }
  }
}
