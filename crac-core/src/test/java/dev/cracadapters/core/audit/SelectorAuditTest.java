/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static dev.cracadapters.core.CoordinatorSettings.AuditMode.LENIENT;
import static dev.cracadapters.core.CoordinatorSettings.AuditMode.STRICT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.audit.Descriptor.Kind;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The audit of NIO selectors")
class SelectorAuditTest {

  private Set<Integer> before;

  @BeforeEach
  void see() throws IOException {
    before = OpenDescriptors.read().stream().map(Descriptor::number).collect(Collectors.toSet());
  }

  private Descriptor opened(Kind kind) throws IOException {
    return Audited.descriptor(
        descriptor -> descriptor.kind() == kind && !before.contains(descriptor.number()));
  }

  @Test
  @DisplayName("takes a selector without a channel for the JVM's, in strict mode too")
  void empty() throws IOException {
    try (Selector selector = Selector.open()) {
      selector.selectNow();

      Descriptor epoll = opened(Kind.EPOLL);
      Descriptor event = opened(Kind.EVENT);
      assertThat(epoll.watched()).containsExactly(event.number());
      assertThat(Audited.verdict(STRICT, epoll)).isEmpty();
      assertThat(Audited.verdict(STRICT, event)).isEmpty();
    }
  }

  @Test
  @DisplayName("refuses a selector's channel, and in strict mode the selector too")
  void channel() throws IOException {
    try (Selector selector = Selector.open();
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.INET)) {
      server.bind(new InetSocketAddress("127.0.0.1", 0));
      server.configureBlocking(false);
      server.register(selector, SelectionKey.OP_ACCEPT);
      selector.selectNow();

      Descriptor epoll = opened(Kind.EPOLL);
      Descriptor event = opened(Kind.EVENT);
      Descriptor listener = opened(Kind.TCP_LISTENER);
      assertThat(epoll.watched()).containsExactlyInAnyOrder(event.number(), listener.number());
      assertThat(Audited.refusal(LENIENT, listener)).isPresent();
      assertThat(Audited.verdict(LENIENT, epoll)).hasValue("let pass");
      assertThat(Audited.verdict(LENIENT, event)).hasValue("let pass");
      List<String> refused =
          Audited.audit(STRICT).run().refusals().stream().map(Throwable::getMessage).toList();
      for (Descriptor descriptor : List.of(epoll, event, listener)) {
        assertThat(refused)
            .anyMatch(message -> message.startsWith("descriptor " + descriptor.number() + ", "));
      }
    }
  }

  @Test
  @DisplayName("takes a selector for the JVM's again whose channel was closed")
  void channelClosed() throws IOException {
    try (Selector selector = Selector.open()) {
      try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.INET)) {
        server.bind(new InetSocketAddress("127.0.0.1", 0));
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        selector.selectNow();
      }
      selector.selectNow();

      assertThat(Audited.verdict(STRICT, opened(Kind.EPOLL))).isEmpty();
      assertThat(Audited.verdict(STRICT, opened(Kind.EVENT))).isEmpty();
    }
  }

  @Test
  @DisplayName("sees a selector's channel wherever the kernel lists it")
  void anyOrder() throws IOException {
    // The kernel's order is that of its memory: among so many both orders are there.
    List<Closeable> open = new ArrayList<>();
    try {
      for (int i = 0; i < 16; i++) {
        Selector selector = Selector.open();
        open.add(selector);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.INET);
        open.add(server);
        server.bind(new InetSocketAddress("127.0.0.1", 0));
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        selector.selectNow();
      }

      DescriptorAudit.Findings findings = Audited.audit(STRICT).run();
      assertThat(findings.open())
          .filteredOn(descriptor -> !before.contains(descriptor.number()))
          .filteredOn(descriptor -> descriptor.target().equals("anon_inode:[eventpoll]"))
          .hasSize(16)
          .allMatch(descriptor -> descriptor.verdict().startsWith("refused: "));
    } finally {
      for (Closeable closeable : open) {
        closeable.close();
      }
    }
  }
}
