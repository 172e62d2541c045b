/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.lang.ref.WeakReference;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The one thread that all ledgers of a process share. */
@Timeout(60)
class BorrowClockTest {

  private final Postgres postgres = Postgres.shared();
  private final PoolAccess access = new PoolAccess();

  @Test
  @DisplayName("A pool that is started after its resource was made has a ledger soon")
  void poolThatIsStartedLater() throws Exception {
    HikariConfig config = postgres.config("later");
    try (HikariDataSource dataSource = new HikariDataSource()) {
      config.copyStateTo(dataSource);
      HikariResource.of(dataSource);
      assertThat(dataSource.getHikariPoolMXBean()).isNull();

      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);

      HikariPool pool = (HikariPool) dataSource.getHikariPoolMXBean();
      Deadlines.within(Duration.ofSeconds(10), () -> access.bag(pool) instanceof BorrowLedger);
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("The clock goes on while a data source is tracked, and its thread ends after it")
  void threadEndsWithTheLastDataSource() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("clock"))) {
      HikariResource.of(dataSource);
      assertThat(clockThreads()).isEqualTo(1);
      long before = BorrowClock.now();
      Deadlines.within(Duration.ofSeconds(10), () -> BorrowClock.now() - before > 500_000_000L);
      HikariResource.of(dataSource);
      assertThat(clockThreads()).isEqualTo(1);
    }
    Deadlines.within(Duration.ofSeconds(10), () -> clockThreads() == 0);

    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("clock-again"))) {
      HikariResource.of(dataSource);
      assertThat(clockThreads()).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("A data source that nobody holds is not held by the clock")
  void forgottenDataSourceIsCollected() throws Exception {
    WeakReference<HikariDataSource> forgotten = trackAndForget();
    assertThat(clockThreads()).isEqualTo(1);
    Deadlines.within(
        Duration.ofSeconds(20),
        () -> {
          System.gc();
          return forgotten.get() == null;
        });
    Deadlines.within(Duration.ofSeconds(10), () -> clockThreads() == 0);
  }

  private static WeakReference<HikariDataSource> trackAndForget() {
    HikariDataSource dataSource = new HikariDataSource();
    HikariResource.of(dataSource);
    return new WeakReference<>(dataSource);
  }

  private static long clockThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("crac-hikari clock"))
        .count();
  }
}
