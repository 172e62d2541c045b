/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.logging;

import static dev.cracadapters.spring.logging.RestoredService.level;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

@DisplayName("logging.level.* at a restore")
class LevelsAtRestoreTest {

  @TempDir Path folder;

  @Test
  @DisplayName("is taken from the restore's environment variables, and is gone with them")
  void environmentVariables() throws Exception {
    try (RestoredService service = new RestoredService(folder, "--logging.level.com.own=error")) {
      service.restore("LOGGING_LEVEL_ROOT=WARN", "LOGGING_LEVEL_COM_ACME=debug");
      assertThat(level("ROOT")).isEqualTo("WARN");
      assertThat(level("com.acme")).isEqualTo("DEBUG");
      service.restore();
      assertThat(level("ROOT")).isEqualTo("INFO");
      assertThat(level("com.acme")).isEqualTo("null");
      assertThat(level("com.own")).isEqualTo("ERROR");
    }
  }

  @Test
  @DisplayName("is taken from the restore's arguments, before those of the start")
  void arguments() throws Exception {
    try (RestoredService service = new RestoredService(folder, "--logging.level.com.acme=error")) {
      assertThat(level("com.acme")).isEqualTo("ERROR");
      service.restore("CRAC_ARGUMENT=--logging.level.com.acme=trace");
      assertThat(level("com.acme")).isEqualTo("TRACE");
    }
  }

  @Test
  @DisplayName("is taken from system properties")
  void systemProperties() throws Exception {
    try (RestoredService service = new RestoredService(folder)) {
      service.restore(() -> System.setProperty("logging.level.com.acme", "warn"));
      assertThat(level("com.acme")).isEqualTo("WARN");
    } finally {
      System.clearProperty("logging.level.com.acme");
    }
  }

  @Test
  @DisplayName("is taken from a changed configuration file, groups as well")
  void files() throws Exception {
    try (RestoredService service = new RestoredService(folder)) {
      service.restore(
          () ->
              service.configure(
                  "logging.group.ours=com.one,com.two",
                  "logging.level.ours=debug",
                  "logging.level.sql=trace"));
      assertThat(level("com.one")).isEqualTo("DEBUG");
      assertThat(level("com.two")).isEqualTo("DEBUG");
      assertThat(level("org.springframework.jdbc.core")).isEqualTo("TRACE");
      service.restore(() -> service.configure("logging.level.com.two=warn"));
      assertThat(level("com.one")).isEqualTo("null");
      assertThat(level("com.two")).isEqualTo("WARN");
      assertThat(level("org.springframework.jdbc.core")).isEqualTo("null");
    }
  }

  @Test
  @DisplayName("leaves what was set at run time, unless it changed for that logger")
  void setAtRunTime() throws Exception {
    try (RestoredService service =
        new RestoredService(
            folder, "--logging.level.com.one=warn", "--logging.level.com.two=warn")) {
      LoggingSystem system = service.bean(LoggingSystem.class);
      system.setLogLevel("com.one", LogLevel.TRACE);
      system.setLogLevel("com.two", LogLevel.TRACE);
      service.restore("CRAC_ARGUMENT=--logging.level.com.two=error");
      assertThat(level("com.one")).isEqualTo("TRACE");
      assertThat(level("com.two")).isEqualTo("ERROR");
      // Also where all is configured anew.
      service.restore(
          "CRAC_ARGUMENT=--logging.level.com.two=error",
          "CRAC_ARGUMENT=--logging.file.name=" + folder.resolve("app.log"));
      assertThat(level("com.one")).isEqualTo("TRACE");
      assertThat(level("com.two")).isEqualTo("ERROR");
    }
  }

  @Test
  @DisplayName("stays where the application's configuration cannot be read")
  void unreadable() throws Exception {
    Path log = folder.resolve("app.log");
    try (RestoredService service =
        new RestoredService(
            folder, "--logging.level.com.acme=warn", "--logging.file.name=" + log)) {
      service.restore("LOGGING_LEVEL_COM_OTHER=loud");
      assertThat(level("com.acme")).isEqualTo("WARN");
      assertThat(service.text("app.log"))
          .contains("the application's configuration cannot be read", "logging.level");
    }
  }
}
