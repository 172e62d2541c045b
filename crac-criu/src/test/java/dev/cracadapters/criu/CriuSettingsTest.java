/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The engine's settings")
class CriuSettingsTest {

  private Properties before;

  @BeforeEach
  void keepTheProperties() {
    before = (Properties) System.getProperties().clone();
  }

  @AfterEach
  void putThePropertiesBack() {
    System.setProperties(before);
  }

  @Test
  @DisplayName("have defaults")
  void defaults() {
    assertThat(CriuSettings.fromSystemProperties())
        .isEqualTo(
            new CriuSettings(
                "criu",
                Duration.ofSeconds(120),
                Duration.ofSeconds(60),
                true,
                CriuSettings.Mapping.OFF,
                CriuSettings.Verification.AUTO));
  }

  @Test
  @DisplayName("are system properties")
  void given() {
    System.setProperty("crac.criu", "/opt/criu");
    System.setProperty("crac.criu.dump-timeout", "2m");
    System.setProperty("crac.criu.restore-timeout", "500ms");
    System.setProperty("crac.criu.trim", "false");
    System.setProperty("crac.criu.map", "on");
    System.setProperty("crac.verify", "restore");
    assertThat(CriuSettings.fromSystemProperties())
        .isEqualTo(
            new CriuSettings(
                "/opt/criu",
                Duration.ofMinutes(2),
                Duration.ofMillis(500),
                false,
                CriuSettings.Mapping.ON,
                CriuSettings.Verification.RESTORE));
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 1", "999, 1", "1000, 1", "1001, 2", "60000, 60"})
  @DisplayName("are whole seconds to the scripts, never the 0 that would mean no limit")
  void seconds(long milliseconds, String seconds) {
    assertThat(CriuSettings.seconds(Duration.ofMillis(milliseconds))).isEqualTo(seconds);
  }
}
