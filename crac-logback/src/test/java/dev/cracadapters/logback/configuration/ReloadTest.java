/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.Appender;
import dev.cracadapters.logback.testing.Logs;
import dev.cracadapters.logback.testing.Restore;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("With reload, a restore reads the configuration again")
class ReloadTest {

  @TempDir Path folder;

  private static final String ROOT =
      "<root level=\"%s\"><appender-ref ref=\"FILE\"/></root>".formatted("${ACME_LEVEL:-info}");

  private String file(String name) {
    return """
        <appender name="FILE" class="ch.qos.logback.core.FileAppender">
          <file>%s/%s</file>
          <encoder><pattern>%%msg%%n</pattern></encoder>
        </appender>
        """
        .formatted(folder, name);
  }

  private Path write(String name, String... parts) throws Exception {
    return Files.writeString(folder.resolve(name), String.join("\n", parts));
  }

  private Path configuration(String... parts) throws Exception {
    return write("logback.xml", "<configuration>", String.join("\n", parts), "</configuration>");
  }

  private Logs configured() throws Exception {
    return configured(folder.resolve("logback.xml").toUri());
  }

  private Logs configured(URI file) throws Exception {
    return configured(file, true);
  }

  private Logs configured(URI file, boolean reload) throws Exception {
    Logs logs = new Logs(folder, Logs.SETTINGS.withReload(reload));
    configure(logs.context, file);
    return logs;
  }

  private static void configure(LoggerContext context, URI file) throws Exception {
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(file.toURL());
  }

  private static Appender<?> appender(Logs logs) {
    return logs.context.getLogger("ROOT").getAppender("FILE");
  }

  @Test
  @DisplayName("where its file changed: kept events go to the old file, later ones to the new")
  void fileChanged() throws Exception {
    configuration(file("old.log"), ROOT);
    try (Logs logs = configured()) {
      logs.logger().info("before");
      Restore.of(
          logs.resource,
          folder,
          () -> {
            logs.logger().info("between");
            configuration(file("new.log"), ROOT);
          });
      logs.logger().info("after");
      assertThat(logs.lines("old.log")).containsExactly("before", "between");
      assertThat(logs.lines("new.log")).endsWith("after").doesNotContain("before", "between");
      assertThat(logs.lines("new.log").get(0)).contains("read again", "logback.xml");
      assertThat(logs.open()).containsExactly("new.log");
    }
  }

  @Test
  @DisplayName("and by the text, not by the time of the file")
  void sameTime() throws Exception {
    Path main = configuration(file("old.log"), ROOT);
    FileTime time = Files.getLastModifiedTime(main);
    try (Logs logs = configured()) {
      Restore.of(
          logs.resource,
          folder,
          () -> Files.setLastModifiedTime(configuration(file("new.log"), ROOT), time));
      logs.logger().info("after");
      assertThat(logs.lines("new.log")).endsWith("after");
      Appender<?> appender = appender(logs);
      Restore.of(
          logs.resource,
          folder,
          () -> Files.setLastModifiedTime(main, FileTime.fromMillis(123_000)));
      assertThat(appender(logs)).isSameAs(appender);
    }
  }

  @Test
  @DisplayName("where a file that it includes changed, or a property file")
  void included() throws Exception {
    write("levels.properties", "ACME_LEVEL=warn");
    write("included.xml", "<included>", file("old.log"), "</included>");
    configuration(
        "<property name=\"HERE\" value=\"%s\"/>".formatted(folder),
        "<property file=\"${HERE}/levels.properties\"/>",
        "<include file=\"${HERE}/included.xml\"/>",
        ROOT);
    try (Logs logs = configured()) {
      assertThat(logs.context.getLogger("ROOT").getLevel()).isEqualTo(Level.WARN);
      Restore.of(
          logs.resource,
          folder,
          () -> write("included.xml", "<included>", file("new.log"), "</included>"));
      logs.logger().warn("after");
      assertThat(logs.lines("new.log")).containsExactly("after");
      Restore.of(logs.resource, folder, () -> write("levels.properties", "ACME_LEVEL=error"));
      assertThat(logs.context.getLogger("ROOT").getLevel()).isEqualTo(Level.ERROR);
    }
  }

