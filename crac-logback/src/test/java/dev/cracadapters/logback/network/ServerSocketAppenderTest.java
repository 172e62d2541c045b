/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.testing.Logs;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A server socket appender")
@Timeout(60)
class ServerSocketAppenderTest {

  private static final String HOME = "ch.qos.logback.classic.net.server.";

  @TempDir Path folder;
  private Logs logs;
  private int port;

  @BeforeEach
  void setUp() throws Exception {
    assumeTrue(isThere(), "Logback has no ServerSocketAppender since 1.5.30");
    logs = new Logs(folder);
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
  }

  @AfterEach
  void tearDown() {
    if (logs != null) {
      logs.close();
    }
  }

  private static boolean isThere() {
    try {
      Class.forName(HOME + "ServerSocketAppender");
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private void configure(String type, String more) throws Exception {
    NetworkXml.configure(
        logs.context,
        NetworkXml.appender(
            "NET", Class.forName(HOME + type), "<port>%d</port>%s".formatted(port, more)),
        "NET");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ServerSocketAppender", "SSLServerSocketAppender"})
  @DisplayName(
      "refuses the checkpoint by its name, and goes on listening; the files are open again")
  void refused(String type) throws Exception {
    configure(type, type.startsWith("SSL") ? TlsKeys.make(folder).xml("keyStore") : "");
    logs.attachFile("app.log");
    assertThatThrownBy(logs::checkpoint)
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(type + " [NET]")
        .hasMessageContaining("Logback 1.5.30 removed")
        .hasMessageContaining("SocketAppender instead");
    logs.logger().info("meanwhile");
    logs.restore();
    assertThat(OpenSockets.at(port)).hasSize(1);
    assertThat(logs.lines("app.log")).containsExactly("meanwhile");
  }

  @Test
  @DisplayName("that was stopped does not matter")
  void stopped() throws Exception {
    configure("ServerSocketAppender", "");
    logs.context.getLogger("ROOT").getAppender("NET").stop();
    logs.checkpoint();
    logs.restore();
  }
}
