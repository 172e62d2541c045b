/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.spring.EnableCrac;
import dev.cracadapters.spring.fixture.HeldPause;
import dev.cracadapters.spring.fixture.Postgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;

@DisplayName("Tenants' pools that a router makes after the start")
class LatePoolsTest {

  private static final Postgres POSTGRES = Postgres.shared();
  private static final int CYCLES = 3;
  private static final int THREADS = 6;
  private static final int TENANTS = 3;

  @TempDir private Path folder;

  @Configuration(proxyBeanMethods = false)
  @EnableCrac
  static class Application {

    @Bean
    HikariDataSource shared() {
      return POSTGRES.pool("shared");
    }

    @Bean
    Wrappers.MadeWhenAsked byTenant() {
      return new Wrappers.MadeWhenAsked(POSTGRES::pool);
    }
  }

  @AfterEach
  void closePools() {
    POSTGRES.closePools();
  }

  @Test
  @DisplayName("are drained together with the shared pool, which their borrowers need as well")
  void sharedPool() throws Exception {
    HeldPause pause = new HeldPause(folder);
    AtomicBoolean goesOn = new AtomicBoolean(true);
    AtomicLong done = new AtomicLong();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
      context
          .getEnvironment()
          .getPropertySources()
          .addFirst(new MapPropertySource("test", pause.properties()));
      context.register(Application.class);
      context.refresh();
      DataSource shared = context.getBean("shared", DataSource.class);
      Wrappers.MadeWhenAsked router = context.getBean(Wrappers.MadeWhenAsked.class);
      List<Future<?>> workers = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        String tenant = "tenant" + i % TENANTS;
        workers.add(
            threads.submit(
                () -> {
                  while (goesOn.get()) {
                    useBoth(router.of(tenant), shared);
                    done.incrementAndGet();
                  }
                  return null;
                }));
      }
      for (int cycle = 0; cycle < CYCLES; cycle++) {
        awaitMoreThan(done, workers);
        pause.during(() -> assertThat(POSTGRES.sessions()).isEmpty());
      }
      awaitMoreThan(done, workers);
      goesOn.set(false);
      for (Future<?> worker : workers) {
        worker.get(30, TimeUnit.SECONDS); // throws what a borrower met
      }
    } finally {
      goesOn.set(false);
      threads.shutdownNow();
    }
  }

  private static void useBoth(DataSource tenant, DataSource shared) throws SQLException {
    try (Connection first = tenant.getConnection();
        Connection second = shared.getConnection()) {
      assertThat(first.isValid(5)).isTrue();
      assertThat(second.isValid(5)).isTrue();
    }
  }

  private static void awaitMoreThan(AtomicLong done, List<Future<?>> workers) {
    long before = done.get();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> done.get() > before + 50 || workers.stream().anyMatch(Future::isDone));
  }
}
