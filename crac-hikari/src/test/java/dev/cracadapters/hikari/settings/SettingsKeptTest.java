/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.fixture.Said;
import java.sql.Connection;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** What cannot be used of the configuration at the restore is said, and the pool goes on. */
@Timeout(90)
class SettingsKeptTest {

  private static final Postgres POSTGRES = Postgres.shared();
  private static final String OLD = "the-old-secret";
  private static final String NEW = "the-new-secret";

  private String name;
  private HikariDataSource dataSource;
  private DataSource source;

  @BeforeEach
  void start(TestInfo test) {
    name = test.getTestMethod().orElseThrow().getName();
    dataSource = new HikariDataSource(config());
    source = source();
  }

  @AfterEach
  void close() {
    dataSource.close();
  }

  /** Where no password is asked for, any is the right one. */
  private HikariConfig config() {
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    config.setJdbcUrl(POSTGRES.urlOf("postgres", name) + "&sslpassword=" + OLD);
    config.setUsername("postgres");
    config.setPassword(OLD);
    config.addDataSourceProperty("sslpassword", OLD);
    config.setMaximumPoolSize(2);
    return config;
  }

  private DataSource source() {
    return ((HikariPool) dataSource.getHikariPoolMXBean()).getUnwrappedDataSource();
  }

  private String saidWhenRestored(Supplier<HikariConfig> atRestore) throws Exception {
    try (Said said = Said.listen()) {
      HikariResource resource = HikariResource.of(dataSource, HikariSettings.defaults(), atRestore);
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      assertThat(said.everything()).doesNotContain(OLD, NEW);
      return String.join("\n", said.lines());
    }
  }

  private void goesOnAsBefore() throws Exception {
    assertThat(source()).isSameAs(source);
    assertThat(dataSource.getPassword()).isEqualTo(OLD);
    assertThat(dataSource.getJdbcUrl()).endsWith(OLD);
    assertThat(dataSource.getMaximumPoolSize()).isEqualTo(2);
    assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
    assertThatThrownBy(() -> dataSource.setSchema("sealed"))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  @DisplayName("A supplier that throws")
  void throwing() throws Exception {
    assertThat(
            saidWhenRestored(
                () -> {
                  dataSource.setPassword(NEW);
                  dataSource.getDataSourceProperties().clear();
                  throw new IllegalArgumentException("no vault for " + OLD);
                }))
        .isEqualTo(
            "ERROR throwing: the settings at the restore cannot be used, the old ones stay:"
                + " java.lang.IllegalArgumentException: no vault for <masked>");
    goesOnAsBefore();
    assertThat(dataSource.getDataSourceProperties()).containsEntry("sslpassword", OLD);
  }

  @Test
  @DisplayName("A supplier that gives nothing")
  void nothing() throws Exception {
    assertThat(saidWhenRestored(() -> null)).endsWith("The supplier gave no configuration");
    goesOnAsBefore();
  }

  @Test
  @DisplayName("A configuration that HikariCP refuses")
  void refused() throws Exception {
    assertThat(
            saidWhenRestored(
                () -> {
                  HikariConfig config = config();
                  config.setJdbcUrl(" ");
                  config.setPassword(NEW);
                  return config;
                }))
        .startsWith("ERROR refused: ")
        .endsWith("dataSource or dataSourceClassName or jdbcUrl is required.");
    goesOnAsBefore();
  }

  @Test
  @DisplayName("A URL that no driver takes, though the rest would be right")
  void noDriver() throws Exception {
    assertThat(
            saidWhenRestored(
                () -> {
                  HikariConfig config = config();
                  config.setJdbcUrl("jdbc:unknown://app:" + NEW + "@host/x?password=" + NEW);
                  config.setPassword(NEW);
                  config.setMaximumPoolSize(9);
                  return config;
                }))
        .startsWith("ERROR noDriver: ")
        .contains("No suitable driver", "jdbc:unknown://app:<masked>@host/x?password=<masked>");
    goesOnAsBefore();
  }

  @Test
  @DisplayName("What a running pool has in final fields is named, and the rest is used")
  void finalFields() throws Exception {
    assertThat(
            saidWhenRestored(
                () -> {
                  HikariConfig config = config();
                  config.setPassword(NEW);
                  config.setPoolName("another");
                  config.setSchema("another");
                  config.setAutoCommit(false);
                  config.setReadOnly(true);
                  config.setConnectionTestQuery("select 1");
                  config.setThreadFactory(Thread::new);
                  return config;
                }))
        .isEqualTo(
            "INFO finalFields: uses the settings at the restore for password\n"
                + "WARN finalFields: a running pool cannot change its autoCommit,"
                + " connectionTestQuery, poolName, readOnly, schema, threadFactory:"
                + " what was set at its start stays");
    assertThat(dataSource.getPassword()).isEqualTo(NEW);
    assertThat(dataSource.getSchema()).isNull();
    assertThat(dataSource.getPoolName()).isEqualTo("finalFields");
    assertThat(dataSource.getConnectionTestQuery()).isNull();
    assertThat(dataSource.getThreadFactory()).isNull();
    try (Connection connection = dataSource.getConnection()) {
      assertThat(connection.getAutoCommit()).isTrue();
      assertThat(connection.isReadOnly()).isFalse();
    }
  }

  @Test
  @DisplayName("A pool that could not be drained has its connections and its settings")
  void notDrained() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    HikariResource resource =
        HikariResource.of(
            dataSource,
            HikariSettings.defaults().withDrainTimeout(Duration.ofMillis(200)),
            () -> {
              asked.incrementAndGet();
              return config();
            });
    try (Connection borrowed = dataSource.getConnection()) {
      assertThatThrownBy(() -> resource.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class);
      resource.afterRestore(null);
      assertThat(borrowed.isValid(5)).isTrue();
    }
    resource.afterRestore(null);
    assertThat(asked).hasValue(0);
    // Drained, though no snapshot was taken, as when another resource refuses.
    resource.beforeCheckpoint(null);
    resource.afterRestore(null);
    assertThat(asked).hasValue(1);
    goesOnAsBefore();
  }
}
