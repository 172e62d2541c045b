/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.HikariSettings.Warm;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Logins;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.fixture.Relay;
import dev.cracadapters.hikari.fixture.Said;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is open when the restore is done. */
@Timeout(90)
class WarmTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final HikariSettings PATIENT =
      HikariSettings.defaults().withWarmTimeout(Duration.ofSeconds(60)).withWarm(Warm.EAGER);
  private static final HikariSettings AUTO = PATIENT.withWarm(Warm.AUTO);

  private final Postgres postgres = Postgres.shared();
  private Relay relay;
  private HikariDataSource dataSource;

  @BeforeEach
  void relay() throws Exception {
    relay = Relay.to(postgres.port());
  }

  @AfterEach
  void close() throws Exception {
    if (dataSource != null) {
      dataSource.close();
    }
    relay.close();
  }

  private HikariResource drained(String name, int idle, int most, HikariSettings settings)
      throws Exception {
    HikariConfig config = postgres.config(name);
    config.setJdbcUrl(postgres.url(name).replace(":" + postgres.port(), ":" + relay.port()));
    if (idle >= 0) {
      config.setMinimumIdle(idle);
    }
    config.setMaximumPoolSize(most);
    dataSource = new HikariDataSource(config);
    HikariResource resource = HikariResource.of(dataSource, settings);
    resource.beforeCheckpoint(null);
    return resource;
  }

  private HikariPoolMXBean pool() {
    return dataSource.getHikariPoolMXBean();
  }

  private Background<Integer> caller(String name) {
    return Background.run(name, () -> Pools.selectOne(dataSource));
  }

  @Test
  @DisplayName(
      "A pool that keeps idle connections has them, opened side by side, before any caller")
  void sideBySide() throws Exception {
    HikariResource resource = drained("side-by-side", 5, 5, PATIENT);
    Background<Integer> caller = caller("caller");
    Deadlines.within(LIMIT, caller::isWaiting);
    int before = relay.accepted();
    relay.hold();
    Background<Integer> restore = restore(resource);
    // None has been answered yet.
    Deadlines.within(LIMIT, () -> relay.accepted() - before == 5);
    assertThat(restore.isDone()).isFalse();
    assertThat(caller.isDone()).isFalse();
    assertThat(pool().getTotalConnections()).isZero();

    relay.letGo();
    restore.result().get(20, TimeUnit.SECONDS);
    assertThat(pool().getTotalConnections()).isEqualTo(5);
    assertThat(postgres.sessions("side-by-side")).hasSize(5);
    assertThat(caller.result().get(20, TimeUnit.SECONDS)).isEqualTo(1);
    Deadlines.within(LIMIT, () -> adders("side-by-side") <= 1);
    assertThat(relay.accepted() - before).isEqualTo(5);
  }

  private static Background<Integer> restore(HikariResource resource) {
    return Background.run(
        "restore",
        () -> {
          resource.afterRestore(null);
          return 0;
        });
  }

  private static long adders(String poolName) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().matches(poolName + "[: ]connection[- ]adder.*"))
        .count();
  }

  @Test
  @DisplayName("As many are opened as wait, but never more than the pool may have")
  void neverTooMany() throws Exception {
    HikariResource resource = drained("never-too-many", 2, 6, AUTO);
    CountDownLatch borrowed = new CountDownLatch(6);
    CountDownLatch end = new CountDownLatch(1);
    List<Background<Integer>> callers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      callers.add(
          Background.run(
              "caller " + i,
              () -> {
                Connection connection = dataSource.getConnection();
                borrowed.countDown();
                end.await();
                connection.close();
                return 1;
              }));
    }
    Deadlines.within(LIMIT, () -> callers.stream().allMatch(Background::isWaiting));
    int before = relay.accepted();
    relay.hold();
    Background<Integer> restore = restore(resource);
    Deadlines.within(LIMIT, () -> relay.accepted() - before == 6);
    relay.letGo();
    restore.result().get(20, TimeUnit.SECONDS);
    assertThat(pool().getTotalConnections()).isEqualTo(6);
    assertThat(borrowed.await(20, TimeUnit.SECONDS)).isTrue();
    Deadlines.within(LIMIT, () -> pool().getThreadsAwaitingConnection() == 14);
    assertThat(pool().getTotalConnections()).isEqualTo(6);
    end.countDown();
    for (Background<Integer> caller : callers) {
      assertThat(caller.result().get(20, TimeUnit.SECONDS)).isEqualTo(1);
    }
    assertThat(relay.accepted() - before).isEqualTo(6);
  }

  @Test
  @DisplayName("A database that refuses delays nothing: one line says why, and callers wait for it")
  void refused() throws Exception {
    HikariResource resource = drained("refused", 3, 3, PATIENT);
    relay.close();
    try (Said said = Said.listen()) {
      Background<Integer> restore = restore(resource);
      restore.result().get(20, TimeUnit.SECONDS);
      assertThat(said.lines())
          .singleElement()
          .asString()
          .startsWith("WARN refused: a connection could not be opened at the restore, ")
          .contains("localhost:" + relay.port() + " refused");
    }
    Background<Integer> caller = caller("caller");
    Deadlines.within(LIMIT, () -> pool().getThreadsAwaitingConnection() == 1);
    relay.open();
    assertThat(caller.result().get(30, TimeUnit.SECONDS)).isEqualTo(1);
    Pools.awaitIdle(dataSource, 3);
  }

  @Test
  @DisplayName("A password that is wrong delays nothing, and the pool is there once it is right")
  void wrongPassword() throws Exception {
    String right = Logins.password();
    Logins.add(postgres, "warmed", right);
    HikariConfig config = postgres.config("wrong-password");
    config.setJdbcUrl(postgres.urlOf("postgres", "wrong-password"));
    config.setUsername("warmed");
    config.setPassword(right);
    dataSource = new HikariDataSource(config);
    HikariResource resource = HikariResource.of(dataSource, PATIENT);
    resource.beforeCheckpoint(null);
    Logins.change(postgres, "warmed", Logins.password());
    try (Said said = Said.listen()) {
      restore(resource).result().get(20, TimeUnit.SECONDS);
      assertThat(said.lines())
          .singleElement()
          .asString()
          .startsWith("WARN wrong-password: a connection could not be opened at the restore, ")
          .contains("password authentication failed for user \"warmed\"");
      assertThat(said.everything()).doesNotContain(right);
    }
    Background<Integer> caller = caller("caller");
    Deadlines.within(LIMIT, () -> pool().getThreadsAwaitingConnection() == 1);
    Logins.change(postgres, "warmed", right);
    assertThat(caller.result().get(30, TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  @DisplayName(
      "A database that does not answer is waited for as long as was said, and not given up")
  void hangs() throws Exception {
    HikariResource resource =
        drained("hangs", 4, 4, PATIENT.withWarmTimeout(Duration.ofMillis(200)));
    int before = relay.accepted();
    relay.hold();
    try (Said said = Said.listen()) {
      restore(resource).result().get(20, TimeUnit.SECONDS);
      assertThat(said.lines())
          .singleElement()
          .asString()
          .startsWith("WARN hangs: the database has not answered within 200 ms of the restore");
    }
    List<Background<Integer>> callers = List.of(caller("one"), caller("two"));
    Deadlines.within(LIMIT, () -> pool().getThreadsAwaitingConnection() == 2);
    Deadlines.within(LIMIT, () -> relay.accepted() - before == 4);
    relay.letGo();
    for (Background<Integer> caller : callers) {
      assertThat(caller.result().get(20, TimeUnit.SECONDS)).isEqualTo(1);
    }
    Pools.awaitIdle(dataSource, 4);
    assertThat(relay.accepted() - before).isEqualTo(4);
  }

  @Test
  @DisplayName("In the background the restore waits for none")
  void background() throws Exception {
    waitsForNone(drained("background", 2, 3, PATIENT.withWarm(Warm.BACKGROUND)), 2);
  }

  @Test
  @DisplayName("Nor does it where nothing was said of idle connections")
  void fixedSize() throws Exception {
    waitsForNone(drained("fixed-size", -1, 3, HikariSettings.defaults()), 3);
  }

  private void waitsForNone(HikariResource resource, int idle) throws Exception {
    relay.hold();
    restore(resource).result().get(20, TimeUnit.SECONDS);
    assertThat(pool().getTotalConnections()).isZero();
    relay.letGo();
    Pools.awaitIdle(dataSource, idle);
  }

  @Test
  @DisplayName(
      "A pool that keeps none opens none, or where it is told to those that are waited for")
  void keepsNone() throws Exception {
    HikariResource resource = drained("keeps-none", 0, 3, AUTO);
    int before = relay.accepted();
    resource.afterRestore(null);
    assertThat(pool().getTotalConnections()).isZero();
    dataSource.close();

    resource = drained("keeps-none", 0, 3, PATIENT);
    int then = relay.accepted();
    Background<Integer> caller = caller("caller");
    Deadlines.within(LIMIT, caller::isWaiting);
    relay.hold();
    Background<Integer> restore = restore(resource);
    Deadlines.within(LIMIT, () -> relay.accepted() - then == 1);
    assertThat(restore.isDone()).isFalse();
    relay.letGo();
    restore.result().get(20, TimeUnit.SECONDS);
    assertThat(caller.result().get(20, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(before).isEqualTo(then - 1); // the one that HikariCP opens to see that it can
  }
}
