/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import dev.cracadapters.spring.fixture.Contexts;
import dev.cracadapters.spring.fixture.IsolatedLoader;
import dev.cracadapters.spring.fixture.RecordingBean;
import dev.cracadapters.spring.fixture.RecordingBean.Events;
import java.util.List;
import java.util.concurrent.Callable;
import org.crac.Core;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class WithoutActuatorTest {

  private static final String ADAPTERS = "crac-(logback|hikari|jetty|netty|jdk)";

  @Test
  @DisplayName("Without the actuator Core.checkpointRestore() takes the checkpoint")
  void worksWithoutActuator() throws Exception {
    assertThat(IsolatedLoader.call(Program.class.getName(), "actuator", "spring-boot-health"))
        .containsExactly("stop bean", "start bean", "jdk", "logback default", "no endpoint: true");
  }

  @Test
  @DisplayName("Without any adapter the lifecycle beans go through the checkpoint")
  void worksWithoutAdapters() throws Exception {
    assertThat(IsolatedLoader.call(Program.class.getName(), "actuator", "-health", ADAPTERS))
        .containsExactly("stop bean", "start bean", "no endpoint: true");
  }

  /** Runs in a class loader of its own; public for that loader. */
  public static final class Program implements Callable<List<String>> {

    /** For {@link IsolatedLoader}. */
    public Program() {}

    @Configuration(proxyBeanMethods = false)
    static class Beans {

      @Bean
      Events events() {
        return new Events();
      }

      @Bean
      RecordingBean bean(Events events) {
        return new RecordingBean(events, "bean", 0);
      }
    }

    @Override
    public List<String> call() throws Exception {
      try (ConfigurableApplicationContext context = Contexts.start(Beans.class)) {
        List<String> seen = context.getBean(Events.class).list;
        seen.clear();
        Core.checkpointRestore();
        CheckpointCoordinator.global().lastReport().orElseThrow().resources().stream()
            .map(ResourceWalk::name)
            .filter(name -> name.equals("jdk") || name.startsWith("logback"))
            .sorted()
            .forEach(seen::add);
        seen.add("no endpoint: " + !context.containsBean("checkpointEndpoint"));
        return List.copyOf(seen);
      }
    }
  }
}
