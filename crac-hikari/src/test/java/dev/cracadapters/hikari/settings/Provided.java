/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.settings;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.util.Credentials;

/** What HikariCP has since its line 7. */
final class Provided {

  private Provided() {}

  static boolean isThere() {
    try {
      Class.forName("com.zaxxer.hikari.HikariCredentialsProvider");
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  static void credentials(HikariConfig config, String user, String password) {
    config.setCredentialsProvider(() -> Credentials.of(user, password));
  }
}
