/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The servers in a JDBC URL")
class JdbcUrlTest {

  @ParameterizedTest(name = "{0}")
  @DisplayName("are found")
  @CsvSource(
      delimiter = ' ',
      value = {
        "jdbc:postgresql://127.0.0.1/db 127.0.0.1:5432",
        "jdbc:postgresql://127.0.0.1:1234/db?user=a 127.0.0.1:1234",
        "jdbc:postgresql://[::1]:1234/db [0:0:0:0:0:0:0:1]:1234",
        "jdbc:mysql:loadbalance://127.0.0.1,127.0.0.2:33/db 127.0.0.1:3306,127.0.0.2:33",
        "jdbc:mariadb://scott:tiger@127.0.0.1/db 127.0.0.1:3306",
        "jdbc:sqlserver://127.0.0.1;databaseName=db 127.0.0.1:1433",
        "jdbc:sqlserver://127.0.0.1\\INSTANCE:1434;databaseName=db 127.0.0.1:1434",
        "jdbc:oracle:thin:@127.0.0.1:1522:SID 127.0.0.1:1522",
        "jdbc:oracle:thin:@127.0.0.1 127.0.0.1:1521",
        "jdbc:oracle:thin:@//127.0.0.1:1522/service 127.0.0.1:1522",
        "jdbc:oracle:thin:scott/tiger@127.0.0.1:1522:SID 127.0.0.1:1522",
        "jdbc:p6spy:postgresql://127.0.0.1/db 127.0.0.1:5432",
        "jdbc:h2:tcp://127.0.0.1/~/db 127.0.0.1:9092",
        "jdbc:unheard-of://127.0.0.1/db 127.0.0.1",
      })
  void found(String url, String addresses) {
    assertThat(String.join(",", JdbcUrl.of(url).addresses())).isEqualTo(addresses);
  }

  @ParameterizedTest
  @DisplayName("are none in a URL without one")
  @NullSource
  @ValueSource(strings = {"", "jdbc:h2:mem:db", "jdbc:h2:file:/var//db", "jdbc:postgresql:db"})
  void none(String url) {
    assertThat(JdbcUrl.of(url).servers()).isEmpty();
  }

  @Test
  @DisplayName("are compared with the far end of a connection")
  void leadsTo() {
    JdbcUrl url = JdbcUrl.of("jdbc:postgresql://127.0.0.1,127.0.0.2:1/db");

    assertThat(url.leadsTo(new InetSocketAddress("127.0.0.1", 5432))).isTrue();
    assertThat(url.leadsTo(new InetSocketAddress("127.0.0.2", 1))).isTrue();
    assertThat(url.leadsTo(new InetSocketAddress("127.0.0.2", 5432))).isFalse();
  }
}
