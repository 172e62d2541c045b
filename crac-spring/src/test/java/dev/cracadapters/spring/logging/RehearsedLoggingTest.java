/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.logging;

import static dev.cracadapters.spring.logging.RestoredService.level;
import static dev.cracadapters.spring.logging.RestoredService.logger;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointCoordinator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.core.env.Environment;

@DisplayName("A rehearsal of a restore, of an application whose configuration file has changed")
class RehearsedLoggingTest {

  @TempDir Path folder;

  @Test
  @DisplayName("changes no property, level and log file; the restore changes them")
  void noTrace() throws Exception {
    List<String> before = new ArrayList<>();
    Files.writeString(folder.resolve("application.properties"), "acme.word=old");
    try (RestoredService service =
        new RestoredService(
            folder,
            "--spring.crac.rehearse=2",
            "--spring.crac.logback.reload=true",
            "--logging.pattern.file=%msg%n")) {
      service.configure(
          "logging.level.com.acme=trace",
          "logging.file.name=" + folder.resolve("after.log"),
          "acme.word=new");
      Environment environment = service.bean(Environment.class);
      service.restore(
          () -> {
            before.add(level("com.acme"));
            before.add(environment.getProperty("acme.word"));
            assertThat(folder.resolve("after.log")).doesNotExist();
          });
      logger("com.acme").trace("after");

      assertThat(CheckpointCoordinator.global().lastReport().orElseThrow().rehearsals()).hasSize(2);
      assertThat(before).containsExactly("null", "old");
      assertThat(level("com.acme")).isEqualTo("TRACE");
      assertThat(environment.getProperty("acme.word")).isEqualTo("new");
      assertThat(service.text("after.log").lines()).contains("after");
    }
  }

  @Test
  @DisplayName("says nothing of a file that cannot be read; the restore says it, once")
  void unreadable() throws Exception {
    try (RestoredService service =
        new RestoredService(
            folder,
            "--spring.crac.rehearse=2",
            "--logging.file.name=" + folder.resolve("one.log"),
            "--logging.pattern.file=%msg%n")) {
      service.configure("logging.level.com.acme=loud");
      service.restore(
          () ->
              assertThat(service.text("one.log"))
                  .doesNotContain("cannot be")
                  .contains("Rehearsed 2"));

      assertThat(service.text("one.log")).containsOnlyOnce("cannot be used");
    }
  }
}
