/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.spring.PoolAtRestore;
import dev.cracadapters.spring.fixture.Postgres;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@ExtendWith(OutputCaptureExtension.class)
@DisplayName("The settings of data sources that an application configures itself")
class SeveralDataSourcesTest {

  private static final Postgres POSTGRES = Postgres.shared();

  @TempDir private Path folder;

  @BeforeAll
  static void createUsers() throws Exception {
    POSTGRES.createUser("app", "one");
    POSTGRES.createUser("orders", "orders-one");
  }

  @BeforeEach
  void resetPasswords() throws Exception {
    POSTGRES.changePassword("app", "one");
    POSTGRES.changePassword("orders", "orders-one");
  }

  private static void assertUsers(RotatedApplication application, String... users)
      throws Exception {
    for (int i = 0; i < users.length; i += 2) {
      assertThat(application.user(users[i])).as(users[i]).isEqualTo(users[i + 1]);
    }
  }

  /** As the Spring Boot reference has them. */
  @Configuration(proxyBeanMethods = false)
  static class Documented {

    @Bean
    @ConfigurationProperties("app.datasource")
    HikariDataSource built() {
      return DataSourceBuilder.create().type(HikariDataSource.class).build();
    }

    @Bean(defaultCandidate = false)
    @ConfigurationProperties("app.datasource.orders")
    BootJdbc.Properties orderProperties() {
      return new BootJdbc.Properties();
    }

    @Bean(defaultCandidate = false)
    @ConfigurationProperties("app.datasource.orders.configuration")
    HikariDataSource orders(@Qualifier("orderProperties") BootJdbc.Properties properties) {
      return properties.initializeDataSourceBuilder().type(HikariDataSource.class).build();
    }
  }

  private static String[] documented(String app, String orders, String more) {
    return new String[] {
      "app.datasource.jdbc-url=" + POSTGRES.url("app"),
      "app.datasource.username=app",
      "app.datasource.password=" + app,
      "app.datasource.orders.url=" + POSTGRES.url("orders"),
      "app.datasource.orders.username=orders",
      "app.datasource.orders.password=" + orders,
      more
    };
  }

  @Test
  @DisplayName("as the Spring Boot reference has them, each with its own")
  void documented() throws Exception {
    RotatedApplication.configure(folder, documented("one", "orders-one", ""));
    try (RotatedApplication application = new RotatedApplication(folder, Documented.class)) {
      assertUsers(application, "built", "app", "orders", "orders");
      application.restore(
          () -> {
            POSTGRES.changePassword("app", "two");
            POSTGRES.changePassword("orders", "orders-two");
            application.configure(
                documented(
                    "two",
                    "orders-two",
                    "app.datasource.orders.configuration.maximum-pool-size=3"));
          });
      assertUsers(application, "built", "app", "orders", "orders");
      assertThat(application.pool("orders").getMaximumPoolSize()).isEqualTo(3);
      assertThat(application.pool("built").getPassword()).isEqualTo("two");
      assertThat(application.bean(BootJdbc.Properties.class).getPassword()).isEqualTo("orders-two");
    }
  }

  @Test
  @DisplayName("one that cannot be used is said, and does not keep the others from theirs")
  void unusable(CapturedOutput output) throws Exception {
    RotatedApplication.configure(folder, documented("one", "orders-one", ""));
    try (RotatedApplication application = new RotatedApplication(folder, Documented.class)) {
      assertUsers(application, "built", "app", "orders", "orders");
      String[] wrong =
          documented(
              "two", "orders-one", "app.datasource.orders.configuration.maximum-pool-size=0");
      application.restore(
          () -> {
            POSTGRES.changePassword("app", "two");
            application.configure(wrong);
          });
      assertUsers(application, "built", "app", "orders", "orders");
      assertThat(output)
          .contains(application.pool("orders").getPoolName() + ": its configuration cannot be used")
          .contains("maxPoolSize cannot be less than 1");
    }
  }

  /** Of an application's own. */
  @ConfigurationProperties("own")
  static class Own {

    private String url = "";
    private String user = "";
    private String password = "";

    public String getUrl() {
      return url;
    }

    public void setUrl(String url) {
      this.url = url;
    }

    public String getUser() {
      return user;
    }

    public void setUser(String user) {
      this.user = user;
    }

    public String getPassword() {
      return password;
    }

    public void setPassword(String password) {
      this.password = password;
    }
  }

  @ConfigurationProperties("fixed")
  record Fixed(String jdbcUrl, String username, String password) {}

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties({Own.class, Fixed.class})
  static class OwnBeans {

