/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static dev.cracadapters.core.CoordinatorSettings.AuditMode.STRICT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.audit.Descriptor.Kind;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("The audit of Unix sockets")
class UnixSocketAuditTest {

  @TempDir Path folder;

  private static ServerSocketChannel server(Path path) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    return server.bind(UnixDomainSocketAddress.of(path));
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("refuses a server's socket by its whole path, in both modes")
  void listening(AuditMode mode) throws IOException {
    Path path = folder.resolve("my server.sock");
    try (ServerSocketChannel server = server(path)) {
      assertThat(server.isOpen()).isTrue();

      Descriptor descriptor = Audited.target("Unix socket " + path);
      assertThat(descriptor.kind()).isEqualTo(Kind.UNIX_SOCKET);
      assertThat(Audited.refusal(mode, descriptor))
          .hasValueSatisfying(message -> assertThat(message).contains("it is an open socket"));
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("refuses both ends of a connection, though the client's has no name, in both modes")
  void connected(AuditMode mode) throws IOException {
    Path path = folder.resolve("sock");
    try (ServerSocketChannel server = server(path);
        SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path));
        SocketChannel accepted = server.accept()) {
      assertThat(client.isConnected() && accepted.isConnected()).isTrue();

      assertThat(Audited.refusal(mode, "unnamed Unix socket")).isPresent();
      List<String> refused =
          Audited.audit(mode).run().refusals().stream().map(Throwable::getMessage).toList();
      assertThat(refused)
          .filteredOn(message -> message.contains("Unix socket " + path))
          .as("the listening one and the accepted one")
          .hasSize(2);
    }
  }

  @Test
  @DisplayName("takes the half of a pair that the JVM closes sockets with for the JVM's")
  void halfOfAPair() throws IOException {
    // Closing a socket is what makes the JVM open its pair.
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress("127.0.0.1", 0));
    }
    new ServerSocket(0).close();

    List<Descriptor> halves =
        OpenDescriptors.read().stream()
            .filter(open -> open.target().equals(SocketTable.HALF_A_PAIR))
            .toList();
    assertThat(halves).isNotEmpty();
    for (Descriptor half : halves) {
      assertThat(Audited.verdict(STRICT, half)).isEmpty();
    }
  }
}
