/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty.drain;

import java.util.IdentityHashMap;
import java.util.Map;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;

/**
 * Whether HTTP/1.1 connections stay open after a response. There is one for all connectors, because
 * they may share an {@link HttpConfiguration}.
 */
public final class KeepAlive {

  private final Map<HttpConfiguration, Boolean> before = new IdentityHashMap<>();

  /** From here on, each request that arrives is answered with {@code Connection: close}. */
  public void end(Connector connector) {
    connector.getConnectionFactories().stream()
        .filter(HttpConfiguration.ConnectionFactory.class::isInstance)
        .map(factory -> ((HttpConfiguration.ConnectionFactory) factory).getHttpConfiguration())
        .forEach(
            configuration -> {
              before.putIfAbsent(configuration, configuration.isPersistentConnectionsEnabled());
              configuration.setPersistentConnectionsEnabled(false);
            });
  }

  /** Every configuration is as it was before {@link #end}. */
  public void resume() {
    before.forEach(HttpConfiguration::setPersistentConnectionsEnabled);
    before.clear();
  }
}
