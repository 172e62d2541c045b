/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.DriverDataSource;
import com.zaxxer.hikari.util.SuspendResumeLock;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.support.LibraryInternals;
import dev.cracadapters.hikari.fixture.Postgres;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a resource is made from, and what it says of itself. */
@Tag("essential")
class HikariResourceTest {

  private final Postgres postgres = Postgres.shared();

  @AfterEach
  void noTestLeavesItsSetting() {
    System.clearProperty("crac.hikari.drain-timeout");
  }

  @Test
  @DisplayName("A resource is named after its pool, and stands among the clients")
  void nameAndPhase() {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("orders"))) {
      HikariResource resource = HikariResource.of(dataSource);
      assertThat(resource.name()).isEqualTo("orders");
      assertThat(resource.phase()).isEqualTo(Phase.CLIENTS);
    }
  }

  @Test
  @DisplayName("A pool that is not started and has no name is called by its class")
  void nameWithoutPool() {
    try (HikariDataSource dataSource = new HikariDataSource()) {
      assertThat(HikariResource.of(dataSource).name()).isEqualTo("HikariDataSource");
    }
  }

  @Test
  @DisplayName("A data source around a HikariDataSource is unwrapped")
  void wrapperIsUnwrapped() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("wrapped"))) {
      DataSource wrapper =
          (DataSource)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {DataSource.class},
                  (proxy, method, arguments) -> method.invoke(dataSource, arguments));
      HikariResource resource = HikariResource.of(wrapper);
      resource.beforeCheckpoint(null);
      assertThat(postgres.sessions("wrapped")).isEmpty();
      resource.afterRestore(null);
    }
  }

  @Test
  @DisplayName("Another data source is refused by the name of its class")
  void anotherDataSourceIsRefused() {
    DataSource other =
        new DriverDataSource(postgres.url("other"), null, new Properties(), "postgres", "");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HikariResource.of(other))
        .withMessage(
            "com.zaxxer.hikari.util.DriverDataSource is not a HikariDataSource and does not unwrap"
                + " to one");
  }

  @Test
  @DisplayName("A HikariCP without what is needed is refused by its version and what is missing")
  void unknownHikariIsRefused() {
    LibraryInternals hikari = LibraryInternals.of("HikariCP", HikariPool.class, "crac-hikari");
    String version = System.getProperty("hikaricp.version");
    assertThat(hikari.version()).matches("\\d+\\.\\d+\\.\\d+");
    if (version != null) {
      assertThat(hikari.version()).isEqualTo(version);
    }
    assertThatIllegalStateException()
        .isThrownBy(() -> hikari.field(PoolWithoutCloser.class, "closeConnectionExecutor"))
        .withMessage(
            "HikariCP %s is not supported: there is no PoolWithoutCloser.closeConnectionExecutor."
                + " Use a version that the README of crac-hikari lists",
            hikari.version());
    Class<?> other = PoolWithOtherLock.class;
    assertThatIllegalStateException()
        .isThrownBy(() -> hikari.field(other, "suspendResumeLock", SuspendResumeLock.class))
        .withMessage(
            "HikariCP %s is not supported: PoolWithOtherLock.suspendResumeLock is a"
                + " java.lang.Object, not a com.zaxxer.hikari.util.SuspendResumeLock."
                + " Use a version that the README of crac-hikari lists",
            hikari.version());
  }

  @Test
  @DisplayName("The drain timeout is 10 seconds unless a system property says otherwise")
  void drainTimeout() {
    assertThat(HikariSettings.fromSystemProperties()).isEqualTo(HikariSettings.defaults());
    assertThat(HikariSettings.defaults().drainTimeout()).isEqualTo(Duration.ofSeconds(10));
    System.setProperty("crac.hikari.drain-timeout", "2s");
    assertThat(HikariSettings.fromSystemProperties().drainTimeout())
        .isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  @DisplayName("A drain timeout of nothing is refused")
  void drainTimeoutOfNothing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HikariSettings.defaults().withDrainTimeout(Duration.ZERO))
        .withMessage("drain-timeout is PT0S, it must be longer than zero");
  }

  @SuppressWarnings("unused")
  private static final class PoolWithoutCloser {
    private SuspendResumeLock suspendResumeLock;
    private ThreadPoolExecutor addConnectionExecutor;
    private ExecutorService somethingElse;
  }

  @SuppressWarnings("unused")
  private static final class PoolWithOtherLock {
    private Object suspendResumeLock;
  }
}
