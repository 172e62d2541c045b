/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.spring.adapter.RegisteredObjects;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;

/**
 * The pools that nobody could register before the checkpoint, since they are no beans, or are made
 * and given up at run time. It takes part for all of them; those that are registered take part by
 * themselves.
 */
final class LatePools implements PhasedResource {

  private final FoundPools found;
  private final RegisteredObjects registered;
  private final PoolConfigurations configurations;
  private final Function<HikariDataSource, PhasedResource> resource;
  private final List<PhasedResource> late = new CopyOnWriteArrayList<>();

  LatePools(
      FoundPools found,
      RegisteredObjects registered,
      PoolConfigurations configurations,
      Function<HikariDataSource, PhasedResource> resource) {
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
  public void beforeCheckpoint(@Nullable Context<? extends Resource> context) throws Exception {
    configurations.note();
    for (HikariDataSource pool : found.pools().keySet()) {
      if (!registered.contains(pool)) {
        late.add(resource.apply(pool));
      }
    }
    CheckpointException failures = new CheckpointException();
    for (PhasedResource each : late) {
      try {
        each.beforeCheckpoint(null);
      } catch (CheckpointException | RuntimeException e) {
        failures.addSuppressed(e); // the others are to be heard, too
      }
    }
    if (failures.getSuppressed().length == 1
        && failures.getSuppressed()[0] instanceof CheckpointException only) {
      throw only;
    }
    if (failures.getSuppressed().length > 0) {
      throw failures;
    }
  }

  @Override
  public void afterRestore(@Nullable Context<? extends Resource> context) throws Exception {
    configurations.prepare();
    RuntimeException failure = null;
    for (PhasedResource each : late) {
      try {
        each.afterRestore(null);
      } catch (RuntimeException e) {
        failure = e;
      }
    }
    late.clear();
    if (failure != null) {
      throw failure;
    }
  }
}