  @Test
  @DisplayName("where a jar has another one")
  void inJar() throws Exception {
    Path jar = folder.resolve("app.jar");
    jar(jar, file("old.log"));
    try (Logs logs = configured(URI.create("jar:" + jar.toUri() + "!/logback.xml"))) {
      Restore.of(logs.resource, folder, () -> jar(jar, file("new.log")));
      logs.logger().info("after");
      assertThat(logs.lines("new.log")).endsWith("after");
      assertThat(logs.open()).containsExactly("new.log");
    }
  }

  private static void jar(Path jar, String appender) throws Exception {
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry("logback.xml"));
      String text = "<configuration>" + appender + ROOT + "</configuration>";
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  @ParameterizedTest
  @CsvSource({"ACME_LEVEL=debug,DEBUG", "ACME_LEVEL=error,ERROR"})
  @DisplayName("where an environment variable that it names has another value")
  void environment(String variable, String level) throws Exception {
    configuration(file("app.log"), ROOT);
    try (Logs logs = configured()) {
      assertThat(logs.context.getLogger("ROOT").getLevel()).isEqualTo(Level.INFO);
      Restore.of(logs.resource, folder, () -> {}, variable);
      assertThat(logs.context.getLogger("ROOT").getLevel()).hasToString(level);
    }
  }

  @Test
  @DisplayName("where a variable changed that stands in another's default, or decides an include")
  void nested() throws Exception {
    write("one.xml", "<included>", file("one.log"), "</included>");
    write("two.xml", "<included>", file("two.log"), "</included>");
    configuration("<include file=\"%s/${ACME_A:-${ACME_B:-one}}.xml\"/>".formatted(folder), ROOT);
    try (Logs logs = configured()) {
      Restore.of(logs.resource, folder, () -> {}, "ACME_B=two");
      logs.logger().info("after");
      assertThat(logs.lines("two.log")).endsWith("after");
    }
  }

  @Test
  @DisplayName("where a system property that it names has another value")
  void systemProperty() throws Exception {
    configuration(file("app.log"), ROOT);
    try (Logs logs = configured()) {
      Restore.of(logs.resource, folder, () -> System.setProperty("ACME_LEVEL", "warn"));
      assertThat(logs.context.getLogger("ROOT").getLevel()).isEqualTo(Level.WARN);
    } finally {
      System.clearProperty("ACME_LEVEL");
    }
  }

  @Test
  @DisplayName("and not where nothing of it changed")
  void unchanged() throws Exception {
    configuration(file("app.log"), ROOT);
    try (Logs logs = configured()) {
      // Whatever another test's restore has set is gone with this one.
      Restore.of(logs.resource, folder, () -> {});
      Appender<?> appender = appender(logs);
      Restore.of(logs.resource, folder, () -> {}, "ACME_OTHER=1");
      assertThat(appender(logs)).isSameAs(appender);
    }
  }

  @Test
  @DisplayName("and not where the process was not restored, or reload is off")
  void notRestored() throws Exception {
    configuration(file("old.log"), ROOT);
    try (Logs logs = configured()) {
      Appender<?> appender = appender(logs);
      Restore.none(logs.resource, folder, () -> configuration(file("new.log"), ROOT));
      assertThat(appender(logs)).isSameAs(appender);
    }
    try (Logs logs = configured(folder.resolve("logback.xml").toUri(), false)) {
      Appender<?> appender = appender(logs);
      Restore.of(logs.resource, folder, () -> configuration(file("other.log"), ROOT));
      assertThat(appender(logs)).isSameAs(appender);
    }
  }

  @Test
  @DisplayName("and not where it has no file")
  void withoutFile() throws Exception {
    try (Logs logs = new Logs(folder, Logs.SETTINGS.withReload(true))) {
      Appender<?> appender = logs.attachFile("app.log");
      Restore.of(logs.resource, folder, () -> {}, "ACME_LEVEL=debug");
      assertThat(logs.context.getLogger("ROOT").getAppender("app.log")).isSameAs(appender);
      assertThat(logs.context.getStatusManager().getCopyOfStatusList())
          .anyMatch(status -> status.getMessage().contains("has no file that is known"));
    }
  }
}
