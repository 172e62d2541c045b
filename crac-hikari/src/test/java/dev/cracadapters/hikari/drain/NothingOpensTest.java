/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import java.sql.Connection;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * From the moment that the pool is down until the restore there is no connection of it, whatever
 * the pool, its users and its threads do. That is the race of spring-boot issue 42906 and its like.
 */
@Timeout(60)
class NothingOpensTest {

  private static final String HOUSEKEEPING = "com.zaxxer.hikari.housekeeping.periodMs";

  private final Postgres postgres = Postgres.shared();

  /** Fills the pool, and takes note of changed settings, all the time. */
  @BeforeEach
  void housekeeperRunsAllTheTime() {
    System.setProperty(HOUSEKEEPING, "5");
  }

  @AfterEach
  void noTestLeavesItsHouseKeepingPeriod() {
    System.clearProperty(HOUSEKEEPING);
  }

  @Test
  @DisplayName("The adder is inside of the driver when the checkpoint begins")
  void adderIsConnecting() throws Exception {
    GuardedDriver driver = new GuardedDriver(postgres, "adder");
    try (HikariDataSource dataSource = new HikariDataSource(driver.config())) {
      HikariResource resource = HikariResource.of(dataSource);
      Pools.awaitIdle(dataSource, 5);
      GuardedDriver.Hold hold = driver.holdConnecting();
      dataSource.getHikariPoolMXBean().softEvictConnections();
      hold.awaitEntered();

      Background<Boolean> checkpoint = checkpoint(resource);
      Deadlines.pass(Duration.ofMillis(100));
      assertThat(checkpoint.isDone()).isFalse();
      assertThat(postgres.sessions("adder")).isNotEmpty();
      hold.goOn().countDown();
      assertThat(checkpoint.result().get(20, TimeUnit.SECONDS)).isTrue();

      assertThat(driver.seenInPause(resource, () -> {})).isEmpty();
      GuardedDriver.awaitServing(dataSource, 5);
    }
  }

  @Test
  @DisplayName("The pool is filled by its closer and its housekeeper right after the eviction")
  void filledAfterTheEviction() throws Exception {
    GuardedDriver driver = new GuardedDriver(postgres, "filled");
    List<String> seen = new ArrayList<>();
    try (HikariDataSource dataSource = new HikariDataSource(driver.config())) {
      HikariResource resource = HikariResource.of(dataSource);
      for (int cycle = 0; cycle < 15; cycle++) {
        // What an eviction by someone else has begun goes on while the pool is drained.
        dataSource.getHikariPoolMXBean().softEvictConnections();
        resource.beforeCheckpoint(null);
        seen.addAll(driver.seenInPause(resource, Duration.ofMillis(10), () -> {}));
      }
      GuardedDriver.awaitServing(dataSource, 5);
    }
    assertThat(seen).isEmpty();
  }

  @Test
  @DisplayName("Connections pass their lifetime, and are to be kept alive, in the pause")
  void lifetimeAndKeepalive() throws Exception {
    GuardedDriver driver = new GuardedDriver(postgres, "mortal");
    try (HikariDataSource dataSource = new HikariDataSource(driver.config())) {
      HikariResource resource = HikariResource.of(dataSource);
      Pools.awaitIdle(dataSource, 5);
      // Shorter than HikariCP lets anybody configure it: each new connection reads it again.
      dataSource.setKeepaliveTime(100);
      dataSource.setMaxLifetime(200);
      dataSource.getHikariPoolMXBean().softEvictConnections();
      Deadlines.within(
          Duration.ofSeconds(10), () -> dataSource.getHikariPoolMXBean().getIdleConnections() > 0);

      resource.beforeCheckpoint(null);

      assertThat(driver.seenInPause(resource, Duration.ofMillis(400), () -> immortal(dataSource)))
          .isEmpty();
      GuardedDriver.awaitServing(dataSource, 5);
    }
  }

  @Test
  @DisplayName("A connection is being kept alive when the checkpoint begins")
  void beingKeptAlive() throws Exception {
    GuardedDriver driver = new GuardedDriver(postgres, "kept-alive");
    try (HikariDataSource dataSource = new HikariDataSource(driver.config())) {
      HikariResource resource = HikariResource.of(dataSource);
      Pools.awaitIdle(dataSource, 5);
      dataSource.setKeepaliveTime(100);
      GuardedDriver.Hold hold = driver.holdValidating();
      dataSource.getHikariPoolMXBean().softEvictConnections();
      hold.awaitEntered();

      Background<Boolean> checkpoint = checkpoint(resource);
      Deadlines.pass(Duration.ofMillis(100));
      assertThat(checkpoint.isDone()).isFalse();
      hold.goOn().countDown();
      assertThat(checkpoint.result().get(20, TimeUnit.SECONDS)).isTrue();

      assertThat(driver.seenInPause(resource, () -> immortal(dataSource))).isEmpty();
      GuardedDriver.awaitServing(dataSource, 5);
    }
  }

