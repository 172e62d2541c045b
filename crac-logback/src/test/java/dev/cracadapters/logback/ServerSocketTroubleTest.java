/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static dev.cracadapters.logback.SocketAppenderTest.log;
import static dev.cracadapters.logback.SocketAppenderTest.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A server socket appender in trouble")
class ServerSocketTroubleTest extends ServedClients {

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
  @DisplayName("says how many events a client has lost that still does not read after the restore")
  void stillStalled() throws Exception {
    configure("<clientQueueSize>5</clientQueueSize>");
    EventClient client = EventClient.stalled(port);
    clients.add(client);
    String large = "x".repeat(4_000_000);
    for (int i = 0; i < 6; i++) {
      logs.logger().info(i + large);
    }
    assertThatThrownBy(logs::checkpoint).isInstanceOf(RefusedException.class);
    log(logs.context, 0, 10);
    logs.restore();
    await()
        .untilAsserted(
            () ->
                assertThat(statuses())
                    .anyMatch(
                        status ->
                            status.matches(
                                "\\d+ events of the checkpoint by appender \\[NET] are lost to a"
                                    + " client that does not take them")));
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
  @DisplayName(
      "that Logback cannot start after the restore says so, and keeps its events until then")
  void noKeys() throws Exception {
    TlsKeys keys = TlsKeys.make(folder);
    configure(TLS_TYPE, keys.xml("keyStore"));
    EventClient client = EventClient.of(port, keys.context().getSocketFactory());
    clients.add(client);
    logs.checkpoint();
    log(logs.context, 0, 10);
    Path away = Files.move(folder.resolve("keys.p12"), folder.resolve("away"));
    assertThatThrownBy(logs::restore)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("SSLServerSocketAppender [NET] cannot listen at port " + port)
        .hasMessageContaining("the cause is in Logback's status list");
    log(logs.context, 10, 20);
    Files.move(away, folder.resolve("keys.p12"));
    assertThat(client.receive(20)).isEqualTo(numbered(0, 20));
  }

  private ServerConnection<ILoggingEvent> waiting(Duration returning) {
    return new ServerConnection<>(
        appender(),
        new LogbackNetFields(),
        Objects.requireNonNull(LogbackServerFields.find()),
        EventBound.of(Logs.SETTINGS, new BackPressure(Duration.ofSeconds(5))),
        Duration.ofSeconds(5),
        returning);
  }

  @Test
  @DisplayName("no longer waits for its clients once the next checkpoint has begun")
  void waitingEnds() throws Exception {
    configure("");
    EventClient client = client();
    ServerConnection<ILoggingEvent> connection = waiting(Duration.ofMillis(500));
    connection.close(Deadline.after(Duration.ofSeconds(5)));
    client.close();
    log(logs.context, 0, 10);
    connection.open(Deadline.after(Duration.ofSeconds(5)));
    connection.close(Deadline.after(Duration.ofSeconds(5)));
    await()
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("crac-logback NET")));
    connection.open(Deadline.after(Duration.ofSeconds(5)));
    EventClient back = client();
    assertThat(back.receive(10)).isEqualTo(numbered(0, 10));
  }

  @Test
  @DisplayName("waits a bounded time for its clients, and says how many events nobody got")
  void nobodyReturns() throws Exception {
    configure("");
    EventClient client = client();
    Object filters = new LogbackNetFields().filters(appender());
    ServerConnection<ILoggingEvent> connection = waiting(Duration.ofMillis(200));
    connection.close(Deadline.after(Duration.ofSeconds(5)));
    client.close();
    log(logs.context, 0, 10);
    connection.open(Deadline.after(Duration.ofSeconds(5)));
    assertThat(connection.isOver()).isFalse();
    await().until(connection::isOver);
    assertThat(new LogbackNetFields().filters(appender())).isSameAs(filters);
    assertThat(statuses())
        .contains("10 events of the checkpoint by appender [NET] are lost, since it has no client");
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
                        "10 events of the checkpoint by appender [NET] are lost, since it has no client"));
    assertThat(OpenSockets.at(port)).isEmpty();
  }
}
