/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.spring.PoolAtRestore;
import dev.cracadapters.spring.fixture.HeldPause;
import dev.cracadapters.spring.fixture.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.jdbc.HikariCheckpointRestoreLifecycle;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

@ExtendWith(OutputCaptureExtension.class)
@DisplayName("spring.datasource.* that changed since the checkpoint")
class RotatedSettingsTest {

  private static final Postgres POSTGRES = Postgres.shared();
  private static final String URL = "spring.datasource.url=" + POSTGRES.url("app");
  private static final String USER = "spring.datasource.username=";
  private static final String PASSWORD = "spring.datasource.password=";

  @TempDir private Path folder;

  @Configuration(proxyBeanMethods = false)
  static class Nothing {}

  @BeforeAll
  static void createUsers() throws Exception {
    POSTGRES.createUser("app", "one");
    POSTGRES.createUser("other", "other");
  }

  @BeforeEach
  void resetPassword() throws Exception {
    POSTGRES.changePassword("app", "one");
  }

  private static String user(RotatedApplication application) {
    return application
        .bean(JdbcClient.class)
        .sql("select current_user")
        .query(String.class)
        .single();
  }

  @Test
  @DisplayName("in a file: password, user, URL; who asks for properties sees them as well")
  void file(CapturedOutput output) throws Exception {
    RotatedApplication.configure(folder, URL, USER + "app", PASSWORD + "one");
    try (RotatedApplication application = new RotatedApplication(folder, Nothing.class)) {
      assertThat(user(application)).isEqualTo("app");
      application.restore(
          () -> {
            POSTGRES.changePassword("app", "two");
            application.configure(URL, USER + "app", PASSWORD + "two");
          });
      assertThat(user(application)).isEqualTo("app");
      assertThat(application.property("spring.datasource.password")).isEqualTo("two");

      application.restore(
          () ->
              application.configure(
                  "spring.datasource.url=" + POSTGRES.url("elsewhere"),
                  USER + "other",
                  PASSWORD + "other"));
      assertThat(user(application)).isEqualTo("other");
      assertThat(Postgres.session(application.pool("dataSource"))).isEqualTo("elsewhere");
      assertThat(POSTGRES.sessions()).containsOnly("elsewhere");
      // Boot's own way with the pool is configured, and does nothing.
      assertThat(application.beans(HikariCheckpointRestoreLifecycle.class)).hasSize(1);
      assertThat(output).doesNotContain(" WARN ", "Evicting Hikari", "Suspending Hikari");
    }
  }

  @Test
  @DisplayName("in an environment variable, also one that a property is made of; and gone with it")
  void environmentVariable() throws Exception {
    RotatedApplication.configure(folder, URL, USER + "app", PASSWORD + "${DB_PASSWORD:one}");
    try (RotatedApplication application = new RotatedApplication(folder, Nothing.class)) {
      assertThat(user(application)).isEqualTo("app");
      application.restore(() -> POSTGRES.changePassword("app", "two"), "DB_PASSWORD=two");
      assertThat(user(application)).isEqualTo("app");
      assertThat(application.property("DB_PASSWORD")).isEqualTo("two");

      application.restore(
          () -> {}, "SPRING_DATASOURCE_USERNAME=other", "SPRING_DATASOURCE_PASSWORD=other");
      assertThat(user(application)).isEqualTo("other");
      assertThat(application.property("spring.datasource.username")).isEqualTo("other");

      application.restore(() -> POSTGRES.changePassword("app", "one"));
      assertThat(user(application)).isEqualTo("app");
      assertThat(application.property("spring.datasource.username")).isEqualTo("app");
    }
  }

