/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Postgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class SeveralPoolsUnderLoadTest {

  private static final int CYCLES = 6;
  private static final Duration DRAIN = Duration.ofSeconds(20);

  private final Postgres postgres = Postgres.shared();
  private final AtomicLong committed = new AtomicLong();
  private final AtomicBoolean ended = new AtomicBoolean();

  @Test
  @DisplayName(
      "Transactions that use two pools at once, both ways round and without a pause, lose nothing")
  void transactionsOverTwoPools() throws Exception {
    List<String> left = new ArrayList<>();
    try (HikariDataSource one = new HikariDataSource(postgres.config("one-of-two"));
        HikariDataSource other = new HikariDataSource(postgres.config("other-of-two"));
        TogetherDown together = new TogetherDown()) {
      together.with(one, DRAIN).with(other, DRAIN).lookingAt(this::sessions);
      List<Background<Boolean>> workers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        // No more of each than the other pool has connections: that would be a deadlock anyhow.
        workers.add(worker(one, other));
        workers.add(worker(other, one));
      }
      try {
        for (int cycle = 0; cycle < CYCLES; cycle++) {
          long before = committed.get();
          Deadlines.within(Duration.ofSeconds(20), () -> committed.get() > before + 4);
          together.take();
          left.addAll(together.seen());
        }
      } finally {
        ended.set(true);
      }
      for (Background<Boolean> worker : workers) {
        assertThat(worker.result().get(20, TimeUnit.SECONDS)).isTrue();
      }
    }

    assertThat(left).isEmpty();
    assertThat(postgres.entriesOf("of-two")).isEqualTo(2 * committed.get());
  }

  private List<String> sessions() throws Exception {
    List<String> sessions = new ArrayList<>(postgres.sessions("one-of-two"));
    sessions.addAll(postgres.sessions("other-of-two"));
    if (postgres.openSockets() != 0) {
      sessions.add(postgres.openSockets() + " sockets");
    }
    return sessions;
  }

  private Background<Boolean> worker(HikariDataSource outer, HikariDataSource inner) {
    return Background.run(
        "worker",
        () -> {
          while (!ended.get()) {
            try (Connection first = outer.getConnection();
                Connection second = inner.getConnection()) {
              insert(first);
              insert(second);
              committed.incrementAndGet();
            }
          }
          return true;
        });
  }

  private static void insert(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute("insert into entry (who) values ('of-two')");
    }
  }
}
