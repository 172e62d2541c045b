/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@DisplayName("Without an adapter")
class MissingAdapterIT {

  @TempDir Path folder;

  @Test
  @DisplayName("crac-hikari, the pool's socket is named, and the service goes on")
  void hikari() throws IOException {
    try (OrdersUnderTest test = startWithout("crac-hikari")) {
      JsonNode report = test.checkpoint();

      assertThat(report.get("outcome").asText()).isEqualTo("REFUSED");
      // Not every one: the pool goes on filling, and a socket that is not connected yet has no
      // other end.
      assertThat(failures(report))
          .anySatisfy(
              failure ->
                  assertThat(failure)
                      .contains("-> 127.0.0.1:" + test.setup.database().port())
                      .contains("HikariPool-1")
                      .contains("add crac-hikari"));
      assertServes(test);
    }
  }

  @Test
  @DisplayName("crac-logback, the log file is named, and the service goes on")
  void logback() throws IOException {
    try (OrdersUnderTest test = startWithout("crac-logback")) {
      JsonNode report = test.checkpoint();

      assertThat(report.get("outcome").asText()).isEqualTo("REFUSED");
      assertThat(failures(report))
          .singleElement()
          .asString()
          .contains(test.setup.logFile().toString())
          .contains("add crac-logback");
      assertServes(test);
    }
  }

  @Test
  @DisplayName("crac-netty, the line server's socket is named, and the service goes on")
  void netty() throws IOException {
    try (OrdersUnderTest test = startWithout("crac-netty")) {
      JsonNode report = test.checkpoint();

      assertThat(report.get("outcome").asText()).isEqualTo("REFUSED");
      assertThat(failures(report))
          .anySatisfy(
              failure ->
                  assertThat(failure)
                      .contains(":" + test.setup.ports().line())
                      .contains("add crac-netty"));
      assertServes(test);
    }
  }

  private OrdersUnderTest startWithout(String dependency) throws IOException {
    Path jar = ExecutableJar.without(ExecutableJar.of("orders"), dependency, folder);
    return OrdersUnderTest.start(jar, folder.resolve("run"), "-Dspring.crac.engine=pause");
  }

  private static List<String> failures(JsonNode report) {
    List<String> failures = new java.util.ArrayList<>();
    report.get("failures").forEach(failure -> failures.add(failure.asText()));
    return failures;
  }

  private static void assertServes(OrdersUnderTest test) throws IOException {
    long before = test.orders.count();
    assertThat(test.orders.order("after", "after").statusCode()).isEqualTo(201);
    assertThat(test.orders.countOverTls()).isEqualTo(before + 1);
    assertThat(test.orders.line("COUNT")).isEqualTo("" + (before + 1));
    List<String> sent = List.of(LogEvents.order("after"), LogEvents.request("after"));
    Wait.until(
        "log events",
        OrdersUnderTest.LIMIT,
        () -> LogEvents.read(test.setup.logFile()).found(sent) == 2);
  }
}
