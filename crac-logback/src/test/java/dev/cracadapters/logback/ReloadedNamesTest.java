/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static dev.cracadapters.logback.Configured.files;
import static dev.cracadapters.logback.Configured.policy;
import static dev.cracadapters.logback.Configured.rolling;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.joran.JoranConfigurator;
import dev.cracadapters.logback.LogbackSettings.OnRestore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.YearMonth;
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

@DisplayName("A configuration that is read again at a restore, with on-restore")
@Timeout(60)
class ReloadedNamesTest {

  private static final String CHILDREN =
      "<appender name='A' class='ch.qos.logback.classic.sift.SiftingAppender'><discriminator><key>user</key><defaultValue>nobody</defaultValue></discriminator><sift><appender name='${user}' class='ch.qos.logback.core.FileAppender'><file>DIR/${user}.log</file>%s<encoder><pattern>%%msg%%n</pattern></encoder></appender></sift></appender>";

  @TempDir Path folder;
  private Path configuration;
  private Path shared;
  private Logs logs;

  @AfterEach
  void tearDown() {
    logs.close();
  }

  private void logs(OnRestore choice, String xml) throws Exception {
    configuration = Files.createDirectory(folder.resolve("etc")).resolve("logback.xml");
    shared = Files.createDirectory(folder.resolve("logs"));
    logs = new Logs(shared, Logs.SETTINGS.withOnRestore(choice).withReload(true));
    configure(xml);
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(logs.context);
    configurator.doConfigure(configuration.toFile());
  }

  /** The logger that tells of the new configuration is off: what remains is the tests' own. */
  private void configure(String xml) throws Exception {
    Files.writeString(
        configuration,
        "<configuration>%s<logger name='dev.cracadapters' level='OFF'/><root level='DEBUG'><appender-ref ref='A'/></root></configuration>"
            .formatted(xml.replace("DIR", shared.toString())));
  }

  /** With the ID "clone", and another configuration. */
  private void restore(String xml) throws Exception {
    Restore.of(
        logs.resource,
        folder,
        () -> {
          logs.logger().info("during");
          configure(xml);
        });
  }

  private void log(String user, String message) {
    logs.mdc.put("user", user);
    logs.logger().info(message);
  }

  private static String file(String inside) {
    return Configured.file(inside);
  }

  @Test
  @DisplayName("per-instance, writes to a file of the instance, and opens no shared one")
  void plain() throws Exception {
    logs(OnRestore.PER_INSTANCE, file("<file>DIR/app.log</file>"));
    logs.logger().info("before");
    restore(file("<file>DIR/new.log</file>"));
    logs.logger().info("after");
    assertThat(files(shared))
        .containsOnly(
            Map.entry("app.log", "before"),
            Map.entry("app.clone.log", "during"),
            Map.entry("new.clone.log", "after"));
    assertThat(logs.open()).containsExactly("new.clone.log");
  }

  @Test
  @DisplayName("per-instance, empties neither the shared file nor its own, also without append")
  void notEmptied() throws Exception {
    logs(OnRestore.PER_INSTANCE, file("<file>DIR/app.log</file>"));
    logs.logger().info("before");
    restore("<!-- new -->" + file("<file>DIR/app.log</file><append>false</append>"));
    logs.logger().info("after");
    assertThat(files(shared))
        .containsOnly(Map.entry("app.log", "before"), Map.entry("app.clone.log", "during after"));
  }

