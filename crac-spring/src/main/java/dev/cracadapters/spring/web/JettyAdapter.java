/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.web;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.Registration;
import dev.cracadapters.jetty.JettyResource;
import dev.cracadapters.jetty.JettySettings;
import dev.cracadapters.spring.adapter.LibraryAdapter;
import dev.cracadapters.spring.adapter.RegisteredObjects;
import dev.cracadapters.spring.environment.RestoredEnvironment;
import dev.cracadapters.spring.lifecycle.CheckpointLifecycleProcessor;
import dev.cracadapters.spring.properties.EnvironmentProperties;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.eclipse.jetty.server.Server;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/** Registers Spring Boot's embedded Jetty, and every Jetty server that is a bean. */
public final class JettyAdapter implements LibraryAdapter {

  /**
   * They stop the connectors whatever is in flight, also when the drain has just been refused. The
   * packages are those of Spring Boot 3.5 and of 4.
   */
  private static final Set<String> BOOTS_OWN =
      Set.of(
          "org.springframework.boot.web.context.WebServerGracefulShutdownLifecycle",
          "org.springframework.boot.web.servlet.context.WebServerStartStopLifecycle",
          "org.springframework.boot.web.reactive.context.WebServerStartStopLifecycle",
          "org.springframework.boot.web.server.context.WebServerGracefulShutdownLifecycle",
          "org.springframework.boot.web.server.servlet.context.WebServerStartStopLifecycle",
          "org.springframework.boot.web.server.reactive.context.WebServerStartStopLifecycle");

  private static final String BOOTS_SSL = "org.springframework.boot.web.server.WebServerSslBundle";

  private final JettySettings settings;
  private final RestoredEnvironment restored;
  private final RegisteredObjects servers = new RegisteredObjects();

  public JettyAdapter(Environment environment, RestoredEnvironment restored) {
    this.restored = restored;
    settings =
        EnvironmentProperties.read(environment, "spring.crac.jetty", JettySettings.defaults());
  }

  @Override
  public List<Registration> join(ConfigurableApplicationContext context) {
    if (!(WebServers.of(context, "server") instanceof Server server)) {
      return List.of();
    }
    List<Registration> joined = new ArrayList<>(join(context, "server", server));
    // A management port of its own has a child context, whose settings have other names.
    if (!joined.isEmpty() && context.getParent() == null) {
      CheckpointCoordinator coordinator = CheckpointCoordinator.global();
      joined.add(coordinator.register(new ServerAddress(context, restored, server)));
      if (ClassUtils.isPresent(BOOTS_SSL, context.getClassLoader())
          && ServerSslKeys.isUsed(context)) {
        joined.add(coordinator.register(new ServerSslKeys(context, server, restored)));
      }
    }
    return joined;
  }

  @Override
  public Class<?> beanType() {
    return Server.class;
  }

  @Override
  public List<Registration> join(ConfigurableApplicationContext context, String name, Object bean) {
    return bean instanceof Server server
        ? servers.register(server, () -> JettyResource.of(server, settings))
        : List.of();
  }

  @Override
  public boolean replaces(Lifecycle bean, ConfigurableApplicationContext context) {
    // Where Spring stops them all the same, the walk had better do it first, in its order.
    return BOOTS_OWN.contains(bean.getClass().getName())
        && CheckpointLifecycleProcessor.hasHandedOver(context)
        && WebServers.of(context, "server") instanceof Server;
  }
}
