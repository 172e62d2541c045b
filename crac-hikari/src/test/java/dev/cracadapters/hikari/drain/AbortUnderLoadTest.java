/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Borrowers who give their connections back at the very moment that these are aborted. */
@Timeout(120)
class AbortUnderLoadTest {

  private static final int CYCLES = 25;

  private final Postgres postgres = Postgres.shared();

  @Test
  @DisplayName("Whoever wins, a transaction is whole or gone, and the pool is sound")
  void transactionsAreWholeOrGone() throws Exception {
    HikariConfig config = postgres.config("abort-load");
    config.setMaximumPoolSize(4);
    AtomicBoolean goOn = new AtomicBoolean(true);
    AtomicLong committed = new AtomicLong();
    AtomicLong undecided = new AtomicLong();
    Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    int taken = 0;
    List<String> left = new ArrayList<>();
    List<Thread> workers = new ArrayList<>();
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource =
          HikariResource.of(
              dataSource,
              HikariSettings.defaults()
                  .withDrainTimeout(Duration.ofMillis(40))
                  .withOnTimeout(HikariSettings.OnTimeout.ABORT));
      for (int i = 0; i < 6; i++) {
        Thread worker =
            new Thread(
                () -> {
                  while (goOn.get()) {
                    try {
                      insertTwo(dataSource, undecided);
                      committed.incrementAndGet();
                    } catch (SQLException e) {
                      // Aborted, as it may be.
                    } catch (RuntimeException | Error e) {
                      wrong.add(e);
                    }
                  }
                });
        worker.start();
        workers.add(worker);
      }
      try {
        for (int cycle = 0; cycle < CYCLES; cycle++) {
          long before = committed.get();
          Deadlines.within(Duration.ofSeconds(20), () -> committed.get() > before + 3);
          try {
            resource.beforeCheckpoint(null);
            left.addAll(postgres.sessions("abort-load"));
            taken++;
          } catch (RefusedException e) {
            assertThat(e).hasMessageContaining("the server may still be at");
          }
          resource.afterRestore(null);
        }
      } finally {
        resource.afterRestore(null);
        goOn.set(false);
        for (Thread worker : workers) {
          worker.join(20_000);
        }
      }

      assertThat(wrong).isEmpty();
      assertThat(left).isEmpty();
      // The few others have met someone who began a statement at the very moment.
      assertThat(taken).isGreaterThan(CYCLES / 2);
      HikariPoolMXBean pool = dataSource.getHikariPoolMXBean();
      Pools.awaitIdle(dataSource, 4);
      assertThat(pool.getActiveConnections()).isZero();
      assertThat(pool.getTotalConnections()).isEqualTo(4);
      List<Connection> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        all.add(dataSource.getConnection());
        assertThat(all.get(i).isValid(5)).isTrue();
      }
      for (Connection connection : all) {
        connection.close();
      }
    }
    // A commit whose answer was cut off may have been done or not, but never by half.
    assertThat(postgres.entriesOf("abort-load") / 2)
        .isBetween(committed.get(), committed.get() + undecided.get());
    assertThat(postgres.entriesOf("abort-load") % 2).isZero();
  }

  private static void insertTwo(HikariDataSource dataSource, AtomicLong undecided)
      throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      double seconds = ThreadLocalRandom.current().nextDouble(0.05);
      for (int i = 0; i < 2; i++) {
        try (PreparedStatement insert =
            connection.prepareStatement(
                "insert into entry (who) select ? from pg_sleep(?) as nothing")) {
          insert.setString(1, "abort-load");
          insert.setDouble(2, seconds);
          insert.executeUpdate();
        }
      }
      undecided.incrementAndGet();
      connection.commit();
      undecided.decrementAndGet();
    }
  }
}
