/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.spring.fixture.IsolatedLoader;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Runs an application in a class loader that has neither Spring Boot nor the adapters. */
class EnableCracTest {

  @Test
  @DisplayName("@EnableCrac takes lifecycle beans through a checkpoint without Spring Boot")
  void worksWithoutSpringBoot() throws Exception {
    List<String> seen = run("dev.cracadapters.spring.WithoutBoot");

    assertThat(seen)
        .containsExactly(
            "start bean", "stop bean", "stop resource", "start resource", "start bean");
  }

  @Test
  @DisplayName("@EnableCrac reads the properties from the Environment")
  void readsProperties() throws Exception {
    // The adapters are there: the properties of each are read as its own settings.
    List<String> seen =
        IsolatedLoader.call("dev.cracadapters.spring.WithoutBoot$Properties", "spring-boot");

    assertThat(seen)
        .containsExactly(
            "engine pause",
            "image there/image",
            "audit STRICT",
            "walk-timeout PT1M30S",
            "hikari.drain-timeout PT0.5S",
            "logback.buffer-size 17",
            "jdk.key-stores false",
            "jdk.unknown-random ALLOW");
  }

  @Test
  @DisplayName("A value that cannot be read is named with its property")
  void namesBadValue() throws Exception {
    List<String> seen = run("dev.cracadapters.spring.WithoutBoot$BadValue");

    assertThat(seen)
        .containsExactly("Property spring.crac.walk-timeout is \"soon\", which is no Duration");
  }

  private static List<String> run(String program) throws Exception {
    return IsolatedLoader.call(program, "spring-boot", "crac-(logback|hikari|jetty|netty|jdk)");
  }
}
