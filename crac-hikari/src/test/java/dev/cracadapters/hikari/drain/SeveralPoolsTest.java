/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.SuspendResumeLock;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pools that are drained side by side, by threads that use more than one of them. */
@Timeout(60)
class SeveralPoolsTest {

  private static final Duration TEN = Duration.ofSeconds(10);

  private final Postgres postgres = Postgres.shared();

  private HikariDataSource pool(String name) {
    HikariConfig config = postgres.config(name);
    config.setMaximumPoolSize(2);
    return new HikariDataSource(config);
  }

  private HikariDataSource notStarted(String name) {
    HikariDataSource dataSource = new HikariDataSource();
    dataSource.setPoolName(name);
    dataSource.setJdbcUrl(postgres.url(name));
    dataSource.setUsername("postgres");
    dataSource.setMaximumPoolSize(2);
    return dataSource;
  }

  private List<String> sessions(String... names) throws Exception {
    List<String> sessions = new ArrayList<>();
    for (String name : names) {
      sessions.addAll(postgres.sessions(name));
    }
    if (postgres.openSockets() != 0) {
      sessions.add(postgres.openSockets() + " sockets");
    }
    return sessions;
  }

  @ParameterizedTest(name = "the held one is drained first: {0}")
  @ValueSource(booleans = {true, false})
  @DisplayName(
      "Who holds a connection of one pool gets one of another, whichever was registered first")
  void nestedOverTwoPools(boolean heldFirst) throws Exception {
    try (HikariDataSource held = pool("held");
        HikariDataSource asked = pool("asked-for");
        TogetherDown together = new TogetherDown()) {
      together
          .with(heldFirst ? asked : held, Duration.ofSeconds(2))
          .with(heldFirst ? held : asked, Duration.ofSeconds(2))
          .lookingAt(() -> sessions("held", "asked-for"));
      CountDownLatch borrowed = new CountDownLatch(1);
      Background<Integer> nested =
          Background.run(
              "nested",
              () -> {
                try (Connection outer = held.getConnection()) {
                  borrowed.countDown();
                  Deadlines.within(TEN, () -> TogetherDown.isGated(asked));
                  return Pools.selectOne(asked) + (outer.isValid(1) ? 1 : 0);
                }
              });
      assertThat(borrowed.await(10, TimeUnit.SECONDS)).isTrue();

      CheckpointReport report = together.take();

      assertThat(report.outcome()).isEqualTo(Outcome.RESTORED);
      assertThat(report.resources()).extracting(ResourceWalk::name).contains("held", "asked-for");
      assertThat(together.seen()).isEmpty();
      assertThat(nested.result().get(10, TimeUnit.SECONDS)).isEqualTo(2);
      assertThat(Pools.selectOne(held)).isEqualTo(1);
      assertThat(Pools.selectOne(asked)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("All gates close before the first connection has to be back")
  void allGatesClose() throws Exception {
    List<HikariDataSource> pools = new ArrayList<>();
    List<Connection> borrowed = new ArrayList<>();
    try (TogetherDown together = new TogetherDown()) {
      for (String name : List.of("gate-1", "gate-2", "gate-3", "gate-4")) {
        HikariDataSource pool = pool(name);
        pools.add(pool);
        borrowed.add(pool.getConnection());
        together.with(pool, TEN);
      }
      together.lookingAt(() -> sessions("gate-1", "gate-2", "gate-3", "gate-4"));
      Background<Boolean> givingBack =
          Background.run(
              "giving back",
              () -> {
                Deadlines.within(TEN, () -> pools.stream().allMatch(TogetherDown::isGated));
                for (Connection connection : borrowed) {
                  connection.close();
                }
                return true;
              });

      together.take();

      assertThat(together.seen()).isEmpty();
      assertThat(givingBack.result().get(10, TimeUnit.SECONDS)).isTrue();
    } finally {
      pools.forEach(HikariDataSource::close);
    }
  }

  @Test
  @DisplayName("Who holds a connection of one pool can start another, which is then drained too")
  void startedByTheHolder() throws Exception {
    try (HikariDataSource held = pool("held-on");
        HikariDataSource lazy = notStarted("started-late");
        TogetherDown together = new TogetherDown()) {
      together
          .with(lazy, Duration.ofSeconds(2))
          .with(held, Duration.ofSeconds(2))
          .lookingAt(() -> sessions("held-on", "started-late"));
      CountDownLatch borrowed = new CountDownLatch(1);
      Background<Integer> nested =
          Background.run(
              "nested",
              () -> {
                try (Connection outer = held.getConnection()) {
                  borrowed.countDown();
                  Deadlines.within(TEN, () -> TogetherDown.isGated(held));
                  // Long enough for the start to be held.
                  Deadlines.pass(Duration.ofMillis(100));
                  return Pools.selectOne(lazy) + (outer.isValid(1) ? 1 : 0);
                }
              });
      assertThat(borrowed.await(10, TimeUnit.SECONDS)).isTrue();

      together.take();

      assertThat(together.seen()).isEmpty();
      assertThat(nested.result().get(10, TimeUnit.SECONDS)).isEqualTo(2);
      assertThat(Pools.selectOne(lazy)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("A pool that is not started stays so while the connections of others are waited for")
  void notStartedStaysSo() throws Exception {
    try (HikariDataSource held = pool("held-long");
        HikariDataSource lazy = notStarted("never-started");
        TogetherDown together = new TogetherDown()) {
      together
          .with(held, Duration.ofMillis(800))
          .with(lazy, Duration.ofMillis(800))
          .lookingAt(() -> sessions("held-long", "never-started"));
      Connection borrowed = held.getConnection();
      Background<CheckpointReport> checkpoint = Background.run("checkpoint", together::take);
      Deadlines.within(TEN, () -> TogetherDown.isGated(held));
      // Past a quarter of the time, when those who wait would be let through.
      Deadlines.pass(Duration.ofMillis(300));
      borrowed.close();

      assertThat(checkpoint.result().get(20, TimeUnit.SECONDS).outcome())
          .isEqualTo(Outcome.RESTORED);
      assertThat(together.seen()).isEmpty();
      assertThat(lazy.getHikariPoolMXBean()).isNull();
      assertThat(Pools.selectOne(lazy)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("Who holds a connection of one pool and waits inside of another is served")
  void waitsInside() throws Exception {
    try (HikariDataSource held = pool("held-outside");
        HikariDataSource full = pool("full");
        TogetherDown together = new TogetherDown()) {
      together.with(full, TEN).with(held, TEN).lookingAt(() -> sessions("held-outside", "full"));
      Connection first = full.getConnection();
      Connection second = full.getConnection();
      Background<Integer> nested =
          Background.run(
              "nested",
              () -> {
                try (Connection outer = held.getConnection()) {
                  return Pools.selectOne(full) + (outer.isValid(1) ? 1 : 0);
                }
              });
      Deadlines.within(TEN, () -> full.getHikariPoolMXBean().getThreadsAwaitingConnection() == 1);
      Background<CheckpointReport> checkpoint = Background.run("checkpoint", together::take);
      Deadlines.within(TEN, () -> TogetherDown.isGated(held) && TogetherDown.isGated(full));
      second.close();
      assertThat(nested.result().get(10, TimeUnit.SECONDS)).isEqualTo(2);
      first.close();

      assertThat(checkpoint.result().get(20, TimeUnit.SECONDS).outcome())
          .isEqualTo(Outcome.RESTORED);
      assertThat(together.seen()).isEmpty();
    }
  }

  @Test
  @DisplayName("A pool whose own time is over still serves who holds a connection of another pool")
  void servesAfterItsOwnTime() throws Exception {
    try (HikariDataSource quick = pool("quick");
        HikariDataSource slow = pool("slow");
        TogetherDown together = new TogetherDown()) {
      together
          .with(quick, Duration.ofMillis(100))
          .with(slow, Duration.ofMillis(2000))
          .lookingAt(() -> sessions("quick", "slow"));
      CountDownLatch borrowed = new CountDownLatch(1);
      Background<Integer> nested =
          Background.run(
              "nested",
              () -> {
                try (Connection outer = slow.getConnection()) {
                  borrowed.countDown();
                  Deadlines.within(TEN, () -> TogetherDown.isGated(quick));
                  Deadlines.pass(Duration.ofMillis(200));
                  return Pools.selectOne(quick) + (outer.isValid(1) ? 1 : 0);
                }
              });
      assertThat(borrowed.await(10, TimeUnit.SECONDS)).isTrue();

      together.take();

      assertThat(together.seen()).isEmpty();
      assertThat(nested.result().get(10, TimeUnit.SECONDS)).isEqualTo(2);
    }
  }

  @Test
  @DisplayName("Two resources of one pool, and one that is registered twice, are drained and back")
  void twoResourcesOfOnePool() throws Exception {
    HikariDataSource closed = pool("closed-one");
    closed.close();
    try (HikariDataSource twin = pool("twin");
        TogetherDown together = new TogetherDown()) {
      HikariResource twice = HikariResource.of(twin);
      together
          .with(twin, TEN)
          .with(twice)
          .with(twice)
          .with(closed, TEN)
          .lookingAt(() -> sessions("twin"));
      for (int cycle = 0; cycle < 3; cycle++) {
        Pools.awaitIdle(twin, 2);
        assertThat(together.take().outcome()).isEqualTo(Outcome.RESTORED);
        assertThat(together.seen()).isEmpty();
        assertThat(Pools.selectOne(twin)).isEqualTo(1);
        assertThat(new PoolAccess().lock((HikariPool) twin.getHikariPoolMXBean()))
            .isSameAs(SuspendResumeLock.FAUX_LOCK);
      }
    }
  }
}
