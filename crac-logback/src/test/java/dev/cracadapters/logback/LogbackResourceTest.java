/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.LoggerContext;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.Registration;
import dev.cracadapters.logback.LogbackSettings.OnFull;
import dev.cracadapters.logback.LogbackSettings.OnRestore;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The Logback resource")
class LogbackResourceTest {

  @AfterEach
  void clearProperties() {
    for (String name :
        List.of(
            "buffer-size", "buffer-bytes", "drain-timeout", "on-full", "on-restore", "reload")) {
      System.clearProperty("crac.logback." + name);
    }
  }

  @Test
  @DisplayName("is named after its context and stops in the phase of log files")
  void nameAndPhase() {
    LoggerContext context = new LoggerContext();
    LogbackResource resource = LogbackResource.of(context);
    assertThat(resource.name()).isEqualTo("logback");
    context.setName("orders");
    assertThat(resource.name()).isEqualTo("logback orders");
    assertThat(resource.phase()).isEqualTo(Phase.LOGGING);
  }

  @Test
  @DisplayName("is installed for the context that SLF4J logs to, and taken out again")
  void install() {
    Registration registration = LogbackResource.install();
    assertThat(registration).isNotNull();
    registration.close();
  }

  @Test
  @DisplayName("keeps 65536 events in 16 MiB and waits 10 seconds by default")
  void defaults() {
    assertThat(LogbackSettings.fromSystemProperties())
        .isEqualTo(LogbackSettings.defaults())
        .isEqualTo(
            new LogbackSettings(
                65_536, 16_777_216, OnFull.BLOCK, Duration.ofSeconds(10), OnRestore.APPEND, false));
  }

  @Test
  @DisplayName("reads its settings from system properties")
  void properties() {
    System.setProperty("crac.logback.buffer-size", "12");
    System.setProperty("crac.logback.buffer-bytes", "4096");
    System.setProperty("crac.logback.drain-timeout", "3s");
    System.setProperty("crac.logback.on-full", "drop-oldest");
    System.setProperty("crac.logback.on-restore", "per-instance");
    System.setProperty("crac.logback.reload", "true");
    assertThat(LogbackSettings.fromSystemProperties())
        .isEqualTo(
            new LogbackSettings(
                12, 4096, OnFull.DROP_OLDEST, Duration.ofSeconds(3), OnRestore.PER_INSTANCE, true));
  }

  @Test
  @DisplayName("does not accept settings that make no sense")
  void senseless() {
    assertThatThrownBy(() -> LogbackSettings.defaults().withBufferSize(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("buffer-size");
    assertThatThrownBy(() -> LogbackSettings.defaults().withBufferBytes(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("buffer-bytes");
    assertThatThrownBy(() -> LogbackSettings.defaults().withDrainTimeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("drain-timeout");
  }
}
