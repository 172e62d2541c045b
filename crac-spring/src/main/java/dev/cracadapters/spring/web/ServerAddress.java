/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.web;

import dev.cracadapters.core.Phase;
import dev.cracadapters.core.listen.ListeningResource;
import dev.cracadapters.spring.environment.RestoredEnvironment;
import org.crac.Context;
import org.crac.Resource;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;

/**
 * Where Spring Boot's own connector listens: {@code server.address} and {@code server.port}. Boot
 * reads them at the start. Where a restore gives others, this moves the connector before its socket
 * opens, which is before anything else comes up.
 */
final class ServerAddress implements ListeningResource {

  private static final String ADDRESS = "server.address";
  private static final String PORT = "server.port";

  private final Environment environment;
  private final RestoredEnvironment restored;
  private final Server server;
  private @Nullable String address;
  private @Nullable Integer port;

  ServerAddress(
      ConfigurableApplicationContext context, RestoredEnvironment restored, Server server) {
    this.environment = context.getEnvironment();
    this.restored = restored;
    this.server = server;
  }

  @Override
  public String name() {
    return PORT;
  }

  /** Just before the connectors open. */
  @Override
  public int phase() {
    return Phase.TRAFFIC - 1;
  }

  @Override
  public void beforeCheckpoint(@Nullable Context<? extends Resource> unused) {
    address = environment.getProperty(ADDRESS);
    port = environment.getProperty(PORT, Integer.class);
    restored.expect();
  }

  /**
   * Reads the restore's environment where it has changed, which others use afterwards, and moves
   * the connector.
   *
   * @throws RuntimeException if a configuration file cannot be read; then it listens where it did
   */
  @Override
  public void listen() {
    if (restored.isRestored() && !restored.isUnchanged()) {
      restored.fresh();
    }
    move();
  }

  /** Whoever has changed the environment meanwhile. */
  @Override
  public void afterRestore(@Nullable Context<? extends Resource> unused) {
    move();
  }

  private void move() {
    Connector[] connectors = server.getConnectors();
    // Boot's own comes first. A refused checkpoint leaves it running.
    if (connectors.length == 0
        || !(connectors[0] instanceof ServerConnector connector)
        || connector.isRunning()) {
      return;
    }
    String addressNow = environment.getProperty(ADDRESS);
    if (addressNow != null && !addressNow.equals(address)) {
      connector.setHost(addressNow);
    }
    Integer portNow = environment.getProperty(PORT, Integer.class);
    if (portNow != null && portNow > 0 && !portNow.equals(port)) {
      connector.setPort(portNow);
    }
    address = addressNow;
    port = portNow;
  }
}
