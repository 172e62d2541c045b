/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.sql.DataSource;

/** A real PostgreSQL, one for all tests of a JVM, and what can be seen of its sessions. */
final class Postgres {

  /** Started when it is first asked for: a program of a test may use another JVM's. */
  private static final class Shared {
    static final Postgres SERVER = new Postgres();
  }

  private final EmbeddedPostgres server;
  private final Queue<HikariDataSource> pools = new ConcurrentLinkedQueue<>();

  private Postgres() {
    try {
      server = EmbeddedPostgres.start();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static Postgres shared() {
    return Shared.SERVER;
  }

  /** A URL without a user; the sessions are known by their application's name. */
  String url(String applicationName) {
    return "jdbc:postgresql://localhost:%d/postgres?ApplicationName=%s"
        .formatted(server.getPort(), applicationName);
  }

  /** A pool that is not started yet, whose sessions are known by its name. */
  HikariDataSource pool(String name) {
    HikariDataSource pool = new HikariDataSource();
    pool.setPoolName(name);
    pool.setJdbcUrl(url(name));
    pool.setUsername("postgres");
    pool.setMaximumPoolSize(2);
    pools.add(pool);
    return pool;
  }

  /** Closes the pools that were made here: a wrapper does not. */
  void closePools() {
    for (HikariDataSource pool = pools.poll(); pool != null; pool = pools.poll()) {
      pool.close();
    }
  }

  /** A user who has to give a password. */
  void createUser(String user, String password) throws Exception {
    Path rules = Path.of(ask("show hba_file").get(0));
    List<String> lines = new ArrayList<>(Files.readAllLines(rules));
    lines.add(0, "host all " + user + " 127.0.0.1/32 scram-sha-256");
    lines.add(0, "host all " + user + " ::1/128 scram-sha-256");
    Files.write(rules, lines);
    execute("create user " + user + " password '" + password + "'");
    ask("select pg_reload_conf()");
  }

  void changePassword(String user, String password) throws SQLException {
    execute("alter user " + user + " password '" + password + "'");
  }

  void execute(String sql) throws SQLException {
    try (Connection observer = connect();
        Statement statement = observer.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The sessions of other clients, by their applications' names, asked at once. */
  List<String> sessions() throws SQLException {
    return ask(
        "select application_name from pg_stat_activity"
            + " where backend_type = 'client backend' and application_name <> 'observer'");
  }

  /** The first column of the rows. */
  List<String> ask(String sql) throws SQLException {
    try (Connection observer = connect()) {
      return ask(observer, sql);
    }
  }

  /** One for each question: a connection that stays open would be in a checkpoint's way. */
  private Connection connect() throws SQLException {
    return DriverManager.getConnection(url("observer"), "postgres", null);
  }

  static List<String> ask(DataSource dataSource, String sql) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return ask(connection, sql);
    }
  }

  private static List<String> ask(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> column = new ArrayList<>();
      while (rows.next()) {
        column.add(rows.getString(1));
      }
      return column;
    }
  }

  /** The name by which the server knows a session of a data source. */
  static String session(DataSource dataSource) throws SQLException {
    return ask(dataSource, "show application_name").get(0);
  }
}
