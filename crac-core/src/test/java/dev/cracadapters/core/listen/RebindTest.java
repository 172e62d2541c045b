/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.support.RestoreWatch;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.crac.RestoreException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Listening again")
class RebindTest {

  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  @Test
  @DisplayName("on a free address succeeds at once")
  void free() throws Exception {
    int port = freePort();
    try (ServerSocket listening = open(port, true, Duration.ZERO)) {
      assertThat(listening.getLocalPort()).isEqualTo(port);
    }
  }

  @Test
  @DisplayName("on an address that this process has taken fails at once and says so")
  void takenByThisProcess() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, LOOPBACK)) {
      int port = other.getLocalPort();
      assertThatThrownBy(() -> open(port, true, Duration.ofDays(1)))
          .isInstanceOf(RestoreException.class)
          .hasMessageContaining("test localhost:" + port + ": the address is taken by this process")
          .hasMessageContaining("crac.listen." + port);
    }
  }

  @Test
  @DisplayName("on an address that another process has taken names its PID and its command")
  void takenByAnother() throws Exception {
    Process other =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-cp",
                System.getProperty("java.class.path"),
                Holding.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      int port = readPort(other.getInputStream());
      assertThatThrownBy(() -> open(port, true, Duration.ofDays(1)))
          .isInstanceOf(RestoreException.class)
          .hasMessageContaining("is taken by PID " + other.pid() + " (java)");
    } finally {
      other.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
    }
  }

  @Test
  @DisplayName("is tried again while only connections in TIME_WAIT are in the way")
  void timeWait() throws Exception {
    int port;
    try (ServerSocket before = new ServerSocket(0, 1, LOOPBACK);
        Socket client = new Socket(LOOPBACK, before.getLocalPort())) {
      port = before.getLocalPort();
      before.accept().close(); // this side closes first, so it keeps the TIME_WAIT
      assertThat(client.getInputStream().read()).isNegative();
    }
    int[] attempts = {0};
    Deadline deadline = Deadline.after(Duration.ofSeconds(20));
    InetSocketAddress address = new InetSocketAddress(LOOPBACK, port);
    try (ServerSocket listening =
        Rebind.open(
            "test",
            address,
            deadline,
            () -> {
              attempts[0]++;
              // The second attempt does what a minute would do.
              return bind(address, attempts[0] > 1);
            })) {
      assertThat(listening.getLocalPort()).isEqualTo(port);
    }
    assertThat(attempts[0]).isEqualTo(2);
  }

  @Test
  @DisplayName("past the deadline says that the address is in TIME_WAIT")
  void tooLongInTimeWait() throws Exception {
    int port;
    try (ServerSocket before = new ServerSocket(0, 1, LOOPBACK);
        Socket client = new Socket(LOOPBACK, before.getLocalPort())) {
      port = before.getLocalPort();
      before.accept().close();
      assertThat(client.getInputStream().read()).isNegative();
    }
    assertThatThrownBy(() -> open(port, false, Duration.ZERO))
        .isInstanceOf(RestoreException.class)
        .hasMessageContaining("closed connections in TIME_WAIT");
  }

  @Test
  @DisplayName("on an address that this machine does not have fails at once")
  void foreignAddress() {
    InetSocketAddress foreign = new InetSocketAddress("192.0.2.1", 8080); // RFC 5737
    assertThatThrownBy(
            () ->
                Rebind.open(
                    "test", foreign, Deadline.after(Duration.ofDays(1)), () -> bind(foreign, true)))
        .isInstanceOf(RestoreException.class)
        .hasMessageContaining("test 192.0.2.1:8080: the address cannot be bound (");
  }

  @Test
  @DisplayName("leaves any other failure as it is")
  void otherFailure() {
    IOException other = new IOException("no keys");
    assertThatThrownBy(
            () ->
                Rebind.<ServerSocket, IOException>open(
                    "test",
                    new InetSocketAddress(LOOPBACK, 1),
                    Deadline.after(Duration.ofDays(1)),
                    () -> {
                      throw other;
                    }))
        .isSameAs(other);
  }

  @Test
  @DisplayName("is on another port or address where the restore says so")
  void changedAddress() throws Exception {
    InetSocketAddress before = new InetSocketAddress("127.0.0.1", 8080);
    assertThat(Rebind.addressAtRestore(before, RestoreWatch.begin())).isEqualTo(before);
    assertThat(moved(before, "8081")).isEqualTo(new InetSocketAddress("127.0.0.1", 8081));
    assertThat(moved(before, "10.0.0.7:8082")).isEqualTo(new InetSocketAddress("10.0.0.7", 8082));
    assertThat(Rebind.describe(moved(before, "[::1]:8083"))).isEqualTo("[0:0:0:0:0:0:0:1]:8083");
    assertThatThrownBy(() -> moved(before, "elsewhere"))
        .isInstanceOf(RestoreException.class)
        .hasMessageContaining("crac.listen.8080 is \"elsewhere\"");
  }

  private static InetSocketAddress moved(InetSocketAddress before, String to)
      throws RestoreException {
    return Rebind.addressAtRestore(before, Map.of("crac.listen.8080", to));
  }

  private static ServerSocket open(int port, boolean reuse, Duration patience) throws Exception {
    InetSocketAddress address = new InetSocketAddress(LOOPBACK, port);
    return Rebind.open("test", address, Deadline.after(patience), () -> bind(address, reuse));
  }

  private static ServerSocket bind(InetSocketAddress address, boolean reuse) throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.setReuseAddress(reuse);
      socket.bind(address);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, LOOPBACK)) {
      return socket.getLocalPort();
    }
  }

  private static int readPort(InputStream output) throws IOException {
    StringBuilder digits = new StringBuilder();
    for (int next = output.read(); Character.isDigit(next); next = output.read()) {
      digits.append((char) next);
    }
    return Integer.parseInt(digits.toString());
  }

  /** A process that listens, says on which port, and waits to be ended. */
  static final class Holding {

    private Holding() {}

    public static void main(String[] arguments) throws IOException {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        System.out.println(socket.getLocalPort());
        System.out.flush();
        socket.accept().close();
      }
    }
  }
}
