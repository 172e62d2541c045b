/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** Starts Spring Boot applications without a web server in this JVM. */
final class Contexts {

  /** Its name is another one on each line of Spring Boot, and an unknown one does no harm. */
  static final String NO_DATABASE =
      "--spring.autoconfigure.exclude="
          + "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration,"
          + "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration";

  /** JDBC is enough for most, and starts sooner. */
  static final List<String> NO_JPA =
      List.of(
          "--spring.flyway.enabled=false",
          "--spring.data.jpa.repositories.enabled=false",
          "--spring.autoconfigure.exclude="
              + "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
              + "org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration");

  private Contexts() {}

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Boot {}

  /** An application for which checkpoints are switched on, and only pause. */
  static ConfigurableApplicationContext start(Class<?> configuration, String... properties) {
    List<String> all = new ArrayList<>(List.of("--spring.crac.enabled=true"));
    all.add("--spring.crac.engine=pause");
    all.addAll(List.of(properties));
    return startPlain(configuration, all.toArray(String[]::new));
  }

  /** An application with these properties and no others. */
  static ConfigurableApplicationContext startPlain(Class<?> configuration, String... properties) {
    List<String> all = new ArrayList<>(List.of(properties));
    all.add(NO_DATABASE);
    all.add("--spring.main.banner-mode=off");
    return new SpringApplicationBuilder(Boot.class, configuration)
        .web(WebApplicationType.NONE)
        .run(all.toArray(String[]::new));
  }
}
