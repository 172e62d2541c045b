/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.IMetricsTracker;
import com.zaxxer.hikari.metrics.PoolStats;
import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.SuspendResumeLock;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.pool.PoolAccess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How the pool comes back. */
@Timeout(90)
class HikariRestoreTest {

  private final Postgres postgres = Postgres.shared();

  @Test
  @DisplayName("A database that is down does not fail the restore; the pool recovers with it")
  void databaseDownAtRestore(@TempDir Path folder) throws Exception {
    int port = freePort();
    EmbeddedPostgres server = server(folder, port);
    HikariConfig config = new HikariConfig();
    config.setPoolName("down");
    config.setJdbcUrl(server.getJdbcUrl("postgres", "postgres"));
    config.setUsername("postgres");
    config.setMaximumPoolSize(3);
    config.setConnectionTimeout(30_000);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      resource.beforeCheckpoint(null);
      server.close();

      resource.afterRestore(null);

      Background<Integer> caller = Background.run("caller", () -> Pools.selectOne(dataSource));
      Deadlines.pass(Duration.ofMillis(300));
      assertThat(caller.isDone()).isFalse();
      server = server(folder, port);
      assertThat(caller.result().get(20, TimeUnit.SECONDS)).isEqualTo(1);
      Pools.awaitIdle(dataSource, 3);
    } finally {
      server.close();
    }
  }

  @Test
  @DisplayName("A database that is down at the checkpoint does not refuse it")
  void databaseDownAtCheckpoint(@TempDir Path folder) throws Exception {
    int port = freePort();
    EmbeddedPostgres server = server(folder, port);
    HikariConfig config = new HikariConfig();
    config.setPoolName("down-before");
    config.setJdbcUrl(server.getJdbcUrl("postgres", "postgres"));
    config.setUsername("postgres");
    config.setMaximumPoolSize(2);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource =
          HikariResource.of(
              dataSource, HikariSettings.defaults().withDrainTimeout(Duration.ofSeconds(2)));
      Pools.awaitIdle(dataSource, 2);
      server.close();
      // Finds its connection dead after half a second, and then waits inside of the pool.
      Deadlines.pass(Duration.ofMillis(600));
      Background<Integer> caller = Background.run("caller", () -> Pools.selectOne(dataSource));
      Deadlines.within(
          Duration.ofSeconds(10),
          () -> dataSource.getHikariPoolMXBean().getThreadsAwaitingConnection() == 1);

      resource.beforeCheckpoint(null);
      assertThat(Postgres.openSocketsTo(port)).isZero();
      server = server(folder, port);
      Deadlines.pass(Duration.ofMillis(300));
      assertThat(Postgres.openSocketsTo(port)).isZero();
      assertThat(caller.isDone()).isFalse();

      resource.afterRestore(null);
      assertThat(caller.result().get(20, TimeUnit.SECONDS)).isEqualTo(1);
    } finally {
      server.close();
    }
  }

  @Test
  @DisplayName("Restoring twice, or without a checkpoint, changes nothing")
  void restoringTwiceChangesNothing() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("twice"))) {
      HikariResource resource = HikariResource.of(dataSource);
      resource.afterRestore(null);
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      resource.afterRestore(null);
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
      Pools.awaitIdle(dataSource, 5);
    }
  }

  @Test
  @DisplayName(
      "A checkpoint that is tried again without a restore between is undone by one restore")
  void checkpointTriedAgain() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("again"))) {
      HikariResource resource =
          HikariResource.of(
              dataSource, HikariSettings.defaults().withDrainTimeout(Duration.ofMillis(300)));
      Connection borrowed = dataSource.getConnection();
      assertThatThrownBy(() -> resource.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class);
      borrowed.close();
      resource.beforeCheckpoint(null);
      resource.beforeCheckpoint(null);
      assertThat(postgres.sessions("again")).isEmpty();
      resource.afterRestore(null);
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("Two resources of one pool leave it with its own lock, in whatever order they end")
  void twoResourcesOfOnePool() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("two"))) {
      HikariPool pool = (HikariPool) dataSource.getHikariPoolMXBean();
      HikariResource one = HikariResource.of(dataSource);
      HikariResource other = HikariResource.of(dataSource);
      for (boolean lastFirst : new boolean[] {true, false}) {
        one.beforeCheckpoint(null);
        other.beforeCheckpoint(null);
        (lastFirst ? other : one).afterRestore(null);
        (lastFirst ? one : other).afterRestore(null);
        assertThat(new PoolAccess().lock(pool)).isSameAs(SuspendResumeLock.FAUX_LOCK);
        assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
      }
    }
  }

  @Test
  @DisplayName("The pool's metrics know nothing of the pause")
  void metricsKnowNothingOfThePause() throws Exception {
    AtomicInteger timeouts = new AtomicInteger();
    AtomicInteger trackers = new AtomicInteger();
    Queue<Long> acquiredNanos = new ConcurrentLinkedQueue<>();
    Queue<PoolStats> stats = new ConcurrentLinkedQueue<>();
    HikariConfig config = postgres.config("measured");
    config.setMetricsTrackerFactory(
        (pool, poolStats) -> {
          trackers.incrementAndGet();
          stats.add(poolStats);
          return new IMetricsTracker() {
            @Override
            public void recordConnectionAcquiredNanos(long nanos) {
              acquiredNanos.add(nanos);
            }

            @Override
            public void recordConnectionTimeout() {
              timeouts.incrementAndGet();
            }
          };
        });
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      Pools.awaitIdle(dataSource, 5);
      resource.beforeCheckpoint(null);
      Background<Integer> caller = Background.run("caller", () -> Pools.selectOne(dataSource));
      Deadlines.within(Duration.ofSeconds(5), caller::isWaiting);
      Deadlines.pass(Duration.ofMillis(2500));
      resource.afterRestore(null);
      assertThat(caller.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);
      Pools.awaitIdle(dataSource, 5);

      assertThat(trackers).hasValue(1);
      assertThat(timeouts).hasValue(0);
      assertThat(acquiredNanos).hasSize(1).allMatch(nanos -> nanos < 2_000_000_000L);
      Deadlines.within(Duration.ofSeconds(5), () -> stats.peek().getIdleConnections() == 5);
      assertThat(stats.peek().getActiveConnections()).isZero();
      assertThat(stats.peek().getPendingThreads()).isZero();
    }
  }

  private static EmbeddedPostgres server(Path folder, int port) throws IOException {
    return EmbeddedPostgres.builder()
        .setPort(port)
        .setDataDirectory(folder.resolve("data"))
        .setCleanDataDirectory(false)
        .start();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
