/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.FileAppender;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import dev.cracadapters.spring.EnableCrac;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;

class LoggerContextBeanTest {

  @Configuration(proxyBeanMethods = false)
  @EnableCrac
  static class Enabled {}

  @TempDir private Path folder;

  private static LoggerContext audit(Path file) {
    LoggerContext loggers = new LoggerContext();
    loggers.setName("audit");
    loggers.setMDCAdapter(new LogbackMDCAdapter());
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(loggers);
    encoder.setPattern("%msg%n");
    encoder.start();
    FileAppender<ILoggingEvent> appender = new FileAppender<>();
    appender.setContext(loggers);
    appender.setEncoder(encoder);
    appender.setFile(file.toString());
    appender.start();
    loggers.getLogger("ROOT").addAppender(appender);
    return loggers;
  }

  @Test
  @DisplayName("A logger context that is a bean has its files closed and opened, too")
  void beanIsFound() throws Exception {
    Path file = folder.resolve("audit.log");
    LoggerContext loggers = audit(file);
    try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
      context
          .getEnvironment()
          .getPropertySources()
          .addFirst(
              new MapPropertySource(
                  "test", Map.of("spring.crac.enabled", "true", "spring.crac.engine", "pause")));
      context.register(Enabled.class);
      context.registerBean("audit", LoggerContext.class, () -> loggers);
      context.registerBean(
          "slf4js", LoggerContext.class, () -> (LoggerContext) LoggerFactory.getILoggerFactory());
      context.refresh();

      CheckpointCoordinator coordinator = CheckpointCoordinator.global();
      CheckpointReport report = coordinator.checkpoint();

      assertThat(report.outcome()).isEqualTo(Outcome.RESTORED);
      assertThat(report.resources())
          .extracting(ResourceWalk::name)
          .containsOnlyOnce("logback audit", "logback default");
      loggers.getLogger("any").info("after");
      assertThat(Files.readAllLines(file)).containsExactly("after");
    } finally {
      loggers.stop();
    }
  }
}
