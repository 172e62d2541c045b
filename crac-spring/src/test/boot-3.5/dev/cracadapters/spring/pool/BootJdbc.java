/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import org.springframework.boot.autoconfigure.jdbc.DataSourceProperties;
import org.springframework.boot.autoconfigure.jdbc.JdbcConnectionDetails;

/** What stands in another package on each line of Spring Boot. */
final class BootJdbc {

  private BootJdbc() {}

  /** The user that an application's properties bean has. */
  static String user(RotatedApplication application) {
    return application.bean(DataSourceProperties.class).getUsername();
  }

  static class Properties extends DataSourceProperties {}

  /** Details that come from elsewhere than properties. */
  static final class Details implements JdbcConnectionDetails {

    final String url;
    volatile String password = "one";

    Details(String url) {
      this.url = url;
    }

    @Override
    public String getJdbcUrl() {
      return url;
    }

    @Override
    public String getUsername() {
      return "app";
    }

    @Override
    public String getPassword() {
      return password;
    }
  }
}
