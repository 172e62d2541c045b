/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.jdk.JdkSettings.UnknownRandom;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class JdkSettingsTest {

  @AfterEach
  void clear() {
    List.of("random", "key-stores", "address-cache", "unknown-random")
        .forEach(name -> System.clearProperty("crac.jdk." + name));
  }

  @Test
  @DisplayName("Everything is on by default, and an unknown generator refuses the checkpoint")
  void defaults() {
    assertThat(JdkSettings.fromSystemProperties())
        .isEqualTo(JdkSettings.defaults())
        .isEqualTo(new JdkSettings(true, true, true, UnknownRandom.REFUSE));
  }

  @Test
  @DisplayName("The system properties crac.jdk.* are read")
  void systemProperties() {
    System.setProperty("crac.jdk.random", "false");
    System.setProperty("crac.jdk.key-stores", "false");
    System.setProperty("crac.jdk.address-cache", "false");
    System.setProperty("crac.jdk.unknown-random", "Allow");

    assertThat(JdkSettings.fromSystemProperties())
        .isEqualTo(new JdkSettings(false, false, false, UnknownRandom.ALLOW));
  }

  @Test
  @DisplayName("A value that cannot be read names its property")
  void mistyped() {
    System.setProperty("crac.jdk.unknown-random", "maybe");

    assertThatThrownBy(JdkSettings::fromSystemProperties)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("crac.jdk.unknown-random")
        .hasMessageContaining("one of refuse, allow");
  }
}
