/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThatCode;

import dev.cracadapters.core.RefusedException;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A server socket appender")
class ServerSocketAppenderTest {

  private static final String TYPE = "ch.qos.logback.classic.net.server.ServerSocketAppender";

  @TempDir Path folder;

  @Test
  @DisplayName("refuses the checkpoint by its name, where Logback has it (before 1.5.30)")
  void refused() throws Exception {
    assumeThatCode(() -> Class.forName(TYPE)).doesNotThrowAnyException();
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    try (Logs logs = new Logs(folder)) {
      NetworkXml.configure(
          logs.context,
          NetworkXml.appender("NET", Class.forName(TYPE), "<port>%d</port>".formatted(port)),
          "NET");
      assertThatThrownBy(logs::checkpoint)
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("ServerSocketAppender [NET]: listens for connections");
      logs.restore();
    }
  }
}
