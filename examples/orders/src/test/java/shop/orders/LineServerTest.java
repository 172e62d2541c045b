/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

class LineServerTest extends RunningService {

  @Autowired private LineServer lines;
  @Autowired private ServerBootstrap bootstrap;
  @Autowired private OrderStore orders;

  @Test
  @DisplayName("COUNT is the number of orders in the database")
  void countIsTheNumberOfOrders() throws Exception {
    post(http("/orders"), order(newReference()));

    assertThat(ask(lines.port(), "COUNT\n", 1)).containsExactly(Long.toString(orders.count()));
  }

  @Test
  @DisplayName("A command that is not known is answered with an error, and the connection stays")
  void unknownCommandIsAnError() throws Exception {
    assertThat(ask(lines.port(), "DROP\nCOUNT\r\n", 2))
        .containsExactly("ERROR unknown command", Long.toString(orders.count()));
  }

  @Test
  @DisplayName("Commands sent at once are answered in their order")
  void answersComeInOrder() throws Exception {
    List<String> answers = ask(lines.port(), "COUNT\nDROP\n".repeat(50), 100);

    String count = Long.toString(orders.count());
    for (int i = 0; i < 100; i += 2) {
      assertThat(answers.subList(i, i + 2)).containsExactly(count, "ERROR unknown command");
    }
  }

  @Test
  @DisplayName("A line without end is refused and its connection closed")
  void endlessLineIsRefused() throws Exception {
    try (Socket socket = connect(lines.port())) {
      socket.getOutputStream().write(("x".repeat(300) + "\n").getBytes(StandardCharsets.US_ASCII));
      BufferedReader answers = reader(socket);

      assertThat(answers.readLine()).isEqualTo("ERROR line too long");
      assertThat(answers.readLine()).isNull();
    }
  }

  @Test
  @DisplayName("The service goes on when somebody else closes its listening channel and binds anew")
  void listenerMayBeReplaced() throws Exception {
    BlockingQueue<Channel> listeners = new LinkedBlockingQueue<>();
    ServerBootstrap watched =
        bootstrap
            .clone()
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    listeners.add(channel);
                  }
                });
    LineServer server = new LineServer(watched, new OrdersProperties(null, anyPort(), null));
    server.open();
    listeners.take().close().sync();

    Channel replacement = watched.bind(server.port()).sync().channel();
    try {
      assertThat(ask(server.port(), "COUNT\n", 1)).containsExactly(Long.toString(orders.count()));
    } finally {
      server.close();
      replacement.close().sync();
    }
  }

  private static OrdersProperties.Listener anyPort() {
    return new OrdersProperties.Listener(0);
  }

  private static List<String> ask(int port, String lines, int answers) throws IOException {
    try (Socket socket = connect(port)) {
      socket.getOutputStream().write(lines.getBytes(StandardCharsets.US_ASCII));
      BufferedReader reader = reader(socket);
      List<String> read = new ArrayList<>();
      while (read.size() < answers) {
        read.add(reader.readLine());
      }
      return read;
    }
  }

  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout((int) Duration.ofSeconds(20).toMillis());
    return socket;
  }

  private static BufferedReader reader(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
  }
}
