/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.settings;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.crac.CheckpointException;
import org.crac.RestoreException;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A process whose pools are told their database by the environment, or by a file in its place, each
 * in another way; and which does what its standard input says, a command a line.
 */
public final class RotatedPools {

  /** Closed, and still held by who borrowed them, as it happens in applications. */
  private static final List<Connection> FORMERLY_BORROWED = new ArrayList<>();

  private static final List<HikariDataSource> POOLS = new ArrayList<>();
  private static final ExecutorService WORKERS = Executors.newFixedThreadPool(2);

  private RotatedPools() {}

  /**
   * Runs until it is told to end, or its standard input ends.
   *
   * @param ways in which the pools are given their passwords
   * @throws Exception if a database does not answer
   */
  public static void main(String[] ways) throws Exception {
    for (String way : ways) {
      HikariDataSource pool = new HikariDataSource(config(way));
      POOLS.add(pool);
      CheckpointCoordinator.global()
          .register(
              HikariResource.of(pool, HikariSettings.fromSystemProperties(), () -> config(way)));
      borrow(pool);
    }
    say("ready");
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line = input.readLine();
    while (line != null && !line.equals("end")) {
      run(line.split(" "));
      line = input.readLine();
    }
    System.exit(0);
  }

  private static void run(String[] words) throws SQLException, IOException {
    switch (words[0]) {
      case "who" -> say("who " + who());
      case "dump" -> {
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(words[1], true);
        say("dumped " + words[1]);
      }
      // On a thread of its own: the other one waits for the restore's standard input.
      case "checkpoint" -> new Thread(RotatedPools::checkpoint).start();
      default -> say("unknown " + words[0]);
    }
  }

  private static void checkpoint() {
    try {
      CheckpointCoordinator.global().checkpoint();
      say("restored");
    } catch (CheckpointException | RestoreException e) {
      say("failed " + Stream.of(e.getSuppressed()).map(Throwable::getMessage).toList());
    }
  }

  /** By threads that live on, with statements of all kinds. */
  private static void borrow(HikariDataSource pool) throws Exception {
    CountDownLatch together = new CountDownLatch(2);
    List<Future<?>> borrowers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      borrowers.add(
          WORKERS.submit(
              () -> {
                try (Connection connection = pool.getConnection();
                    var statement = connection.prepareStatement("select ?::text")) {
                  together.countDown();
                  together.await();
                  statement.setString(1, "x");
                  for (int turn = 0; turn < 8; turn++) {
                    statement.executeQuery().close();
                  }
                  synchronized (FORMERLY_BORROWED) {
                    FORMERLY_BORROWED.add(connection);
                  }
                }
                return null;
              }));
    }
    for (var borrower : borrowers) {
      borrower.get();
    }
  }

  private static String who() throws SQLException {
    List<String> answers = new ArrayList<>();
    for (HikariDataSource pool : POOLS) {
      answers.add(
          SettingsAtRestoreTest.ask(pool, "select current_user || '@' || current_setting('port')"));
    }
    return String.join(" ", answers);
  }

  private static HikariConfig config(String way) {
    Properties told = told();
    String url = told.getProperty("DB_URL");
    String user = told.getProperty("DB_USER");
    String password = told.getProperty("DB_PASSWORD");
    HikariConfig config = new HikariConfig();
    config.setPoolName(way);
    config.setMaximumPoolSize(2);
    config.setJdbcUrl(url);
    switch (way) {
      case "login" -> {
        config.setUsername(user);
        config.setPassword(password);
      }
      case "properties" -> {
        config.addDataSourceProperty("user", user);
        config.addDataSourceProperty("password", password);
      }
      case "url" -> config.setJdbcUrl(url + "&user=" + user + "&password=" + password);
      case "class" -> {
        config.setJdbcUrl(null);
        config.setDataSourceClassName(PGSimpleDataSource.class.getName());
        config.addDataSourceProperty("url", url);
        config.addDataSourceProperty("user", user);
        config.addDataSourceProperty("password", password);
      }
      case "object" -> {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(url);
        source.setUser(user);
        source.setPassword(password);
        config.setJdbcUrl(null);
        config.setDataSource(source);
      }
      case "provider" -> Provided.credentials(config, user, password);
      default -> throw new IllegalArgumentException(way);
    }
    return config;
  }

  private static Properties told() {
    Properties told = new Properties();
    String file = System.getProperty("told.by");
    if (file == null) {
      told.putAll(System.getenv());
      return told;
    }
    try (BufferedReader reader = Files.newBufferedReader(Path.of(file))) {
      told.load(reader);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return told;
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
