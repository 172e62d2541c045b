/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import static dev.cracadapters.logback.testing.Configured.files;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.Registration;
import dev.cracadapters.logback.LogbackSettings.OnRestore;
import dev.cracadapters.logback.testing.Configured;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A checkpoint whose snapshot is taken from outside")
@Timeout(60)
class RestoreByPauseTest {

  private static final String[] PROPERTIES = {
    "crac.pause",
    "crac.pause.ready-file",
    "crac.pause.go-file",
    "crac.pause.signal",
    "crac.pause.hold-threads", // those of the test
    "crac.resource-policies"
  };

  @TempDir Path folder;
  @TempDir Path outside;
  private Logs logs;
  private Registration registration;

  @BeforeEach
  void setUp() throws Exception {
    Path policies =
        Path.of(RestoreByPauseTest.class.getResource("/ignore-all-descriptors.yaml").toURI());
    String[] values = {
      "external",
      outside.resolve("ready").toString(),
      outside.resolve("go").toString(),
      "none",
      "false",
      policies.toString()
    };
    for (int i = 0; i < values.length; i++) {
      System.setProperty(PROPERTIES[i], values[i]);
    }
    logs =
        Configured.logs(
            folder, OnRestore.PER_INSTANCE, Configured.file("<file>DIR/app.log</file>"));
    registration = CheckpointCoordinator.global().register(logs.resource);
  }

  @AfterEach
  void tearDown() {
    registration.close();
    logs.close();
    for (String property : PROPERTIES) {
      System.clearProperty(property);
    }
  }

  private void checkpoint(String go) throws Exception {
    Callable<Object> walk = () -> CheckpointCoordinator.global().checkpoint();
    FutureTask<Object> task = new FutureTask<>(walk);
    new Thread(task, "checkpoint").start();
    await().until(() -> Files.exists(outside.resolve("ready")));
    logs.logger().info("during");
    Path whole = Files.writeString(outside.resolve("go.new"), go);
    Files.move(whole, outside.resolve("go"), StandardCopyOption.ATOMIC_MOVE);
    task.get(30, TimeUnit.SECONDS);
    logs.logger().info("after");
  }

  @Test
  @DisplayName("gives the restored process a file by the ID that it is told")
  void told() throws Exception {
    checkpoint("CRAC_INSTANCE_ID=blue\n");
    assertThat(files(folder))
        .containsOnly(Map.entry("app.log", ""), Map.entry("app.blue.log", "during after"));
  }

  @Test
  @DisplayName("leaves the file of a process that only goes on, also once it was restored")
  void goesOn() throws Exception {
    checkpoint("");
    assertThat(files(folder)).containsOnly(Map.entry("app.log", "during after"));
    checkpoint("CRAC_INSTANCE_ID=blue\n");
    checkpoint("");
    assertThat(files(folder))
        .containsOnly(
            Map.entry("app.log", "during after"),
            Map.entry("app.blue.log", "during after during after"));
  }
}