  @Test
  @DisplayName("Somebody evicts, resumes, changes sizes and reads the figures in the pause")
  void managedInThePause() throws Exception {
    GuardedDriver driver = new GuardedDriver(postgres, "managed");
    try (HikariDataSource dataSource = new HikariDataSource(driver.config())) {
      HikariResource resource = HikariResource.of(dataSource);
      Pools.awaitIdle(dataSource, 5);
      Connection given = dataSource.getConnection();
      given.close();
      HikariPoolMXBean pool = dataSource.getHikariPoolMXBean();
      resource.beforeCheckpoint(null);

      List<String> seen =
          driver.seenInPause(
              resource,
              () -> {
                pool.softEvictConnections();
                pool.resumePool();
                dataSource.evictConnection(given);
                dataSource.getHikariConfigMXBean().setMaximumPoolSize(7);
                dataSource.getHikariConfigMXBean().setMinimumIdle(7);
                assertThat(pool.getTotalConnections()).isZero();
                assertThat(pool.getIdleConnections()).isZero();
                assertThat(pool.getActiveConnections()).isZero();
                assertThat(pool.getThreadsAwaitingConnection()).isZero();
                assertThat(dataSource.isRunning()).isFalse();
                assertThatThrownBy(() -> dataSource.getConnection("postgres", ""))
                    .isInstanceOf(SQLFeatureNotSupportedException.class);
              });

      assertThat(seen).isEmpty();
      GuardedDriver.awaitServing(dataSource, 7);
    }
  }

  @Test
  @DisplayName("A pool that the user had suspended is resumed in the pause, and runs after it")
  void resumedInThePause() throws Exception {
    GuardedDriver driver = new GuardedDriver(postgres, "resumed");
    HikariConfig config = driver.config();
    config.setAllowPoolSuspension(true);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      Pools.awaitIdle(dataSource, 5);
      dataSource.getHikariPoolMXBean().suspendPool();
      resource.beforeCheckpoint(null);

      assertThat(driver.seenInPause(resource, dataSource.getHikariPoolMXBean()::resumePool))
          .isEmpty();

      assertThat(dataSource.isRunning()).isTrue();
      GuardedDriver.awaitServing(dataSource, 5);
    }
  }

  @Test
  @DisplayName("A pool is suspended and resumed in the pause, and runs after it")
  void suspendedAndResumedInThePause() throws Exception {
    GuardedDriver driver = new GuardedDriver(postgres, "in-between");
    HikariConfig config = driver.config();
    config.setAllowPoolSuspension(true);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      resource.beforeCheckpoint(null);

      List<String> seen =
          driver.seenInPause(
              resource,
              () -> {
                dataSource.getHikariPoolMXBean().suspendPool();
                dataSource.getHikariPoolMXBean().resumePool();
              });

      assertThat(seen).isEmpty();
      assertThat(dataSource.isRunning()).isTrue();
      GuardedDriver.awaitServing(dataSource, 5);
    }
  }

  @Test
  @DisplayName("More callers than the pool has connections, health checks among them, wait")
  void callersWait() throws Exception {
    GuardedDriver driver = new GuardedDriver(postgres, "asked");
    try (HikariDataSource dataSource = new HikariDataSource(driver.config())) {
      HikariResource resource = HikariResource.of(dataSource);
      resource.beforeCheckpoint(null);
      List<Background<Boolean>> callers = new ArrayList<>();

      List<String> seen =
          driver.seenInPause(
              resource,
              () -> {
                for (int i = 0; i < 12; i++) {
                  callers.add(Background.run("health-" + i, () -> isHealthy(dataSource)));
                }
                for (Background<Boolean> caller : callers) {
                  Deadlines.within(Duration.ofSeconds(10), caller::isWaiting);
                }
              });

      assertThat(seen).isEmpty();
      for (Background<Boolean> caller : callers) {
        assertThat(caller.result().get(20, TimeUnit.SECONDS)).isTrue();
      }
    }
  }

  @Test
  @DisplayName("A pool that is closed in the pause is closed without waiting for anything")
  void closedInThePause() throws Exception {
    GuardedDriver driver = new GuardedDriver(postgres, "closed");
    HikariDataSource dataSource = new HikariDataSource(driver.config());
    HikariResource resource = HikariResource.of(dataSource);
    resource.beforeCheckpoint(null);

    List<String> seen =
        driver.seenInPause(
            resource,
            () -> {
              Background<Boolean> closing =
                  Background.run(
                      "closing",
                      () -> {
                        dataSource.close();
                        return true;
                      });
              assertThat(closing.result().get(10, TimeUnit.SECONDS)).isTrue();
            });

    assertThat(seen).isEmpty();
    assertThat(postgres.sessions("closed")).isEmpty();
  }

  /** From the restore on: what is to happen to the connections of now has been scheduled. */
  private static void immortal(HikariDataSource dataSource) {
    dataSource.setMaxLifetime(0);
    dataSource.setKeepaliveTime(0);
  }

  /** As Spring Boot's check of a data source does it. */
  private static boolean isHealthy(HikariDataSource dataSource) throws Exception {
    try (Connection connection = dataSource.getConnection()) {
      return connection.isValid(5);
    }
  }

  private static Background<Boolean> checkpoint(HikariResource resource) {
    return Background.run(
        "checkpoint",
        () -> {
          resource.beforeCheckpoint(null);
          return true;
        });
  }
}
