/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.Registration;
import dev.cracadapters.core.ResourceFinder;
import dev.cracadapters.core.SideBySideResource;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.spring.adapter.LibraryAdapter;
import dev.cracadapters.spring.adapter.RegisteredObjects;
import dev.cracadapters.spring.environment.RestoredEnvironment;
import dev.cracadapters.spring.properties.EnvironmentProperties;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;
import org.springframework.core.env.Environment;

/** Registers every pool that is a data source bean, or behind one. */
public final class HikariAdapter implements LibraryAdapter {

  /** Drains a pool in another way and only warns when it cannot. */
  private static final String BOOTS_OWN =
      "org.springframework.boot.jdbc.HikariCheckpointRestoreLifecycle";

  private final HikariSettings settings;
  private final RegisteredObjects pools = new RegisteredObjects();
  private final Set<ConfigurableApplicationContext> contexts = new CopyOnWriteArraySet<>();
  private final FoundPools found = new FoundPools(contexts);
  private final PoolConfigurations configurations;

  public HikariAdapter(Environment environment, RestoredEnvironment restored) {
    settings =
        EnvironmentProperties.read(environment, "spring.crac.hikari", HikariSettings.defaults());
    configurations = new PoolConfigurations(restored, found::pools);
  }

  @Override
  public List<Registration> join(ConfigurableApplicationContext context) {
    List<Registration> joined = new ArrayList<>();
    if (contexts.isEmpty()) {
      joined.add(CheckpointCoordinator.global().register(new LatePools()));
    }
    contexts.add(context);
    joined.add(() -> contexts.remove(context));
    return joined;
  }

  private HikariResource resource(HikariDataSource pool) {
    return HikariResource.of(pool, settings, () -> configurations.of(pool));
  }

  @Override
  public Class<?> beanType() {
    return DataSource.class;
  }

  @Override
  public List<Registration> join(ConfigurableApplicationContext context, String name, Object bean) {
    onBean(context, name, bean);
    return HikariPools.of(bean).stream()
        .flatMap(pool -> pools.register(pool, () -> resource(pool)).stream())
        .toList();
  }

  @Override
  public void onBean(ConfigurableApplicationContext context, String name, Object bean) {
    if (bean instanceof DataSource) {
      found.remember(NamedBean.of(context, name), bean);
    }
  }

  @Override
  public boolean replaces(Lifecycle bean, ConfigurableApplicationContext context) {
    return Stream.<Class<?>>iterate(bean.getClass(), Objects::nonNull, Class::getSuperclass)
        .anyMatch(type -> type.getName().equals(BOOTS_OWN));
  }

  /**
   * Finds the pools that nobody could register before the checkpoint, since they are no beans, or
   * are made and given up at run time. They are drained together with those that are registered: a
   * thread that has a connection of one may need one of another.
   */
  private final class LatePools implements ResourceFinder {

    @Override
    public String name() {
      return "data sources";
    }

    @Override
    public int phase() {
      return Phase.CLIENTS;
    }

    @Override
    public List<SideBySideResource> findResources() {
      return found.pools().keySet().stream()
          .filter(pool -> !pools.contains(pool))
          .<SideBySideResource>map(HikariAdapter.this::resource)
          .toList();
    }

    /** Notes what the configurations come from, of all pools. */
    @Override
    public void beforeCheckpoint(@Nullable Context<? extends Resource> context) {
      configurations.note();
    }

    /** Prepares the configurations, before any pool takes its own. */
    @Override
    public void afterRestore(@Nullable Context<? extends Resource> context) {
      configurations.prepare();
    }
  }
}
