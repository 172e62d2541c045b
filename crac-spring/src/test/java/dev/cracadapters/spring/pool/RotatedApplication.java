/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.spring.fixture.Contexts;
import dev.cracadapters.spring.fixture.HeldPause;
import dev.cracadapters.spring.fixture.Postgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** A Spring Boot application whose database gets another user or password while it is an image. */
final class RotatedApplication implements AutoCloseable {

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Boot {}

  private final Path folder;
  private final HeldPause pause;
  private final ConfigurableApplicationContext context;

  /** Starts it with what {@link #configure} has written. */
  RotatedApplication(Path folder, Class<?> configuration, String... arguments) throws IOException {
    this.folder = folder;
    this.pause = new HeldPause(folder);
    List<String> all = new ArrayList<>(List.of(pause.arguments()));
    all.add("--spring.config.additional-location=" + file(folder).toUri());
    all.add("--spring.main.banner-mode=off");
    all.addAll(Contexts.NO_JPA);
    all.addAll(List.of(arguments));
    context =
        new SpringApplicationBuilder(Boot.class, configuration)
            .web(WebApplicationType.NONE)
            .properties("spring.datasource.hikari.maximum-pool-size=2")
            .run(all.toArray(String[]::new));
  }

  private static Path file(Path folder) {
    return folder.resolve("own.properties");
  }

  static void configure(Path folder, String... properties) throws IOException {
    Files.write(file(folder), List.of(properties));
  }

  void configure(String... properties) throws IOException {
    configure(folder, properties);
  }

  void removeConfiguration() throws IOException {
    Files.delete(file(folder));
  }

  void restore(HeldPause.Between between, String... given) throws Exception {
    pause.during(between, given);
  }

  <T> T bean(Class<T> type) {
    return context.getBean(type);
  }

  <T> Collection<T> beans(Class<T> type) {
    return context.getBeansOfType(type).values();
  }

  <T> T bean(String name, Class<T> type) {
    return context.getBean(name, type);
  }

  HikariDataSource pool(String name) throws SQLException {
    return bean(name, DataSource.class).unwrap(HikariDataSource.class);
  }

  String property(String name) {
    return context.getEnvironment().getProperty(name);
  }

  /** The user as whom a data source is logged in. */
  String user(String name) throws SQLException {
    return Postgres.ask(bean(name, DataSource.class), "select current_user").get(0);
  }

  @Override
  public void close() {
    context.close();
  }
}
