/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import static dev.cracadapters.logback.network.SocketAppenderTest.log;
import static dev.cracadapters.logback.network.SocketAppenderTest.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.net.SyslogAppender;
import ch.qos.logback.classic.sift.SiftingAppender;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.net.SyslogOutputStream;
import ch.qos.logback.core.spi.FilterReply;
import ch.qos.logback.core.status.Status;
import dev.cracadapters.logback.LogbackSettings.OnFull;
import dev.cracadapters.logback.testing.Flood;
import dev.cracadapters.logback.testing.Logs;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A syslog appender")
@Timeout(60)
class SyslogAppenderTest {

  private static final Duration WAIT = Duration.ofSeconds(30);

  @TempDir Path folder;
  private Logs logs;
  private DatagramSocket server;

  private List<String> others;

  @BeforeEach
  void setUp() throws Exception {
    logs = new Logs(folder);
    server = new DatagramSocket(0, InetAddress.getByName("localhost"));
    server.setSoTimeout(10_000);
    others = OpenSockets.datagramsBut(server.getLocalPort());
  }

  @AfterEach
  void tearDown() {
    logs.close();
    server.close();
    // Logback leaves the socket of an appender that it stops to the garbage collector, and there it
    // would be in the way of other tests' checkpoints.
    logs = null;
    await()
        .until(
            () -> {
              System.gc();
              return OpenSockets.datagramsBut(server.getLocalPort()).isEmpty();
            });
    Unresolved.unknown = false;
    Odd.asked = 0;
  }

  private String xml(Class<?> type, String suffix, String more) {
    return NetworkXml.appender(
        "NET",
        type,
        """
        <syslogHost>localhost</syslogHost><port>%d</port><facility>USER</facility>
        <suffixPattern>#%s</suffixPattern>%s
        """
            .formatted(server.getLocalPort(), suffix, more));
  }

  private void configure(Class<?> type, String suffix, String more) throws Exception {
    NetworkXml.configure(logs.context, xml(type, suffix, more), "NET");
  }

  /** So many messages, without what syslog puts before them. */
  private List<String> receive(int count) throws IOException {
    List<String> messages = new ArrayList<>();
    while (messages.size() < count) {
      DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
      server.receive(packet);
      String text = new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
      messages.add(text.substring(text.indexOf('#') + 1));
    }
    return messages;
  }

  private List<String> sockets() throws IOException {
    List<String> open = new ArrayList<>(OpenSockets.datagramsBut(server.getLocalPort()));
    open.removeAll(others);
    return open;
  }

  @Test
  @DisplayName("has no socket at the checkpoint, and sends what was logged then after the restore")
  void closedAndOpened() throws Exception {
    List<String> refused = OpenSockets.refused();
    configure(SyslogAppender.class, "%msg", "");
    assertThat(sockets()).hasSize(1);
    for (int i = 0; i < 3; i++) {
      log(logs.context, 6 * i, 6 * i + 2);
      logs.checkpoint();
      assertThat(sockets()).isEmpty();
      assertThat(OpenSockets.refused()).isEqualTo(refused);
      log(logs.context, 6 * i + 2, 6 * i + 4);
      logs.restore();
      assertThat(sockets()).hasSize(1);
      log(logs.context, 6 * i + 4, 6 * i + 6);
    }
    assertThat(receive(18)).isEqualTo(numbered(0, 18));
  }

  @Test
  @DisplayName("sends each event with its own thread, MDC and caller")
  void asLogged() throws Exception {
    configure(SyslogAppender.class, "%msg %thread %X{order} %method", "");
    logs.checkpoint();
    Thread thread =
        new Thread(
            () -> {
              logs.mdc.put("order", "42");
              logs.logger().info("here");
            },
            "its-thread");
    thread.start();
    thread.join();
    logs.restore();
    assertThat(receive(1).get(0)).startsWith("here its-thread 42 lambda$asLogged$");
  }

