/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** A PostgreSQL of our own, with one database and one role for the service under test. */
public final class Database implements AutoCloseable {

  private final String name;
  private final Path folder;
  private EmbeddedPostgres server;

  private Database(EmbeddedPostgres server, String name, Path folder) {
    this.server = server;
    this.name = name;
    this.folder = folder;
  }

  /** Starts it with a new database, which has a role of the same name. */
  public static Database start(String name, Path folder) {
    try {
      EmbeddedPostgres server = launch(folder, 0);
      try (Connection connection = server.getPostgresDatabase().getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("create role %s login password '%s'".formatted(name, name));
        statement.execute("create database %s owner %s".formatted(name, name));
      }
      return new Database(server, name, folder);
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL cannot be started", e);
    } catch (SQLException e) {
      throw new IllegalStateException("The database cannot be made", e);
    }
  }

  /** With port 0 on a free port; with the data that the folder holds already, if there are any. */
  private static EmbeddedPostgres launch(Path folder, int port) throws IOException {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setOverrideWorkingDirectory(folder.resolve("program").toFile())
            .setDataDirectory(folder.resolve("data"))
            .setCleanDataDirectory(false)
            .setPGStartupWait(Duration.ofSeconds(60));
    return (port == 0 ? builder : builder.setPort(port)).start();
  }

  /** Starts the stopped server on the same port with the same data. */
  void startAgain() {
    try {
      server = launch(folder, server.getPort());
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL cannot be started again", e);
    }
  }

  /** Where the database is. */
  public String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/" + name;
  }

  /** The role, whose password is its name. */
  public String user() {
    return name;
  }

  int port() {
    return server.getPort();
  }

  /** How many sessions the service has, as the server sees it. */
  int sessions() {
    return (int)
        number("select count(*) from pg_stat_activity where usename = ?", server, "postgres", name);
  }

  /** The first column of the first row. */
  long number(String query, String... arguments) {
    return number(query, server, name, arguments);
  }

  private static long number(
      String query, EmbeddedPostgres server, String database, String... arguments) {
    try (Connection connection = server.getDatabase("postgres", database).getConnection();
        PreparedStatement statement = connection.prepareStatement(query)) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setString(i + 1, arguments[i]);
      }
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        return result.getLong(1);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The database does not answer", e);
    }
  }

  /** Stops the server; the data stay. */
  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL cannot be stopped", e);
    }
  }
}
