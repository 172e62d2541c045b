/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Mariadb;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.ProcessView;
import dev.cracadapters.hikari.ledger.Ledger;
import dev.cracadapters.hikari.ledger.PausingLedger;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@Timeout(120)
@DisplayName("A pool of MariaDB")
public class MariadbIT {

  public static final String LATE = "select sleep(50) from information_schema.engines";

  private static Mariadb mariadb;

  @TempDir static Path outputs;
  @TempDir Path folder;

  @BeforeAll
  static void server() throws Exception {
    mariadb = Mariadb.start(outputs);
  }

  @AfterAll
  static void noServer() throws Exception {
    if (mariadb != null) {
      mariadb.close();
    }
  }

  @Tag("essential")
  @ParameterizedTest
  @ValueSource(strings = {"mariadb", "mysql"})
  @DisplayName("has no session and no socket when it is drained, however often")
  void drained(String driver) throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(mariadb.config(driver))) {
      HikariResource resource = HikariResource.of(dataSource);
      for (int cycle = 0; cycle < 10; cycle++) {
        Pools.awaitIdle(dataSource, 5);
        resource.beforeCheckpoint(null);
        assertNothingOpen();
        resource.afterRestore(null);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mariadb", "mysql"})
  @DisplayName("is waited for while a transaction has a connection, which is then whole")
  void borrowed(String driver) throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(mariadb.config(driver));
        Statement observer = mariadb.observer().createStatement()) {
      HikariResource resource = HikariResource.of(dataSource);
      observer.execute("create or replace table half (word varchar(20))");
      Background<Boolean> checkpoint;
      try (Connection borrowed = dataSource.getConnection();
          Statement statement = borrowed.createStatement()) {
        borrowed.setAutoCommit(false);
        statement.execute("insert into half values ('one')");
        checkpoint =
            Background.run(
                "checkpoint",
                () -> {
                  resource.beforeCheckpoint(null);
                  return true;
                });
        Deadlines.pass(Duration.ofMillis(300));
        assertThat(checkpoint.isDone()).isFalse();
        statement.execute("insert into half values ('two')");
        borrowed.commit();
      }
      assertThat(checkpoint.result().get(10, TimeUnit.SECONDS)).isTrue();
      assertNothingOpen();
      assertThat(mariadb.ask("select word from half")).containsExactly("one", "two");
      resource.afterRestore(null);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mariadb", "mysql"})
  @DisplayName("leaves no statement, lock, variable or temporary table of its sessions behind")
  void sessionState(String driver) throws Exception {
    HikariConfig config = mariadb.config(driver);
    config.setMaximumPoolSize(1);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("set @word = 'remembered'");
        statement.execute("create temporary table short_lived (id int)");
        statement.execute("select get_lock('held', 0)");
      }
      String word = "select coalesce(@word, 'forgotten'), ? + 1";
      for (int i = 0; i < 3; i++) {
        assertThat(answer(dataSource, word, i)).isEqualTo("remembered " + (i + 1));
      }
      assertThat(statements()).isNotEqualTo("0");

      resource.beforeCheckpoint(null);
      assertNothingOpen();
      mariadb.awaitAnswers(List.of("1"), "select is_free_lock('held')");
      assertThat(statements()).isEqualTo("0");
      resource.afterRestore(null);

      for (int i = 0; i < 3; i++) {
        assertThat(answer(dataSource, word, i)).isEqualTo("forgotten " + (i + 1));
      }
      assertThatThrownBy(() -> answer(dataSource, "select id, ? from short_lived", 1))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("short_lived' doesn't exist");
    }
  }

  private static String statements() throws SQLException {
    return mariadb
        .ask(
            "select variable_value from information_schema.global_status"
                + " where variable_name = 'PREPARED_STMT_COUNT'")
        .get(0);
  }

  private static String answer(HikariDataSource dataSource, String sql, int argument)
      throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setInt(1, argument);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getString(1) + " " + rows.getInt(2);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mariadb", "mysql"})
  @DisplayName("has no socket of the driver's timers and threads, and time-outs work on after it")
  void timeouts(String driver) throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(mariadb.config(driver))) {
      HikariResource resource = HikariResource.of(dataSource);
      assertTimesOut(dataSource);
      if (driver.equals("mysql")) {
        assertThat(threads()).contains("mysql-cj-abandoned-connection-cleanup");
      }
      resource.beforeCheckpoint(null);
      assertNothingOpen();
      assertThat(threads()).doesNotContain("MySQL Statement Cancellation Timer");
      resource.afterRestore(null);
      assertTimesOut(dataSource);
    }
  }

  private static void assertTimesOut(HikariDataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      assertThatThrownBy(() -> statement.executeQuery(LATE))
          .isInstanceOf(SQLTimeoutException.class);
    }
  }

  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @ValueSource(strings = {"mariadb", "mysql"})
  @DisplayName("loses nothing and books nothing twice through pauses under load")
  void balances(String driver) throws Exception {
    int cycles = 8;
    Ledger ledger = Ledger.open(mariadb.observer());
    try (PausingLedger service =
        PausingLedger.start(folder, mariadb.url(driver), Mariadb.USER, Mariadb.PASSWORD)) {
      for (int cycle = 0; cycle < cycles; cycle++) {
        service.pause(process -> mariadb.assertNoSession());
      }
      ledger.assertBalancesWith(service.stop(cycles));
      service.assertNoGrowth();
    }
  }

  private static void assertNothingOpen() throws Exception {
    // But for the observer's.
    assertThat(new ProcessView(ProcessHandle.current().pid()).socketsTo(mariadb.port()) - 1)
        .isZero();
    mariadb.assertNoSession();
  }
}
