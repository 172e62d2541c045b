/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.ConcurrentBag;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** What {@code on-timeout=abort} does to connections that are not given back. */
@Timeout(60)
class BorrowerAbortTest {

  private static final HikariSettings ABORT =
      HikariSettings.defaults()
          .withDrainTimeout(Duration.ofMillis(400))
          .withOnTimeout(HikariSettings.OnTimeout.ABORT);

  private final Postgres postgres = Postgres.shared();
  private final Logger logger = (Logger) LoggerFactory.getLogger(LoanAbort.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void readTheLog() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void leaveTheLog() {
    logger.detachAppender(log);
  }

  @Test
  @DisplayName("A transaction that idles is rolled back, and its borrower told by an SQLException")
  void idleTransactionIsRolledBack() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("idle-abort"))) {
      HikariResource resource = HikariResource.of(dataSource, ABORT);
      Connection borrowed = dataSource.getConnection();
      borrowed.setAutoCommit(false);
      insert(borrowed, "idle-abort");

      resource.beforeCheckpoint(null);

      assertThat(postgres.sessions("idle-abort")).isEmpty();
      assertThat(postgres.openSockets()).isZero();
      assertThat(postgres.entriesOf("idle-abort")).isZero();
      resource.afterRestore(null);
      assertThatThrownBy(() -> insert(borrowed, "idle-abort")).isInstanceOf(SQLException.class);
      borrowed.close();
      assertThat(borrowed.isClosed()).isTrue();
      Pools.awaitIdle(dataSource, 5);
      assertThat(dataSource.getHikariPoolMXBean().getActiveConnections()).isZero();
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
      assertThat(postgres.entriesOf("idle-abort")).isZero();
    }
  }

  @Test
  @DisplayName("A connection that is given back after it was aborted goes nowhere")
  void closeAfterAbortDoesNoHarm() throws Exception {
    Logger bag = (Logger) LoggerFactory.getLogger(ConcurrentBag.class);
    bag.addAppender(log);
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("close-abort"))) {
      HikariResource resource = HikariResource.of(dataSource, ABORT);
      Connection borrowed = dataSource.getConnection();
      borrowed.setAutoCommit(false);
      insert(borrowed, "close-abort");

      // One of them has nothing to roll back, and its settings are put back instead.
      Connection changed = dataSource.getConnection();
      changed.setAutoCommit(false);

      resource.beforeCheckpoint(null);
      log.list.clear();
      borrowed.close();
      changed.close();

      assertThat(log.list).isEmpty();
      assertThat(dataSource.getHikariPoolMXBean().getTotalConnections()).isZero();
      resource.afterRestore(null);
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
      assertThat(postgres.entriesOf("close-abort")).isZero();
    } finally {
      bag.detachAppender(log);
    }
  }

  @Test
  @DisplayName("A query that runs is cancelled: the server's session is gone, not only the socket")
  void runningQueryIsCancelled() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("query-abort"))) {
      HikariResource resource = HikariResource.of(dataSource, ABORT);
      Background<Boolean> borrower = sleeper(dataSource, "query-abort");
      awaitEntryInProgress("query-abort");

      resource.beforeCheckpoint(null);

      assertThat(postgres.sessions("query-abort")).isEmpty();
      assertThat(postgres.openSockets()).isZero();
      assertThatThrownBy(() -> borrower.result().get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(SQLException.class);
      assertThat(postgres.entriesOf("query-abort")).isZero();
      resource.afterRestore(null);
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("A line at WARN names each borrower, since when and where he was")
  void warningNamesTheBorrower() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("warned"))) {
      HikariResource resource = HikariResource.of(dataSource, ABORT);
      List<Background<Boolean>> borrowers = new ArrayList<>();
      borrowers.add(sleeper(dataSource, "warned-one"));
      borrowers.add(sleeper(dataSource, "warned-two"));
      awaitEntryInProgress("warned", 2);

      resource.beforeCheckpoint(null);

      assertThat(log.list.stream().filter(event -> event.getLevel() == Level.WARN))
          .extracting(ILoggingEvent::getFormattedMessage)
          .hasSize(2)
          .allMatch(
              line -> line.startsWith("warned: aborting the connection borrowed by thread \""))
          .allMatch(
              line -> line.contains("\n\tat dev.cracadapters.hikari.drain.BorrowerAbortTest."))
          .anyMatch(line -> line.contains("by thread \"warned-one\" for "))
          .anyMatch(line -> line.contains("by thread \"warned-two\" for "));
      resource.afterRestore(null);
      for (Background<Boolean> borrower : borrowers) {
        assertThatThrownBy(() -> borrower.result().get(10, TimeUnit.SECONDS))
            .hasCauseInstanceOf(SQLException.class);
      }
    }
  }

  @Test
  @DisplayName("Who waits for the connection of an aborted borrower gets one after the restore")
  void callerInsideIsServedAfterRestore() throws Exception {
    HikariConfig config = postgres.config("abort-inside");
    config.setMaximumPoolSize(1);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource, ABORT);
      Connection borrowed = dataSource.getConnection();
      Background<Integer> caller = Background.run("caller", () -> Pools.selectOne(dataSource));
      Deadlines.within(
          Duration.ofSeconds(10),
          () -> dataSource.getHikariPoolMXBean().getThreadsAwaitingConnection() == 1);

      resource.beforeCheckpoint(null);

      assertThat(caller.isDone()).isFalse();
      assertThat(postgres.sessions("abort-inside")).isEmpty();
      resource.afterRestore(null);
      assertThat(caller.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);
      borrowed.close();
      assertThat(dataSource.getHikariPoolMXBean().getTotalConnections()).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("Who gives his connection back in time is not aborted")
  void connectionGivenBackInTimeIsNotAborted() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("in-time"))) {
      HikariResource resource =
          HikariResource.of(dataSource, ABORT.withDrainTimeout(Duration.ofSeconds(20)));
      Background<Boolean> borrower =
          Background.run(
              "in-time",
              () -> {
                try (Connection connection = dataSource.getConnection();
                    var statement = connection.createStatement()) {
                  insert(connection, "in-time");
                  return statement.execute("select pg_sleep(0.5)");
                }
              });
      Deadlines.within(
          Duration.ofSeconds(10),
          () -> dataSource.getHikariPoolMXBean().getActiveConnections() == 1);

      resource.beforeCheckpoint(null);

      assertThat(borrower.result().get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(postgres.entriesOf("in-time")).isEqualTo(1);
      assertThat(log.list).isEmpty();
      resource.afterRestore(null);
    }
  }

  private static Background<Boolean> sleeper(HikariDataSource dataSource, String thread) {
    return Background.run(
        thread,
        () -> {
          try (Connection connection = dataSource.getConnection();
              var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            insert(connection, thread);
            return statement.execute("select pg_sleep(60)");
          }
        });
  }

  private void awaitEntryInProgress(String pool) throws Exception {
    awaitEntryInProgress(pool, 1);
  }

  private void awaitEntryInProgress(String pool, int borrowers) throws Exception {
    Deadlines.within(
        Duration.ofSeconds(10),
        () -> {
          try {
            return postgres.sessions(pool).stream().filter(s -> s.endsWith(" active")).count()
                == borrowers;
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static void insert(Connection connection, String who) throws SQLException {
    try (var statement = connection.prepareStatement("insert into entry (who) values (?)")) {
      statement.setString(1, who);
      statement.executeUpdate();
    }
  }
}
