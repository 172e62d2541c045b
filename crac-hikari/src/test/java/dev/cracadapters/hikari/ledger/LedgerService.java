/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointOptions;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.hikari.HikariResource;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.crac.CheckpointException;
import org.crac.RestoreException;

/**
 * A process whose threads book transfers through a pool without a pause, whatever happens to it,
 * and keep account of what they have seen committed. It does what its standard input says, a
 * command a line. The one line that is ours is in {@link #main}.
 */
public final class LedgerService {

  /** How many threads book. */
  public static final int WORKERS = 32;

  /** How many connections they share. */
  public static final int CONNECTIONS = 8;

  private static final long CONNECTION_TIMEOUT_MILLIS = 120_000;

  private static final long TURN_NANOS = 1_000_000;

  private static final Duration LIMIT = Duration.ofSeconds(50);

  private final HikariDataSource dataSource;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLongArray committed = new AtomicLongArray(WORKERS);
  private final AtomicLongArray moved = new AtomicLongArray(Transfer.ACCOUNTS);
  private final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger tookPart = new AtomicInteger();
  private volatile int round;
  private volatile boolean ending;

  private LedgerService(HikariDataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Books until it is told to stop.
   *
   * @param arguments URL, user, password
   * @throws Exception if it is interrupted, or its standard input cannot be read
   */
  public static void main(String[] arguments) throws Exception {
    HikariConfig config = new HikariConfig();
    config.setPoolName("ledger");
    config.setJdbcUrl(arguments[0]);
    config.setUsername(arguments[1]);
    config.setPassword(arguments[2]);
    config.setMaximumPoolSize(CONNECTIONS);
    // A thread that runs borrows a returned connection before one that is only being woken up for
    // it. On a busy machine a caller may lose that race for longer than HikariCP's 30 seconds.
    config.setConnectionTimeout(CONNECTION_TIMEOUT_MILLIS);
    config.setAllowPoolSuspension(Boolean.getBoolean("ledger.suspension"));
    LedgerService service = new LedgerService(new HikariDataSource(config));
    CheckpointCoordinator.global().register(HikariResource.of(service.dataSource));
    service.start();
    say("ready");
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ", 2);
      service.run(words[0], words.length > 1 ? words[1] : "");
    }
    System.exit(2);
  }

  private void run(String command, String argument) throws InterruptedException {
    switch (command) {
      case "checkpoint" -> checkpoint(CheckpointOptions.NONE);
      case "image" -> checkpoint(new CheckpointOptions(Path.of(argument), true));
      case "work" -> {
        awaitWork();
        say("worked " + argument);
      }
      case "late" -> late(argument);
      case "stop" -> stop();
      default -> throw new IllegalArgumentException(command);
    }
  }

  private void start() {
    for (int i = 0; i < WORKERS; i++) {
      int worker = i;
      Thread thread = new Thread(() -> book(worker), "worker-" + i);
      threads.add(thread);
      thread.start();
    }
  }

  private void book(int worker) {
    int seen = -1;
    while (!ending) {
      long number = committed.get(worker);
      try (Connection connection = dataSource.getConnection()) {
        connection.setAutoCommit(false);
        if (number % 8 == 0) {
          new Transfer(worker, number, 0, 1, 1_000_000).writeTo(connection);
          connection.rollback();
        }
        Transfer transfer = Transfer.of(worker, number);
        transfer.writeTo(connection);
        connection.commit();
        committed.incrementAndGet(worker);
        moved.addAndGet(transfer.from(), -transfer.amount());
        moved.addAndGet(transfer.to(), transfer.amount());
      } catch (SQLException | RuntimeException e) {
        failures.add(e);
        return;
      }
      int now = round;
      if (seen != now) {
        seen = now;
        tookPart.incrementAndGet();
      } else if (tookPart.get() < WORKERS) {
        // A thread that runs borrows before one that is only being woken up: who has had its turn
        // leaves the connections to those that wait for theirs.
        LockSupport.parkNanos(TURN_NANOS);
      }
    }
  }

  /** Until each thread has booked something since now; each had work to do, none was left out. */
  private void awaitWork() throws InterruptedException {
    tookPart.set(0);
    round++;
    if (!Deadline.after(LIMIT).await(() -> tookPart.get() >= WORKERS || !failures.isEmpty())) {
      failures.add(new IllegalStateException(tookPart + " workers worked within " + LIMIT));
    }
  }

  private void checkpoint(CheckpointOptions options) {
    try {
      say(CheckpointCoordinator.global().checkpoint(options).outcome().toString());
    } catch (CheckpointException | RestoreException e) {
      say(
          "FAILED "
              + Stream.of(e.getSuppressed())
                  .map(Throwable::getMessage)
                  .toList()
                  .toString()
                  .replace('\n', ' '));
    }
  }

  /** A statement that takes longer than its time, which the driver's timer has to cancel. */
  private void late(String sql) {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      statement.execute(sql);
      say("late: it was not cancelled");
    } catch (SQLException e) {
      say("late: " + e.getMessage());
    }
  }

  private void stop() throws InterruptedException {
    ending = true;
    for (Thread thread : threads) {
      thread.join(LIMIT.toMillis());
    }
    failures.forEach(failure -> say("failure " + failure));
    for (int i = 0; i < WORKERS; i++) {
      say("committed " + i + " " + committed.get(i));
    }
    for (int i = 0; i < Transfer.ACCOUNTS; i++) {
      say("moved " + i + " " + moved.get(i));
    }
    dataSource.close();
    say("stopped");
    System.exit(0);
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
