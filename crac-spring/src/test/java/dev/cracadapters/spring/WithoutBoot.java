/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.jdk.JdkSettings;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.spring.fixture.RecordingBean;
import dev.cracadapters.spring.fixture.RecordingBean.Events;
import dev.cracadapters.spring.properties.CracProperties;
import dev.cracadapters.spring.properties.EnvironmentProperties;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** An application of Spring Framework alone. It is public for the class loader that makes it. */
public final class WithoutBoot implements Callable<List<String>> {

  /** For {@link EnableCracTest}. */
  public WithoutBoot() {}

  @Configuration(proxyBeanMethods = false)
  @EnableCrac
  static class Application {

    @Bean
    Events events() {
      return new Events();
    }

    @Bean
    RecordingBean bean(Events events) {
      return new RecordingBean(events, "bean", 0);
    }

    @Bean
    PhasedResource resource(Events events) {
      return new PhasedResource() {
        @Override
        public String name() {
          return "resource";
        }

        @Override
        public int phase() {
          return -1;
        }

        @Override
        public void beforeCheckpoint(@Nullable Context<? extends Resource> context) {
          events.list.add("stop resource");
        }

        @Override
        public void afterRestore(@Nullable Context<? extends Resource> context) {
          events.list.add("start resource");
        }
      };
    }
  }

  @Override
  public List<String> call() throws Exception {
    AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
    try (context) {
      context
          .getEnvironment()
          .getPropertySources()
          .addFirst(new MapPropertySource("test", Map.of("spring.crac.engine", "pause")));
      context.register(Application.class);
      context.refresh();
      Core.checkpointRestore();
      return List.copyOf(context.getBean(Events.class).list);
    }
  }

  private static Environment environment(Map<String, Object> values) {
    StandardEnvironment environment = new StandardEnvironment();
    environment.getPropertySources().addFirst(new MapPropertySource("test", values));
    return environment;
  }

  private static CracProperties read(Environment environment) {
    return EnvironmentProperties.read(environment, "spring.crac", CracProperties.class);
  }

  /** Reads properties of every kind. */
  public static final class Properties implements Callable<List<String>> {

    /** For {@link EnableCracTest}. */
    public Properties() {}

    @Override
    public List<String> call() {
      Environment environment =
          environment(
              Map.of(
                  "spring.crac.engine", "pause",
                  "spring.crac.image", "there/image",
                  "spring.crac.audit", "strict",
                  "spring.crac.walk-timeout", "90s",
                  "spring.crac.hikari.drain-timeout", "500",
                  "spring.crac.logback.buffer-size", "17",
                  "spring.crac.jdk.key-stores", "false",
                  "spring.crac.jdk.unknown-random", "allow"));
      CracProperties properties = read(environment);
      HikariSettings hikari =
          EnvironmentProperties.read(environment, "spring.crac.hikari", HikariSettings.defaults());
      LogbackSettings logback =
          EnvironmentProperties.read(
              environment, "spring.crac.logback", LogbackSettings.defaults());
      JdkSettings jdk =
          EnvironmentProperties.read(environment, "spring.crac.jdk", JdkSettings.defaults());
      return List.of(
          "engine " + properties.engine(),
          "image " + properties.image(),
          "audit " + properties.audit(),
          "walk-timeout " + properties.walkTimeout(),
          "hikari.drain-timeout " + hikari.drainTimeout(),
          "logback.buffer-size " + logback.bufferSize(),
          "jdk.key-stores " + jdk.keyStores(),
          "jdk.unknown-random " + jdk.unknownRandom());
    }
  }

  /** Reads a duration that is none. */
  public static final class BadValue implements Callable<List<String>> {

    /** For {@link EnableCracTest}. */
    public BadValue() {}

    @Override
    public List<String> call() {
      try {
        read(environment(Map.of("spring.crac.walk-timeout", "soon")));
        return List.of("it was read");
      } catch (IllegalArgumentException e) {
        return List.of(String.valueOf(e.getMessage()));
      }
    }
  }
}
