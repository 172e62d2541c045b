/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.spring.fixture.HeldPause;
import dev.cracadapters.spring.fixture.Postgres;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.PersistenceContext;
import jakarta.persistence.Version;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

@DisplayName("JPA, JdbcClient and Flyway over a pool")
class LedgerUnderLoadTest {

  private static final Postgres POSTGRES = Postgres.shared();
  private static final int CYCLES = 5;
  private static final int THREADS = 8;

  @TempDir private Path folder;

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @AutoConfigurationPackage(basePackageClasses = Account.class)
  static class Application {

    @Bean
    Bookings bookings(JdbcClient jdbc) {
      return new Bookings(jdbc);
    }
  }

  @Entity(name = "account")
  static class Account {

    @Id private int id;
    private long balance;
    @Version private long version;

    protected Account() {}
  }

  /** Each booking is a row by JDBC and a change of an entity by JPA, in one transaction. */
  static class Bookings {

    @PersistenceContext private EntityManager entities;
    private final JdbcClient jdbc;

    Bookings(JdbcClient jdbc) {
      this.jdbc = jdbc;
    }

    @Transactional
    public void book(int account, long amount) {
      Account found = entities.find(Account.class, account, LockModeType.PESSIMISTIC_WRITE);
      found.balance += amount;
      entities.flush();
      jdbc.sql("insert into booking (account, amount) values (?, ?)")
          .params(account, amount)
          .update();
    }
  }

  private ConfigurableApplicationContext start(HeldPause pause) {
    List<String> all = new ArrayList<>(List.of(pause.arguments()));
    all.add("--spring.datasource.url=" + POSTGRES.url("ledger"));
    all.add("--spring.datasource.username=postgres");
    all.add("--spring.datasource.hikari.maximum-pool-size=4");
    all.add("--spring.flyway.locations=classpath:db/ledger");
    all.add("--spring.main.banner-mode=off");
    return new SpringApplicationBuilder(Application.class)
        .web(WebApplicationType.NONE)
        .run(all.toArray(String[]::new));
  }

  @Test
  @DisplayName("work on through checkpoints under load: nothing fails, is lost or applied twice")
  void balances() throws Exception {
    HeldPause pause = new HeldPause(folder);
    AtomicBoolean goesOn = new AtomicBoolean(true);
    AtomicLong booked = new AtomicLong();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (ConfigurableApplicationContext context = start(pause)) {
      Bookings bookings = context.getBean(Bookings.class);
      assertThat(context.getBean(EntityManagerFactory.class).isOpen()).isTrue();
      List<Future<?>> workers = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int worker = i;
        workers.add(
            threads.submit(
                () -> {
                  while (goesOn.get()) {
                    bookings.book(worker % 4 + 1, worker + 1);
                    booked.incrementAndGet();
                  }
                }));
      }
      for (int cycle = 0; cycle < CYCLES; cycle++) {
        awaitMoreThan(booked, workers);
        // Neither Hibernate nor Flyway has a session of its own.
        pause.during(() -> assertThat(POSTGRES.sessions()).isEmpty());
      }
      awaitMoreThan(booked, workers);
      goesOn.set(false);
      for (Future<?> worker : workers) {
        worker.get(30, TimeUnit.SECONDS); // throws what a booking threw
      }
      assertThat(POSTGRES.ask("select count(*) from booking")).containsExactly("" + booked.get());
      assertThat(
              POSTGRES.ask(
                  "select a.id from account a where a.balance <>"
                      + " (select sum(amount) from booking b where b.account = a.id)"))
          .isEmpty();
      assertThat(POSTGRES.ask("select sum(version) from account"))
          .containsExactly("" + booked.get());
      assertThat(POSTGRES.ask("select count(*) from flyway_schema_history where success"))
          .containsExactly("1");
    } finally {
      goesOn.set(false);
      threads.shutdownNow();
    }
  }

  private static void awaitMoreThan(AtomicLong booked, List<Future<?>> workers) {
    long before = booked.get();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> booked.get() > before + 20 || workers.stream().anyMatch(Future::isDone));
  }
}
