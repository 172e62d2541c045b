/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static dev.cracadapters.logback.SocketAppenderTest.log;
import static dev.cracadapters.logback.SocketAppenderTest.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.status.Status;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A server socket appender")
@Timeout(60)
class ServerSocketAppenderTest {

  private static final String TYPE = "ch.qos.logback.classic.net.server.ServerSocketAppender";
  private static final String TLS_TYPE =
      "ch.qos.logback.classic.net.server.SSLServerSocketAppender";
  private static final String SERVED = "ch.qos.logback.core.net.server.RemoteReceiverStreamClient";

  @TempDir Path folder;
  private Logs logs;
  private int port;
  private List<String> refused;
  private final List<EventClient> clients = new ArrayList<>();

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

  private void configure(String more) throws Exception {
    configure(TYPE, more);
  }

  private void configure(String type, String more) throws Exception {
    NetworkXml.configure(
        logs.context,
        NetworkXml.appender("NET", Class.forName(type), "<port>%d</port>%s".formatted(port, more)),
        "NET");
  }

  private EventClient client() {
    EventClient client = EventClient.of(port);
    clients.add(client);
    return client;
  }

  @SuppressWarnings("unchecked")
  private AppenderBase<ILoggingEvent> appender() {
    return (AppenderBase<ILoggingEvent>)
        logs.context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("NET");
  }

  private List<String> statuses() {
    return logs.context.getStatusManager().getCopyOfStatusList().stream()
        .map(Status::getMessage)
        .toList();
  }

  private static boolean areServed() {
    return BusyThreads.any(stack -> BusyThreads.calls(stack, SERVED, "run"));
  }

  @Test
  @DisplayName("has sent all and has no socket and no thread at each checkpoint, and then all else")
  void closedAndOpened() throws Exception {
    configure("");
    EventClient client = client();
    Object filters = new LogbackNetFields().filters(appender());
    for (int i = 0; i < 3; i++) {
      log(logs.context, 200 * i, 200 * i + 90);
      logs.checkpoint();
      assertThat(OpenSockets.at(port)).isEmpty();
      assertThat(areServed()).isFalse();
      assertThat(client.receive(200 * i + 90)).hasSize(200 * i + 90);
      log(logs.context, 200 * i + 90, 200 * i + 150);
      logs.restore();
      log(logs.context, 200 * i + 150, 200 * i + 200);
      assertThat(client.receive(200 * i + 200)).isEqualTo(numbered(0, 200 * i + 200));
      assertThat(client.connections()).isEqualTo(i + 2);
    }
    await().until(() -> new LogbackNetFields().filters(appender()) == filters);
    assertThat(statuses()).noneMatch(status -> status.contains("lost"));
  }

  @Test
  @DisplayName("with TLS is closed and opened as without")
  void encrypted() throws Exception {
    TlsKeys keys = TlsKeys.make(folder);
    configure(TLS_TYPE, keys.xml("keyStore"));
    EventClient client = EventClient.of(port, keys.context().getSocketFactory());
    clients.add(client);
    for (int i = 0; i < 3; i++) {
      log(logs.context, 40 * i, 40 * i + 20);
      logs.checkpoint();
      assertThat(OpenSockets.at(port)).isEmpty();
      assertThat(areServed()).isFalse();
      log(logs.context, 40 * i + 20, 40 * i + 40);
      logs.restore();
      assertThat(client.receive(40 * i + 40)).isEqualTo(numbered(0, 40 * i + 40));
    }
  }

  @Test
  @DisplayName("sends each event with its own time, thread, MDC and caller")
  void asLogged() throws Exception {
    configure("<includeCallerData>true</includeCallerData>");
    EventClient client = client();
    logs.checkpoint();
    Thread thread =
        new Thread(
            () -> {
              logs.mdc.put("order", "42");
              logs.logger().info("here");
            },
            "its thread");
    thread.start();
    thread.join();
    long after = System.currentTimeMillis();
    logs.restore();
    client.receive(1);
    ILoggingEvent here = client.events().get(0);
    assertThat(here.getThreadName()).isEqualTo("its thread");
    assertThat(here.getTimeStamp()).isLessThanOrEqualTo(after);
    assertThat(here.getMDCPropertyMap()).containsEntry("order", "42");
    assertThat(here.getCallerData()[0].getMethodName()).contains("asLogged");
  }

  @Test
  @DisplayName("sends each client more events than its queue holds")
  void moreThanTheQueue() throws Exception {
    configure("<clientQueueSize>5</clientQueueSize>");
    EventClient first = client();
    EventClient second = client();
    logs.checkpoint();
    log(logs.context, 0, 500);
    logs.restore();
    assertThat(first.receive(500)).isEqualTo(numbered(0, 500));
    assertThat(second.receive(500)).isEqualTo(numbered(0, 500));
  }