  @Test
  @DisplayName("per-instance, names the next restore's files from the configured name")
  void again() throws Exception {
    logs(OnRestore.PER_INSTANCE, file("<file>DIR/app.log</file>"));
    restore(file("<file>DIR/new.log</file>"));
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
  @DisplayName("per-instance, names archives by the instance")
  void archives() throws Exception {
    String sized =
        policy(
            "SizeAndTimeBasedRollingPolicy",
            "<fileNamePattern>DIR/new.%d{yyyy-MM}.%i.log</fileNamePattern><maxFileSize>1</maxFileSize>");
    logs(OnRestore.PER_INSTANCE, file("<file>DIR/app.log</file>"));
    restore(rolling("<file>DIR/new.log</file>" + sized));
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
  @DisplayName("per-instance, has the instance's name also where the policy names the file")
  void namedByPolicy() throws Exception {
    logs(OnRestore.PER_INSTANCE, file("<file>DIR/app.log</file>"));
    restore(
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
  @DisplayName("per-instance, gives a sifting appender's children files of the instance")
  void sifting(String append) throws Exception {
    logs(OnRestore.PER_INSTANCE, CHILDREN.formatted(""));
    log("alice", "before");
    restore("<!-- new -->" + CHILDREN.formatted(append));
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
  @DisplayName("per-instance, writes no event to a shared file while threads log all the time")
  void underLoad(String kind) throws Exception {
    String xml =
        switch (kind) {
          case "file" -> file("<file>DIR/app.log</file>");
          case "sifting" -> CHILDREN.formatted("");
          default -> CHILDREN.formatted("<append>false</append>");
        };
    logs(OnRestore.PER_INSTANCE, xml);
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
            configure("<!-- new -->" + xml);
          });
      int now = logged.get();
      await().atMost(20, TimeUnit.SECONDS).until(() -> logged.get() > now);
    } finally {
      ended.set(true);
      load.join(20_000);
    }
    assertThat(files(shared)).containsOnlyKeys("app.log", "app.clone.log");
    String all = (files(shared).get("app.log") + " " + files(shared).get("app.clone.log")).strip();
    assertThat(all.split(" "))
        .containsExactly(
            IntStream.range(0, logged.get()).mapToObj(String::valueOf).toArray(String[]::new));
    // What was logged while the files were closed was not before the restore.
    assertThat(files(shared).get("app.log").split(" ").length).isLessThanOrEqualTo(atRestore.get());
  }

  @Test
  @DisplayName("per-instance, keeps the instance's files where the old one has to be made again")
  void fallenBack() throws Exception {
    logs(OnRestore.PER_INSTANCE, file("<file>DIR/app.log</file><append>false</append>"));
    logs.logger().info("before");
    restore(
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

  @ParameterizedTest
  @ValueSource(strings = {"", "<append>false</append>"})
  @DisplayName("append, keeps what was in the file, also without append")
  void append(String append) throws Exception {
    logs(OnRestore.APPEND, file("<file>DIR/app.log</file>" + append));
    logs.logger().info("before");
    restore("<!-- new -->" + file("<file>DIR/app.log</file>" + append));
    logs.logger().info("after");
    assertThat(files(shared)).containsOnly(Map.entry("app.log", "before during after"));
  }

  @Test
  @DisplayName("rotate, rolls the file once")
  void rotate() throws Exception {
    String rolling =
        rolling(
            "<file>DIR/app.log</file>"
                + policy(
                    "FixedWindowRollingPolicy", "<fileNamePattern>DIR/app.%i.log</fileNamePattern>")
                + "<triggeringPolicy class='ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy'/>");
    logs(OnRestore.ROTATE, rolling);
    logs.logger().info("before");
    restore("<!-- new -->" + rolling);
    logs.logger().info("after");
    assertThat(files(shared))
        .containsOnly(Map.entry("app.1.log", "before"), Map.entry("app.log", "during after"));
  }

  @Test
  @DisplayName("rotate, rolls a plain file once, and leaves another file of the new configuration")
  void rotatePlain() throws Exception {
    logs(OnRestore.ROTATE, file("<file>DIR/app.log</file>"));
    logs.logger().info("before");
    Files.writeString(shared.resolve("new.log"), "there\n");
    restore(file("<file>DIR/new.log</file><append>false</append>"));
    logs.logger().info("after");
    Map<String, String> files = files(shared);
    assertThat(files)
        .hasSize(3)
        .containsEntry("app.log", "during")
        .containsEntry("new.log", "there after")
        .containsValue("before");
  }

  @Test
  @DisplayName("per-instance, has a framework's appenders write to files of the instance")
  void framework() throws Exception {
    logs(OnRestore.PER_INSTANCE, file("<file>DIR/app.log</file>"));
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
