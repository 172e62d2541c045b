/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.status.OnFileStatusListener;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.logback.testing.AuditedCheckpoints;
import dev.cracadapters.logback.testing.Logs;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A context with every kind of appender that writes to files")
@Timeout(60)
class EverythingAtOnceTest {

  private static final String CONFIGURATION =
      """
      <configuration scan="true" scanPeriod="10 milliseconds">
        <statusListener class="ch.qos.logback.core.status.OnFileStatusListener">
          <filename>FOLDER/status.txt</filename>
        </statusListener>
        <appender name="plain" class="ch.qos.logback.core.FileAppender">
          <file>FOLDER/plain.log</file>
          <encoder><pattern>%msg%n</pattern></encoder>
        </appender>
        <appender name="prudent" class="ch.qos.logback.core.FileAppender">
          <file>FOLDER/prudent.log</file>
          <prudent>true</prudent>
          <encoder><pattern>%msg%n</pattern></encoder>
        </appender>
        <appender name="time" class="ch.qos.logback.core.rolling.RollingFileAppender">
          <file>FOLDER/time.log</file>
          <rollingPolicy class="ch.qos.logback.core.rolling.TimeBasedRollingPolicy">
            <fileNamePattern>FOLDER/time.%d{yyyy-MM}.log.gz</fileNamePattern>
          </rollingPolicy>
          <encoder><pattern>%msg%n</pattern></encoder>
        </appender>
        <appender name="size" class="ch.qos.logback.core.rolling.RollingFileAppender">
          <file>FOLDER/size.log</file>
          <rollingPolicy class="ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy">
            <fileNamePattern>FOLDER/size.%d{yyyy-MM}.%i.log.gz</fileNamePattern>
            <maxFileSize>1MB</maxFileSize>
          </rollingPolicy>
          <encoder><pattern>%msg%n</pattern></encoder>
        </appender>
        <appender name="window" class="ch.qos.logback.core.rolling.RollingFileAppender">
          <file>FOLDER/window.log</file>
          <rollingPolicy class="ch.qos.logback.core.rolling.FixedWindowRollingPolicy">
            <fileNamePattern>FOLDER/window.%i.log.zip</fileNamePattern>
          </rollingPolicy>
          <triggeringPolicy class="ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy">
            <maxFileSize>1MB</maxFileSize>
          </triggeringPolicy>
          <encoder><pattern>%msg%n</pattern></encoder>
        </appender>
        <appender name="asyncTarget" class="ch.qos.logback.core.FileAppender">
          <file>FOLDER/async.log</file>
          <encoder><pattern>%msg%n</pattern></encoder>
        </appender>
        <appender name="async" class="ch.qos.logback.classic.AsyncAppender">
          <discardingThreshold>0</discardingThreshold>
          <appender-ref ref="asyncTarget"/>
        </appender>
        <appender name="sift" class="ch.qos.logback.classic.sift.SiftingAppender">
          <discriminator><key>key</key><defaultValue>sifted</defaultValue></discriminator>
          <sift>
            <appender name="sift ${key}" class="ch.qos.logback.core.FileAppender">
              <file>FOLDER/${key}.log</file>
              <encoder><pattern>%msg%n</pattern></encoder>
            </appender>
          </sift>
        </appender>
        <appender name="own" class="dev.cracadapters.logback.file.OwnAppender$Guarded">
          <file>FOLDER/own.log</file>
          <encoder><pattern>%msg%n</pattern></encoder>
        </appender>
        <root level="DEBUG">
          <appender-ref ref="plain"/>
          <appender-ref ref="prudent"/>
          <appender-ref ref="time"/>
          <appender-ref ref="size"/>
          <appender-ref ref="window"/>
          <appender-ref ref="async"/>
          <appender-ref ref="sift"/>
          <appender-ref ref="own"/>
        </root>
      </configuration>
      """;

  private static final List<String> FILES =
      List.of("plain", "prudent", "time", "size", "window", "async", "sifted", "own");

  @TempDir Path temporary;
  private Logs logs;
  private List<OnFileStatusListener> status;

  @BeforeEach
  void setUp() throws Exception {
    logs = new Logs(temporary.toRealPath());
    Path configuration = logs.path("logback.xml");
    Files.writeString(
        configuration,
        CONFIGURATION.replace("FOLDER", logs.folder.toString()),
        StandardCharsets.UTF_8);
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(logs.context);
    configurator.doConfigure(configuration.toFile());
    status =
        logs.context.getStatusManager().getCopyOfStatusListenerList().stream()
            .filter(OnFileStatusListener.class::isInstance)
            .map(OnFileStatusListener.class::cast)
            .toList();
  }

  @AfterEach
  void tearDown() {
    logs.close();
    status.forEach(OnFileStatusListener::stop);
  }

  @Test
  @DisplayName("leaves nothing for the strict audit to find, and loses nothing")
  void strict() throws Exception {
    logs.logger().info("before");
    assertThat(logs.open()).hasSize(FILES.size() + 1);
    try (AuditedCheckpoints checkpoints = new AuditedCheckpoints(AuditMode.STRICT)) {
      checkpoints.register(logs.resource);
      checkpoints.meanwhile(
          () -> {
            logs.logger().info("meanwhile");
            logs.mdc.put("key", "new");
            logs.logger().info("to a new file");
            logs.mdc.remove("key");
            assertThat(logs.open()).isEmpty();
          });
      CheckpointReport report = take(checkpoints);
      assertThat(report.descriptors())
          .noneMatch(open -> open.target().startsWith(logs.folder.toString()));
    }
    logs.logger().info("after");
    logs.context.stop();
    for (String file : FILES) {
      Stream<String> expected =
          file.equals("sifted")
              ? Stream.of("before", "meanwhile", "after")
              : Stream.of("before", "meanwhile", "to a new file", "after");
      assertThat(logs.lines(file + ".log")).as(file).containsExactlyElementsOf(expected.toList());
    }
    assertThat(logs.lines("new.log")).containsExactly("to a new file");
  }

  /** The test's own JVM has pipes to its parent, which a strict audit refuses. */
  private CheckpointReport take(AuditedCheckpoints checkpoints) throws Exception {
    try {
      return checkpoints.take();
    } catch (org.crac.CheckpointException e) {
      assertThat(e.getSuppressed())
          .noneMatch(failure -> failure.getMessage().contains(logs.folder.toString()))
          .allMatch(failure -> failure.getMessage().startsWith("descriptor "));
      CheckpointReport report =
          dev.cracadapters.core.CheckpointCoordinator.global().lastReport().orElseThrow();
      assertThat(report.outcome()).isIn(Outcome.REFUSED);
      return report;
    }
  }
}
