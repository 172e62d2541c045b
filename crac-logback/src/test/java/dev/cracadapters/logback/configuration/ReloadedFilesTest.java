/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.configuration;

import static dev.cracadapters.logback.testing.Configured.file;
import static dev.cracadapters.logback.testing.Configured.files;
import static dev.cracadapters.logback.testing.Configured.policy;
import static dev.cracadapters.logback.testing.Configured.rolling;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.logback.LogbackSettings.OnRestore;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A configuration that is read again at a restore, with on-restore")
@Timeout(60)
class ReloadedFilesTest {

  @TempDir Path folder;
  private Reloading reloading;
  private Path shared;
  private Logs logs;

  @AfterEach
  void tearDown() {
    reloading.close();
  }

  private void logs(OnRestore choice, String xml) throws Exception {
    reloading = new Reloading(folder, choice, xml);
    logs = reloading.logs;
    shared = reloading.shared;
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "<append>false</append>"})
  @DisplayName("append, keeps what was in the file, also without append")
  void append(String append) throws Exception {
    logs(OnRestore.APPEND, file("<file>DIR/app.log</file>" + append));
    logs.logger().info("before");
    reloading.restore("<!-- new -->" + file("<file>DIR/app.log</file>" + append));
    logs.logger().info("after");
    assertThat(files(shared)).containsOnly(Map.entry("app.log", "before during after"));
  }

  @Test
  @DisplayName("rotate, rolls the file once")
  void rotate() throws Exception {
    String rolling =
        rolling(
            "<file>DIR/app.log</file>"
                + policy(
                    "FixedWindowRollingPolicy", "<fileNamePattern>DIR/app.%i.log</fileNamePattern>")
                + "<triggeringPolicy class='ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy'/>");
    logs(OnRestore.ROTATE, rolling);
    logs.logger().info("before");
    reloading.restore("<!-- new -->" + rolling);
    logs.logger().info("after");
    assertThat(files(shared))
        .containsOnly(Map.entry("app.1.log", "before"), Map.entry("app.log", "during after"));
  }

  @Test
  @DisplayName("rotate, rolls a plain file once, and leaves another file of the new configuration")
  void rotatePlain() throws Exception {
    logs(OnRestore.ROTATE, file("<file>DIR/app.log</file>"));
    logs.logger().info("before");
    Files.writeString(shared.resolve("new.log"), "there\n");
    reloading.restore(file("<file>DIR/new.log</file><append>false</append>"));
    logs.logger().info("after");
    Map<String, String> files = files(shared);
    assertThat(files)
        .hasSize(3)
        .containsEntry("app.log", "during")
        .containsEntry("new.log", "there after")
        .containsValue("before");
  }
}
