/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.ResourceFinder;
import dev.cracadapters.core.SideBySideResource;
import dev.cracadapters.spring.adapter.RegisteredObjects;
import java.util.List;
import java.util.function.Function;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;

/**
 * Finds the pools that nobody could register before the checkpoint, since they are no beans, or are
 * made and given up at run time. They are drained together with those that are registered: a thread
 * that has a connection of one may need one of another.
 */
final class LatePools implements ResourceFinder {

  private final FoundPools found;
  private final RegisteredObjects registered;
  private final PoolConfigurations configurations;
  private final Function<HikariDataSource, SideBySideResource> resource;

  LatePools(
      FoundPools found,
      RegisteredObjects registered,
      PoolConfigurations configurations,
      Function<HikariDataSource, SideBySideResource> resource) {
    this.found = found;
    this.registered = registered;
    this.configurations = configurations;
    this.resource = resource;
  }

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
        .filter(pool -> !registered.contains(pool))
        .map(resource)
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
