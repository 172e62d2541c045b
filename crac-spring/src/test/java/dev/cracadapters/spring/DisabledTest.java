/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.spring.fixture.Contexts;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.DefaultLifecycleProcessor;

class DisabledTest {

  @Configuration(proxyBeanMethods = false)
  static class Nothing {}

  @ParameterizedTest
  @ValueSource(strings = {"--spring.crac.image=unused", "--spring.crac.enabled=false"})
  @DisplayName("Without spring.crac.enabled=true nothing of ours has any effect")
  void hasNoEffect(String property) {
    try (ConfigurableApplicationContext context = Contexts.startPlain(Nothing.class, property)) {
      assertThat(context.getBeanDefinitionNames())
          .extracting(name -> String.valueOf(context.getType(name)))
          .filteredOn(type -> type.contains("dev.cracadapters."))
          .allMatch(
              type -> type.contains("Contexts$Boot") || type.contains("DisabledTest$Nothing"));
      assertThat(context.getBean("lifecycleProcessor").getClass())
          .isEqualTo(DefaultLifecycleProcessor.class);
      assertThat(System.getProperty("org.crac.Core.Compat")).isNull();
      assertThat(context.getEnvironment().getProperty("management.endpoints.web.exposure.include"))
          .isNull();
      assertThat(Thread.getAllStackTraces().keySet())
          .noneMatch(thread -> thread.getName().startsWith("crac-"));
    }
  }
}
