/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import static dev.cracadapters.logback.network.SocketAppenderTest.log;
import static dev.cracadapters.logback.network.SocketAppenderTest.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.net.SSLSocketAppender;
import dev.cracadapters.core.support.ThreadStacks;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A socket appender with TLS")
@Timeout(60)
class SslSocketAppenderTest {

  @TempDir Path folder;
  private Logs logs;
  private TlsKeys keys;
  private EventServer server;

  @BeforeEach
  void setUp() throws Exception {
    logs = new Logs(folder);
    keys = TlsKeys.make(folder);
    server = EventServer.at(0, keys.context().getServerSocketFactory());
  }

  @AfterEach
  void tearDown() throws Exception {
    logs.close();
    server.close();
  }

  private void configure(String trust) throws Exception {
    NetworkXml.configure(
        logs.context,
        NetworkXml.appender(
            "NET",
            SSLSocketAppender.class,
            "<remoteHost>localhost</remoteHost><port>%d</port>%s".formatted(server.port(), trust)),
        "NET");
  }

  @Test
  @DisplayName("sends all before and what was kept after each checkpoint, without a socket between")
  void closedAndOpened() throws Exception {
    configure(keys.xml("trustStore"));
    server.awaitConnections(1);
    for (int i = 0; i < 3; i++) {
      log(logs.context, 4 * i, 4 * i + 2);
      server.receive(4 * i + 2);
      logs.checkpoint();
      assertThat(OpenSockets.to(server.port())).isEmpty();
      log(logs.context, 4 * i + 2, 4 * i + 4);
      logs.restore();
    }
    assertThat(server.receive(12)).isEqualTo(numbered(0, 12));
    assertThat(server.connections()).isEqualTo(4);
  }

  @Test
  @DisplayName("that trusts not its peer is closed, though Logback holds the socket for 30 seconds")
  void untrusted() throws Exception {
    configure("");
    log(logs.context, 0, 2);
    await()
        .until(
            () ->
                ThreadStacks.anySleepingDirectlyIn(
                    ch.qos.logback.core.net.AbstractSocketAppender.class,
                    "connectSocketAndDispatchEvents"));
    logs.checkpoint();
    assertThat(OpenSockets.to(server.port())).isEmpty();
    logs.restore();
    server.awaitConnections(2);
  }
}
