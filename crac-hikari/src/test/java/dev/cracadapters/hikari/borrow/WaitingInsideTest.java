/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import com.zaxxer.hikari.util.SuspendResumeLock;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Callers who wait inside of the pool, behind the gate, while the pool is down. */
@Timeout(60)
class WaitingInsideTest {

  private static final HikariSettings SHORT =
      HikariSettings.defaults().withDrainTimeout(Duration.ofMillis(400));

  private final Postgres postgres = Postgres.shared();

  @Test
  @DisplayName("A caller for whom there was no connection keeps his time through a longer pause")
  void callerInExhaustedPoolKeepsHisTime() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(unreachable("keeps", 2500))) {
      HikariResource resource = HikariResource.of(dataSource, SHORT);
      Background<Integer> caller = callerInside(dataSource);

      resource.beforeCheckpoint(null);
      Deadlines.pass(Duration.ofMillis(3000));

      assertThat(caller.isDone()).isFalse();
      assertThat(dataSource.getHikariPoolMXBean().getThreadsAwaitingConnection()).isEqualTo(1);
      postgres.execute("alter role keeps login");
      resource.afterRestore(null);
      assertThat(caller.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);
      assertThat(dataSource.getHikariPoolMXBean().getThreadsAwaitingConnection()).isZero();
    }
  }

  @Test
  @DisplayName("A caller whose database stays away has all of his time, without the pause")
  void callerTimesOutAfterHisOwnTime() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(unreachable("stays-away", 1000))) {
      HikariResource resource = HikariResource.of(dataSource, SHORT);
      long begin = System.nanoTime();
      Background<Integer> caller = callerInside(dataSource);

      resource.beforeCheckpoint(null);
      long down = System.nanoTime();
      Deadlines.pass(Duration.ofMillis(1500));
      long pause = System.nanoTime() - down;
      resource.afterRestore(null);

      assertThatThrownBy(() -> caller.result().get(20, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(SQLTransientConnectionException.class);
      assertThat(Duration.ofNanos(System.nanoTime() - begin - pause))
          .isGreaterThan(Duration.ofMillis(999));
    }
  }

  @Test
  @DisplayName("Without tracking, too, whoever comes in while the pool is down keeps his time")
  void untrackedPoolKeepsTimeOfLateCaller() throws Exception {
    outlivesThePauseBehindTheLock("untracked-late", SHORT.withTrackBorrowers(false));
  }

  @Test
  @DisplayName("A caller who was stopped between the pool's lock and its inside keeps his time")
  void callerStoppedBehindTheLockKeepsHisTime() throws Exception {
    outlivesThePauseBehindTheLock("stopped", SHORT);
  }

  private void outlivesThePauseBehindTheLock(String name, HikariSettings settings)
      throws Exception {
    HikariConfig config = postgres.config(name);
    config.setConnectionTimeout(2500);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource, settings);
      Background<Integer> caller = callerWhoComesInAsItGoesDown(dataSource, resource);
      Deadlines.pass(Duration.ofMillis(3000));

      assertThat(caller.isDone()).isFalse();
      assertThat(postgres.sessions(name)).isEmpty();
      resource.afterRestore(null);
      assertThat(caller.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }
  }

  @ParameterizedTest(name = "connectionTimeout={0}")
  @ValueSource(longs = {30_000, 250})
  @DisplayName("An interrupt in the pause ends the wait, within the caller's time and after it")
  void interruptEndsTheWait(long connectionTimeout) throws Exception {
    HikariConfig config = postgres.config("interrupted-" + connectionTimeout);
    config.setConnectionTimeout(connectionTimeout);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource, SHORT);
      Background<Integer> caller = callerWhoComesInAsItGoesDown(dataSource, resource);
      Deadlines.pass(Duration.ofMillis(600));
      assertThat(caller.isDone()).isFalse();

      caller.interrupt();

      assertThatThrownBy(() -> caller.result().get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(SQLException.class)
          .hasRootCauseInstanceOf(InterruptedException.class);
      assertThat(dataSource.getHikariPoolMXBean().getThreadsAwaitingConnection()).isZero();
      resource.afterRestore(null);
      Pools.awaitIdle(dataSource, 5); // a new one may take longer than the time-out
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("A pool that is closed in the pause lets its callers run into their time-outs")
  void closedPoolLetsItsCallersGo() throws Exception {
    HikariConfig config = postgres.config("closed-inside");
    config.setConnectionTimeout(250);
    HikariDataSource dataSource = new HikariDataSource(config);
    HikariResource resource = HikariResource.of(dataSource, SHORT);
    Background<Integer> caller = callerWhoComesInAsItGoesDown(dataSource, resource);
    Deadlines.pass(Duration.ofMillis(600));
    assertThat(caller.isDone()).isFalse();

    dataSource.close();

    assertThatThrownBy(() -> caller.result().get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(SQLException.class);
    resource.afterRestore(null);
  }

  @Test
  @DisplayName("A caller who would get an evicted connection after the pause gets another one")
  void evictedConnectionIsReplaced() throws Exception {
    HikariConfig config = postgres.config("evicted");
    config.setMaximumPoolSize(1);
    config.setConnectionTimeout(3000);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariPool pool = (HikariPool) dataSource.getHikariPoolMXBean();
      PoolAccess access = new PoolAccess();
      BorrowLedger ledger = BorrowLedger.of(pool, access, true);
      Connection borrowed = dataSource.getConnection();
      ledger.downtimes().begin();
      Background<Integer> caller = Background.run("caller", () -> Pools.selectOne(dataSource));
      awaitWaiting(dataSource, 1);
      // His own clock in HikariPool.getConnection has nothing left then.
      Deadlines.pass(Duration.ofMillis(3300));
      assertThat(caller.isDone()).isFalse();
      borrowed.close();
      for (IConcurrentBagEntry entry : ledger.values(IConcurrentBagEntry.STATE_NOT_IN_USE)) {
        access.markEvicted(entry);
      }

      ledger.downtimes().end();

      assertThat(caller.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);
      assertThat(pool.getActiveConnections()).isZero();
    }
  }

  /** A pool whose role may not log in, so that the server turns it away. */
  private HikariConfig unreachable(String name, long connectionTimeout) throws SQLException {
    postgres.execute("drop role if exists \"" + name + '"');
    postgres.execute("create role \"" + name + "\" nologin");
    HikariConfig config = postgres.config(name);
    config.setJdbcUrl(config.getJdbcUrl().replace("user=postgres", "user=" + name));
    config.setUsername(name);
    config.setMinimumIdle(0);
    config.setInitializationFailTimeout(-1);
    config.setConnectionTimeout(connectionTimeout);
    return config;
  }

  private static Background<Integer> callerInside(HikariDataSource dataSource)
      throws InterruptedException {
    Background<Integer> caller = Background.run("caller", () -> Pools.selectOne(dataSource));
    awaitWaiting(dataSource, 1);
    return caller;
  }

  private static void awaitWaiting(HikariDataSource dataSource, int callers)
      throws InterruptedException {
    Deadlines.within(
        Duration.ofSeconds(10),
        () -> dataSource.getHikariPoolMXBean().getThreadsAwaitingConnection() == callers);
  }

  /** One who was stopped between the pool's lock and its inside, and goes on when it is down. */
  private static Background<Integer> callerWhoComesInAsItGoesDown(
      HikariDataSource dataSource, HikariResource resource) throws Exception {
    StoppingLock lock = new StoppingLock();
    new PoolAccess().lock((HikariPool) dataSource.getHikariPoolMXBean(), lock);
    Background<Integer> caller = Background.run("caller", () -> Pools.selectOne(dataSource));
    assertThat(lock.reached.await(10, TimeUnit.SECONDS)).isTrue();
    resource.beforeCheckpoint(null);
    lock.goOn.countDown();
    awaitWaiting(dataSource, 1);
    return caller;
  }

  /** Holds up the first caller who got through the pool's lock, as the scheduler may do it. */
  private static final class StoppingLock extends SuspendResumeLock {

    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    @Override
    public void acquire() throws SQLException {
      super.acquire();
      reached.countDown();
      try {
        goOn.await(30, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        throw new SQLException(e);
      }
    }
  }
}
