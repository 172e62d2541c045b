/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import com.zaxxer.hikari.HikariConfig;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A real PostgreSQL, one for all tests of a JVM, and what can be seen of its sessions. */
final class Postgres implements AutoCloseable {

  private static final Postgres SHARED = new Postgres(start());

  private final EmbeddedPostgres server;
  private final Connection observer;

  private Postgres(EmbeddedPostgres server) {
    this.server = server;
    try {
      observer = server.getPostgresDatabase().getConnection();
      try (var statement = observer.createStatement()) {
        statement.execute("create table entry (id bigserial primary key, who text not null)");
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  static Postgres shared() {
    return SHARED;
  }

  /** One of its own, to be closed. */
  static Postgres another() {
    return new Postgres(start());
  }

  @Override
  public void close() throws SQLException, IOException {
    observer.close();
    server.close();
  }

  private static EmbeddedPostgres start() {
    try {
      return EmbeddedPostgres.start();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A pool's configuration whose sessions are known by the pool's name. */
  HikariConfig config(String poolName) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(poolName);
    config.setJdbcUrl(url(poolName));
    config.setUsername("postgres");
    config.setMaximumPoolSize(5);
    return config;
  }

  String url(String poolName) {
    return server.getJdbcUrl("postgres", "postgres") + "&ApplicationName=" + poolName;
  }

  int port() {
    return server.getPort();
  }

  /** A URL without a user, for sessions that are known by a name. */
  String urlOf(String database, String applicationName) {
    return "jdbc:postgresql://localhost:%d/%s?ApplicationName=%s"
        .formatted(port(), database, applicationName);
  }

  /** The one value that a query gives. */
  synchronized String value(String query) throws SQLException {
    try (var statement = observer.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getString(1);
    }
  }

  /** Runs a statement in a session of its own, which leaves nothing behind in this process. */
  void execute(String sql) throws SQLException {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** What {@code pg_stat_activity} knows of a pool, asked at once in a session of our own. */
  synchronized List<String> sessions(String poolName) throws SQLException {
    try (PreparedStatement statement =
        observer.prepareStatement(
            "select pid || ' ' || coalesce(state, '?') from pg_stat_activity"
                + " where application_name = ?")) {
      statement.setString(1, poolName);
      try (ResultSet rows = statement.executeQuery()) {
        List<String> sessions = new ArrayList<>();
        while (rows.next()) {
          sessions.add(rows.getString(1));
        }
        return sessions;
      }
    }
  }

  synchronized long entriesOf(String who) throws SQLException {
    try (PreparedStatement statement =
        observer.prepareStatement("select count(*) from entry where who = ?")) {
      statement.setString(1, who);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    }
  }

  /** This process's open sockets to the server, but for the observer's one. */
  int openSockets() throws IOException {
    return openSocketsTo(server.getPort()) - 1;
  }

  /** This process's open sockets to a port of this machine. */
  static int openSocketsTo(int port) throws IOException {
    String remotePort = String.format(Locale.ROOT, ":%04X", port);
    List<String> inodes = new ArrayList<>();
    for (String table : List.of("/proc/self/net/tcp", "/proc/self/net/tcp6")) {
      for (String line : Files.readAllLines(Path.of(table))) {
        String[] words = line.strip().split("\\s+");
        if (words[2].endsWith(remotePort)) {
          inodes.add("socket:[" + words[9] + "]");
        }
      }
    }
    int open = 0;
    try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors) {
        try {
          if (inodes.contains(Files.readSymbolicLink(descriptor).toString())) {
            open++;
          }
        } catch (IOException e) {
          // Closed since the folder was read.
        }
      }
    }
    return open;
  }
}
