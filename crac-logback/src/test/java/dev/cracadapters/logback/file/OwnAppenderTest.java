/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.testing.Logs;
import dev.cracadapters.logback.testing.Xml;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("An appender that a library or a user wrote on top of OutputStreamAppender")
@Timeout(60)
class OwnAppenderTest {

  @TempDir Path temporary;
  private Logs logs;

  @BeforeEach
  void setUp() throws IOException {
    logs = new Logs(temporary.toRealPath());
  }

  @AfterEach
  void tearDown() {
    logs.close();
  }

  private void configure(Class<?> type, Object file) throws Exception {
    Xml.configure(logs.context, Xml.appender("mine", type.getName(), "<file>" + file + "</file>"));
  }

  private OutputStreamAppender<ILoggingEvent> mine() {
    return (OutputStreamAppender<ILoggingEvent>) logs.context.getLogger("ROOT").getAppender("mine");
  }

  private void throughOneCheckpoint() throws Exception {
    logs.logger().info("before");
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
    logs.logger().info("meanwhile");
    assertThat(logs.open()).isEmpty();
    logs.restore();
    logs.logger().info("after");
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        OwnAppender.class,
        OwnAppender.Guarded.class,
        OwnAppender.Buffered.class,
        OwnAppender.Truncating.class,
        OwnAppender.Channel.class,
        OwnAppender.Printing.class
      })
  @DisplayName("has its file closed and opened again, with every event once")
  void closedAndOpened(Class<?> type) throws Exception {
    configure(type, logs.path("own.log"));
    throughOneCheckpoint();
    throughOneCheckpoint();
    assertThat(logs.open()).containsExactly("own.log");
    logs.context.stop();
    assertThat(logs.lines("own.log"))
        .containsExactly("before", "meanwhile", "after", "before", "meanwhile", "after");
    assertThat(logs.open()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(classes = {OwnAppender.Gzip.class, OwnAppender.GuardedGzip.class})
  @DisplayName("goes on in the same gzip file")
  void gzip(Class<?> type) throws Exception {
    configure(type, logs.path("own.gz"));
    throughOneCheckpoint();
    throughOneCheckpoint();
    logs.context.stop();
    try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(logs.path("own.gz")))) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8).lines())
          .containsExactly("before", "meanwhile", "after", "before", "meanwhile", "after");
    }
  }

  @Test
  @DisplayName("opens the file that its own start names")
  void numbered() throws Exception {
    configure(OwnAppender.Numbered.class, logs.path("own.log"));
    throughOneCheckpoint();
    assertThat(logs.lines("own.log.1")).containsExactly("before");
    assertThat(logs.lines("own.log.2")).containsExactly("meanwhile", "after");
  }

  @ParameterizedTest
  @ValueSource(classes = {OwnAppender.class, OwnAppender.Guarded.class})
  @DisplayName("has its encoder's header once in its file")
  void header(Class<?> type) throws Exception {
    configure(type, logs.path("own.log"));
    PatternLayout layout = new PatternLayout();
    layout.setContext(logs.context);
    layout.setPattern("%msg%n");
    layout.setFileHeader("== begin ==");
    layout.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(logs.context);
    encoder.setLayout(layout);
    encoder.start();
    mine().setEncoder(encoder);
    throughOneCheckpoint();
    assertThat(logs.lines("own.log")).containsExactly("before", "meanwhile", "after");
    logs.checkpoint();
    Files.delete(logs.path("own.log"));
    logs.logger().info("anew");
    logs.restore();
    assertThat(logs.lines("own.log")).containsExactly("== begin ==", "anew");
    assertThat(mine().getEncoder()).isSameAs(encoder);
  }

  @Test
  @DisplayName("finds its folder made again")
  void folder() throws Exception {
    Files.createDirectory(logs.path("logs"));
    configure(OwnAppender.class, logs.path("logs/own.log"));
    logs.checkpoint();
    Files.delete(logs.path("logs/own.log"));
    Files.delete(logs.path("logs"));
    logs.logger().info("meanwhile");
    logs.restore();
    assertThat(logs.lines("logs/own.log")).containsExactly("meanwhile");
  }

  @Test
  @DisplayName("writes what was kept when it is stopped meanwhile, and stays closed")
  void stoppedMeanwhile() throws Exception {
    configure(OwnAppender.class, logs.path("own.log"));
    logs.checkpoint();
    logs.logger().info("meanwhile");
    mine().stop();
    assertThat(logs.lines("own.log")).containsExactly("meanwhile");
    assertThat(logs.open()).isEmpty();
    logs.restore();
    assertThat(logs.open()).isEmpty();
    assertThat(mine().isStarted()).isFalse();
  }

  @Test
  @DisplayName("keeps its events where its file cannot be opened, and writes them when it can")
  void unwritable() throws Exception {
    configure(OwnAppender.class, logs.path("own.log"));
    logs.checkpoint();
    logs.logger().info("meanwhile");
    Files.delete(logs.path("own.log"));
    Files.createDirectory(logs.path("own.log"));
    assertThatThrownBy(logs::restore)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(logs.path("own.log").toString());
    logs.logger().info("still");
    Files.delete(logs.path("own.log"));
    logs.checkpoint();
    logs.restore();
    assertThat(logs.lines("own.log")).containsExactly("meanwhile", "still");
  }

  @Test
  @DisplayName("is not touched where it writes to the console")
  void console() throws Exception {
    configure(OwnAppender.ToConsole.class, "none");
    OutputStream stream = mine().getOutputStream();
    logs.checkpoint();
    assertThat(mine().getOutputStream()).isSameAs(stream);
    logs.restore();
    stream.write(new byte[0]);
    assertThat(System.out.checkError()).isFalse();
  }

  @Test
  @DisplayName("is not touched where it writes to memory")
  void memory() throws Exception {
    ByteArrayOutputStream memory = new ByteArrayOutputStream();
    OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
    appender.setContext(logs.context);
    appender.setEncoder(logs.encoder("%msg%n"));
    appender.setOutputStream(memory);
    logs.attach(appender);
    logs.checkpoint();
    logs.logger().info("meanwhile");
    assertThat(memory).hasToString("meanwhile" + System.lineSeparator());
    logs.restore();
    assertThat(appender.getOutputStream()).isSameAs(memory);
  }

  @Test
  @DisplayName("refuses the checkpoint, with its name, where it writes to a socket, and goes on")
  void socket() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
      configure(OwnAppender.ToSocket.class, server.getLocalPort());
      logs.logger().info("before");
      assertThatThrownBy(logs::checkpoint)
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("appender mine (" + OwnAppender.ToSocket.class.getName() + ")")
          .hasMessageContaining("socket:");
      logs.logger().info("meanwhile");
      logs.restore();
      logs.logger().info("after");
      logs.context.stop();
      assertThat(received(server)).containsExactly("before", "meanwhile", "after");
    }
  }

  private static List<String> received(ServerSocket server) throws IOException {
    server.setSoTimeout(10_000);
    try (Socket socket = server.accept()) {
      socket.setSoTimeout(10_000);
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .toList();
    }
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        OwnAppender.Unknown.class,
        OwnAppender.GuardedUnknown.class,
        OwnAppender.RandomAccess.class,
        OwnAppender.Writing.class
      })
  @DisplayName(
      "refuses the checkpoint, with its name, where only the appender could open its file again")
  void refused(Class<?> type) throws Exception {
    configure(type, logs.path("own.log"));
    logs.logger().info("before");
    assertThatThrownBy(logs::checkpoint)
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("appender mine (" + type.getName() + ")")
        .hasMessageContaining(logs.path("own.log").toString());
    logs.logger().info("meanwhile");
    logs.restore();
    logs.logger().info("after");
    assertThat(logs.lines("own.log")).containsExactly("before", "meanwhile", "after");
  }
}