  @Test
  @DisplayName("asks its filters once about each event, when it is logged")
  void filters() throws Exception {
    configure(SyslogAppender.class, "%msg", "<filter class='%s'/>".formatted(Odd.class.getName()));
    logs.checkpoint();
    log(logs.context, 0, 4);
    assertThat(Odd.asked).isEqualTo(4);
    logs.restore();
    assertThat(Odd.asked).isEqualTo(4);
    log(logs.context, 4, 6);
    assertThat(receive(3)).containsExactly("event 1", "event 3", "event 5");
  }

  @Test
  @DisplayName("keeps its events until its host can be resolved, and says so")
  void unknownHost() throws Exception {
    configure(Unresolved.class, "%msg", "");
    logs.checkpoint();
    log(logs.context, 0, 2);
    Unresolved.unknown = true;
    assertThatThrownBy(logs::restore)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Unresolved [NET] cannot send to localhost:" + server.getLocalPort());
    log(logs.context, 2, 4);
    assertThat(sockets()).isEmpty();
    Unresolved.unknown = false;
    // With no further event.
    assertThat(receive(4)).isEqualTo(numbered(0, 4));
  }

  @Test
  @DisplayName("loses the oldest when more are kept than may be, and says how many")
  void dropped() throws Exception {
    logs.close();
    logs = new Logs(folder, Logs.SETTINGS.withBufferSize(2).withOnFull(OnFull.DROP_OLDEST));
    configure(SyslogAppender.class, "%msg", "");
    logs.checkpoint();
    log(logs.context, 0, 5);
    logs.restore();
    assertThat(receive(2)).isEqualTo(numbered(3, 5));
    assertThat(logs.context.getStatusManager().getCopyOfStatusList())
        .extracting(Status::getMessage)
        .anyMatch(message -> message.contains("3 events of appender [NET] were lost"));
  }

  @Test
  @DisplayName("has threads wait when as many are kept as may be, and loses none")
  void held() throws Exception {
    logs.close();
    logs = new Logs(folder, Logs.SETTINGS.withBufferSize(2).withDrainTimeout(WAIT));
    configure(SyslogAppender.class, "%msg", "");
    logs.checkpoint();
    Flood flood = new Flood(logs);
    flood.start(30);
    flood.awaitHeld();
    assertThat(flood.logged()).isEqualTo(2);
    logs.restore();
    flood.awaitEnd();
    assertThat(receive(30)).isEqualTo(numbered(0, 30));
  }

  @Test
  @DisplayName("sends what was logged before its context was reset during the checkpoint")
  void reset() throws Exception {
    configure(SyslogAppender.class, "%msg", "");
    logs.checkpoint();
    log(logs.context, 0, 2);
    logs.context.reset();
    logs.restore();
    assertThat(receive(2)).isEqualTo(numbered(0, 2));
  }

  @Test
  @DisplayName("below a sifting appender is closed, also one that is built during the checkpoint")
  void sifting() throws Exception {
    String sifting =
        NetworkXml.appender(
            "SIFT",
            SiftingAppender.class,
            "<discriminator><key>user</key><defaultValue>none</defaultValue></discriminator>"
                + "<sift>"
                + xml(SyslogAppender.class, "%msg", "")
                + "</sift>");
    NetworkXml.configure(logs.context, sifting, "SIFT");
    log(logs.context, 0, 1);
    logs.checkpoint();
    log(logs.context, 1, 2);
    logs.mdc.put("user", "ann");
    log(logs.context, 2, 4);
    assertThat(sockets()).isEmpty();
    logs.restore();
    assertThat(sockets()).hasSize(2);
    assertThat(receive(4)).containsExactlyInAnyOrderElementsOf(numbered(0, 4));
  }

  /** Lets pass the odd ones. */
  public static final class Odd extends Filter<ILoggingEvent> {
    private static int asked;

    @Override
    public FilterReply decide(ILoggingEvent event) {
      return asked++ % 2 == 0 ? FilterReply.DENY : FilterReply.ACCEPT;
    }
  }

  /** One whose host may be unknown. */
  public static final class Unresolved extends SyslogAppender {
    private static volatile boolean unknown;

    @Override
    public SyslogOutputStream createOutputStream() throws SocketException, UnknownHostException {
      if (unknown) {
        throw new UnknownHostException("localhost");
      }
      return super.createOutputStream();
    }
  }
}
