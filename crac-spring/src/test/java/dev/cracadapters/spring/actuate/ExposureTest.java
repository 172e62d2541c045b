/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.spring.fixture.Contexts;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

class ExposureTest {

  private static final String EXPOSURE = "management.endpoints.web.exposure.include";

  @Configuration(proxyBeanMethods = false)
  static class Nothing {}

  @Test
  @DisplayName("Where the application says nothing, health and checkpoint are exposed")
  void checkpointIsExposed() {
    try (ConfigurableApplicationContext context = Contexts.start(Nothing.class)) {
      assertThat(context.getEnvironment().getProperty(EXPOSURE)).isEqualTo("health,checkpoint");
      assertThat(context.getBeansOfType(CheckpointEndpoint.class)).hasSize(1);
    }
  }

  @Test
  @DisplayName("What the application says about exposure stands")
  void saidExposureStands() {
    try (ConfigurableApplicationContext context =
        Contexts.start(Nothing.class, "--" + EXPOSURE + "=info")) {
      assertThat(context.getEnvironment().getProperty(EXPOSURE)).isEqualTo("info");
      assertThat(context.getBeansOfType(CheckpointEndpoint.class)).isEmpty();
    }
  }

  @Test
  @DisplayName("What the application says by default properties stands")
  void defaultPropertiesStand() {
    SpringApplication application = new SpringApplication(Contexts.Boot.class);
    application.setWebApplicationType(WebApplicationType.NONE);
    application.setDefaultProperties(Map.of(EXPOSURE, "info"));
    try (ConfigurableApplicationContext context =
        application.run("--spring.crac.enabled=true", Contexts.NO_DATABASE)) {
      assertThat(context.getEnvironment().getProperty(EXPOSURE)).isEqualTo("info");
    }
  }
}
