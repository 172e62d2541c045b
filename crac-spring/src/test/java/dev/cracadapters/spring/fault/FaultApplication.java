/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.fault;

import dev.cracadapters.spring.EnableCrac;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Has lifecycle beans in two phases. */
@Configuration(proxyBeanMethods = false)
@EnableCrac
public class FaultApplication {

  /** Called in the class loader that has something thrown. */
  public static ConfigurableApplicationContext run() {
    return new SpringApplicationBuilder(FaultApplication.class)
        .web(WebApplicationType.NONE)
        .run("--spring.crac.enabled=true", "--spring.crac.engine=pause");
  }

  @Bean
  SmartLifecycle high() {
    return new Running(5);
  }

  @Bean
  SmartLifecycle highToo() {
    return new Running(5);
  }

  @Bean
  SmartLifecycle low() {
    return new Running(1);
  }

  private record Running(int getPhase, AtomicBoolean running) implements SmartLifecycle {

    Running(int phase) {
      this(phase, new AtomicBoolean());
    }

    @Override
    public void start() {
      running.set(true);
    }

    @Override
    public void stop() {
      running.set(false);
    }

    @Override
    public boolean isRunning() {
      return running.get();
    }
  }
}
