/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.web;

import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.support.ReloadingKeys;
import dev.cracadapters.spring.environment.RestoredEnvironment;
import java.io.File;
import java.io.FileNotFoundException;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crac.Context;
import org.crac.Resource;
import org.crac.RestoreException;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerSslBundle;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.util.ResourceUtils;

/**
 * The key store of {@code server.ssl}. Spring Boot reads it at the start and gives Jetty the
 * result, so Jetty cannot read it again. This does, before the connectors open, where the file or
 * its password has changed.
 */
final class ServerSslKeys implements PhasedResource, ReloadingKeys.Source {

  private static final String PREFIX = "server.ssl";

  private final ConfigurableApplicationContext context;
  private final Server server;
  private final RestoredEnvironment restored;
  private final ReloadingKeys keys = new ReloadingKeys(this);

  /** The settings that are in the environment; null where they have to be read from it. */
  private @Nullable Map<String, String> known;

  private @Nullable String stateOfKnown;

  ServerSslKeys(
      ConfigurableApplicationContext context, Server server, RestoredEnvironment restored) {
    this.context = context;
    this.server = server;
    this.restored = restored;
    keys.onLoaded();
  }

  /** Whether the key store of Boot's connector comes from these properties. */
  static boolean isUsed(ConfigurableApplicationContext context) {
    return ssl(context) != null;
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
  public synchronized void beforeCheckpoint(@Nullable Context<? extends Resource> unused) {
    // What has been read stays in use until the restore.
    restored.expect();
    String state = restored.stateAtCheckpoint();
    if (known == null || state == null || !state.equals(stateOfKnown)) {
      known = isUsed(context) ? read() : null;
    }
    stateOfKnown = state;
  }

  /** Reads the settings again only where the environment has changed; the file in any case. */
  @Override
  public synchronized void afterRestore(@Nullable Context<? extends Resource> unused)
      throws RestoreException {
    if (!restored.isUnchangedSince(stateOfKnown)) {
      known = null;
    }
    if ((known != null || isUsed(context)) && !stoppedFactories().isEmpty()) {
      keys.reloadIfChanged();
    }
  }

  @Override
  public String description() {
    return "the %s (%s)"
        .formatted(name(), files().stream().map(Path::toString).collect(Collectors.joining(", ")));
  }

  @Override
  public synchronized Map<String, String> settings() {
    Map<String, String> present = known;
    return present == null ? read() : present;
  }

  private Map<String, String> read() {
    return Binder.get(context.getEnvironment())
        .bind(PREFIX, Bindable.mapOf(String.class, String.class))
        .orElse(Map.of());
  }

  /** Those of the settings that name a file, in the order of their names. */
  @Override
  public List<Path> files() {
    List<Path> files = new ArrayList<>();
    for (String value : new TreeMap<>(settings()).values()) {
      try {
        File file = ResourceUtils.getFile(value);
        if (file.isFile()) {
          files.add(file.toPath());
        }
      } catch (FileNotFoundException | IllegalArgumentException e) {
        continue; // a password, a type, or something in a jar, which does not change
      }
    }
    return files;
  }

  @Override
  public void load() {
    Ssl ssl = Objects.requireNonNull(ssl(context));
    SslBundles bundles = context.getBeanProvider(SslBundles.class).getIfAvailable();
    SslBundle bundle = WebServerSslBundle.get(ssl, bundles);
    KeyStore keyStore = bundle.getStores().getKeyStore();
    KeyStore trustStore = bundle.getStores().getTrustStore();
    for (SslContextFactory.Server factory : stoppedFactories()) {
      factory.setKeyStore(keyStore);
      factory.setTrustStore(trustStore);
      setIfPresent(bundle.getStores().getKeyStorePassword(), factory::setKeyStorePassword);
      setIfPresent(bundle.getKey().getPassword(), factory::setKeyManagerPassword);
      setIfPresent(bundle.getKey().getAlias(), factory::setCertAlias);
    }
  }

  private static void setIfPresent(@Nullable String value, Consumer<String> setter) {
    if (value != null) {
      setter.accept(value);
    }
  }

  /** Of Boot's own connectors, unless a refused checkpoint has left them running. */
  private List<SslContextFactory.Server> stoppedFactories() {
    return Stream.of(server.getConnectors())
        .filter(connector -> connector.getClass().getName().startsWith("org.springframework.boot."))
        .filter(connector -> !connector.isRunning())
        .flatMap(connector -> connector.getConnectionFactories().stream())
        .filter(SslConnectionFactory.class::isInstance)
        .map(factory -> ((SslConnectionFactory) factory).getSslContextFactory())
        .toList();
  }
}