    @Bean
    DataSource routed(Own own, Fixed fixed) {
      HikariDataSource other = POSTGRES.pool("fixed");
      other.setJdbcUrl(fixed.jdbcUrl());
      other.setUsername(fixed.username());
      other.setPassword(fixed.password());
      return new Wrappers.ByThread(java.util.Map.of("other", other), pool(own));
    }

    private static HikariDataSource pool(Own own) {
      HikariDataSource pool = POSTGRES.pool("own");
      pool.setJdbcUrl(own.getUrl());
      pool.setUsername(own.getUser());
      pool.setPassword(own.getPassword());
      return pool;
    }
  }

  private static String[] own(String own, String fixed) {
    return new String[] {
      "own.url=" + POSTGRES.url("own"),
      "own.user=app",
      "own.password=" + own,
      "fixed.jdbc-url=" + POSTGRES.url("fixed"),
      "fixed.username=orders",
      "fixed.password=" + fixed
    };
  }

  @Test
  @DisplayName("from beans of its own, behind a router: a class with setters, and a record")
  void ownBeans() throws Exception {
    RotatedApplication.configure(folder, own("one", "orders-one"));
    try (RotatedApplication application = new RotatedApplication(folder, OwnBeans.class)) {
      Wrappers.ByThread routed = application.bean(Wrappers.ByThread.class);
      DataSource fixed = routed.getResolvedDataSources().get("other");
      assertUsers(application, "routed", "app");
      assertThat(Postgres.ask(fixed, "select current_user")).containsExactly("orders");
      application.restore(
          () -> {
            POSTGRES.changePassword("app", "two");
            POSTGRES.changePassword("orders", "orders-two");
            application.configure(own("two", "orders-two"));
          });
      assertUsers(application, "routed", "app");
      assertThat(Postgres.ask(fixed, "select current_user")).containsExactly("orders");
      assertThat(application.bean(Own.class).getPassword()).isEqualTo("two");
    } finally {
      POSTGRES.closePools();
    }
  }

  /** The password in the file is not the one that the pool has. */
  @Configuration(proxyBeanMethods = false)
  static class Encoded {

    final List<String> called = new CopyOnWriteArrayList<>();

    @Bean
    HikariDataSource encoded(org.springframework.core.env.Environment environment) {
      HikariDataSource pool = POSTGRES.pool("encoded");
      pool.setUsername("app");
      pool.setPassword(decoded(environment));
      return pool;
    }

    @Bean
    PoolAtRestore passwords(org.springframework.core.env.Environment environment) {
      return (String name, HikariConfig pool) -> {
        called.add(name + " " + pool.getUsername());
        pool.setPassword(decoded(environment));
        pool.addDataSourceProperty("options", "-c statement_timeout=70s");
      };
    }

    private static String decoded(org.springframework.core.env.Environment environment) {
      String text = environment.getRequiredProperty("encoded.password");
      return new String(Base64.getDecoder().decode(text));
    }
  }

  private static String encoded(String password) {
    return "encoded.password=" + Base64.getEncoder().encodeToString(password.getBytes());
  }

  @Test
  @DisplayName("by a PoolAtRestore, whose failure leaves the pool as it was")
  void hook(CapturedOutput output) throws Exception {
    RotatedApplication.configure(folder, encoded("one"));
    try (RotatedApplication application = new RotatedApplication(folder, Encoded.class)) {
      assertUsers(application, "encoded", "app");
      application.restore(() -> application.configure("encoded.password=?"));
      assertUsers(application, "encoded", "app");
      assertThat(output).contains("encoded: the settings at the restore", "base64");

      application.restore(
          () -> {
            POSTGRES.changePassword("app", "two");
            application.configure(encoded("two"));
          });
      assertUsers(application, "encoded", "app");
      assertThat(Postgres.ask(application.pool("encoded"), "show statement_timeout"))
          .containsExactly("70s");
      assertThat(application.bean(Encoded.class).called)
          .containsExactly("encoded app", "encoded app");
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Details {

    @Bean
    BootJdbc.Details details() {
      return new BootJdbc.Details(POSTGRES.url("details"));
    }
  }

  @Test
  @DisplayName("by connection details, which are asked again; also behind Boot's lazy proxy")
  void connectionDetails() throws Exception {
    RotatedApplication.configure(folder, "spring.datasource.connection-fetch=lazy");
    try (RotatedApplication application = new RotatedApplication(folder, Details.class)) {
      BootJdbc.Details details = application.bean(BootJdbc.Details.class);
      assertUsers(application, "dataSource", "app");
      application.restore(
          () -> {
            POSTGRES.changePassword("app", "two");
            details.password = "two";
          });
      assertUsers(application, "dataSource", "app");
      assertThat(application.pool("dataSource").getPassword()).isEqualTo("two");
    }
  }
}
