/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static dev.cracadapters.hikari.fixture.Pools.awaitIdle;
import static dev.cracadapters.hikari.fixture.Pools.selectOne;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.THROWABLE;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.SuspendResumeLock;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What callers, the pool's own threads and others see between the drain and the restore. */
@Timeout(60)
@Tag("essential")
class HikariPauseTest {

  private final Postgres postgres = Postgres.shared();

  @AfterEach
  void noTestLeavesItsHouseKeepingPeriod() {
    System.clearProperty("com.zaxxer.hikari.housekeeping.periodMs");
  }

  @Test
  @DisplayName("A caller waits through a pause longer than its connection timeout, and is served")
  void callerOutlivesLongPause() throws Exception {
    HikariConfig config = postgres.config("patient");
    config.setConnectionTimeout(2500);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      resource.beforeCheckpoint(null);
      Background<Integer> caller = Background.run("caller", () -> selectOne(dataSource));
      Deadlines.within(Duration.ofSeconds(5), caller::isWaiting);

      Deadlines.pass(Duration.ofMillis(3000));

      assertThat(caller.isDone()).isFalse();
      assertThat(postgres.sessions("patient")).isEmpty();
      resource.afterRestore(null);
      assertThat(caller.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("A pool whose housekeeper runs all the time opens no connection in the pause")
  void housekeeperOpensNothing() throws Exception {
    System.setProperty("com.zaxxer.hikari.housekeeping.periodMs", "10");
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("kept"))) {
      HikariResource resource = HikariResource.of(dataSource);
      awaitIdle(dataSource, 5);

      resource.beforeCheckpoint(null);
      Deadlines.pass(Duration.ofMillis(400));

      assertThat(postgres.sessions("kept")).isEmpty();
      assertThat(postgres.openSockets()).isZero();
      assertThat(dataSource.getHikariPoolMXBean().getTotalConnections()).isZero();
      resource.afterRestore(null);
    }
  }

