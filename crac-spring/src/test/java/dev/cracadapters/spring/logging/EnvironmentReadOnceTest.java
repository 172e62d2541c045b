/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.logging;

import static dev.cracadapters.spring.logging.RestoredService.level;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

@DisplayName("At a restore the environment")
class EnvironmentReadOnceTest {

  @TempDir Path folder;

  @Test
  @DisplayName("is not read where nothing has changed, also at the first one")
  void nothingChanged() throws Exception {
    try (RestoredService service = new RestoredService(folder)) {
      service.configure("logging.level.com.acme=warn");
      service.restore(); // it was changed after the start
      assertThat(level("com.acme")).isEqualTo("WARN");
    }
    try (RestoredService service = new RestoredService(folder);
        Readings readings = new Readings()) {
      service.restore(readings::forget);
      assertThat(readings.count()).as("the first restore").isZero();
      service.restore();
      assertThat(readings.count()).as("the next checkpoint and restore").isZero();

      service.restore("SOME_THING=new");
      assertThat(readings.count()).as("another environment variable").isPositive();
      assertThat(level("com.acme")).isEqualTo("WARN");
      readings.forget();
      service.restore("SOME_THING=new");
      assertThat(readings.count()).as("the same once more").isZero();
    }
  }

  @Test
  @DisplayName("is not read for a variable that no property comes from, and shows it all the same")
  void singleWord() throws Exception {
    try (RestoredService service = new RestoredService(folder);
        Readings readings = new Readings()) {
      ConfigurableEnvironment environment = service.bean(ConfigurableEnvironment.class);
      service.restore(readings::forget, "MACHINE=one");
      assertThat(environment.getProperty("machine")).isEqualTo("one");
      service.restore("MACHINE=two");
      assertThat(environment.getProperty("MACHINE")).isEqualTo("two");
      assertThat(readings.count()).isZero();
    }
  }

  @Test
  @DisplayName("is read for such a variable where a property's value names it")
  void placeholder() throws Exception {
    try (RestoredService service =
        new RestoredService(folder, "--logging.level.com.acme=${machine:warn}")) {
      service.restore();
      assertThat(level("com.acme")).isEqualTo("WARN");
      service.restore("MACHINE=debug");
      assertThat(level("com.acme")).isEqualTo("DEBUG");
    }
  }

  @Test
  @DisplayName("is read where a file has another content, but the size and the time from before")
  void sameSizeAndTime() throws Exception {
    Path file = folder.resolve("application.properties");
    Files.writeString(file, "logging.level.com.acme=warn\n");
    FileTime time = Files.getLastModifiedTime(file);
    try (RestoredService service = new RestoredService(folder)) {
      service.restore();
      service.restore(
          () -> {
            Files.writeString(file, "logging.level.com.acme=info\n");
            Files.setLastModifiedTime(file, time);
          });
      assertThat(level("com.acme")).isEqualTo("INFO");
    }
  }

  @Test
  @DisplayName("is read where a file appears that was looked for before, and where it disappears")
  void appears() throws Exception {
    Path more = folder.resolve("more.properties");
    try (RestoredService service =
        new RestoredService(folder, "--spring.config.import=optional:" + more.toUri())) {
      service.restore();
      service.restore(() -> Files.writeString(more, "logging.level.com.acme=trace"));
      assertThat(level("com.acme")).isEqualTo("TRACE");
      service.restore();
      assertThat(level("com.acme")).isEqualTo("TRACE");
      service.restore(() -> Files.delete(more));
      assertThat(level("com.acme")).isEqualTo("null");
    }
  }

  @Test
  @DisplayName("is read where the application has changed a source of its own")
  void ownSource() throws Exception {
    Map<String, Object> own = new HashMap<>(Map.of("logging.level.com.acme", "warn"));
    try (RestoredService service = new RestoredService(folder)) {
      service.restore();
      service
          .bean(ConfigurableEnvironment.class)
          .getPropertySources()
          .addFirst(new MapPropertySource("own", own));
      service.restore();
      assertThat(level("com.acme")).isEqualTo("WARN");
      service.restore(() -> own.put("logging.level.com.acme", "debug"));
      assertThat(level("com.acme")).isEqualTo("DEBUG");
    }
  }

  @Test
  @DisplayName("is read each time where a location stands for several files")
  void pattern() throws Exception {
    Path one = Files.createDirectories(folder.resolve("parts/one")).resolve("more.properties");
    Files.writeString(one, "logging.level.com.acme=warn");
    String parts = folder.resolve("parts").toUri() + "*/more.properties";
    try (RestoredService service =
        new RestoredService(folder, "--spring.config.import=optional:" + parts)) {
      service.restore();
      service.restore(() -> Files.writeString(one, "logging.level.com.acme=info"));
      assertThat(level("com.acme")).isEqualTo("INFO");
    }
  }

  /** How often Spring Boot says that it reads an application's configuration. */
  private static final class Readings implements AutoCloseable {

    private final Logger logger =
        (Logger)
            RestoredService.logger("org.springframework.boot.context.config.ConfigDataEnvironment");
    private final ListAppender<ILoggingEvent> events = new ListAppender<>();

    Readings() {
      events.setContext(logger.getLoggerContext());
      events.start();
      logger.addAppender(events);
      logger.setLevel(Level.TRACE);
    }

    void forget() {
      events.list.clear();
    }

    int count() {
      return events.list.size();
    }

    @Override
    public void close() {
      logger.detachAppender(events);
      logger.setLevel(null);
    }
  }
}
