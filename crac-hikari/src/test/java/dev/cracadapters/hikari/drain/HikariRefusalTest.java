/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static dev.cracadapters.hikari.fixture.Background.checkpoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** What is waited for, what refuses a checkpoint, and that nothing is lost by it. */
@Timeout(60)
class HikariRefusalTest {

  private static final HikariSettings SHORT =
      HikariSettings.defaults().withDrainTimeout(Duration.ofMillis(600));

  private final Postgres postgres = Postgres.shared();

  @Test
  @DisplayName("A borrowed connection is waited for")
  void borrowedConnectionIsWaitedFor() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("awaited"))) {
      HikariResource resource = HikariResource.of(dataSource);
      Connection borrowed = dataSource.getConnection();
      Background<Boolean> checkpoint = checkpoint(resource);
      Deadlines.pass(Duration.ofMillis(300));
      assertThat(checkpoint.isDone()).isFalse();

      insert(borrowed, "awaited");
      borrowed.close();

      assertThat(checkpoint.result().get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(postgres.sessions("awaited")).isEmpty();
      assertThat(postgres.entriesOf("awaited")).isEqualTo(1);
      resource.afterRestore(null);
    }
  }

  @Test
  @DisplayName("Past the drain timeout the refusal names the pool, the number and the borrower")
  void refusalNamesTheBorrower() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("refusing"))) {
      HikariResource resource = HikariResource.of(dataSource, SHORT);
      CountDownLatch borrowed = new CountDownLatch(1);
      Background<Boolean> borrower =
          Background.run(
              "report-builder",
              () -> {
                try (Connection connection = dataSource.getConnection();
                    var statement = connection.createStatement()) {
                  borrowed.countDown();
                  return statement.execute("select pg_sleep(2)");
                }
              });
      assertThat(borrowed.await(10, TimeUnit.SECONDS)).isTrue();

      assertThatThrownBy(() -> resource.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class)
          .hasMessageStartingWith(
              "refusing: 1 connection is still borrowed after 600 ms\n"
                  + "borrowed by thread \"report-builder\" for ")
          .hasMessageEndingWith("Raise spring.crac.hikari.drain-timeout or finish the work");
      resource.afterRestore(null);
      assertThat(borrower.result().get(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  @DisplayName("After a refusal the borrower commits, and the pool has the sessions that it had")
  void refusalLosesNothing() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("rolled-back"))) {
      HikariResource resource = HikariResource.of(dataSource, SHORT);
      Pools.awaitIdle(dataSource, 5);
      Connection borrowed = dataSource.getConnection();
      borrowed.setAutoCommit(false);
      insert(borrowed, "rolled-back");
      List<String> pids = postgres.pids("rolled-back");
      assertThatThrownBy(() -> resource.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class);
      Background<Integer> caller = Background.run("caller", () -> Pools.selectOne(dataSource));
      Deadlines.within(Duration.ofSeconds(5), caller::isWaiting);

      resource.afterRestore(null);

      assertThat(caller.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);
      borrowed.commit();
      borrowed.close();
      assertThat(postgres.entriesOf("rolled-back")).isEqualTo(1);
      assertThat(postgres.pids("rolled-back")).hasSize(5).isEqualTo(pids);
      resource.beforeCheckpoint(null);
      assertThat(postgres.sessions("rolled-back")).isEmpty();
      resource.afterRestore(null);
    }
  }

  @Test
  @DisplayName("Who holds a connection and needs a second one gets it, and the checkpoint goes on")
  void nestedBorrowerGetsSecondConnection() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("nested"))) {
      HikariResource resource =
          HikariResource.of(
              dataSource, HikariSettings.defaults().withDrainTimeout(Duration.ofSeconds(2)));
      PoolAccess access = new PoolAccess();
      var pool = (HikariPool) dataSource.getHikariPoolMXBean();
      CountDownLatch first = new CountDownLatch(1);
      Background<Integer> nested =
          Background.run(
              "nested",
              () -> {
                try (Connection outer = dataSource.getConnection()) {
                  first.countDown();
                  Deadlines.within(
                      Duration.ofSeconds(10), () -> access.lock(pool) instanceof CheckpointGate);
                  return Pools.selectOne(dataSource) + (outer.isValid(1) ? 1 : 0);
                }
              });
      assertThat(first.await(10, TimeUnit.SECONDS)).isTrue();

      resource.beforeCheckpoint(null);

      assertThat(nested.result().get(10, TimeUnit.SECONDS)).isEqualTo(2);
      assertThat(postgres.sessions("nested")).isEmpty();
      resource.afterRestore(null);
    }
  }

  @Test
  @DisplayName("A connection that is being opened is waited for, and closed")
  void connectionBeingOpenedIsWaitedFor() throws Exception {
    CountDownLatch opening = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicBoolean slow = new AtomicBoolean();
    PGSimpleDataSource plain =
        new PGSimpleDataSource() {
          private static final long serialVersionUID = 1L;

          @Override
          public Connection getConnection() throws SQLException {
            Connection connection = super.getConnection();
            if (slow.get()) {
              opening.countDown();
              try {
                goOn.await(20, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                throw new SQLException(e);
              }
            }
            return connection;
          }
        };
    plain.setUrl(postgres.url("opening"));
    plain.setUser("postgres");
    HikariConfig config = new HikariConfig();
    config.setPoolName("opening");
    config.setDataSource(plain);
    config.setMaximumPoolSize(2);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      Pools.awaitIdle(dataSource, 2);
      slow.set(true);
      dataSource.getHikariPoolMXBean().softEvictConnections();
      assertThat(opening.await(10, TimeUnit.SECONDS)).isTrue();

      Background<Boolean> checkpoint = checkpoint(resource);
      Deadlines.pass(Duration.ofMillis(300));
      assertThat(checkpoint.isDone()).isFalse();
      goOn.countDown();

      assertThat(checkpoint.result().get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(postgres.sessions("opening")).isEmpty();
      assertThat(postgres.openSockets()).isZero();
      resource.afterRestore(null);
    }
  }

  @Test
  @DisplayName("A drain that is interrupted ends at once, and the pool resumes")
  void interruptedDrainEnds() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("given-up"))) {
      HikariResource resource = HikariResource.of(dataSource);
      try (Connection borrowed = dataSource.getConnection()) {
        assertThat(borrowed.isValid(1)).isTrue();
        Background<Boolean> checkpoint = checkpoint(resource);
        Deadlines.within(Duration.ofSeconds(5), checkpoint::isWaiting);
        checkpoint.interrupt();
        assertThatThrownBy(() -> checkpoint.result().get(2, TimeUnit.SECONDS))
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(InterruptedException.class);
        resource.afterRestore(null);
        assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
      }
    }
  }

  @Test
  @DisplayName("A drain that still runs when the pool is resumed does not close it again")
  void lateDrainDoesNotCloseTheGate() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("late"))) {
      HikariResource resource = HikariResource.of(dataSource);
      Connection borrowed = dataSource.getConnection();
      Background<Boolean> checkpoint = checkpoint(resource);
      Deadlines.within(Duration.ofSeconds(5), checkpoint::isWaiting);

      resource.afterRestore(null);
      borrowed.close();

      assertThatThrownBy(() -> checkpoint.result().get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasRootCauseInstanceOf(RefusedException.class)
          .hasMessageContaining("late: the pool was resumed while it was drained");
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
    }
  }

  private static void insert(Connection connection, String who) throws SQLException {
    try (var statement = connection.prepareStatement("insert into entry (who) values (?)")) {
      statement.setString(1, who);
      statement.executeUpdate();
    }
  }
}
