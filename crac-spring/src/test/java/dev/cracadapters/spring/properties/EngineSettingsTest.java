/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.cracadapters.core.Registration;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.mock.env.MockEnvironment;

class EngineSettingsTest {

  private static Registration publish(String property, String value) {
    MockEnvironment environment = new MockEnvironment().withProperty(property, value);
    return EngineSettings.publish(
        EnvironmentProperties.read(environment, "spring.crac", CracProperties.class), environment);
  }

  @Test
  @DisplayName(
      "spring.crac.leave-running is the engines' crac.leave-running while the context lives")
  void leaveRunning() {
    Registration published = publish("spring.crac.leave-running", "true");
    assertThat(System.getProperty("crac.leave-running")).isEqualTo("true");
    published.close();
    assertThat(System.getProperty("crac.leave-running")).isNull();
  }

  @Test
  @DisplayName("Whether memory is mapped may be a bare on of YAML, which is true to it")
  void map() {
    Map.of("on", "on", "true", "on", "false", "off")
        .forEach(
            (given, handed) -> {
              Registration published = publish("spring.crac.criu.map", given);
              assertThat(System.getProperty("crac.criu.map")).isEqualTo(handed);
              published.close();
            });
  }

  @Test
  @DisplayName("Whether an image is tried is crac.verify, and may be a bare off of YAML")
  void verify() {
    Map.of("restore", "restore", "auto", "auto", "false", "off")
        .forEach(
            (given, handed) -> {
              Registration published = publish("spring.crac.verify", given);
              assertThat(System.getProperty("crac.verify")).isEqualTo(handed);
              published.close();
            });
  }

  @Test
  @DisplayName("A checkpoint signal that cannot be had is refused with the reason")
  void signal() {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> publish("spring.crac.checkpoint-signal", "KILL"))
        .withMessageContaining("checkpoint-signal is \"KILL\"");
  }
}
