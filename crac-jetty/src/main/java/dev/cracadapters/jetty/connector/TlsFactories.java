/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty.connector;

import dev.cracadapters.core.listen.Rebind;
import dev.cracadapters.core.support.ReloadingKeys;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.crac.RestoreException;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/**
 * The TLS contexts of a connector. Each is made anew when its factory starts again, from the key
 * store's file as it is then: a certificate that was renewed in the meantime is used, and two
 * processes restored from one image share no session ticket keys and no session cache. That is why
 * the files are read at each restore, changed or not, unlike those of a {@link ReloadingKeys}.
 *
 * <p>Where the key store cannot be read, the context from before the checkpoint stays in use, and
 * the failure is reported all the same.
 */
final class TlsFactories {

  private final ServerConnector connector;
  private final Map<SslContextFactory.Server, SSLContext> before = new IdentityHashMap<>();
  private @Nullable RestoreException failure;

  TlsFactories(ServerConnector connector) {
    this.connector = connector;
  }

  /** Remembers the contexts in use, in case the next start cannot make new ones. */
  void remember() {
    before.clear();
    for (SslContextFactory.Server factory : factories()) {
      if (factory.isStarted()) {
        before.put(factory, factory.getSslContext());
      }
    }
  }

  /** Starts the connector, if need be with contexts from before the checkpoint. */
  void start() throws Exception {
    List<SslContextFactory.Server> replaced = new ArrayList<>();
    try {
      // One that the connector shares was not stopped with it and is not started with it.
      for (SslContextFactory.Server factory : factories()) {
        if (factory.isStarted() && factory.getKeyStoreResource() != null) {
          replaceIfUnreadable(factory, replaced);
        }
      }
      try {
        connector.start();
      } catch (Exception e) {
        connector.stop();
        for (SslContextFactory.Server factory : factories()) {
          replaceIfUnreadable(factory, replaced);
        }
        if (replaced.isEmpty()) {
          throw e;
        }
        connector.start();
      }
    } finally {
      // Only for this start: the next one reads the key store again.
      replaced.forEach(factory -> factory.setSslContext(null));
    }
    before.clear();
  }

  private void replaceIfUnreadable(
      SslContextFactory.Server factory, List<SslContextFactory.Server> replaced) throws Exception {
    try {
      factory.reload(unchanged -> {});
    } catch (Exception e) {
      SSLContext context = before.get(factory);
      if (context == null) {
        throw e;
      }
      factory.setSslContext(context);
      factory.reload(unchanged -> {});
      replaced.add(factory);
      failure = ReloadingKeys.unreadable(describe(factory), e);
    }
  }

  private String describe(SslContextFactory.Server factory) {
    return "jetty %s: the %s"
        .formatted(
            Rebind.describe(ConnectorCheckpoint.address(connector)),
            factory.getKeyStoreResource() == null
                ? "trust store " + factory.getTrustStoreResource()
                : "key store " + factory.getKeyStoreResource());
  }

  /** Throws, once, the failure that {@link #start} went on after. */
  void throwFailure() throws RestoreException {
    RestoreException found = failure;
    failure = null;
    if (found != null) {
      throw found;
    }
  }

  private List<SslContextFactory.Server> factories() {
    return connector.getConnectionFactories().stream()
        .filter(SslConnectionFactory.class::isInstance)
        .map(factory -> ((SslConnectionFactory) factory).getSslContextFactory())
        .toList();
  }
}
