/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.ConcurrentBag;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.jdbc.PgConnection;

/** The pool's bag that takes notes does all that the pool's own one does. */
@Timeout(60)
class BorrowLedgerTest {

  private final Postgres postgres = Postgres.shared();
  private final PoolAccess access = new PoolAccess();

  @Test
  @DisplayName("A ledger that comes and goes in full traffic loses and doubles no connection")
  void installedInFullTraffic() throws Exception {
    HikariConfig config = postgres.config("traffic");
    config.setMaximumPoolSize(4);
    AtomicBoolean goOn = new AtomicBoolean(true);
    AtomicLong served = new AtomicLong();
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    Map<Connection, Thread> users = new ConcurrentHashMap<>();
    List<Thread> workers = new ArrayList<>();
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariPool pool = poolOf(dataSource);
      for (int i = 0; i < 12; i++) {
        Thread worker =
            new Thread(
                () -> {
                  while (goOn.get()) {
                    try {
                      useAlone(dataSource, users);
                      served.incrementAndGet();
                    } catch (SQLException | RuntimeException | AssertionError e) {
                      failures.add(e);
                    }
                  }
                });
        worker.start();
        workers.add(worker);
      }
      try {
        for (int i = 0; i < 300; i++) {
          long before = served.get();
          BorrowLedger ledger = BorrowLedger.of(pool, access, false);
          Deadlines.within(Duration.ofSeconds(10), () -> served.get() > before + 10);
          ledger.removeUnlessKept();
          long after = served.get();
          Deadlines.within(Duration.ofSeconds(10), () -> served.get() > after + 10);
        }
        BorrowLedger ledger = BorrowLedger.of(pool, access, true);
        for (int i = 0; i < 50; i++) {
          long before = served.get();
          pool.softEvictConnections();
          Deadlines.within(Duration.ofSeconds(10), () -> served.get() > before + 10);
        }
        goOn.set(false);
        for (Thread worker : workers) {
          worker.join(20_000);
        }
        assertThat(failures).isEmpty();
        assertThat(ledger.loans()).isEmpty();
        Pools.awaitIdle(dataSource, 4);
        assertThat(pool.getActiveConnections()).isZero();
        assertThat(pool.getTotalConnections()).isEqualTo(4);
        assertThat(pool.getThreadsAwaitingConnection()).isZero();
        // The 200 and more connections that are closed have left no note.
        assertThat(ledger.notes()).isLessThanOrEqualTo(4);
        assertThat(postgres.sessions("traffic")).hasSize(4);
      } finally {
        goOn.set(false);
      }
    }
    assertThat(postgres.openSockets()).isZero();
  }

  @Test
  @DisplayName("The pool's counts are right with a ledger, in the pool and in JMX")
  void countsAreRight() throws Exception {
    HikariConfig config = postgres.config("counts");
    config.setMaximumPoolSize(3);
    config.setRegisterMbeans(true);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      assertThat(access.bag(poolOf(dataSource))).isInstanceOf(BorrowLedger.class);
      Pools.awaitIdle(dataSource, 3);
      Connection one = dataSource.getConnection();
      Connection two = dataSource.getConnection();
      assertThat(jmx("counts")).containsExactly(3, 2, 1, 0);
      Connection three = dataSource.getConnection();
      Background<Integer> caller = Background.run("caller", () -> Pools.selectOne(dataSource));
      Deadlines.within(
          Duration.ofSeconds(10),
          () -> dataSource.getHikariPoolMXBean().getThreadsAwaitingConnection() == 1);
      assertThat(jmx("counts")).containsExactly(3, 3, 0, 1);
      one.close();
      assertThat(caller.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);
      two.close();
      three.close();
      assertThat(jmx("counts")).containsExactly(3, 0, 3, 0);

      resource.beforeCheckpoint(null);
      assertThat(jmx("counts")).containsExactly(0, 0, 0, 0);
      resource.afterRestore(null);
      Pools.awaitIdle(dataSource, 3);
      assertThat(jmx("counts")).containsExactly(3, 0, 3, 0);
    }
  }

  @Test
  @DisplayName("A second resource of the same pool does not put a ledger on a ledger")
  void secondResourceUsesTheSameLedger() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("twice"))) {
      HikariResource.of(dataSource);
      ConcurrentBag<?> ledger = access.bag(poolOf(dataSource));
      HikariResource second =
          HikariResource.of(dataSource, HikariSettings.defaults().withTrackBorrowers(false));
      second.beforeCheckpoint(null);
      assertThat(access.bag(poolOf(dataSource))).isSameAs(ledger);
      second.afterRestore(null);
      assertThat(access.bag(poolOf(dataSource))).isSameAs(ledger);
    }
  }

  @Test
  @DisplayName("A pool that is not to be tracked has its own bag but for the drain")
  void untrackedPoolHasItsOwnBag() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("own-bag"))) {
      HikariPool pool = poolOf(dataSource);
      ConcurrentBag<?> own = access.bag(pool);
      HikariResource resource =
          HikariResource.of(dataSource, HikariSettings.defaults().withTrackBorrowers(false));
      assertThat(access.bag(pool)).isSameAs(own);
      for (int cycle = 0; cycle < 3; cycle++) {
        resource.beforeCheckpoint(null);
        assertThat(access.bag(pool)).isInstanceOf(BorrowLedger.class);
        resource.afterRestore(null);
        assertThat(access.bag(pool)).isSameAs(own);
        assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
      }
    }
  }

  @Test
  @DisplayName("A pool with a ledger is closed as any: no connection and no thread is left")
  void poolWithLedgerIsClosed() throws Exception {
    HikariDataSource dataSource = new HikariDataSource(postgres.config("closing"));
    HikariResource.of(dataSource);
    Pools.awaitIdle(dataSource, 5);
    Connection borrowed = dataSource.getConnection();
    assertThat(borrowed.isValid(1)).isTrue();

    dataSource.close();

    assertThat(poolOf(dataSource).getTotalConnections()).isZero();
    assertThat(access.isClosed(access.bag(poolOf(dataSource)))).isTrue();
    Deadlines.within(Duration.ofSeconds(10), () -> sessions("closing") == 0);
    // HikariCP ends its threads, and does not wait for them.
    Deadlines.within(
        Duration.ofSeconds(10),
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("closing")));
  }

  private int sessions(String name) {
    try {
      return postgres.sessions(name).size();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void useAlone(HikariDataSource dataSource, Map<Connection, Thread> users)
      throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      Connection physical = connection.unwrap(PgConnection.class);
      assertThat(users.putIfAbsent(physical, Thread.currentThread())).isNull();
      users.remove(physical);
    }
  }

  /** Total, active, idle and waiting. */
  private static List<Integer> jmx(String pool) throws Exception {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ObjectName name = new ObjectName("com.zaxxer.hikari:type=Pool (" + pool + ")");
    List<Integer> counts = new ArrayList<>();
    for (String attribute :
        List.of(
            "TotalConnections",
            "ActiveConnections",
            "IdleConnections",
            "ThreadsAwaitingConnection")) {
      counts.add((Integer) server.getAttribute(name, attribute));
    }
    return counts;
  }

  private static HikariPool poolOf(HikariDataSource dataSource) {
    return (HikariPool) dataSource.getHikariPoolMXBean();
  }
}
