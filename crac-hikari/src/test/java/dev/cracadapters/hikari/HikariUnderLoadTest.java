/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class HikariUnderLoadTest {

  private static final int CYCLES = Integer.getInteger("crac.hikari.test.cycles", 100);

  private final Postgres postgres = Postgres.shared();

  @ParameterizedTest(name = "allowPoolSuspension={0}")
  @ValueSource(booleans = {false, true})
  @DisplayName("Under load no transaction fails, and no session is left in any pause")
  void noTransactionFailsAndNoSessionIsLeft(boolean allowPoolSuspension) throws Exception {
    String name = "load-" + allowPoolSuspension;
    HikariConfig config = postgres.config(name);
    config.setAllowPoolSuspension(allowPoolSuspension);
    AtomicBoolean goOn = new AtomicBoolean(true);
    AtomicLong committed = new AtomicLong();
    Queue<Exception> failures = new ConcurrentLinkedQueue<>();
    List<Thread> workers = new ArrayList<>();
    List<String> left = new ArrayList<>();
    long addedInPauses = 0;

    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      for (int i = 0; i < 12; i++) {
        Thread worker =
            new Thread(
                () -> {
                  while (goOn.get()) {
                    try {
                      insertTwo(dataSource, name);
                      committed.incrementAndGet();
                    } catch (SQLException | RuntimeException e) {
                      failures.add(e);
                    }
                  }
                },
                "worker-" + i);
        worker.start();
        workers.add(worker);
      }
      try {
        for (int cycle = 0; cycle < CYCLES; cycle++) {
          long before = committed.get();
          Deadlines.within(Duration.ofSeconds(10), () -> committed.get() > before + 20);
          resource.beforeCheckpoint(null);
          List<String> sessions = postgres.sessions(name);
          int sockets = postgres.openSockets();
          if (!sessions.isEmpty() || sockets != 0 || dataSource.isRunning()) {
            left.add("cycle " + cycle + ": " + sessions + ", " + sockets + " sockets");
          }
          if (cycle % 10 == 0) {
            // Some pauses last, so that whatever would open a connection has its time.
            long entries = postgres.entriesOf(name);
            Deadlines.pass(Duration.ofMillis(150));
            left.addAll(postgres.sessions(name));
            addedInPauses += postgres.entriesOf(name) - entries;
          }
          resource.afterRestore(null);
        }
      } finally {
        resource.afterRestore(null);
        goOn.set(false);
        for (Thread worker : workers) {
          worker.join(20_000);
        }
      }
    }

    assertThat(failures).isEmpty();
    assertThat(left).isEmpty();
    assertThat(addedInPauses).isZero();
    assertThat(postgres.entriesOf(name)).isEqualTo(2 * committed.get());
  }

  private static void insertTwo(HikariDataSource dataSource, String who) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      for (int i = 0; i < 2; i++) {
        try (PreparedStatement insert =
            connection.prepareStatement("insert into entry (who) values (?)")) {
          insert.setString(1, who);
          insert.executeUpdate();
        }
      }
      connection.commit();
    }
  }
}
