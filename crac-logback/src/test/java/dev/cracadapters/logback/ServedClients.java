/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.status.Status;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A context with a server socket appender, where Logback has it, and clients of that. */
@Timeout(60)
abstract class ServedClients {

  private static final String TYPE = "ch.qos.logback.classic.net.server.ServerSocketAppender";
  static final String TLS_TYPE = "ch.qos.logback.classic.net.server.SSLServerSocketAppender";
  private static final String SERVED = "ch.qos.logback.core.net.server.RemoteReceiverStreamClient";

  @TempDir Path folder;
  Logs logs;
  int port;
  List<String> refused;
  final List<EventClient> clients = new ArrayList<>();

  static boolean isThere() {
    try {
      Class.forName(TYPE);
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  @BeforeEach
  void setUp() throws Exception {
    assumeTrue(isThere(), "Logback has no ServerSocketAppender since 1.5.30");
    logs = new Logs(folder, Logs.SETTINGS.withDrainTimeout(Duration.ofSeconds(2)));
    refused = OpenSockets.refused();
    port = freePort();
  }

  @AfterEach
  void tearDown() throws Exception {
    if (logs != null) {
      for (EventClient client : clients) {
        client.close();
      }
      logs.close();
      await().untilAsserted(() -> assertThat(OpenSockets.at(port)).isEmpty());
    }
  }

  void configure(String more) throws Exception {
    configure(TYPE, more);
  }

  void configure(String type, String more) throws Exception {
    NetworkXml.configure(
        logs.context,
        NetworkXml.appender("NET", Class.forName(type), "<port>%d</port>%s".formatted(port, more)),
        "NET");
  }

  EventClient client() {
    EventClient client = EventClient.of(port);
    clients.add(client);
    return client;
  }

  @SuppressWarnings("unchecked")
  AppenderBase<ILoggingEvent> appender() {
    return (AppenderBase<ILoggingEvent>)
        logs.context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("NET");
  }

  List<String> statuses() {
    return logs.context.getStatusManager().getCopyOfStatusList().stream()
        .map(Status::getMessage)
        .toList();
  }

  static boolean areServed() {
    return BusyThreads.any(stack -> BusyThreads.calls(stack, SERVED, "run"));
  }
}
