/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.status.Status;
import dev.cracadapters.logback.testing.Logs;
import dev.cracadapters.logback.testing.Restore;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A changed configuration that is broken")
class BrokenConfigurationTest {

  @TempDir Path folder;

  private static final String ROOT = "<root level=\"info\"><appender-ref ref=\"FILE\"/></root>";

  /** Tells that it cannot start when it is started, not before. */
  public static final class Unstartable extends AppenderBase<ILoggingEvent> {

    public Unstartable() {}

    @Override
    public void start() {
      addError("no port is free");
    }

    @Override
    protected void append(ILoggingEvent event) {}
  }

  @BeforeEach
  void old() throws Exception {
    write("part.xml", "<included>" + file("app.log") + "</included>");
    write("logback.xml", configuration("<include file=\"%s/part.xml\"/>".formatted(folder) + ROOT));
  }

  private void write(String name, String text) throws Exception {
    Files.writeString(folder.resolve(name), text);
  }

  private static String configuration(String parts) {
    return "<configuration>" + parts + "</configuration>";
  }

  private String file(String name) {
    return """
        <appender name="FILE" class="ch.qos.logback.core.FileAppender">
          <file>%s</file>
          <encoder><pattern>%%msg%%n</pattern></encoder>
        </appender>
        """
        .formatted(folder.resolve(name));
  }

  private Logs configured() throws Exception {
    Logs logs = new Logs(folder, Logs.SETTINGS.withReload(true));
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(logs.context);
    configurator.doConfigure(folder.resolve("logback.xml").toFile());
    return logs;
  }

  private void assertOldStays(String broken, String reason) throws Exception {
    try (Logs logs = configured()) {
      Appender<ILoggingEvent> old = logs.context.getLogger("ROOT").getAppender("FILE");
      logs.logger().info("before");
      Restore.of(
          logs.resource,
          folder,
          () -> {
            logs.logger().info("between");
            write("logback.xml", broken);
          });
      logs.logger().info("after");
      assertThat(logs.context.getLogger("ROOT").getAppender("FILE")).isSameAs(old);
      assertSaid(logs, reason);
    }
  }

  private void assertSaid(Logs logs, String reason) throws Exception {
    assertThat(logs.lines("app.log"))
        .hasSize(4)
        .startsWith("before", "between")
        .endsWith("after")
        .anySatisfy(line -> assertThat(line).contains("cannot be used", reason));
    assertThat(logs.context.getStatusManager().getCopyOfStatusList())
        .filteredOn(status -> status.getLevel() == Status.ERROR)
        .anyMatch(status -> status.getMessage().contains(reason));
    assertThat(logs.open()).containsExactly("app.log");
  }

  @Test
  @DisplayName("is not taken where its XML is malformed")
  void malformed() throws Exception {
    assertOldStays("<configuration><root>", "logback.xml");
  }

  @ParameterizedTest
  @CsvSource({
    "ch.qos.logback.core.NoSuchAppender,NoSuchAppender",
    "java.lang.String,java.lang.String",
  })
  @DisplayName("is not taken where a class is unknown, or is no appender")
  void unknownClass(String appender, String reason) throws Exception {
    assertOldStays(
        configuration("<appender name=\"FILE\" class=\"%s\"/>".formatted(appender) + ROOT), reason);
  }

  @Test
  @DisplayName("is not taken where a file cannot be written")
  void unwritable() throws Exception {
    assertOldStays(configuration(file("logback.xml/app.log") + ROOT), "cannot write to its file");
  }

  @Test
  @DisplayName("is not taken where an included file is gone")
  void includeGone() throws Exception {
    assertOldStays(
        configuration("<include file=\"%s/gone.xml\"/>".formatted(folder) + file("new.log") + ROOT),
        "gone.xml");
    assertThat(folder.resolve("new.log")).doesNotExist();
  }

  @Test
  @DisplayName("is taken back where an appender fails at its start, with what the old one included")
  void failsAtStart() throws Exception {
    String unstartable =
        "<appender name=\"FILE\" class=\"%s\"/>".formatted(Unstartable.class.getName());
    try (Logs logs = configured()) {
      logs.logger().info("before");
      Restore.of(
          logs.resource,
          folder,
          () -> {
            logs.logger().info("between");
            write("part.xml", "<included>" + unstartable + "</included>");
          });
      logs.logger().info("after");
      assertSaid(logs, "no port is free");
      write("part.xml", "<included>" + file("new.log") + "</included>");
    }
  }

  @Test
  @DisplayName("is taken at the next restore, when it was mended")
  void mended() throws Exception {
    try (Logs logs = configured()) {
      Restore.of(logs.resource, folder, () -> write("logback.xml", "<configuration>"));
      Restore.of(
          logs.resource, folder, () -> write("logback.xml", configuration(file("new.log") + ROOT)));
      logs.logger().info("after");
      assertThat(logs.lines("new.log")).endsWith("after");
    }
  }
}
