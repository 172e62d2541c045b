/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Postgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.PGConnection;

/** What a session of PostgreSQL knows, and must not survive it. */
@Tag("driver")
@Timeout(60)
class SessionStateTest {

  private final Postgres postgres = Postgres.shared();

  /** A pool with one connection, so that who borrows gets the session that was set up. */
  private HikariDataSource pool(String name, String parameters) {
    HikariConfig config = postgres.config(name);
    config.setJdbcUrl(postgres.url(name) + parameters);
    config.setMaximumPoolSize(1);
    return new HikariDataSource(config);
  }

  private static void execute(HikariDataSource dataSource, String... statements)
      throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static List<String> ask(HikariDataSource dataSource, String sql) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return ask(connection, sql);
    }
  }

  private static List<String> ask(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> answers = new ArrayList<>();
      while (rows.next()) {
        answers.add(rows.getString(1));
      }
      return answers;
    }
  }

  private static int doubled(HikariDataSource dataSource, int number) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement("select 2 * ?::int as doubled")) {
      statement.setInt(1, number);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getInt(1);
      }
    }
  }

  @Test
  @DisplayName("Statements prepared on the server are gone with the session, and prepared again")
  void preparedStatements() throws Exception {
    String prepared =
        "select statement from pg_prepared_statements where statement like '%doubled'";
    try (HikariDataSource dataSource =
        pool("prepared", "&prepareThreshold=1&preparedStatementCacheQueries=64")) {
      HikariResource resource = HikariResource.of(dataSource);
      for (int cycle = 0; cycle < 3; cycle++) {
        assertThat(ask(dataSource, prepared)).isEmpty();
        for (int number = 0; number < 3; number++) {
          assertThat(doubled(dataSource, number)).isEqualTo(2 * number);
        }
        assertThat(ask(dataSource, prepared)).hasSize(1);
        resource.beforeCheckpoint(null);
        assertThat(postgres.sessions("prepared")).isEmpty();
        resource.afterRestore(null);
      }
    }
  }

  @Test
  @DisplayName("Settings, locks, temporary tables and registrations of a session are gone")
  void sessionState() throws Exception {
    String locks = "select objid from pg_locks where locktype = 'advisory'";
    String tables = "select relname from pg_class where relname = 'short_lived'";
    try (HikariDataSource dataSource = pool("state", "")) {
      HikariResource resource = HikariResource.of(dataSource);
      List<String> usual = ask(dataSource, "show work_mem");
      execute(
          dataSource,
          "set work_mem = '12345kB'",
          "select pg_advisory_lock(4711)",
          "create temporary table short_lived (id int)",
          "listen news");
      assertThat(ask(dataSource, "show work_mem")).containsExactly("12345kB");
      assertThat(ask(dataSource, "select pg_listening_channels()")).containsExactly("news");
      assertThat(ask(postgres.observer(), locks)).containsExactly("4711");
      assertThat(ask(postgres.observer(), tables)).hasSize(1);

      resource.beforeCheckpoint(null);
      assertThat(postgres.sessions("state")).isEmpty();
      assertThat(ask(postgres.observer(), locks)).isEmpty();
      assertThat(ask(postgres.observer(), tables)).isEmpty();
      resource.afterRestore(null);

      assertThat(ask(dataSource, "show work_mem")).isEqualTo(usual);
      assertThat(ask(dataSource, "select pg_listening_channels()")).isEmpty();
    }
  }

  @Test
  @DisplayName("What the pool sets for each connection is set for the new ones, too")
  void settingsOfThePool() throws Exception {
    HikariConfig config = postgres.config("initial");
    config.setConnectionInitSql("set work_mem = '23456kB'");
    config.setTransactionIsolation("TRANSACTION_SERIALIZABLE");
    config.setMaximumPoolSize(1);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      for (int cycle = 0; cycle < 2; cycle++) {
        assertThat(ask(dataSource, "show work_mem")).containsExactly("23456kB");
        assertThat(ask(dataSource, "show transaction_isolation")).containsExactly("serializable");
        resource.beforeCheckpoint(null);
        resource.afterRestore(null);
      }
    }
  }

  @Test
  @DisplayName("A transaction is never half across: its borrower is waited for, and it is whole")
  void transaction() throws Exception {
    try (HikariDataSource dataSource = pool("half", "")) {
      HikariResource resource = HikariResource.of(dataSource);
      Background<Boolean> checkpoint;
      try (Connection borrowed = dataSource.getConnection();
          Statement statement = borrowed.createStatement()) {
        borrowed.setAutoCommit(false);
        statement.execute("insert into entry (who) values ('half')");
        checkpoint =
            Background.run(
                "checkpoint",
                () -> {
                  resource.beforeCheckpoint(null);
                  return true;
                });
        Deadlines.pass(Duration.ofMillis(300));
        assertThat(checkpoint.isDone()).isFalse();
        assertThat(postgres.sessions("half")).hasSize(1);
        statement.execute("insert into entry (who) values ('half')");
        borrowed.commit();
        // This one its borrower gives up, and so does the database.
        statement.execute("insert into entry (who) values ('half')");
      }
      assertThat(checkpoint.result().get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(postgres.sessions("half")).isEmpty();
      assertThat(postgres.entriesOf("half")).isEqualTo(2);
      resource.afterRestore(null);
      assertThat(ask(dataSource, "select count(*) from entry where who = 'half'"))
          .containsExactly("2");
    }
  }

  @Test
  @DisplayName("Who listens on a connection for good has the checkpoint refused, and hears on")
  void listener() throws Exception {
    HikariConfig config = postgres.config("listener");
    try (HikariDataSource dataSource = new HikariDataSource(config);
        Connection listening = dataSource.getConnection();
        Statement listen = listening.createStatement()) {
      listen.execute("listen news");
      HikariResource resource =
          HikariResource.of(
              dataSource, HikariSettings.defaults().withDrainTimeout(Duration.ofMillis(500)));
      assertThatThrownBy(() -> resource.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class)
          .hasMessageStartingWith("listener: 1 connection is still borrowed after 500 ms");
      resource.afterRestore(null);

      execute(dataSource, "notify news, 'still here'");
      assertThat(listening.unwrap(PGConnection.class).getNotifications(10_000))
          .singleElement()
          .satisfies(news -> assertThat(news.getParameter()).isEqualTo("still here"));
    }
  }

  @Test
  @DisplayName("The driver's timer and cleaner hold no socket, and time-outs work on after it")
  void timers() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("timers"))) {
      HikariResource resource = HikariResource.of(dataSource);
      assertTimesOut(dataSource);
      // A time-out that lies ahead when the statement is done long before it.
      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement()) {
        statement.setQueryTimeout(30);
        statement.execute("select 1");
      }
      resource.beforeCheckpoint(null);
      assertThat(postgres.sessions("timers")).isEmpty();
      assertThat(postgres.openSockets()).isZero();
      assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
          .noneMatch(name -> name.startsWith("PostgreSQL-JDBC-SharedTimer"));
      resource.afterRestore(null);
      assertTimesOut(dataSource);
    }
  }

  private static void assertTimesOut(HikariDataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      assertThatThrownBy(() -> statement.execute("select pg_sleep(50)"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("canceling statement due to user request");
    }
  }
}
