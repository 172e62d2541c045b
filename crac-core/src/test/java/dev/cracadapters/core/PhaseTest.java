/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The phases")
class PhaseTest {

  /** WebServerApplicationContext's, spelled out: crac-core does not know Spring. */
  private static final int BOOT_GRACEFUL_SHUTDOWN = Integer.MAX_VALUE - 1024;

  private static final int SPRING_PLAIN_LIFECYCLE = 0;

  @Test
  @DisplayName("stop in the order traffic, work, clients, log files, JDK")
  void order() {
    assertThat(new int[] {Phase.JDK, Phase.LOGGING, Phase.CLIENTS, Phase.WORK, Phase.TRAFFIC})
        .isSorted()
        .doesNotHaveDuplicates();
  }

  @Test
  @DisplayName("stand around Spring's: listeners before the web server, clients after all beans")
  void spring() {
    assertThat(Phase.TRAFFIC).isBetween(BOOT_GRACEFUL_SHUTDOWN + 1, Integer.MAX_VALUE - 1);
    assertThat(Phase.WORK).isBetween(SPRING_PLAIN_LIFECYCLE + 1, BOOT_GRACEFUL_SHUTDOWN - 2048);
    assertThat(Phase.CLIENTS).isLessThan(SPRING_PLAIN_LIFECYCLE);
  }

  @Test
  @DisplayName("leave room on both sides of each")
  void room() {
    assertThat(Phase.JDK - 100).isNegative();
    assertThat(Phase.TRAFFIC + 100).isPositive();
  }

  @Test
  @DisplayName("have names, and other numbers are their own name")
  void names() {
    assertThat(Phase.nameOf(Phase.TRAFFIC)).isEqualTo("TRAFFIC");
    assertThat(Phase.nameOf(Phase.WORK)).isEqualTo("WORK");
    assertThat(Phase.nameOf(Phase.CLIENTS)).isEqualTo("CLIENTS");
    assertThat(Phase.nameOf(Phase.LOGGING)).isEqualTo("LOGGING");
    assertThat(Phase.nameOf(Phase.JDK)).isEqualTo("JDK");
    assertThat(Phase.nameOf(-7)).isEqualTo("-7");
    assertThat(Phase.nameOf(Phase.TRAFFIC - 1)).isEqualTo("2147483134");
  }
}
