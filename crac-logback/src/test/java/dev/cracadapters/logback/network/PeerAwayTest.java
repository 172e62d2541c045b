/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import static dev.cracadapters.logback.network.SocketAppenderTest.log;
import static dev.cracadapters.logback.network.SocketAppenderTest.numbered;
import static dev.cracadapters.logback.network.SocketAppenderTest.xml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.net.SocketAppender;
import ch.qos.logback.core.status.Status;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.testing.Logs;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A socket appender whose peer")
@Timeout(60)
class PeerAwayTest {

  @TempDir Path folder;
  private Logs logs;
  private int port;

  @BeforeEach
  void setUp() throws Exception {
    logs = new Logs(folder);
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
  }

  @AfterEach
  void tearDown() {
    logs.close();
  }

  private void configure(String delay) throws Exception {
    NetworkXml.configure(
        logs.context,
        xml(port, "<reconnectionDelay>%s</reconnectionDelay>".formatted(delay)),
        "NET");
  }

  private void awaitRefusedConnection() {
    await().until(() -> hasStatus("connection refused"));
  }

  private boolean hasStatus(String text) {
    return logs.context.getStatusManager().getCopyOfStatusList().stream()
        .map(Status::getMessage)
        .anyMatch(message -> message.contains(text));
  }

  @Test
  @DisplayName("is not there is not connected to before the restore, though it comes")
  void comesMeanwhile() throws Exception {
    configure("10");
    awaitRefusedConnection();
    log(logs.context, 0, 3);
    logs.checkpoint();
    log(logs.context, 3, 6);
    try (EventServer server = EventServer.at(port)) {
      var task =
          new NetworkMembers()
              .task.get((SocketAppender) logs.context.getLogger("ROOT").getAppender("NET"));
      // It wakes and would connect.
      await().until(task::isDone);
      assertThat(server.connections()).isZero();
      logs.restore();
      log(logs.context, 6, 9);
      assertThat(server.receive(9)).isEqualTo(numbered(0, 9));
    }
  }

  @Test
  @DisplayName("was not there is connected to right after the restore, however long the delay")
  void longDelay() throws Exception {
    configure("10 minutes");
    awaitRefusedConnection();
    log(logs.context, 0, 3);
    logs.checkpoint();
    try (EventServer server = EventServer.at(port)) {
      logs.restore();
      assertThat(server.receive(3)).isEqualTo(numbered(0, 3));
    }
  }

  @Test
  @DisplayName("comes after the restore gets all, as always")
  void comesLater() throws Exception {
    configure("10");
    logs.checkpoint();
    log(logs.context, 0, 300);
    logs.restore();
    awaitRefusedConnection();
    log(logs.context, 300, 303);
    try (EventServer server = EventServer.at(port)) {
      assertThat(server.receive(303)).isEqualTo(numbered(0, 303));
    }
  }

  @Test
  @DisplayName("went away gets what could not be sent before what was logged later")
  void wentAway() throws Exception {
    EventServer former = EventServer.at(port);
    configure("10 minutes");
    log(logs.context, 0, 1);
    former.receive(1);
    former.close();
    await().until(() -> !logAndHasStatus("connection failed"));
    int before = logged;
    logs.checkpoint();
    assertThat(OpenSockets.to(port)).isEmpty();
    log(logs.context, before, before + 5);
    try (EventServer server = EventServer.at(port)) {
      logs.restore();
      await().until(() -> server.messages().contains("event " + (before + 4)));
      // Those that were sent while the peer was going are lost to the network.
      int first = Integer.parseInt(server.messages().get(0).substring("event ".length()));
      assertThat(server.messages()).isEqualTo(numbered(first, before + 5));
    }
  }

  private int logged = 1;

  private boolean logAndHasStatus(String text) {
    log(logs.context, logged, ++logged);
    return !hasStatus(text);
  }

  @Test
  @DisplayName("does not read refuses the checkpoint, and then gets each event once")
  void stalled() throws Exception {
    logs.close();
    logs = new Logs(folder, LogbackSettings.defaults().withDrainTimeout(Duration.ofMillis(300)));
    try (EventServer server = EventServer.stalled()) {
      port = server.port();
      configure("10");
      server.awaitConnections(1);
      String padding = "x".repeat(1_000_000);
      for (int i = 0; i < 20; i++) {
        logs.logger().info(i + " " + padding);
      }
      assertThatThrownBy(logs::checkpoint)
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining(
              "SocketAppender [NET]: still has events to send to localhost:" + port)
          .hasMessageContaining("crac.logback.drain-timeout");
      logs.logger().info("20 during");
      logs.restore();
      logs.logger().info("21 after");
      server.read();
      assertThat(server.receive(22))
          .extracting(message -> Integer.parseInt(message.substring(0, message.indexOf(' '))))
          .isEqualTo(java.util.stream.IntStream.range(0, 22).boxed().toList());
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("goes away while its events are being sent gets them later, the one under way first")
  void goesMeanwhile() throws Exception {
    EventServer former = EventServer.stalled();
    port = former.port();
    configure("10");
    former.awaitConnections(1);
    String padding = "x".repeat(1_000_000);
    for (int i = 0; i < 20; i++) {
      logs.logger().info("event " + i + " " + padding);
    }
    var appender = (SocketAppender) logs.context.getLogger("ROOT").getAppender("NET");
    var queue = new NetworkMembers().deque(appender);
    AtomicInteger seen = new AtomicInteger();
    // Until the kernel takes no more.
    await()
        .during(Duration.ofMillis(300))
        .until(() -> seen.getAndSet(queue.size()) == queue.size());
    int underWay = 19 - queue.size();
    CompletableFuture<Void> checkpoint =
        CompletableFuture.runAsync(
            () -> {
              try {
                logs.checkpoint();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    await().until(() -> new NetworkMembers().deque(appender) != queue);
    former.close();
    checkpoint.get(10, TimeUnit.SECONDS);
    try (EventServer server = EventServer.at(port)) {
      logs.restore();
      assertThat(server.receive(20 - underWay))
          .extracting(message -> message.substring(0, message.indexOf(" x")))
          .isEqualTo(numbered(underWay, 20));
    }
  }

  @Test
  @DisplayName("does not answer refuses the checkpoint while a connection is being made")
  void unanswered() throws Exception {
    logs.close();
    logs = new Logs(folder, LogbackSettings.defaults().withDrainTimeout(Duration.ofMillis(300)));
    List<Socket> clients = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(port, 1, InetAddress.getByName("localhost"))) {
      // The kernel answers no more when the backlog is full.
      while (clients.size() < 2) {
        Socket client = new Socket();
        clients.add(client);
        client.connect(new InetSocketAddress("localhost", port), 5000);
      }
      configure("10 minutes");
      await().until(() -> OpenSockets.to(port).size() == 3);
      log(logs.context, 0, 2);
      assertThatThrownBy(logs::checkpoint)
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining(
              "SocketAppender [NET]: is still trying to connect to localhost:" + port);
      log(logs.context, 2, 4);
      logs.restore();
      log(logs.context, 4, 6);
      for (Socket client : clients) {
        full.accept().close();
        client.close();
      }
      // The attempt that was under way goes on.
      try (Socket accepted = full.accept();
          var in = new java.io.ObjectInputStream(accepted.getInputStream())) {
        for (String expected : numbered(0, 6)) {
          var event = (ch.qos.logback.classic.spi.ILoggingEvent) in.readObject();
          assertThat(event.getFormattedMessage()).isEqualTo(expected);
        }
      }
    }
  }
}