  @Test
  @DisplayName("closes also connections that no thread of Logback serves yet")
  void notServed() throws Exception {
    configure("");
    List<Socket> waiting = new ArrayList<>();
    try {
      // More than Logback has threads.
      for (int i = 0; i < 12; i++) {
        Socket socket = new Socket("localhost", port);
        socket.setSoTimeout(10_000);
        waiting.add(socket);
      }
      await().until(() -> OpenSockets.at(port).size() == 13);
      logs.checkpoint();
      assertThat(OpenSockets.at(port)).isEmpty();
      for (Socket socket : waiting) {
        assertThat(socket.getInputStream().readAllBytes()).hasSizeLessThan(5);
      }
    } finally {
      for (Socket socket : waiting) {
        socket.close();
      }
    }
    logs.restore();
    assertThat(OpenSockets.at(port)).hasSize(1);
  }

  @Test
  @DisplayName("refuses a checkpoint by name while a client does not read, and goes on with it")
  void stalled() throws Exception {
    configure("");
    EventClient client = EventClient.stalled(port);
    clients.add(client);
    String large = "x".repeat(200_000);
    for (int i = 0; i < 40; i++) {
      logs.logger().info(i + large);
    }
    assertThatThrownBy(logs::checkpoint)
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(
            "ServerSocketAppender [NET]: still has events to send to clients of port " + port);
    log(logs.context, 0, 10);
    logs.restore();
    client.read();
    assertThat(client.receive(50).subList(40, 50)).isEqualTo(numbered(0, 10));
    assertThat(client.connections()).isEqualTo(1);
  }

  @Test
  @DisplayName("whose port is taken says so by name, keeps its events and listens once it is free")
  void portTaken() throws Exception {
    configure("");
    EventClient client = client();
    logs.attachFile("log");
    logs.checkpoint();
    log(logs.context, 0, 10);
    try (ServerSocket other = new ServerSocket(port)) {
      assertThat(other.getLocalPort()).isEqualTo(port);
      assertThatThrownBy(logs::restore)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("ServerSocketAppender [NET] cannot listen at port " + port);
      log(logs.context, 10, 20);
      assertThat(logs.lines("log")).isEqualTo(numbered(0, 20));
    }
    assertThat(client.receive(20)).isEqualTo(numbered(0, 20));
  }

  @Test
  @DisplayName("keeps its events through a further checkpoint where a client is not back yet")
  void twice() throws Exception {
    configure("");
    EventClient staying = client();
    EventClient leaving = client();
    logs.checkpoint();
    leaving.close();
    log(logs.context, 0, 10);
    logs.restore();
    staying.awaitConnections(2);
    log(logs.context, 10, 20);
    logs.checkpoint();
    assertThat(OpenSockets.at(port)).isEmpty();
    assertThat(staying.messages()).isEmpty();
    log(logs.context, 20, 30);
    logs.restore();
    EventClient back = client();
    assertThat(back.receive(30)).isEqualTo(numbered(0, 30));
    assertThat(staying.receive(30)).isEqualTo(numbered(0, 30));
  }

  @Test
  @DisplayName("waits a bounded time for its clients, and says how many events nobody got")
  void nobodyReturns() throws Exception {
    configure("");
    EventClient client = client();
    Object filters = new LogbackNetFields().filters(appender());
    ServerConnection<ILoggingEvent> connection =
        new ServerConnection<>(
            appender(),
            new LogbackNetFields(),
            Objects.requireNonNull(LogbackServerFields.find()),
            Logs.SETTINGS,
            Duration.ofMillis(200));
    connection.close(Deadline.after(Duration.ofSeconds(5)));
    client.close();
    log(logs.context, 0, 10);
    connection.open(Deadline.after(Duration.ofSeconds(5)));
    assertThat(connection.isOver()).isFalse();
    await().until(connection::isOver);
    assertThat(new LogbackNetFields().filters(appender())).isSameAs(filters);
    assertThat(statuses())
        .contains("10 events of the checkpoint are lost, since appender [NET] has no client");
    EventClient later = client();
    log(logs.context, 10, 20);
    assertThat(later.receive(10)).isEqualTo(numbered(10, 20));
  }

  @Test
  @DisplayName("that is stopped during the checkpoint stays so, and says how many events are lost")
  void stopped() throws Exception {
    configure("");
    client();
    logs.checkpoint();
    log(logs.context, 0, 10);
    logs.context.reset();
    logs.restore();
    await()
        .untilAsserted(
            () ->
                assertThat(statuses())
                    .contains(
                        "10 events of the checkpoint are lost, since appender [NET] has no client"));
    assertThat(OpenSockets.at(port)).isEmpty();
  }

  @Test
  @DisplayName("leaves what the audit refuses as it was, with no client, too")
  void audited() throws Exception {
    configure("");
    logs.checkpoint();
    assertThat(OpenSockets.refused()).isEqualTo(refused);
    logs.restore();
    EventClient client = client();
    log(logs.context, 0, 10);
    assertThat(client.receive(10)).isEqualTo(numbered(0, 10));
  }
}