  @Test
  @DisplayName("The pool does not run in the pause, so that Spring Boot does not stop it again")
  void poolDoesNotRun() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("running"))) {
      HikariResource resource = HikariResource.of(dataSource);
      assertThat(dataSource.isRunning()).isTrue();

      resource.beforeCheckpoint(null);
      assertThat(dataSource.isRunning()).isFalse();

      resource.afterRestore(null);
      assertThat(dataSource.isRunning()).isTrue();
    }
  }

  @Test
  @DisplayName("After the restore the pool has its own lock again, which costs nothing")
  void lockIsGivenBack() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("lock"))) {
      HikariResource resource = HikariResource.of(dataSource);
      PoolAccess access = new PoolAccess();
      HikariPool pool = (HikariPool) dataSource.getHikariPoolMXBean();

      resource.beforeCheckpoint(null);
      assertThat(access.lock(pool)).isInstanceOf(CheckpointGate.class);

      resource.afterRestore(null);
      assertThat(access.lock(pool)).isSameAs(SuspendResumeLock.FAUX_LOCK);
    }
  }

  @Test
  @DisplayName("The idle connections come back in the background")
  void idleConnectionsComeBack() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("refill"))) {
      HikariResource resource = HikariResource.of(dataSource);
      // The housekeeper, who fills too, comes after 100 ms, and then only every 30 s.
      awaitIdle(dataSource, 5);
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      awaitIdle(dataSource, 5);
      assertThat(postgres.sessions("refill")).hasSize(5);
    }
  }

  @Test
  @DisplayName("A resumePool or suspendPool from elsewhere opens nothing in the pause")
  void strayResumeOpensNothing() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("stray"))) {
      HikariResource resource = HikariResource.of(dataSource);
      resource.beforeCheckpoint(null);

      dataSource.getHikariPoolMXBean().resumePool();
      assertThatThrownBy(() -> dataSource.getHikariPoolMXBean().suspendPool())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("not suspendable");
      Deadlines.pass(Duration.ofMillis(200));

      assertThat(postgres.sessions("stray")).isEmpty();
      resource.afterRestore(null);
      assertThat(selectOne(dataSource)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("A pool that the user has suspended is drained, and is still suspended after it")
  void suspendedPoolStaysSuspended() throws Exception {
    HikariConfig config = postgres.config("suspended");
    config.setAllowPoolSuspension(true);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      awaitIdle(dataSource, 5);
      dataSource.getHikariPoolMXBean().suspendPool();

      resource.beforeCheckpoint(null);
      assertThat(postgres.sessions("suspended")).isEmpty();
      Background<Integer> caller = Background.run("caller", () -> selectOne(dataSource));
      Deadlines.within(Duration.ofSeconds(5), caller::isWaiting);
      resource.afterRestore(null);
      Deadlines.pass(Duration.ofMillis(200));

      assertThat(caller.isDone()).isFalse();
      assertThat(dataSource.isRunning()).isFalse();
      dataSource.getHikariPoolMXBean().resumePool();
      assertThat(caller.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName(
      "The pool's own suspension still excludes everybody after callers went through a walk")
  void suspensionIsWholeAfterAWalk() throws Exception {
    HikariConfig config = postgres.config("whole");
    config.setAllowPoolSuspension(true);
    config.setMaximumPoolSize(1);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      // One caller goes in before the gate is there and out after, one the other way round.
      Connection borrowed = dataSource.getConnection();
      Background<Integer> before = Background.run("before", () -> selectOne(dataSource));
      Deadlines.within(
          Duration.ofSeconds(5),
          () -> dataSource.getHikariPoolMXBean().getThreadsAwaitingConnection() == 1);
      Background<Boolean> checkpoint =
          Background.run(
              "checkpoint",
              () -> {
                resource.beforeCheckpoint(null);
                return true;
              });
      HikariPool pool = (HikariPool) dataSource.getHikariPoolMXBean();
      Deadlines.within(
          Duration.ofSeconds(5), () -> new PoolAccess().lock(pool) instanceof CheckpointGate);
      Background<Integer> after = Background.run("after", () -> selectOne(dataSource));
      Deadlines.within(Duration.ofSeconds(5), after::isWaiting);
      borrowed.close();
      assertThat(checkpoint.result().get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(before.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);
      resource.afterRestore(null);
      assertThat(after.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);

      Background<Boolean> suspension =
          Background.run(
              "suspension",
              () -> {
                pool.suspendPool();
                return true;
              });
      assertThat(suspension.result().get(5, TimeUnit.SECONDS)).isTrue();
      Background<Integer> excluded = Background.run("excluded", () -> selectOne(dataSource));
      Deadlines.pass(Duration.ofMillis(300));
      assertThat(excluded.isDone()).isFalse();
      pool.resumePool();
      assertThat(excluded.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("A pool that is suspended in the pause is suspended after it")
  void poolSuspendedInPauseStaysSuspended() throws Exception {
    HikariConfig config = postgres.config("suspended-in-pause");
    config.setAllowPoolSuspension(true);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      resource.beforeCheckpoint(null);
      dataSource.getHikariPoolMXBean().suspendPool();
      resource.afterRestore(null);
      assertThat(dataSource.isRunning()).isFalse();
      dataSource.getHikariPoolMXBean().resumePool();
      assertThat(selectOne(dataSource)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("A pool that is not started is not started in the pause; its first caller is served")
  void poolIsNotStartedInPause() throws Exception {
    try (HikariDataSource dataSource = notStarted("lazy")) {
      HikariResource resource = HikariResource.of(dataSource);
      resource.beforeCheckpoint(null);
      Background<Integer> caller = Background.run("first caller", () -> selectOne(dataSource));
      Deadlines.within(Duration.ofSeconds(5), caller::isWaiting);
      Deadlines.pass(Duration.ofMillis(300));

      assertThat(caller.isDone()).isFalse();
      assertThat(postgres.sessions("lazy")).isEmpty();
      resource.afterRestore(null);
      assertThat(caller.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("A pool that its first caller has started goes through many checkpoints")
  void lazilyStartedPoolIsDrained() throws Exception {
    try (HikariDataSource dataSource = notStarted("lazily-started")) {
      HikariResource resource = HikariResource.of(dataSource);
      for (int cycle = 0; cycle < 5; cycle++) {
        resource.beforeCheckpoint(null);
        assertThat(postgres.sessions("lazily-started")).isEmpty();
        resource.afterRestore(null);
        assertThat(selectOne(dataSource)).isEqualTo(1);
      }
    }
  }

  @Test
  @DisplayName("A data source that is closed takes no part")
  void closedDataSourceTakesNoPart() throws Exception {
    HikariDataSource dataSource = new HikariDataSource(postgres.config("closed"));
    HikariResource resource = HikariResource.of(dataSource);
    dataSource.close();
    resource.beforeCheckpoint(null);
    resource.afterRestore(null);
    assertThat(dataSource.isClosed()).isTrue();
  }

  @Test
  @DisplayName("A data source that is closed in the pause stays closed")
  void dataSourceClosedInPauseStaysClosed() throws Exception {
    HikariDataSource dataSource = new HikariDataSource(postgres.config("closed-in-pause"));
    HikariResource resource = HikariResource.of(dataSource);
    resource.beforeCheckpoint(null);
    dataSource.close();
    resource.afterRestore(null);

    Deadlines.pass(Duration.ofMillis(200));
    assertThat(postgres.sessions("closed-in-pause")).isEmpty();
    assertThatThrownBy(dataSource::getConnection)
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("has been closed");
  }

  @Test
  @DisplayName("A caller who is interrupted in the pause is told so by an SQLException")
  void interruptedCallerIsTold() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("interrupted"))) {
      HikariResource resource = HikariResource.of(dataSource);
      resource.beforeCheckpoint(null);
      Background<Integer> caller = Background.run("caller", () -> selectOne(dataSource));
      Deadlines.within(Duration.ofSeconds(5), caller::isWaiting);
      caller.interrupt();
      assertThatThrownBy(() -> caller.result().get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(SQLException.class)
          .asInstanceOf(THROWABLE)
          .hasMessageContaining("interrupted - Interrupted while waiting for a restore");
      resource.afterRestore(null);
    }
  }

  private HikariDataSource notStarted(String name) {
    HikariDataSource dataSource = new HikariDataSource();
    dataSource.setPoolName(name);
    dataSource.setJdbcUrl(postgres.url(name));
    dataSource.setUsername("postgres");
    return dataSource;
  }
}
