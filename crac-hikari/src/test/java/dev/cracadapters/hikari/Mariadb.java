/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.RunningProcess;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** A real MariaDB on loopback with the data of its own, and what can be seen of its sessions. */
final class Mariadb implements AutoCloseable {

  static final String USER = "app";
  static final String PASSWORD = "open sesame";

  private static final String REQUIRED = "CRAC_REQUIRE_CRIU";
  private static final String OBSERVER = "observer";
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Path folder;
  private final int port;
  private final RunningProcess server;
  private final Connection observer;

  private Mariadb(Path folder, int port, RunningProcess server, Connection observer) {
    this.folder = folder;
    this.port = port;
    this.server = server;
    this.observer = observer;
  }

  /** Starts one, or has the tests skipped where none can be brought; in CI it must be there. */
  static Mariadb start(Path outputs) throws Exception {
    Path program = program(outputs);
    // The server runs as nobody where root runs the tests.
    Path folder =
        Files.createTempDirectory(
            "mariadb-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path users =
        Files.write(
            folder.resolve("users.sql"),
            List.of(
                "create database ledger;",
                "create user %s@'%%' identified by '%s';".formatted(USER, PASSWORD),
                "grant all on ledger.* to %s@'%%';".formatted(USER),
                "create user %s@'%%' identified by '%s';".formatted(OBSERVER, PASSWORD),
                "grant all on *.* to %s@'%%';".formatted(OBSERVER)));
    Files.setPosixFilePermissions(users, PosixFilePermissions.fromString("rw-r--r--"));
    int port = freePort();
    RunningProcess server =
        RunningProcess.start(
            List.of(
                program.toString(),
                folder.toString(),
                "--bind-address=127.0.0.1",
                "--port=" + port,
                "--socket=" + folder.resolve("socket"),
                "--init-file=" + users,
                "--innodb-flush-log-at-trx-commit=0"),
            Map.of(),
            outputs,
            "mariadb");
    try {
      return new Mariadb(folder, port, server, observer(server, port));
    } catch (AssertionError e) {
      server.close();
      throw e;
    }
  }

  /** Asks {@code tools/mariadb}, which brings it and prints where it is. */
  private static Path program(Path outputs) throws Exception {
    Path script = Path.of(System.getProperty("crac.tools", "tools"), "mariadb");
    try (RunningProcess tool =
        RunningProcess.start(List.of(script.toString()), Map.of(), outputs, "tools-mariadb")) {
      if (tool.awaitExit() == 0) {
        return Path.of(tool.output().strip());
      }
      String reason = "there is no MariaDB here: " + tool.error().strip();
      if ("true".equals(System.getenv(REQUIRED))) {
        throw new AssertionError(REQUIRED + " is true, but " + reason);
      }
      return Assumptions.abort(reason);
    }
  }

  private static Connection observer(RunningProcess server, int port) throws Exception {
    List<Connection> connected = new ArrayList<>();
    Deadline.after(LIMIT)
        .await(
            () -> {
              try {
                connected.add(
                    DriverManager.getConnection("jdbc:mariadb" + url(port), OBSERVER, PASSWORD));
                return true;
              } catch (SQLException e) {
                return !server.isAlive(); // or not up yet
              }
            });
    if (connected.isEmpty()) {
      throw new AssertionError("MariaDB did not start" + server.told());
    }
    return connected.get(0);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static String url(int port) {
    return "://127.0.0.1:" + port + "/ledger";
  }

  /** The URL for a driver, {@code mariadb} or {@code mysql}, as for an application in a hurry. */
  String url(String driver) {
    return "jdbc:" + driver + url(port) + "?useServerPrepStmts=true&cachePrepStmts=true";
  }

  int port() {
    return port;
  }

  HikariConfig config(String driver) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(driver);
    config.setJdbcUrl(url(driver));
    config.setUsername(USER);
    config.setPassword(PASSWORD);
    config.setMaximumPoolSize(5);
    return config;
  }

  /** A session of the tests' own. */
  Connection observer() {
    return observer;
  }

  /**
   * The pools' sessions are gone. MariaDB closes its socket first, then cleans the session up, and
   * takes it off the list last ({@code do_handle_one_connection}): it may be seen a moment longer.
   */
  void assertNoSession() throws Exception {
    awaitAnswers(
        List.of(),
        "select concat(id, ' ', command, ' ', coalesce(state, ''))"
            + " from information_schema.processlist where user = ?",
        USER);
  }

  void awaitAnswers(List<String> expected, String sql, String... arguments) throws Exception {
    List<String> answers = new ArrayList<>();
    Deadline deadline = Deadline.after(Duration.ofSeconds(5));
    do {
      answers.clear();
      answers.addAll(ask(sql, arguments));
    } while (!answers.equals(expected) && !deadline.hasPassed());
    assertThat(answers).isEqualTo(expected);
  }

  /** The first column of what a question gives. */
  List<String> ask(String sql, String... arguments) throws SQLException {
    try (PreparedStatement statement = observer.prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setString(i + 1, arguments[i]);
      }
      List<String> answers = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          answers.add(rows.getString(1));
        }
      }
      return answers;
    }
  }

  @Override
  public void close() throws IOException, SQLException {
    observer.close();
    server.close();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException failure)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
