/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.core.RefusedException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * An H2 database in memory is gone with its last connection, unless it is set to stay. The drain
 * would lose it.
 */
public final class MemoryDatabase {

  private static final String MEMORY = "jdbc:h2:mem:";

  private MemoryDatabase() {}

  /** Refuses if the pool's connections are all that keeps its database. */
  public static void refuseToLose(HikariPool pool) throws RefusedException {
    if (!mayBeInMemory(pool.config) || pool.getTotalConnections() == 0) {
      return;
    }
    // One of its own: those of the pool may all be borrowed.
    try (Connection connection = open(pool)) {
      String url = connection.getMetaData().getURL();
      if (url.equals(MEMORY)) {
        throw new RefusedException(
            pool.toString(),
            "each connection has a database of its own in memory, which is lost when it is closed",
            "Give the database a name and keep it, as by jdbc:h2:mem:name;DB_CLOSE_DELAY=-1");
      }
      if (url.startsWith(MEMORY) && !"-1".equals(closeDelay(connection))) {
        throw new RefusedException(
            pool.toString(),
            "its database is in memory, and lost when its last connection is closed",
            "Add ;DB_CLOSE_DELAY=-1 to the URL " + url);
      }
    } catch (SQLException e) {
      throw DrainState.unanswered(
          pool.toString(),
          "its database may be in memory, and cannot be asked whether it stays (" + e + ")",
          e);
    }
  }

  /** As HikariCP does it. */
  private static Connection open(HikariPool pool) throws SQLException {
    DataSource dataSource = pool.getUnwrappedDataSource();
    String user = pool.config.getUsername();
    return user == null
        ? dataSource.getConnection()
        : dataSource.getConnection(user, pool.config.getPassword());
  }

  private static boolean mayBeInMemory(HikariConfig config) {
    String url = config.getJdbcUrl();
    if (url != null) {
      return url.toLowerCase(Locale.ROOT).startsWith(MEMORY);
    }
    DataSource dataSource = config.getDataSource();
    String name =
        dataSource == null ? config.getDataSourceClassName() : dataSource.getClass().getName();
    return name != null && name.startsWith("org.h2.");
  }

  private static @Nullable String closeDelay(Connection connection) throws SQLException {
    // By position: H2 1.4 and 2 name these columns differently.
    try (Statement statement = connection.createStatement();
        ResultSet settings = statement.executeQuery("select * from information_schema.settings")) {
      while (settings.next()) {
        if (settings.getString(1).equals("DB_CLOSE_DELAY")) {
          return settings.getString(2);
        }
      }
      return null;
    }
  }
}
