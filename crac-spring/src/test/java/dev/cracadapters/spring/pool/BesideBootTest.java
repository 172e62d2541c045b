/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.spring.fixture.Postgres;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.jdbc.HikariCheckpointRestoreLifecycle;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

@DisplayName("Spring Boot's own HikariCheckpointRestoreLifecycle leaves the pools to crac-hikari")
class BesideBootTest {

  private static final Postgres POSTGRES = Postgres.shared();

  @TempDir private Path folder;

  /** In place of the one that Boot makes for a single data source. */
  @Configuration(proxyBeanMethods = false)
  static class TwoPools {

    @Bean
    @Primary
    HikariDataSource first() {
      return pool("first");
    }

    @Bean
    HikariDataSource second() {
      return pool("second");
    }

    private static HikariDataSource pool(String name) {
      HikariDataSource pool = POSTGRES.pool(name);
      pool.setAllowPoolSuspension(Boolean.getBoolean("suspension"));
      pool.setConnectionTimeout(2500);
      return pool;
    }

    @Bean
    HikariCheckpointRestoreLifecycle renamed(
        HikariDataSource second, ConfigurableApplicationContext context) {
      return new HikariCheckpointRestoreLifecycle(second, context);
    }

    @Bean
    HikariCheckpointRestoreLifecycle extended(
        HikariDataSource first, ConfigurableApplicationContext context) {
      return new HikariCheckpointRestoreLifecycle(first, context) {};
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @DisplayName(
      "with and without allow-pool-suspension: no warning, callers wait, no session is left")
  void besideBoot(boolean suspension) throws Exception {
    System.setProperty("suspension", Boolean.toString(suspension));
    ListAppender<ILoggingEvent> events = new ListAppender<>();
    RotatedApplication.configure(folder);
    try (RotatedApplication application = new RotatedApplication(folder, TwoPools.class)) {
      assertThat(application.beans(HikariCheckpointRestoreLifecycle.class)).hasSize(2);
      List<HikariDataSource> pools = new ArrayList<>();
      for (String name : List.of("first", "second")) {
        pools.add(application.pool(name));
        assertThat(Postgres.session(application.pool(name))).isEqualTo(name);
      }
      events.start();
      root().addAppender(events);
      List<CompletableFuture<String>> callers = new ArrayList<>();
      application.restore(
          () -> {
            assertThat(POSTGRES.sessions()).isEmpty();
            pools.forEach(pool -> callers.add(CompletableFuture.supplyAsync(() -> session(pool))));
            // Longer than the pools' connection timeout.
            await()
                .during(Duration.ofMillis(3000))
                .until(() -> callers.stream().noneMatch(CompletableFuture::isDone));
            assertThat(POSTGRES.sessions()).isEmpty();
          });
      for (int i = 0; i < callers.size(); i++) {
        assertThat(callers.get(i).get(20, TimeUnit.SECONDS)).isEqualTo(pools.get(i).getPoolName());
      }
      events.stop();
      assertThat(events.list)
          .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
          .isEmpty();
      assertThat(events.list)
          .extracting(ILoggingEvent::getFormattedMessage)
          .anyMatch(text -> text.contains("Back in service"))
          // Spring's own processor has taken part in the same checkpoint.
          .anyMatch(text -> text.contains("Restarting Spring-managed lifecycle beans"))
          .noneMatch(text -> text.contains("Suspending") || text.contains("Evicting"))
          .noneMatch(text -> text.contains("Resuming"));
    } finally {
      root().detachAppender(events);
      System.clearProperty("suspension");
      POSTGRES.closePools();
    }
  }

  private static String session(HikariDataSource pool) {
    try {
      return Postgres.session(pool);
    } catch (SQLException e) {
      return e.toString();
    }
  }

  private static Logger root() {
    return ((LoggerContext) LoggerFactory.getILoggerFactory()).getLogger(Logger.ROOT_LOGGER_NAME);
  }
}
