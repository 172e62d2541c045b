/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.spring.EnableCrac;
import dev.cracadapters.spring.PoolAtRestore;
import dev.cracadapters.spring.fixture.HeldPause;
import dev.cracadapters.spring.fixture.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.util.FileSystemUtils;

/**
 * A pool in an application of Spring Framework alone. It is public for the class loader that makes
 * it.
 */
public final class PoolsWithoutBoot implements Callable<List<String>> {

  static final String URL = "dev.cracadapters.spring.test.url";

  /** For {@link PoolsWithoutBootTest}. */
  public PoolsWithoutBoot() {}

  @Configuration(proxyBeanMethods = false)
  @EnableCrac
  static class Application {

    @Bean
    HikariDataSource pool() {
      HikariDataSource pool = new HikariDataSource();
      pool.setJdbcUrl(System.getProperty(URL));
      pool.setUsername("postgres");
      pool.setDriverClassName("org.postgresql.Driver");
      return pool;
    }

    @Bean
    PoolAtRestore otherUser() {
      return (name, pool) -> pool.setUsername("user_of_" + name);
    }
  }

  @Override
  public List<String> call() throws Exception {
    List<String> users = new ArrayList<>();
    Path folder = Files.createTempDirectory("without-boot");
    HeldPause pause = new HeldPause(folder);
    try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
      context
          .getEnvironment()
          .getPropertySources()
          .addFirst(new MapPropertySource("test", pause.properties()));
      context.register(Application.class);
      context.refresh();
      HikariDataSource pool = context.getBean(HikariDataSource.class);
      users.addAll(Postgres.ask(pool, "select current_user"));
      pause.during(() -> {});
      users.addAll(Postgres.ask(pool, "select current_user"));
    } finally {
      FileSystemUtils.deleteRecursively(folder);
    }
    return users;
  }
}
