/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static dev.cracadapters.logback.SocketAppenderTest.log;
import static dev.cracadapters.logback.SocketAppenderTest.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A server socket appender")
class ServerSocketAppenderTest extends ServedClients {

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
