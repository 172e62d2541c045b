/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import dev.cracadapters.core.Deadline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Properties;

/** Users whose passwords the server asks for, which it does not do for anybody else. */
final class Logins {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private Logins() {}

  /** A word that nobody has seen before. */
  static String password() {
    byte[] random = new byte[12];
    new SecureRandom().nextBytes(random);
    return "pw" + HexFormat.of().formatHex(random);
  }

  /** Adds a user that may log in with a password only. */
  static void add(Postgres postgres, String user, String password) throws Exception {
    postgres.execute("create role " + user + " login password '" + password + "'");
    Path rules = Path.of(postgres.value("show hba_file"));
    String line = "host all " + user + " all scram-sha-256\n";
    Files.writeString(rules, line + Files.readString(rules));
    postgres.execute("select pg_reload_conf()");
    if (!Deadline.after(LIMIT).await(() -> !isLetIn(postgres, user))) {
      throw new AssertionError("No password is asked for");
    }
  }

  static void change(Postgres postgres, String user, String password) throws SQLException {
    postgres.execute("alter role " + user + " password '" + password + "'");
  }

  private static boolean isLetIn(Postgres postgres, String user) {
    Properties login = new Properties();
    login.setProperty("user", user);
    login.setProperty("password", "not this one");
    try {
      DriverManager.getConnection(postgres.urlOf("postgres", user), login).close();
      return true;
    } catch (SQLException e) {
      return false;
    }
  }
}
