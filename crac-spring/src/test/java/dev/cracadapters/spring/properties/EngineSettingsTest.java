/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.cracadapters.core.Registration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class EngineSettingsTest {

  @Test
  @DisplayName(
      "spring.crac.leave-running is the engines' crac.leave-running while the context lives")
  void leaveRunning() {
    CracProperties properties = new CracProperties();
    properties.setLeaveRunning(true);
    Registration published = EngineSettings.publish(properties);
    assertThat(System.getProperty("crac.leave-running")).isEqualTo("true");
    published.close();
    assertThat(System.getProperty("crac.leave-running")).isNull();
  }

  @Test
  @DisplayName("A checkpoint signal that cannot be had is refused with the reason")
  void signal() {
    CracProperties properties = new CracProperties();
    properties.setCheckpointSignal("KILL");
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> EngineSettings.publish(properties))
        .withMessageContaining("checkpoint-signal is \"KILL\"");
  }
}