  @Test
  @DisplayName("in a system property, and in the restore's arguments")
  void propertyAndArgument() throws Exception {
    RotatedApplication.configure(folder, URL, USER + "app", PASSWORD + "one");
    try (RotatedApplication application = new RotatedApplication(folder, Nothing.class)) {
      application.restore(
          () -> {
            POSTGRES.changePassword("app", "two");
            System.setProperty("spring.datasource.password", "two");
          },
          "CRAC_ARGUMENT=--spring.datasource.hikari.maximum-pool-size=4");
      assertThat(user(application)).isEqualTo("app");
      HikariDataSource pool = application.pool("dataSource");
      assertThat(pool.getMaximumPoolSize()).isEqualTo(4);
      assertThat(pool.getMinimumIdle()).isEqualTo(4);

      application.restore(() -> {});
      assertThat(pool.getMaximumPoolSize()).isEqualTo(2);
    } finally {
      System.clearProperty("spring.datasource.password");
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Counted {

    final AtomicInteger calls = new AtomicInteger();

    @Bean
    PoolAtRestore counting() {
      return (bean, configuration) -> calls.incrementAndGet();
    }
  }

  @Test
  @DisplayName("in a file, before the checkpoint: its rehearsals leave all as it is")
  void rehearsed(CapturedOutput output) throws Exception {
    RotatedApplication.configure(folder, URL, USER + "app", PASSWORD + "one");
    try (RotatedApplication application =
        new RotatedApplication(folder, Counted.class, "--spring.crac.rehearse=2")) {
      assertThat(user(application)).isEqualTo("app");
      application.configure(URL, USER + "other", PASSWORD + "other");
      HikariDataSource pool = application.pool("dataSource");
      AtomicInteger calls = application.bean(Counted.class).calls;
      application.restore(
          () -> {
            assertThat(pool.getUsername()).isEqualTo("app");
            assertThat(BootJdbc.user(application)).isEqualTo("app");
            assertThat(application.property("spring.datasource.username")).isEqualTo("app");
            assertThat(calls).hasValue(0);
          });

      assertThat(CheckpointCoordinator.global().lastReport().orElseThrow().rehearsals()).hasSize(2);
      assertThat(user(application)).isEqualTo("other");
      assertThat(BootJdbc.user(application)).isEqualTo("other");
      assertThat(calls).hasValue(1);
      assertThat(output).doesNotContain(" WARN ").containsOnlyOnce("Back in service");
    }
  }

  @Test
  @DisplayName("in a tree of files, as Kubernetes mounts a secret")
  void configTree() throws Exception {
    Path secrets = Files.createDirectories(folder.resolve("secrets/spring/datasource"));
    Files.writeString(secrets.resolve("password"), "one\n");
    RotatedApplication.configure(
        folder,
        URL,
        USER + "app",
        "spring.config.import=configtree:" + folder.resolve("secrets") + "/");
    try (RotatedApplication application = new RotatedApplication(folder, Nothing.class)) {
      assertThat(user(application)).isEqualTo("app");
      application.restore(
          () -> {
            POSTGRES.changePassword("app", "two");
            Files.writeString(secrets.resolve("password"), "two\n");
          });
      assertThat(user(application)).isEqualTo("app");
      assertThat(application.property("spring.datasource.password")).isEqualTo("two");
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class SetByCode {

    @Bean
    static BeanPostProcessor setter() {
      return new BeanPostProcessor() {
        @Override
        public Object postProcessAfterInitialization(Object bean, String name) {
          if (bean instanceof HikariConfig pool) {
            pool.setConnectionTimeout(7_000);
            pool.setMaxLifetime(900_000);
          }
          return bean;
        }
      };
    }
  }

  @Test
  @DisplayName("below hikari: what code has set stays, what is gone becomes the default")
  void hikari() throws Exception {
    String hikari = "spring.datasource.hikari.";
    RotatedApplication.configure(
        folder,
        URL,
        USER + "app",
        PASSWORD + "one",
        hikari + "connection-timeout=9000",
        hikari + "max-lifetime=600000",
        hikari + "minimum-idle=1",
        hikari + "idle-timeout=20000",
        hikari + "data-source-properties.connectTimeout=5",
        hikari + "data-source-properties.options=-c statement_timeout=70s");
    try (RotatedApplication application = new RotatedApplication(folder, SetByCode.class)) {
      HikariDataSource pool = application.pool("dataSource");
      assertThat(Postgres.ask(pool, "show statement_timeout")).containsExactly("70s");
      application.restore(
          () ->
              application.configure(
                  URL,
                  USER + "app",
                  PASSWORD + "one",
                  hikari + "connection-timeout=9000",
                  hikari + "max-lifetime=700000",
                  hikari + "minimum-idle=2",
                  hikari + "data-source-properties.connectTimeout=6"));
      assertThat(pool.getConnectionTimeout()).isEqualTo(7_000);
      assertThat(pool.getMaxLifetime()).isEqualTo(700_000);
      assertThat(pool.getMinimumIdle()).isEqualTo(2);
      assertThat(pool.getIdleTimeout()).isEqualTo(600_000);
      assertThat(pool.getDataSourceProperties()).containsOnlyKeys("connectTimeout");
      assertThat(pool.getDataSourceProperties()).containsEntry("connectTimeout", "6");
      assertThat(Postgres.ask(pool, "show statement_timeout")).containsExactly("0");
    }
  }

  @Test
  @DisplayName("below hikari stands above the others, and these come in when it is gone")
  void precedence() throws Exception {
    String own = "spring.datasource.hikari.";
    RotatedApplication.configure(
        folder, URL, USER + "app", PASSWORD + "wrong", own + "password=one");
    try (RotatedApplication application = new RotatedApplication(folder, Nothing.class)) {
      assertThat(user(application)).isEqualTo("app");
      application.restore(
          () ->
              application.configure(
                  URL, USER + "app", PASSWORD + "also wrong", own + "password=one"));
      assertThat(user(application)).isEqualTo("app");
      application.restore(() -> application.configure(URL, USER + "app", PASSWORD + "one"));
      assertThat(user(application)).isEqualTo("app");
      assertThat(application.pool("dataSource").getPassword()).isEqualTo("one");
    }
  }

  @Test
  @DisplayName("in a file that is gone or broken: it is said, and the settings from before stay")
  void unreadable(CapturedOutput output) throws Exception {
    RotatedApplication.configure(folder, URL, USER + "app", PASSWORD + "one");
    try (RotatedApplication application = new RotatedApplication(folder, Nothing.class)) {
      application.restore(application::removeConfiguration);
      assertThat(user(application)).isEqualTo("app");
      assertThat(application.property("spring.datasource.username")).isEqualTo("app");
      assertThat(output)
          .contains("configuration cannot be read after the restore", "own.properties");

      application.restore(
          () -> application.configure(URL, USER + "app", PASSWORD + "${DB_PASSWORD_MISSING}"));
      assertThat(user(application)).isEqualTo("app");
      assertThat(output).contains("password: there is no value for ${DB_PASSWORD_MISSING}");

      application.restore(
          () -> {
            POSTGRES.changePassword("app", "two");
            application.configure(URL, USER + "app", PASSWORD + "two");
          });
      assertThat(user(application)).isEqualTo("app");
    }
  }

  @Test
  @DisplayName("are not read after a checkpoint that failed")
  void failedCheckpoint() throws Exception {
    RotatedApplication.configure(folder, URL, USER + "app", PASSWORD + "one");
    try (RotatedApplication application =
        new RotatedApplication(folder, Nothing.class, "--spring.crac.hikari.drain-timeout=100ms")) {
      try (Connection borrowed = application.pool("dataSource").getConnection()) {
        application.configure(URL, USER + "other", PASSWORD + "other");
        assertThat(HeldPause.failure(() -> application.restore(() -> {})))
            .contains("still borrowed");
        assertThat(borrowed.isValid(5)).isTrue();
      }
      assertThat(user(application)).isEqualTo("app");
      assertThat(application.property("spring.datasource.username")).isEqualTo("app");
      application.restore(() -> {});
      assertThat(user(application)).isEqualTo("other");
    }
  }
}
