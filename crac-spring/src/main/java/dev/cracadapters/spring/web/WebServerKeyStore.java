/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.web;

import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.crac.Context;
import org.crac.Resource;
import org.crac.RestoreException;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslStoreBundle;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerSslBundle;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The key store of {@code server.ssl}. Spring Boot reads it at the start and gives Jetty the
 * result, so Jetty cannot read it again: this does, before the connectors open.
 */
final class WebServerKeyStore implements PhasedResource {

  private static final String PREFIX = "server.ssl";

  private final ConfigurableApplicationContext context;
  private final Server server;

  WebServerKeyStore(ConfigurableApplicationContext context, Server server) {
    this.context = context;
    this.server = server;
  }

  /** Whether the key store of Boot's connector comes from these properties. */
  static boolean isUsed(ConfigurableApplicationContext context) {
    return context.getParent() == null && ssl(context) != null;
  }

  private static @Nullable Ssl ssl(ConfigurableApplicationContext context) {
    Ssl ssl = Binder.get(context.getEnvironment()).bind(PREFIX, Ssl.class).orElse(null);
    // A bundle is an object of the application's that others use as well.
    boolean isRead = ssl != null && ssl.isEnabled() && ssl.getBundle() == null;
    return isRead && (ssl.getKeyStore() != null || ssl.getCertificate() != null) ? ssl : null;
  }

  @Override
  public String name() {
    return "key store of " + PREFIX;
  }

  /** Just before the connectors open, and after everything else is back. */
  @Override
  public int phase() {
    return Phase.TRAFFIC - 1;
  }

  @Override
  public void beforeCheckpoint(@Nullable Context<? extends Resource> unused) {
    // What has been read stays in use until the restore.
  }

  @Override
  public void afterRestore(@Nullable Context<? extends Resource> unused) throws RestoreException {
    Ssl ssl = ssl(context);
    List<SslContextFactory.Server> factories = stoppedFactories();
    if (ssl == null || factories.isEmpty()) {
      return;
    }
    try {
      SslBundles bundles = context.getBeanProvider(SslBundles.class).getIfAvailable();
      SslStoreBundle stores = WebServerSslBundle.get(ssl, bundles).getStores();
      KeyStore keys = stores.getKeyStore();
      KeyStore trusted = stores.getTrustStore();
      for (SslContextFactory.Server factory : factories) {
        factory.setKeyStore(keys);
        factory.setTrustStore(trusted);
      }
    } catch (RuntimeException e) {
      RestoreException exception =
          new RestoreException(
              "%s: %s cannot be read (%s). The certificate from before is served: mend the file, and restore again"
                  .formatted(
                      name(),
                      ssl.getKeyStore() == null ? ssl.getCertificate() : ssl.getKeyStore(),
                      e.getMessage()));
      exception.initCause(e);
      throw exception;
    }
  }

  /** Of Boot's own connectors, unless a refused checkpoint has left them running. */
  private List<SslContextFactory.Server> stoppedFactories() {
    List<SslContextFactory.Server> factories = new ArrayList<>();
    Stream.of(server.getConnectors())
        .filter(connector -> connector.getClass().getName().startsWith("org.springframework.boot."))
        .filter(connector -> !connector.isRunning())
        .map(Connector::getConnectionFactories)
        .flatMap(all -> all.stream())
        .forEach(
            factory -> {
              if (factory instanceof SslConnectionFactory ssl) {
                factories.add(ssl.getSslContextFactory());
              }
            });
    return factories;
  }
}
