/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Listens for line protocol connections from the start of the service to its end. */
@Component
class LineServer {

  private static final Logger LOG = LoggerFactory.getLogger(LineServer.class);

  private final ServerBootstrap bootstrap;
  private final int wanted;
  private Channel listener;
  private int port;

  LineServer(ServerBootstrap bootstrap, OrdersProperties properties) {
    this.bootstrap = bootstrap;
    this.wanted = properties.line().port();
  }

  @PostConstruct
  void open() {
    listener = bootstrap.bind(wanted).syncUninterruptibly().channel();
    port = ((InetSocketAddress) listener.localAddress()).getPort();
    LOG.info("Line server started on port {}", port);
  }

  /** Connections end with the event loops, which are closed after this. */
  @PreDestroy
  void close() {
    listener.close().syncUninterruptibly();
  }

  /** The port it listens on. */
  int port() {
    return port;
  }
}
