/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.core.status.Status;
import dev.cracadapters.logback.LogbackSettings.OnRestore;
import dev.cracadapters.logback.testing.CloneEngine;
import dev.cracadapters.logback.testing.Logs;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("A log folder after a restore")
@Timeout(60)
class UnwritableFolderTest {

  @TempDir Path folder;
  private Logs logs;
  private final ByteArrayOutputStream captured = new ByteArrayOutputStream();
  private final PrintStream err = System.err;

  @BeforeEach
  void setUp() {
    System.setErr(new PrintStream(captured, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void tearDown() {
    System.setErr(err);
    logs.close();
  }

  private void closed(OnRestore choice) throws Exception {
    logs = new Logs(folder, Logs.SETTINGS.withOnRestore(choice));
    logs.attachFile("deep/er/app.log");
    logs.attachFile("other.log");
    logs.logger().info("before");
    logs.checkpoint();
    logs.logger().info("during");
    Files.delete(logs.path("deep/er/app.log"));
    Files.delete(logs.path("deep/er"));
    Files.delete(logs.path("deep"));
  }

  @ParameterizedTest
  @EnumSource(OnRestore.class)
  @DisplayName("is made again where it is gone")
  void gone(OnRestore choice) throws Exception {
    closed(choice);
    CloneEngine.becomes("1");
    logs.restore();
    logs.logger().info("after");
    String name = choice == OnRestore.PER_INSTANCE ? "app.1.log" : "app.log";
    assertThat(logs.lines("deep/er/" + name)).containsExactly("during", "after");
    assertThat(captured.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(OnRestore.class)
  @DisplayName("that cannot be had is told once, other files go on, and all is written when it can")
  void inTheWay(OnRestore choice) throws Exception {
    closed(choice);
    Files.writeString(logs.path("deep"), "a file");
    CloneEngine.becomes("1");
    String name = choice == OnRestore.PER_INSTANCE ? "app.1.log" : "app.log";
    String other = choice == OnRestore.PER_INSTANCE ? "other.1.log" : "other.log";
    assertThatThrownBy(logs::restore).hasMessageContaining(logs.path("deep/er/" + name).toString());
    logs.logger().info("after");
    assertThat(logs.lines(other)).endsWith("during", "after");
    assertThatThrownBy(logs::restore).hasMessageContaining(name);
    await().pollInterval(Duration.ofMillis(100)).until(this::isTriedAgain);
    assertThat(captured.toString(StandardCharsets.UTF_8).lines())
        .singleElement()
        .asString()
        .contains(
            "Appender [deep/er/app.log]",
            logs.path("deep/er/" + name).toString(),
            logs.path("deep") + " is a file: put a folder there");
    assertThat(logs.context.getStatusManager().getCopyOfStatusList())
        .filteredOn(status -> status.getLevel() > Status.INFO)
        .filteredOn(status -> status.getMessage().startsWith("Appender ["))
        .singleElement()
        .extracting(Status::getLevel)
        .isEqualTo(Status.ERROR);
    Files.delete(logs.path("deep"));
    logs.restore();
    assertThat(logs.lines("deep/er/" + name)).startsWith("during", "after").endsWith("again");
    assertThat(logs.path("deep/er")).isDirectoryContaining("glob:**/" + name);
  }

  /** Each try leaves Logback's own word that it could not make the folder. */
  private boolean isTriedAgain() {
    logs.logger().info("again");
    return logs.context.getStatusManager().getCopyOfStatusList().stream()
            .filter(status -> status.getMessage().startsWith("Failed to create parent directories"))
            .count()
        > 3;
  }
}
