/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.web;

import dev.cracadapters.core.Registration;
import dev.cracadapters.netty.NettyResource;
import dev.cracadapters.netty.NettySettings;
import dev.cracadapters.spring.adapter.LibraryAdapter;
import dev.cracadapters.spring.adapter.RegisteredObjects;
import dev.cracadapters.spring.properties.EnvironmentProperties;
import io.netty.bootstrap.ServerBootstrap;
import java.util.List;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;

/** Registers every server bootstrap that is a bean. */
public final class NettyAdapter implements LibraryAdapter {

  private final NettySettings settings;
  private final RegisteredObjects servers = new RegisteredObjects();

  public NettyAdapter(Environment environment) {
    settings =
        EnvironmentProperties.read(environment, "spring.crac.netty", NettySettings.defaults());
  }

  @Override
  public Class<?> beanType() {
    return ServerBootstrap.class;
  }

  @Override
  public List<Registration> join(ConfigurableApplicationContext context, String name, Object bean) {
    return bean instanceof ServerBootstrap bootstrap
        ? servers.register(bootstrap, () -> NettyResource.of(bootstrap, settings))
        : List.of();
  }
}
