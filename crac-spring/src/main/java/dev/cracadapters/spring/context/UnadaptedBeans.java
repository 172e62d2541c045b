/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.context;

import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.audit.DescriptorOwner;
import dev.cracadapters.core.support.AdaptedLibrary;
import dev.cracadapters.core.support.JdbcUrl;
import dev.cracadapters.spring.logging.LogFiles;
import dev.cracadapters.spring.pool.HikariPools;
import dev.cracadapters.spring.web.WebServers;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Tells the descriptor audit which bean or appender a descriptor belongs to, where the adapter that
 * would have closed it is not on the class path.
 */
final class UnadaptedBeans implements DescriptorOwner {

  private final Supplier<Set<ConfigurableApplicationContext>> contexts;
  private final boolean noLogback;
  private final boolean noHikari;
  private final boolean noJetty;

  UnadaptedBeans(
      Supplier<Set<ConfigurableApplicationContext>> contexts, @Nullable ClassLoader loader) {
    this.contexts = contexts;
    this.noLogback = AdaptedLibrary.LOGBACK.lacksAdapter(loader);
    this.noHikari = AdaptedLibrary.HIKARI.lacksAdapter(loader);
    this.noJetty = AdaptedLibrary.JETTY.lacksAdapter(loader);
  }

  @Override
  public Optional<String> remedy(Descriptor descriptor) {
    return switch (descriptor.kind()) {
      case FILE -> noLogback ? appender(descriptor) : Optional.empty();
      case TCP_CONNECTION -> noHikari ? pool(descriptor) : Optional.empty();
      case TCP_LISTENER -> noJetty ? webServer(descriptor) : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static Optional<String> appender(Descriptor descriptor) {
    return LogFiles.appenderOf(Path.of(descriptor.target()))
        .map(appender -> "the file of appender " + appender + ": add crac-logback");
  }

  private Optional<String> pool(Descriptor descriptor) {
    InetSocketAddress remote = descriptor.remote();
    return remote == null
        ? Optional.empty()
        : contexts.get().stream()
            .flatMap(context -> HikariPools.in(context).stream())
            .filter(pool -> JdbcUrl.of(pool.getJdbcUrl()).leadsTo(remote))
            .findFirst()
            .map(
                pool ->
                    "a connection of "
                        + (pool.getPoolName() == null ? "HikariCP" : pool.getPoolName())
                        + ": add crac-hikari");
  }

  private Optional<String> webServer(Descriptor descriptor) {
    InetSocketAddress local = descriptor.local();
    for (ConfigurableApplicationContext context : contexts.get()) {
      if (local != null
          && Integer.valueOf(local.getPort()).equals(WebServers.of(context, "port"))
          && WebServers.of(context, "server") != null) {
        return Optional.of("the listening socket of the web server: add crac-jetty");
      }
    }
    return Optional.empty();
  }
}
