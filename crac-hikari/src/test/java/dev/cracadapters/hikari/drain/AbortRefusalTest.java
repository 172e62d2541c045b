/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.jdbc.PgConnection;

/** Servers that go on although the connection was aborted. These tests wait for long. */
@Timeout(60)
class AbortRefusalTest {

  private static final HikariSettings ABORT =
      HikariSettings.defaults()
          .withDrainTimeout(Duration.ofMillis(400))
          .withOnTimeout(HikariSettings.OnTimeout.ABORT);

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private static final int LOCK = 4711;
  private static final String WAITING =
      "select count(*) from pg_locks where locktype = 'advisory' and not granted";

  private final Postgres postgres = Postgres.shared();

  @BeforeEach
  void onOneLineOnly() {
    assumeTrue(
        System.getProperty("hikaricp.version") == null,
        "what is tested here does not depend on HikariCP's version");
  }

  @Test
  @DisplayName("A server that does not let go even of an aborted connection refuses the checkpoint")
  void serverThatHangsRefuses() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("hung-abort"))) {
      HikariResource resource = HikariResource.of(dataSource, ABORT);
      Pools.awaitIdle(dataSource, 5);
      Connection borrowed = dataSource.getConnection();
      String pid;
      try (var statement = borrowed.createStatement();
          var rows = statement.executeQuery("select pg_backend_pid()")) {
        assertThat(rows.next()).isTrue();
        pid = rows.getString(1);
      }
      Postgres.signal("-STOP", pid);
      try {
        assertThatThrownBy(() -> resource.beforeCheckpoint(null))
            .isInstanceOf(RefusedException.class)
            .hasMessageStartingWith("hung-abort: the server has not ended 1 session after 8 s");
      } finally {
        Postgres.signal("-CONT", pid);
        resource.afterRestore(null);
      }
      borrowed.close();
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
    }
  }

  private boolean isAnyoneWaiting() {
    try {
      return postgres.value(WAITING).equals("1");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @DisplayName("A connection that is cut while the server still answers refuses the checkpoint")
  void resetConnectionRefuses() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("reset"))) {
      HikariResource resource = HikariResource.of(dataSource, ABORT);
      // The server answers when the test wants it to: once the borrower's connection is cut.
      postgres.value("select pg_advisory_lock(" + LOCK + ")::text");
      Background<Boolean> borrower =
          Background.run(
              "past-the-pool",
              () -> {
                try (Connection connection = dataSource.getConnection();
                    // The pool does not know of this one, so that nobody can cancel it.
                    var statement = connection.unwrap(PgConnection.class).createStatement()) {
                  return statement.execute("select pg_advisory_lock(" + LOCK + ")");
                }
              });
      Deadlines.within(LIMIT, this::isAnyoneWaiting);
      Background<String> answer =
          Background.run(
              "answer",
              () -> {
                assertThatThrownBy(() -> borrower.result().get(30, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(SQLException.class);
                return postgres.value("select pg_advisory_unlock(" + LOCK + ")");
              });

      assertThatThrownBy(() -> resource.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class)
          .hasMessage(
              "reset: the server may still be at what an aborted connection has begun."
                  + " Take the checkpoint again");

      resource.afterRestore(null);
      assertThat(answer.result().get(10, TimeUnit.SECONDS)).isEqualTo("t");
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
    }
  }
}
