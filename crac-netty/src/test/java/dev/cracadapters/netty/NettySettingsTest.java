/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The settings of a Netty server")
class NettySettingsTest {

  @AfterEach
  void clear() {
    System.clearProperty("crac.netty.drain-timeout");
    System.clearProperty("crac.netty.quiet-period");
  }

  @Test
  @DisplayName("are 10 s and 100 ms where nothing is set")
  void defaults() {
    assertThat(NettySettings.fromSystemProperties())
        .isEqualTo(new NettySettings(Duration.ofSeconds(10), Duration.ofMillis(100)))
        .isEqualTo(NettySettings.defaults());
  }

  @Test
  @DisplayName("are read from the system properties")
  void systemProperties() {
    System.setProperty("crac.netty.drain-timeout", "3s");
    System.setProperty("crac.netty.quiet-period", "250ms");
    assertThat(NettySettings.fromSystemProperties())
        .isEqualTo(new NettySettings(Duration.ofSeconds(3), Duration.ofMillis(250)));
  }

  @Test
  @DisplayName("refuse a drain time-out of zero and a quiet period that half of it cannot hold")
  void ranges() {
    assertThatThrownBy(() -> new NettySettings(Duration.ZERO, Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("drain-timeout");
    assertThatThrownBy(() -> new NettySettings(Duration.ofSeconds(1), Duration.ofMillis(500)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("quiet-period");
    assertThatThrownBy(() -> new NettySettings(Duration.ofSeconds(1), Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("quiet-period");
  }
}
