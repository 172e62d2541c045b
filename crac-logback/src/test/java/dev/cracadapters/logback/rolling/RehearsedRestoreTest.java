/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import static dev.cracadapters.logback.testing.Configured.files;
import static dev.cracadapters.logback.testing.Configured.policy;
import static dev.cracadapters.logback.testing.Configured.rolling;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.logback.LogbackSettings.OnRestore;
import dev.cracadapters.logback.testing.Configured;
import dev.cracadapters.logback.testing.Logs;
import dev.cracadapters.logback.testing.Restore;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("A rehearsal of a restore")
@Timeout(60)
class RehearsedRestoreTest {

  @TempDir Path folder;
  @TempDir Path outside;

  private final CheckpointCoordinator coordinator = CheckpointCoordinator.global();

  @BeforeEach
  void rehearseTwice() {
    System.setProperty("crac.rehearse", "2");
    System.setProperty(
        "crac.resource-policies",
        Path.of("src/test/resources/ignore-all-descriptors.yaml").toAbsolutePath().toString());
    coordinator.configureBySystemProperties();
  }

  @AfterEach
  void asBefore() {
    System.clearProperty("crac.rehearse");
    System.clearProperty("crac.resource-policies");
    coordinator.configureBySystemProperties();
  }

  @ParameterizedTest
  @EnumSource(OnRestore.class)
  @DisplayName("rolls and renames no file, and the restore does so once")
  void everyChoice(OnRestore choice) throws Exception {
    Map<String, String> before = new LinkedHashMap<>();
    Map<String, String> after = new LinkedHashMap<>();
    try (Logs logs =
        Configured.logs(
            folder,
            choice,
            rolling(
                "<file>DIR/app.log</file>"
                    + policy(
                        "TimeBasedRollingPolicy",
                        "<fileNamePattern>DIR/app.%d{yyyy-MM}.log</fileNamePattern>")))) {
      logs.logger().info("before");
      int statuses = logs.context.getStatusManager().getCount();
      Restore.of(
          logs.resource,
          outside,
          () -> {
            before.putAll(files(folder));
            assertThat(logs.context.getStatusManager().getCount()).isEqualTo(statuses);
          });
      logs.logger().info("after");
      after.putAll(files(folder));
    }
    CheckpointReport report = coordinator.lastReport().orElseThrow();
    assertThat(report.rehearsals()).hasSize(2);
    assertThat(report.instanceId()).isEqualTo("clone");
    assertThat(before).containsOnly(Map.entry("app.log", "before"));
    switch (choice) {
      case APPEND -> assertThat(after).containsOnly(Map.entry("app.log", "before after"));
      case ROTATE ->
          assertThat(after).hasSize(2).containsEntry("app.log", "after").containsValue("before");
      case PER_INSTANCE ->
          assertThat(after)
              .containsOnly(Map.entry("app.log", "before"), Map.entry("app.clone.log", "after"));
    }
  }
}
