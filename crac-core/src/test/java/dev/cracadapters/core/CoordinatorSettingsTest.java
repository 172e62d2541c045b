/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The coordinator's settings")
class CoordinatorSettingsTest {

  @AfterEach
  void clear() {
    List.of("engine", "image", "audit", "walk-timeout", "resource-timeout", "rehearse")
        .forEach(name -> System.clearProperty("crac." + name));
  }

  @Test
  @DisplayName("have the defaults that their documentation names")
  void defaults() {
    assertThat(CoordinatorSettings.fromSystemProperties())
        .isEqualTo(
            new CoordinatorSettings(
                "auto",
                null,
                AuditMode.LENIENT,
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                "auto"));
  }

  @Test
  @DisplayName("are read from the system properties below crac")
  void systemProperties() {
    System.setProperty("crac.engine", "pause");
    System.setProperty("crac.image", "/images/orders");
    System.setProperty("crac.audit", "Strict");
    System.setProperty("crac.walk-timeout", "2m");
    System.setProperty("crac.resource-timeout", "1500");
    System.setProperty("crac.rehearse", "2");

    assertThat(CoordinatorSettings.fromSystemProperties())
        .isEqualTo(
            new CoordinatorSettings(
                "pause",
                Path.of("/images/orders"),
                AuditMode.STRICT,
                Duration.ofMinutes(2),
                Duration.ofMillis(1500),
                "2"));
  }

  @Test
  @DisplayName("take over what a restore was given, and nothing else")
  void afterRestore() {
    CoordinatorSettings configured =
        new CoordinatorSettings(
            "criu", null, AuditMode.LENIENT, Duration.ofSeconds(1), Duration.ofSeconds(2));
    systemProperties();

    assertThat(configured.afterRestore(Set.of("crac.hikari.timeout", "image")))
        .isEqualTo(configured);
    assertThat(configured.afterRestore(Set.of("crac.image", "crac.walk-timeout")))
        .isEqualTo(
            new CoordinatorSettings(
                "criu",
                Path.of("/images/orders"),
                AuditMode.LENIENT,
                Duration.ofMinutes(2),
                Duration.ofSeconds(2)));
    assertThat(
            configured.afterRestore(Set.of("crac.engine", "crac.audit", "crac.resource-timeout")))
        .isEqualTo(
            new CoordinatorSettings(
                "pause", null, AuditMode.STRICT, Duration.ofSeconds(1), Duration.ofMillis(1500)));
    assertThat(configured.afterRestore(Set.of("crac.rehearse")).rehearse()).isEqualTo("2");
  }

  @Test
  @DisplayName("refuse a number of rehearsals that is none")
  void rehearse() {
    System.setProperty("crac.rehearse", "often");

    assertThatIllegalArgumentException()
        .isThrownBy(CoordinatorSettings::fromSystemProperties)
        .withMessage("rehearse is \"often\", which is not auto, off or a number of rehearsals");
  }

  @Test
  @DisplayName("refuse an audit mode that there is not")
  void auditMode() {
    System.setProperty("crac.audit", "paranoid");

    assertThatIllegalArgumentException()
        .isThrownBy(CoordinatorSettings::fromSystemProperties)
        .withMessage(
            "System property crac.audit is \"paranoid\", which is not one of lenient, strict");
  }

  @ParameterizedTest
  @ValueSource(strings = {"walk-timeout", "resource-timeout"})
  @DisplayName("refuse a time-out of nothing, within which nothing could be brought back")
  void noTime(String name) {
    for (String value : List.of("0", "PT-5S")) {
      System.setProperty("crac." + name, value);

      assertThatIllegalArgumentException()
          .isThrownBy(CoordinatorSettings::fromSystemProperties)
          .withMessageStartingWith(name + " is ")
          .withMessageEndingWith(", and has to be longer than zero");
    }
  }
}
