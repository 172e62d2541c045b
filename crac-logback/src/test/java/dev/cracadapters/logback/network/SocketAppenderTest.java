/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.net.SocketAppender;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.status.Status;
import dev.cracadapters.logback.LogbackSettings.OnFull;
import dev.cracadapters.logback.testing.Flood;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A socket appender")
@Timeout(60)
class SocketAppenderTest {

  private static final Duration WAIT = Duration.ofSeconds(30);

  @TempDir Path folder;
  private Logs logs;
  private EventServer server;

  @BeforeEach
  void setUp() throws Exception {
    logs = new Logs(folder);
    server = EventServer.start();
  }

  @AfterEach
  void tearDown() throws Exception {
    logs.close();
    server.close();
  }

  static String xml(int port, String more) {
    return NetworkXml.appender(
        "NET",
        SocketAppender.class,
        "<remoteHost>localhost</remoteHost><port>%d</port>%s".formatted(port, more));
  }

  private void configure(String more) throws Exception {
    NetworkXml.configure(logs.context, xml(server.port(), more), "NET");
  }

  static void log(LoggerContext context, int from, int to) {
    for (int i = from; i < to; i++) {
      context.getLogger("test").info("event {}", i);
    }
  }

  static List<String> numbered(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "event " + i).toList();
  }

  @Test
  @DisplayName("sends all it has before the checkpoint, and has no socket then")
  void sentBefore() throws Exception {
    List<String> refused = OpenSockets.refused();
    configure("");
    server.awaitConnections(1);
    log(logs.context, 0, 120);
    assertThat(OpenSockets.to(server.port())).hasSize(1);
    logs.checkpoint();
    assertThat(OpenSockets.to(server.port())).isEmpty();
    server.awaitNoConnection();
    assertThat(server.messages()).isEqualTo(numbered(0, 120));
    assertThat(OpenSockets.refused()).isEqualTo(refused);
  }

  @Test
  @DisplayName("sends what was logged during the checkpoint once and in order after it")
  void keptAndSent() throws Exception {
    configure("");
    server.awaitConnections(1);
    log(logs.context, 0, 10);
    logs.checkpoint();
    log(logs.context, 10, 20);
    assertThat(server.receive(10)).isEqualTo(numbered(0, 10));
    server.awaitNoConnection();
    assertThat(server.messages()).hasSize(10);
    logs.restore();
    log(logs.context, 20, 30);
    assertThat(server.receive(30)).isEqualTo(numbered(0, 30));
    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  @DisplayName("sends each event with its own time, thread, MDC and caller")
  void asLogged() throws Exception {
    configure("<includeCallerData>true</includeCallerData>");
    logs.checkpoint();
    logs.mdc.put("order", "42");
    long before = System.currentTimeMillis();
    Thread thread = new Thread(() -> logs.logger().info("here"), "its thread");
    thread.start();
    thread.join();
    logs.logger().info("with MDC");
    long after = System.currentTimeMillis();
    logs.mdc.put("order", "43");
    logs.restore();
    server.receive(2);
    ILoggingEvent here = server.events().get(0);
    assertThat(here.getThreadName()).isEqualTo("its thread");
    assertThat(here.getTimeStamp()).isBetween(before, after);
    assertThat(here.getCallerData()[0].getMethodName()).contains("asLogged");
    assertThat(server.events().get(1).getMDCPropertyMap()).containsEntry("order", "42");
  }

  @Test
  @DisplayName("keeps more events than its queue holds, and holds up nobody")
  void moreThanTheQueue() throws Exception {
    configure("<queueSize>2</queueSize><eventDelayLimit>20 seconds</eventDelayLimit>");
    server.awaitConnections(1);
    logs.checkpoint();
    log(logs.context, 0, 500);
    logs.restore();
    log(logs.context, 500, 600);
    assertThat(server.receive(600)).isEqualTo(numbered(0, 600));
  }

  @Test
  @DisplayName("has its own queue again when what was kept is sent")
  void ownQueue() throws Exception {
    configure("");
    SocketAppender appender = (SocketAppender) logs.context.getLogger("ROOT").getAppender("NET");
    NetworkMembers fields = new NetworkMembers();
    var own = fields.deque(appender);
    logs.checkpoint();
    log(logs.context, 0, 3);
    logs.restore();
    server.receive(3);
    await().until(() -> fields.deque(appender) == own);
  }

  @Test
  @DisplayName("loses the oldest when more are kept than may be, and says how many")
  void dropped() throws Exception {
    logs.close();
    logs = new Logs(folder, Logs.SETTINGS.withBufferSize(5).withOnFull(OnFull.DROP_OLDEST));
    configure("");
    logs.checkpoint();
    log(logs.context, 0, 12);
    logs.restore();
    assertThat(server.receive(5)).isEqualTo(numbered(7, 12));
    assertThat(logs.context.getStatusManager().getCopyOfStatusList())
        .extracting(Status::getMessage)
        .anyMatch(message -> message.contains("7 events of appender [NET] were lost"));
  }

  @Test
  @DisplayName("loses the oldest when they take more memory than may be, and says how many")
  void droppedByBytes() throws Exception {
    logs.close();
    logs = new Logs(folder, Logs.SETTINGS.withBufferBytes(4000).withOnFull(OnFull.DROP_OLDEST));
    configure("");
    logs.checkpoint();
    for (int i = 0; i < 12; i++) {
      logs.logger().info("{} {}", i, "x".repeat(700)); // some 1700 bytes
    }
    logs.restore();
    server.receive(2);
    assertThat(server.messages()).hasSize(2).first().asString().startsWith("10 ");
    assertThat(logs.context.getStatusManager().getCopyOfStatusList())
        .extracting(Status::getMessage)
        .anyMatch(
            message ->
                message.contains("10 events of appender [NET] were lost")
                    && message.contains("buffer-bytes 4000"));
  }

  @Test
  @DisplayName("has threads wait when as many are kept as may be, and loses none")
  void held() throws Exception {
    logs.close();
    logs = new Logs(folder, Logs.SETTINGS.withBufferSize(5).withDrainTimeout(WAIT));
    configure("");
    logs.checkpoint();
    Flood flood = new Flood(logs);
    flood.start(60);
    flood.awaitHeld();
    assertThat(flood.logged()).isEqualTo(5);
    logs.restore();
    flood.awaitEnd();
    assertThat(server.receive(60)).isEqualTo(numbered(0, 60));
  }

  @Test
  @DisplayName("is closed and opened as often as there are checkpoints")
  void again() throws Exception {
    configure("");
    for (int i = 0; i < 5; i++) {
      log(logs.context, 4 * i, 4 * i + 2);
      logs.checkpoint();
      assertThat(OpenSockets.to(server.port())).isEmpty();
      log(logs.context, 4 * i + 2, 4 * i + 4);
      logs.restore();
    }
    assertThat(server.receive(20)).isEqualTo(numbered(0, 20));
  }

  @Test
  @DisplayName("that is stopped during the checkpoint still sends what was logged before that")
  void stopped() throws Exception {
    configure("");
    logs.checkpoint();
    log(logs.context, 0, 3);
    logs.context.reset();
    logs.restore();
    assertThat(server.receive(3)).isEqualTo(numbered(0, 3));
    server.awaitNoConnection();
  }

  @Test
  @DisplayName("that is stopped and started during the checkpoint sends what was logged before")
  void startedAnew() throws Exception {
    configure("");
    logs.checkpoint();
    log(logs.context, 0, 3);
    var appender = logs.context.getLogger("ROOT").getAppender("NET");
    appender.stop();
    appender.start();
    logs.restore();
    log(logs.context, 3, 6);
    assertThat(server.receive(6)).isEqualTo(numbered(0, 6));
  }

  @Test
  @DisplayName("goes on when a checkpoint failed before it came to it, and at a second restore")
  void notClosed() throws Exception {
    configure("");
    log(logs.context, 0, 2);
    logs.restore();
    logs.checkpoint();
    logs.restore();
    logs.restore();
    log(logs.context, 2, 4);
    assertThat(server.receive(4)).isEqualTo(numbered(0, 4));
  }
}
