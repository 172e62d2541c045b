/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import static dev.cracadapters.criu.policy.OpenServices.ask;
import static dev.cracadapters.criu.policy.OpenServices.open;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@RequiresCriu
@Tag("soak")
@DisplayName("A socket under a policy")
class PolicySocketsIT {

  private static final int SECONDS = 20_000;

  @TempDir Path temp;
  private Path folder;
  private OpenServices services;
  private int port;

  @BeforeEach
  void realFolder() throws Exception {
    folder = temp.toRealPath();
    services = new OpenServices(folder);
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  /** Connects to a listener, which sends back what it got. */
  private String asked(RunningProcess service, String listener) throws Exception {
    CompletableFuture<String> client = CompletableFuture.supplyAsync(this::client);
    assertThat(ask(service, "accept", listener, "")).isEqualTo("hello");
    return client.get();
  }

  private String client() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(SECONDS);
      socket.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readNBytes(5), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ServerSocket, reopen, lenient",
    "ServerSocketChannel, reopen, strict",
    "ServerSocket, ignore, strict",
    "ServerSocketChannel, ignore, lenient"
  })
  @DisplayName("accepts again after each restore, when it is one that listens")
  void listening(String kind, String action, String audit) throws Exception {
    services.policies(
        "type: socket\nfamily: ipv4\nlocalPort: %d\naction: %s\n".formatted(port, action));
    try (RunningProcess service = services.start("original", "-Dcrac.audit=" + audit)) {
      open(service, kind, "listener", port);
      assertThat(asked(service, "listener")).isEqualTo("hello");
      OpenServices.checkpoint(service);
    }
    for (int turn = 1; turn <= 2; turn++) {
      try (RunningProcess service = services.restored("restored" + turn)) {
        assertThat(asked(service, "listener")).isEqualTo("hello");
        OpenServices.end(service);
      }
    }
    try (RunningProcess service = services.restored("clone", "--clone")) {
      assertThat(asked(service, "listener")).isEqualTo("hello");
      OpenServices.end(service);
    }
  }

  @Test
  @DisplayName("lets the process go on, whoever kills the shell that had stopped it for a moment")
  void killedShell() throws Exception {
    Path commands = Files.createDirectory(folder.resolve("commands"));
    Services.script(
        commands.resolve("sh"),
        "#!/bin/sh",
        "case $2 in",
        "  *'kill -s STOP'*)",
        "    echo >> '" + folder + "/killed'",
        "    exec /bin/sh -c \"$(printf '%s\\n' \"$2\" | sed 's/^turns=0/kill -s KILL $$/')\" ;;",
        "  *) exec /bin/sh \"$@\" ;;",
        "esac");
    services.policies("type: socket\nlistening: true\naction: reopen\nwarn: false\n");
    try (RunningProcess service =
        services.start("original", commands + ":" + System.getenv("PATH"), new String[0])) {
      open(service, "ServerSocket", "listener", port);
      OpenServices.checkpoint(service);
    }
    try (RunningProcess service = services.restored("restored")) {
      assertThat(asked(service, "listener")).isEqualTo("hello");
      OpenServices.end(service);
    }
    assertThat(folder.resolve("killed")).exists();
  }

  @Test
  @DisplayName("is checkpointed also while clients wait to be accepted, who then are turned away")
  void backlog() throws Exception {
    services.policies("type: socket\nlistening: true\naction: reopen\nwarn: false\n");
    try (RunningProcess service = services.start("original")) {
      open(service, "ServerSocket", "listener", port);
      try (Socket waiting = new Socket(InetAddress.getLoopbackAddress(), port)) {
        OpenServices.checkpoint(service);
        waiting.setSoTimeout(SECONDS);
        assertThat(endOf(waiting)).isIn("the end", "Connection reset");
      }
    }
    try (RunningProcess service = services.restored("restored")) {
      assertThat(asked(service, "listener")).isEqualTo("hello");
      OpenServices.end(service);
    }
  }

  private static String endOf(Socket socket) {
    try {
      return socket.getInputStream().read() < 0 ? "the end" : "something";
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  @Test
  @DisplayName("is said to be taken where another process listens at the restore")
  void taken() throws Exception {
    services.policies("type: socket\naction: reopen\n");
    try (RunningProcess service = services.start("original")) {
      open(service, "ServerSocket", "listener", port);
      OpenServices.checkpoint(service);
    }
    try (ServerSocket other = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
        RunningProcess restore = services.image().restore().start(folder, "refused")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error())
          .contains(
              "127.0.0.1:"
                  + other.getLocalPort()
                  + ", on which the process listens, is not available here (Address already in"
                  + " use): free it, or use --clone --net");
    }
    try (RunningProcess service = services.restored("restored")) {
      assertThat(asked(service, "listener")).isEqualTo("hello");
      OpenServices.end(service);
    }
  }

  @Test
  @DisplayName("works again, when it is a Unix socket that listens")
  @Tag("essential")
  void unix() throws Exception {
    Path path = folder.resolve("socket");
    services.policies(
        """
        type: socket
        family: unix
        localPath: %s/*
        action: reopen
        """
            .formatted(folder));
    try (RunningProcess service = services.start("original")) {
      open(service, "unixListener", "unix", path);
      OpenServices.checkpoint(service);
    }
    try (RunningProcess service = services.restored("restored");
        SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      client.connect(UnixDomainSocketAddress.of(path));
      client.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));
      assertThat(ask(service, "accept", "unix", "")).isEqualTo("hello");
      OpenServices.end(service);
    }
  }

  @ParameterizedTest
  @CsvSource({"Socket, lenient", "SocketChannel, strict"})
  @DisplayName(
      "is found closed by the restored process, when it is a connection that is to be closed")
  void connection(String kind, String audit) throws Exception {
    services.policies("type: socket\nremotePort: %d\naction: close\n".formatted(port));
    try (ServerSocket server = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
        RunningProcess service = services.start("original", "-Dcrac.audit=" + audit)) {
      open(service, kind, "connection", port);
      try (Socket accepted = server.accept()) {
        assertThat(ask(service, "write", "connection", "hello")).isEqualTo("done");
        assertThat(accepted.getInputStream().readNBytes(5)).hasSize(5);
        OpenServices.checkpoint(service);
        accepted.setSoTimeout(SECONDS);
        assertThat(endOf(accepted)).isIn("the end", "Connection reset");
      }
    }
    try (RunningProcess service = services.restored("restored")) {
      assertThat(ask(service, "read", "connection", "1"))
          .satisfiesAnyOf(
              answer -> assertThat(answer).isEqualTo("the end"),
              answer -> assertThat(answer).contains("Exception"));
      assertThat(ask(service, "write", "connection", "hello")).contains("Exception");
      OpenServices.end(service);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Socket | reopen | a policy wants it reopened, and the other side would not take",
        "Socket | ignore | a policy leaves it to CRIU, which cannot restore a connection",
        "DatagramSocket | ignore | a policy leaves it to CRIU, which restores listening and Unix"
      })
  @DisplayName("is refused with words where it cannot be kept, and the service goes on with it")
  void refused(String kind, String action, String words) throws Exception {
    services.policies("# all\ntype: socket\naction: " + action + "\n");
    try (ServerSocket server = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
        RunningProcess service = services.start("original")) {
      open(service, kind, "socket", port);
      assertThat(OpenServices.refusal(service))
          .contains("127.0.0.1:" + port + ": " + words)
          .contains("policies.yaml, lines 2-3");
      if (kind.equals("Socket")) {
        try (Socket accepted = server.accept()) {
          ask(service, "write", "socket", "hello");
          assertThat(accepted.getInputStream().readNBytes(5)).hasSize(5);
        }
      }
      OpenServices.end(service);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ServerSocket", "ServerSocketChannel"})
  @DisplayName("goes on listening for a thread that is waiting in accept, restored or not")
  void whileAccepting(String kind) throws Exception {
    services.policies("type: socket\naction: reopen\n");
    try (RunningProcess service = services.start("original")) {
      open(service, kind, "listener", port);
      open(service, "acceptor", "listener", "first");
      // One that fails, for there is a descriptor that CRIU cannot dump.
      open(service, "lock", "locked", Files.createFile(folder.resolve("locked")));
      assertThat(OpenServices.refusal(service)).contains("criu dump ended with exit status 1");
      assertThat(client()).isEqualTo("hello");
      service.awaitLine("accepted first hello");
      ask(service, "close", "locked", "-");
      open(service, "acceptor", "listener", "second");
      Services.checkpoint(service); // the other looks for a refusal, and there is one
    }
    for (int turn = 1; turn <= 2; turn++) {
      try (RunningProcess service = services.restored("restored" + turn)) {
        assertThat(client()).isEqualTo("hello");
        service.awaitLine("accepted second hello");
        OpenServices.end(service);
      }
    }
  }

  @Test
  @DisplayName("goes on listening for a selector")
  void selector() throws Exception {
    services.policies("type: socket\naction: reopen\n");
    try (RunningProcess service = services.start("original")) {
      open(service, "selected", "listener", port);
      assertThat(client()).isEqualTo("hello");
      OpenServices.checkpoint(service);
    }
    for (int turn = 1; turn <= 2; turn++) {
      try (RunningProcess service = services.restored("restored" + turn)) {
        assertThat(client()).isEqualTo("hello");
        assertThat(client()).isEqualTo("hello");
        OpenServices.end(service);
      }
    }
  }
}
