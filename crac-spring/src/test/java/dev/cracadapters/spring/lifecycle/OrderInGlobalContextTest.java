/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.cracadapters.spring.fixture.Contexts;
import dev.cracadapters.spring.fixture.RecordingBean;
import dev.cracadapters.spring.fixture.RecordingBean.Events;
import java.util.List;
import org.crac.Core;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.DefaultLifecycleProcessor;

/** With Spring's plain processor, which would stop what it finds running. */
class OrderInGlobalContextTest {

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

    /** The application's own, which the auto-configuration leaves in its place. */
    @Bean
    static DefaultLifecycleProcessor lifecycleProcessor() {
      return new DefaultLifecycleProcessor();
    }
  }

  @Test
  @DisplayName("Our walk goes down before Spring's own support, and up after it, each bean once")
  void comesBeforeSpringsOwn() throws Exception {
    try (ConfigurableApplicationContext context = Contexts.start(Beans.class)) {
      List<String> order = context.getBean(Events.class).list;
      order.clear();
      Logger springsOwn = (Logger) LoggerFactory.getLogger(DefaultLifecycleProcessor.class);
      springsOwn.setLevel(Level.DEBUG);
      ListAppender<ILoggingEvent> intoOrder =
          new ListAppender<>() {
            @Override
            protected void append(ILoggingEvent event) {
              order.add(event.getFormattedMessage());
            }
          };
      intoOrder.start();
      springsOwn.addAppender(intoOrder);

      Core.checkpointRestore();

      springsOwn.detachAppender(intoOrder);
      assertThat(order)
          .filteredOn(event -> !event.contains(" phase ") && !event.contains("completed"))
          .containsExactly(
              "stop bean",
              "Stopping Spring-managed lifecycle beans before JVM checkpoint",
              "Restarting Spring-managed lifecycle beans after JVM restore",
              "start bean");
    }
  }
}
