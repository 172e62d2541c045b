/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A real service, in which an agent makes the adapter that a file names fail when it has done its
 * work.
 */
@Tag("soak")
@DisplayName("When an adapter fails at a checkpoint")
class AdapterFailsIT {

  @TempDir static Path folder;

  private static Path fault;
  private static OrdersUnderTest test;

  @BeforeAll
  static void start() throws IOException {
    fault = Files.createFile(folder.resolve("fault"));
    Path agent = FaultAgent.jar(folder);
    test =
        OrdersUnderTest.start(
            folder.resolve("run"),
            "-Dspring.crac.engine=pause",
            "-javaagent:" + agent + "=" + fault);
  }

  @AfterAll
  static void end() {
    test.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "dev.cracadapters.jetty.JettyResource",
        "dev.cracadapters.netty.NettyResource",
        "dev.cracadapters.hikari.HikariResource",
        "dev.cracadapters.logback.AllContexts",
        "dev.cracadapters.jdk.JdkResource"
      })
  @DisplayName("every other one is brought back, and the service answers")
  void everyOtherOneIsBroughtBack(String adapter) throws IOException {
    String name = adapter.substring(adapter.lastIndexOf('.') + 1);
    Load load = Load.start(test.orders, name, 2);
    try (load) {
      Wait.until("load", OrdersUnderTest.LIMIT, () -> load.taken().size() >= 20);
      Files.writeString(fault, adapter);

      JsonNode report = test.checkpoint();

      assertThat(report.get("outcome").asText()).isEqualTo("REFUSED");
      assertThat(report.get("failures").toString()).contains("injected fault in " + adapter);
      assertThat(report.get("failures")).hasSize(1);
      assertThat(report.get("resources"))
          .hasSizeGreaterThanOrEqualTo(5)
          .allSatisfy(
              resource ->
                  assertThat(resource.get("afterMicros").asLong())
                      .as("brought back: %s", resource)
                      .isNotNegative());
      int taken = load.taken().size();
      Wait.until("load goes on", OrdersUnderTest.LIMIT, () -> load.taken().size() > taken + 50);
    } finally {
      Files.writeString(fault, "");
    }

    long orders = test.orders.count();
    assertThat(test.orders.countOverTls()).as("HTTPS").isEqualTo(orders);
    assertThat(test.orders.line("COUNT")).as("line server").isEqualTo("" + orders);
    assertThat(test.orders.token("t-" + name)).as("token").hasSize(64);
    long runs = test.orders.jobRuns();
    Wait.until("the job", OrdersUnderTest.LIMIT, () -> test.orders.jobRuns() > runs);
    assertThat(load.lostAnswers()).isZero();
    assertThat(load.wrong()).isEmpty();
    assertLogged(load);
  }

  private static void assertLogged(Load load) {
    List<String> sent = load.taken().stream().map(LogEvents::order).toList();
    Wait.until(
        "every event in the log",
        OrdersUnderTest.LIMIT,
        () -> LogEvents.read(test.setup.logFile()).found(sent) == sent.size());
    assertThat(LogEvents.read(test.setup.logFile()).duplicates(sent)).isZero();
  }
}
