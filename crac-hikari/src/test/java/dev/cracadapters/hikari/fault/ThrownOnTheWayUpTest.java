/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.HikariSettings.Warm;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

@Timeout(90)
@DisplayName("A caller who waited at the gate goes on")
class ThrownOnTheWayUpTest {

  private static final HikariSettings EAGER = HikariSettings.defaults().withWarm(Warm.EAGER);

  /** Static: a data source's own constructor asks for its password. */
  private static volatile boolean isAway;

  private final Postgres postgres = Postgres.shared();

  @AfterEach
  void comeBack() {
    isAway = false;
  }

  /** The driver's, which throws an error while the token service is away. */
  private static final class Driver extends PGSimpleDataSource {

    private static final long serialVersionUID = 1L;

    @Override
    public Connection getConnection() throws SQLException {
      if (isAway) {
        throw new NoClassDefFoundError("com/example/TokenService");
      }
      return super.getConnection();
    }
  }

  /** Asks a token service for its password. */
  private static final class TokenDataSource extends HikariDataSource {

    TokenDataSource(HikariConfig config) {
      super(config);
    }

    @Override
    public String getPassword() {
      if (isAway) {
        throw new IllegalStateException("the token service is away");
      }
      return super.getPassword();
    }
  }

  private HikariConfig config(String name) {
    Driver driver = new Driver();
    driver.setUrl(postgres.url(name));
    driver.setUser("postgres");
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    config.setDataSource(driver);
    config.setMaximumPoolSize(2);
    config.setMinimumIdle(2);
    config.setConnectionTimeout(2_000);
    return config;
  }

  private void goesOn(HikariDataSource pool) throws Exception {
    HikariResource resource = HikariResource.of(pool, EAGER);
    resource.beforeCheckpoint(null);
    Background<Integer> caller = Background.run("caller", () -> Pools.selectOne(pool));
    Deadlines.within(Duration.ofSeconds(20), caller::isWaiting);
    isAway = true;
    resource.afterRestore(null);

    assertThatThrownBy(() -> caller.result().get(20, TimeUnit.SECONDS))
        .as("HikariCP's own time-out")
        .hasCauseInstanceOf(SQLTransientConnectionException.class);
    isAway = false;
    Background<Integer> later = Background.run("later", () -> Pools.selectOne(pool));
    assertThat(later.result().get(20, TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  @DisplayName("when the driver throws an error and getPassword() an exception")
  void password() throws Exception {
    try (HikariDataSource pool = new TokenDataSource(config("token"))) {
      goesOn(pool);
    }
  }

  @Test
  @DisplayName("when the supplier of the settings throws an error and getPassword() an exception")
  void settings() throws Exception {
    try (HikariDataSource pool = new TokenDataSource(config("token-settings"))) {
      HikariResource resource =
          HikariResource.of(
              pool,
              EAGER,
              () -> {
                throw new StackOverflowError();
              });
      resource.beforeCheckpoint(null);
      Background<Integer> caller = Background.run("caller", () -> Pools.selectOne(pool));
      Deadlines.within(Duration.ofSeconds(20), caller::isWaiting);
      isAway = true;
      resource.afterRestore(null);
      isAway = false;
      Background<Integer> later = Background.run("later", () -> Pools.selectOne(pool));
      assertThat(later.result().get(20, TimeUnit.SECONDS)).isEqualTo(1);
      Deadlines.within(Duration.ofSeconds(20), caller::isDone);
    }
  }

  @Test
  @DisplayName("when no thread can be started")
  void threads() throws Exception {
    HikariConfig config = config("threads");
    config.setThreadFactory(
        task -> {
          if (isAway) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          Thread thread = new Thread(task);
          thread.setDaemon(true);
          return thread;
        });
    try (HikariDataSource pool = new HikariDataSource(config)) {
      goesOn(pool);
    }
  }
}
