/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.throughput;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.logback.LogbackResource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Events that are logged to a file, as one usually sets it up. */
@State(Scope.Benchmark)
public class LoggingBenchmark {

  private static final String FILE =
      """
      <appender name="FILE" class="ch.qos.logback.core.FileAppender">
        <file>%s/app.log</file>
        <encoder><pattern>%%d %%-5level [%%thread] %%logger{36} : %%msg%%n</pattern></encoder>
      </appender>
      """;

  private static final Map<String, String> APPENDERS =
      Map.of(
          "FileAppender",
          FILE + "<root level='INFO'><appender-ref ref='FILE'/></root>",
          "AsyncAppender",
          FILE
              + """
              <appender name="ASYNC" class="ch.qos.logback.classic.AsyncAppender">
                <discardingThreshold>0</discardingThreshold>
                <appender-ref ref="FILE"/>
              </appender>
              <root level="INFO"><appender-ref ref="ASYNC"/></root>
              """,
          "RollingFileAppender",
          """
          <appender name="FILE" class="ch.qos.logback.core.rolling.RollingFileAppender">
            <file>%1$s/app.log</file>
            <rollingPolicy class="ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy">
              <fileNamePattern>%1$s/app.%%d{yyyy-MM-dd}.%%i.log</fileNamePattern>
              <maxFileSize>100MB</maxFileSize>
              <maxHistory>7</maxHistory>
            </rollingPolicy>
            <encoder><pattern>%%d %%-5level [%%thread] %%logger{36} : %%msg%%n</pattern></encoder>
          </appender>
          <root level="INFO"><appender-ref ref="FILE"/></root>
          """);

  /** A class of Logback. */
  @Param({"FileAppender", "RollingFileAppender", "AsyncAppender"})
  public String appender;

  /** Whether the context is registered, and has been through a checkpoint. */
  @Param({"false", "true"})
  public boolean crac;

  private final LoggerContext context = new LoggerContext();
  private Path folder;
  private Logger logger;

  /**
   * Configures Logback, and takes crac-logback through a checkpoint and back.
   *
   * @throws Exception if that fails
   */
  @Setup
  public void configure() throws Exception {
    folder = Files.createTempDirectory("crac-benchmark");
    context.setMDCAdapter(new LogbackMDCAdapter());
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    String xml = "<configuration>" + APPENDERS.get(appender).formatted(folder) + "</configuration>";
    configurator.doConfigure(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
    logger = context.getLogger("com.example.orders.OrderService");
    logger.info("The first event opens what is opened late");
    if (crac) {
      LogbackResource resource = LogbackResource.of(context);
      CheckpointCoordinator.global().register(resource);
      // Not the whole walk: JMH holds a connection to the JVM that started this one.
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
    }
  }

  /** Logs one event. */
  @Benchmark
  public void log() {
    logger.info("Order {} of customer {} was accepted", 4711, "c-42");
  }

  /**
   * Stops Logback and deletes what it wrote.
   *
   * @throws IOException if that fails
   */
  @TearDown
  public void delete() throws IOException {
    context.stop();
    try (Stream<Path> found = Files.walk(folder)) {
      for (Path file : found.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
