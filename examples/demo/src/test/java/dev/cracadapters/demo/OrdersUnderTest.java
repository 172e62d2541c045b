/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A running orders service with all that it needs, for one test class. */
final class OrdersUnderTest implements AutoCloseable {

  static final Duration LIMIT = Duration.ofSeconds(60);

  final OrdersSetup setup;
  final OrdersClient orders;
  private Service service;

  private OrdersUnderTest(OrdersSetup setup) {
    this.setup = setup;
    this.orders = setup.client(setup.ports());
    this.service = setup.start("service");
    service.firstOkMillis(orders.http(), orders.countAddress());
  }

  static OrdersUnderTest start(Path folder, String... jvmOptions) {
    return start(ExecutableJar.of("orders"), folder, jvmOptions);
  }

  static OrdersUnderTest start(Path jar, Path folder, String... jvmOptions) {
    List<String> options = new ArrayList<>(List.of("-Xmx512m"));
    options.addAll(List.of(jvmOptions));
    Path tools = Path.of(System.getProperty("demo.root"), "tools");
    return new OrdersUnderTest(new OrdersSetup(tools, jar, folder, options));
  }

  Service service() {
    return service;
  }

  /** Asks for a checkpoint; the endpoint's answer. */
  HttpResponse<String> askForCheckpoint() throws IOException {
    return orders.http().post(orders.plain("/actuator/checkpoint"), "", "checkpoint");
  }

  /** Asks for a checkpoint that does not end this process, and waits for its report. */
  JsonNode checkpoint() throws IOException {
    String before = startOf(report());
    HttpResponse<String> accepted = askForCheckpoint();
    if (accepted.statusCode() != 202) {
      throw new IllegalStateException(accepted.statusCode() + " " + accepted.body());
    }
    Wait.until("a new report", LIMIT, () -> !List.of("", before).contains(startOf(report())));
    return report();
  }

  /**
   * How the walk ended that brought this process back; its report comes a moment after the first
   * answer.
   */
  String outcome() {
    Wait.until("a report", LIMIT, () -> !report().path("outcome").asText("NONE").equals("NONE"));
    return report().get("outcome").asText();
  }

  private JsonNode report() {
    try {
      return orders.lastReport();
    } catch (IOException e) {
      return com.fasterxml.jackson.databind.node.MissingNode.getInstance(); // it is away
    }
  }

  private static String startOf(JsonNode report) {
    return report.path("startedAt").asText();
  }

  /** Takes a checkpoint that ends this process. */
  void checkpointToEnd() throws IOException {
    askForCheckpoint();
    Wait.until("end of the process", LIMIT, () -> !service.isAlive());
    service.close();
  }

  Service restore(String name) {
    service = setup.restore(name);
    return service;
  }

  @Override
  public void close() {
    try (setup) {
      service.close();
    }
  }
}
