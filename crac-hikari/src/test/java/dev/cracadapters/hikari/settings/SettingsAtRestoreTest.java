/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.fixture.Relay;
import dev.cracadapters.hikari.fixture.Said;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** What is changed in a pool by the configuration of the restore's time. */
@Timeout(90)
@Tag("essential")
class SettingsAtRestoreTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Postgres POSTGRES = Postgres.shared();

  private final List<HikariDataSource> open = new ArrayList<>();

  @BeforeAll
  static void otherDatabase() throws Exception {
    POSTGRES.execute("create database other");
    POSTGRES.execute("create role visitor login");
  }

  @AfterEach
  void close() {
    open.forEach(HikariDataSource::close);
  }

  private HikariDataSource started(HikariConfig config) {
    HikariDataSource dataSource = new HikariDataSource(config);
    open.add(dataSource);
    return dataSource;
  }

  private static HikariConfig config(String name) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    config.setJdbcUrl(POSTGRES.urlOf("postgres", name));
    config.setUsername("postgres");
    config.setMaximumPoolSize(2);
    return config;
  }

  /** As the configuration is, but for something. */
  private static Supplier<HikariConfig> copyOf(
      HikariDataSource dataSource, Consumer<HikariConfig> change) {
    return () -> {
      HikariConfig copy = new HikariConfig();
      dataSource.copyStateTo(copy);
      change.accept(copy);
      return copy;
    };
  }

  private static void restored(HikariDataSource dataSource, Supplier<HikariConfig> atRestore)
      throws Exception {
    HikariResource resource =
        HikariResource.of(
            dataSource, HikariSettings.defaults().withWarm(HikariSettings.Warm.EAGER), atRestore);
    resource.beforeCheckpoint(null);
    resource.afterRestore(null);
  }

  static String ask(DataSource dataSource, String query) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        var statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static DataSource source(HikariDataSource dataSource) {
    return ((HikariPool) dataSource.getHikariPoolMXBean()).getUnwrappedDataSource();
  }

  @Test
  @DisplayName("URL, user, driver properties, sizes and what sessions begin with are the new ones")
  void everythingThatCanChange() throws Exception {
    HikariDataSource dataSource = started(config("everything"));
    Pools.awaitIdle(dataSource, 2);
    try (Said said = Said.listen()) {
      restored(
          dataSource,
          () -> {
            // From scratch, as an application's own method would make it.
            HikariConfig config = config("everything");
            config.setJdbcUrl(POSTGRES.urlOf("other", "everything"));
            config.setUsername("visitor");
            config.addDataSourceProperty("options", "-c search_path=elsewhere");
            config.setMaximumPoolSize(7);
            config.setConnectionInitSql("set application_name = 'initialized'");
            config.setTransactionIsolation("TRANSACTION_SERIALIZABLE");
            config.setConnectionTimeout(20_000);
            config.setValidationTimeout(1000);
            config.setLeakDetectionThreshold(60_000);
            config.setMaxLifetime(300_000);
            config.setIdleTimeout(100_000);
            config.setKeepaliveTime(60_000);
            return config;
          });
      assertThat(said.lines())
          .containsExactly(
              "INFO everything: uses the settings at the restore for connectionInitSql,"
                  + " connectionTimeout, dataSourceProperties, idleTimeout, jdbcUrl, keepaliveTime,"
                  + " leakDetectionThreshold, maxLifetime, maximumPoolSize, minimumIdle,"
                  + " transactionIsolation, username, validationTimeout");
    }
    assertThat(POSTGRES.sessions("everything")).isEmpty();
    assertThat(POSTGRES.sessions("initialized")).hasSize(7);
    assertThat(
            ask(
                dataSource,
                "select current_user || ' ' || current_database() || ' '"
                    + " || current_setting('search_path') || ' '"
                    + " || current_setting('transaction_isolation')"))
        .isEqualTo("visitor other elsewhere serializable");
    assertThat(dataSource.getConnectionTimeout()).isEqualTo(20_000);
    assertThat(dataSource.getLoginTimeout()).isEqualTo(20);
    assertThat(dataSource.getValidationTimeout()).isEqualTo(1000);
    assertThat(dataSource.getLeakDetectionThreshold()).isEqualTo(60_000);
    assertThat(dataSource.getMaxLifetime()).isEqualTo(300_000);
    assertThat(dataSource.getIdleTimeout()).isEqualTo(100_000);
    assertThat(dataSource.getKeepaliveTime()).isEqualTo(60_000);

    restored(dataSource, () -> config("everything"));
    assertThat(
            ask(
                dataSource,
                "select current_user || ' ' || current_database() || ' '"
                    + " || current_setting('transaction_isolation')"))
        .isEqualTo("postgres postgres read committed");
    assertThat(POSTGRES.sessions("everything")).hasSize(2);
    assertThat(dataSource.getMinimumIdle()).isEqualTo(2);
    assertThat(dataSource.getConnectionTimeout()).isEqualTo(30_000);
  }

  @Test
  @DisplayName("A copy in which nothing is changed changes nothing, and says nothing")
  void unchangedCopy() throws Exception {
    HikariDataSource dataSource = started(config("unchanged"));
    DataSource before = source(dataSource);
    try (Said said = Said.listen()) {
      restored(dataSource, copyOf(dataSource, copy -> {}));
      restored(dataSource, () -> config("unchanged"));
      restored(dataSource, () -> dataSource);
      assertThat(said.lines()).isEmpty();
    }
    assertThat(source(dataSource)).isSameAs(before);
    assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
  }

  @Test
  @DisplayName("What is changed in a copy, or in the data source itself, is used")
  void changedCopy() throws Exception {
    HikariConfig config = config("copied");
    config.addDataSourceProperty("options", "-c search_path=before");
    HikariDataSource dataSource = started(config);
    String path = "select current_setting('search_path')";
    assertThat(ask(dataSource, path)).isEqualTo("before");
    // The copy has the same properties, not others like them.
    restored(
        dataSource,
        copyOf(dataSource, copy -> copy.addDataSourceProperty("options", "-c search_path=after")));
    assertThat(ask(dataSource, path)).isEqualTo("after");
    restored(
        dataSource,
        () -> {
          dataSource.setUsername("visitor");
          dataSource.getDataSourceProperties().clear();
          return dataSource;
        });
    assertThat(ask(dataSource, path)).contains("public");
    assertThat(ask(dataSource, "select current_user")).isEqualTo("visitor");
  }

  @Test
  @DisplayName("A larger pool serves as many as it may have, all at once")
  void larger() throws Exception {
    try (Relay relay = Relay.to(POSTGRES.port())) {
      HikariConfig config = config("larger");
      config.setMinimumIdle(0);
      config.setJdbcUrl(config.getJdbcUrl().replace(":" + POSTGRES.port(), ":" + relay.port()));
      HikariDataSource dataSource = started(config);
      restored(dataSource, copyOf(dataSource, copy -> copy.setMaximumPoolSize(20)));
      CountDownLatch borrowed = new CountDownLatch(20);
      List<Background<Connection>> borrowers = new ArrayList<>();
      relay.hold();
      for (int i = 0; i < 20; i++) {
        borrowers.add(
            Background.run(
                "borrower " + i,
                () -> {
                  Connection connection = dataSource.getConnection();
                  borrowed.countDown();
                  return connection;
                }));
      }
      Deadlines.within(
          LIMIT, () -> dataSource.getHikariPoolMXBean().getThreadsAwaitingConnection() == 20);
      relay.letGo();
      // None gives its connection back, so that each needs its own.
      assertThat(borrowed.await(20, TimeUnit.SECONDS)).isTrue();
      for (Background<Connection> borrower : borrowers) {
        borrower.result().get(20, TimeUnit.SECONDS).close();
      }
    }
  }

  @Test
  @DisplayName("Another driver and its database are learned anew")
  void otherDriver() throws Exception {
    HikariConfig config = config("other-driver");
    config.addDataSourceProperty("options", "-c default_transaction_isolation=serializable");
    HikariDataSource dataSource = started(config);
    Pools.awaitIdle(dataSource, 2);
    restored(
        dataSource,
        copyOf(
            dataSource,
            copy -> {
              copy.setJdbcUrl("jdbc:h2:mem:other-driver;DB_CLOSE_DELAY=-1");
              copy.setDriverClassName("org.h2.Driver");
              copy.setUsername(null);
              copy.getDataSourceProperties().clear();
            }));
    assertThat(ask(dataSource, "select h2version()")).isNotEmpty();
    restored(dataSource, () -> config("other-driver"));
    assertThat(ask(dataSource, "select version()")).startsWith("PostgreSQL");
    assertThat(dataSource.getDriverClassName()).isNull();
    try (Connection connection = dataSource.getConnection()) {
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    }
    // Given back, it is set to what HikariCP takes for the default.
    assertThat(ask(dataSource, "select current_setting('transaction_isolation')"))
        .isEqualTo("read committed");
  }

  @Test
  @DisplayName("A data source object, or its class and properties, can take the place of a URL")
  void dataSources() throws Exception {
    HikariDataSource dataSource = started(config("sources"));
    PGSimpleDataSource given = new PGSimpleDataSource();
    given.setUrl(POSTGRES.urlOf("other", "sources"));
    restored(dataSource, copyOf(dataSource, copy -> copy.setDataSource(given)));
    assertThat(source(dataSource)).isSameAs(given);
    assertThat(ask(dataSource, "select current_database()")).isEqualTo("other");
    restored(
        dataSource,
        copyOf(
            dataSource,
            copy -> {
              copy.setDataSource(null);
              copy.setJdbcUrl(null);
              copy.setDataSourceClassName(PGSimpleDataSource.class.getName());
              copy.addDataSourceProperty("url", POSTGRES.urlOf("postgres", "sources"));
            }));
    assertThat(source(dataSource)).isNotSameAs(given).isInstanceOf(PGSimpleDataSource.class);
    assertThat(ask(dataSource, "select current_database()")).isEqualTo("postgres");
  }

  @Test
  @DisplayName("A data source that was never started starts with the new settings")
  void neverStarted() throws Exception {
    HikariDataSource dataSource = new HikariDataSource();
    open.add(dataSource);
    HikariResource resource =
        HikariResource.of(
            dataSource,
            HikariSettings.defaults(),
            () -> {
              HikariConfig config = config("never-started");
              config.setSchema("of_its_own");
              return config;
            });
    resource.beforeCheckpoint(null);
    Background<Integer> caller = Background.run("caller", () -> Pools.selectOne(dataSource));
    Deadlines.within(LIMIT, caller::isWaiting);
    resource.afterRestore(null);
    assertThat(caller.result().get(20, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(ask(dataSource, "select current_setting('search_path')")).contains("of_its_own");
    assertThat(dataSource.getPoolName()).isEqualTo("never-started");
    Pools.awaitIdle(dataSource, 2);
  }
}
