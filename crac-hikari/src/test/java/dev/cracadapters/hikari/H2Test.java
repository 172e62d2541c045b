/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.ProcessView;
import dev.cracadapters.hikari.ledger.Ledger;
import dev.cracadapters.hikari.ledger.PausingLedger;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import org.h2.jdbcx.JdbcDataSource;
import org.h2.tools.Server;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("driver")
@Timeout(120)
@DisplayName("A pool of H2")
class H2Test {

  @TempDir Path folder;

  private static HikariConfig config(String url) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("h2");
    config.setJdbcUrl(url);
    config.setUsername("sa");
    config.setPassword("");
    config.setMaximumPoolSize(3);
    return config;
  }

  private static void execute(HikariDataSource dataSource, String sql) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String answer(HikariDataSource dataSource, String sql) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static void note(HikariDataSource dataSource) throws SQLException {
    execute(dataSource, "create table note (word varchar)");
    execute(dataSource, "insert into note values ('kept')");
  }

  private static String noted(HikariDataSource dataSource) throws SQLException {
    return answer(dataSource, "select word from note");
  }

  private static List<String> openFiles(ProcessView process) throws Exception {
    return process.descriptors().stream().filter(file -> file.contains(".mv.db")).toList();
  }

  @Test
  @DisplayName("has no file open in any pause, and its books balance")
  void fileUnderLoad() throws Exception {
    int cycles = 5;
    String url = "jdbc:h2:file:" + folder.resolve("books") + ";LOCK_TIMEOUT=20000";
    try (Connection connection = DriverManager.getConnection(url, "sa", "")) {
      Ledger.open(connection);
    }
    try (PausingLedger service = PausingLedger.start(folder, url, "sa", "")) {
      for (int cycle = 0; cycle < cycles; cycle++) {
        service.pause(process -> assertThat(openFiles(process)).isEmpty());
      }
      List<String> told = service.stop(cycles);
      service.assertNoGrowth();
      try (Connection connection = DriverManager.getConnection(url, "sa", "")) {
        new Ledger(connection).assertBalancesWith(told);
      }
    }
  }

  @Test
  @DisplayName("lets go of the database file and its lock, so that another process may have it")
  void fileIsFree() throws Exception {
    String url = "jdbc:h2:file:" + folder.resolve("notes");
    try (HikariDataSource dataSource = new HikariDataSource(config(url))) {
      HikariResource resource = HikariResource.of(dataSource);
      note(dataSource);
      ProcessView self = new ProcessView(ProcessHandle.current().pid());
      assertThat(openFiles(self)).isNotEmpty();
      resource.beforeCheckpoint(null);
      assertThat(openFiles(self)).isEmpty();
      // With other settings than the pool's, which H2 takes for a database that is not open only.
      try (Connection other = DriverManager.getConnection(url + ";ACCESS_MODE_DATA=r", "sa", "")) {
        assertThat(other.isReadOnly()).isTrue();
      }
      resource.afterRestore(null);
      assertThat(noted(dataSource)).isEqualTo("kept");
    }
  }

  @Test
  @DisplayName("whose file is to stay open without a connection is refused by the audit, by name")
  void fileStaysOpen() throws Exception {
    String url = "jdbc:h2:file:" + folder.resolve("open") + ";DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=20000";
    try (Connection connection = DriverManager.getConnection(url, "sa", "")) {
      Ledger.open(connection);
      try (Statement statement = connection.createStatement()) {
        statement.execute("shutdown");
      }
    }
    try (PausingLedger service = PausingLedger.start(folder, url, "sa", "")) {
      assertThat(service.refused()).contains(folder.resolve("open.mv.db").toString());
      List<String> told = service.stop(0);
      try (Connection connection = DriverManager.getConnection(url, "sa", "")) {
        new Ledger(connection).assertBalancesWith(told);
        try (Statement statement = connection.createStatement()) {
          statement.execute("shutdown");
        }
      }
    }
  }

  @Test
  @DisplayName("in memory is refused where the last connection takes the database along")
  void memoryWouldBeLost() throws Exception {
    String url = "jdbc:h2:mem:" + UUID.randomUUID();
    JdbcDataSource given = new JdbcDataSource();
    given.setURL(url);
    HikariConfig byDataSource = config(url);
    byDataSource.setJdbcUrl(null);
    byDataSource.setDataSource(given);
    for (HikariConfig config : List.of(config(url), byDataSource)) {
      try (HikariDataSource dataSource = new HikariDataSource(config)) {
        HikariResource resource = HikariResource.of(dataSource);
        note(dataSource);
        assertThatThrownBy(() -> resource.beforeCheckpoint(null))
            .isInstanceOf(RefusedException.class)
            .hasMessage(
                "h2: its database is in memory, and lost when its last connection is closed. Add"
                    + " ;DB_CLOSE_DELAY=-1 to the URL "
                    + url);
        resource.afterRestore(null);
        assertThat(noted(dataSource)).isEqualTo("kept");
      }
    }
  }

  @Test
  @DisplayName("in memory without a name is refused: each connection has a database of its own")
  void memoryOfOneConnection() throws Exception {
    HikariConfig config = config("jdbc:h2:mem:;DB_CLOSE_DELAY=-1");
    config.setMaximumPoolSize(1);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      note(dataSource);
      assertThatThrownBy(() -> resource.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("Give the database a name and keep it");
      resource.afterRestore(null);
      assertThat(noted(dataSource)).isEqualTo("kept");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"in the URL", "by a statement"})
  @DisplayName("in memory is still there after the restore where it does not close by itself")
  void memoryIsKept(String how) throws Exception {
    String url = "jdbc:h2:mem:" + UUID.randomUUID();
    boolean inUrl = how.equals("in the URL");
    try (HikariDataSource dataSource =
        new HikariDataSource(config(inUrl ? url + ";DB_CLOSE_DELAY=-1" : url))) {
      HikariResource resource = HikariResource.of(dataSource);
      note(dataSource);
      if (!inUrl) {
        execute(dataSource, "set db_close_delay -1");
      }
      resource.beforeCheckpoint(null);
      assertThat(dataSource.getHikariPoolMXBean().getTotalConnections()).isZero();
      resource.afterRestore(null);
      assertThat(noted(dataSource)).isEqualTo("kept");
      execute(dataSource, "set db_close_delay 0");
    }
  }

  @Test
  @DisplayName("of a server has no session there and no socket when it is drained")
  void server() throws Exception {
    Server server = Server.createTcpServer("-tcpPort", "0", "-ifNotExists").start();
    String name = "mem:" + UUID.randomUUID();
    try (Connection observer = DriverManager.getConnection("jdbc:h2:" + name, "observer", "");
        Statement statement = observer.createStatement();
        HikariDataSource dataSource =
            new HikariDataSource(
                named(config("jdbc:h2:tcp://127.0.0.1:" + server.getPort() + "/" + name)))) {
      HikariResource resource = HikariResource.of(dataSource);
      ProcessView self = new ProcessView(ProcessHandle.current().pid());
      Pools.awaitIdle(dataSource, 3);
      assertThat(self.socketsTo(server.getPort())).isEqualTo(3);
      for (int cycle = 0; cycle < 10; cycle++) {
        resource.beforeCheckpoint(null);
        assertThat(self.socketsTo(server.getPort())).isZero();
        try (ResultSet sessions =
            statement.executeQuery("select count(*) from information_schema.sessions")) {
          sessions.next();
          assertThat(sessions.getInt(1)).as("but for the observer's own").isEqualTo(1);
        }
        resource.afterRestore(null);
        assertThat(answer(dataSource, "select 1")).isEqualTo("1");
      }
    } finally {
      server.stop();
    }
  }

  private static HikariConfig named(HikariConfig config) {
    config.setUsername("observer");
    return config;
  }
}
