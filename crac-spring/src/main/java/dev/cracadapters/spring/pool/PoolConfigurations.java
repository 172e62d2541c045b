/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.LibraryInternals;
import dev.cracadapters.spring.PoolAtRestore;
import dev.cracadapters.spring.environment.RestoredEnvironment;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;

/**
 * The configurations of an application's pools after a restore: as they are, but for what changed
 * in the environment since the checkpoint, and for what a {@link PoolAtRestore} says. They are made
 * for all pools at once, so that nothing from before the checkpoint is kept any longer than that.
 */
final class PoolConfigurations {

  private static final Logger LOG = LoggerFactory.getLogger(PoolConfigurations.class);

  private static final LibraryInternals HIKARI =
      LibraryInternals.of("HikariCP", HikariConfig.class, "crac-spring");

  private final RestoredEnvironment environment;
  private final Supplier<Map<HikariDataSource, Set<NamedBean>>> pools;
  private @Nullable BoundPools bound;
  private boolean noted;
  private Map<HikariDataSource, Prepared> prepared = Map.of();

  /** A configuration, or why there is none. */
  private record Prepared(
      @Nullable HikariConfig configuration, @Nullable RuntimeException failure) {}

  /**
   * Of an application.
   *
   * @param pools those that take part, and the beans that lead to them
   */
  PoolConfigurations(
      RestoredEnvironment environment, Supplier<Map<HikariDataSource, Set<NamedBean>>> pools) {
    this.environment = environment;
    this.pools = pools;
  }

  /** At a checkpoint: takes note of what the present configurations come from. */
  synchronized void note() {
    environment.expect();
    bound = NamedBean.BOOT ? BoundPools.note(environment.frozen(), pools.get()) : null;
    prepared = Map.of();
    noted = true;
  }

  /**
   * The configuration for the time from now on.
   *
   * @throws RuntimeException if a {@link PoolAtRestore} failed
   */
  synchronized HikariConfig of(HikariDataSource pool) {
    prepare();
    Prepared own = prepared.get(pool);
    if (own == null || own.configuration() == null) {
      if (own != null && own.failure() != null) {
        throw own.failure();
      }
      return copy(pool);
    }
    return own.configuration();
  }

  /** Makes the configurations, on the first call after a restore. */
  synchronized void prepare() {
    if (!noted) {
      return;
    }
    noted = false;
    BoundPools before = bound;
    bound = null;
    if (!environment.isRestored()) {
      return;
    }
    boolean rehearsal = environment.isRehearsal();
    Map<HikariDataSource, Set<NamedBean>> all = pools.get();
    Map<HikariDataSource, HikariConfig> copies = new IdentityHashMap<>();
    all.keySet().forEach(pool -> copies.put(pool, copy(pool)));
    if (before != null) {
      overlay(before, all, copies, rehearsal);
    }
    Map<HikariDataSource, Prepared> made = new IdentityHashMap<>();
    copies.forEach((pool, copy) -> made.put(pool, customized(copy, all.get(pool), rehearsal)));
    prepared = rehearsal ? Map.of() : made; // in a rehearsal the pools keep what they have
  }

  private void overlay(
      BoundPools before,
      Map<HikariDataSource, Set<NamedBean>> all,
      Map<HikariDataSource, HikariConfig> copies,
      boolean rehearsal) {
    BoundPools.Overlay overlay;
    try {
      if (rehearsal) { // the short way, too: which one a restore will go is not known
        BoundPools.Overlay details = before.detailsAlone(all);
        all.forEach((pool, beans) -> details.on(pool, beans, copy(pool)));
      }
      overlay =
          environment.isUnchanged()
              ? before.detailsAlone(all)
              : before.bindAgain(environment.fresh(), all, rehearsal);
    } catch (RuntimeException e) {
      if (rehearsal) {
        return; // the restore will say it
      }
      LOG.warn(
          "The application's configuration cannot be read after the restore ({}). The data sources"
              + " keep their settings from before; fix it, and restore again",
          NestedExceptionUtils.getMostSpecificCause(e).getMessage());
      return;
    }
    all.forEach(
        (pool, beans) -> {
          try {
            overlay.on(pool, beans, copies.get(pool));
          } catch (RuntimeException e) {
            copies.put(pool, copy(pool));
            if (rehearsal) {
              return;
            }
            LOG.warn(
                "{}: its configuration cannot be used after the restore ({}). It keeps its settings"
                    + " from before; fix it, and restore again",
                pool.getPoolName(),
                NestedExceptionUtils.getMostSpecificCause(e).getMessage());
          }
        });
  }

  private static Prepared customized(
      HikariConfig copy, @Nullable Set<NamedBean> beans, boolean rehearsal) {
    try {
      for (NamedBean bean : beans == null ? Set.<NamedBean>of() : beans) {
        if (rehearsal) { // no hook is made or asked
          bean.context().getBeanNamesForType(PoolAtRestore.class);
          continue;
        }
        List<PoolAtRestore> hooks =
            bean.context().getBeanProvider(PoolAtRestore.class).orderedStream().toList();
        for (PoolAtRestore hook : hooks) {
          hook.configure(bean.name(), copy);
        }
      }
      return new Prepared(copy, null);
    } catch (RuntimeException e) {
      return new Prepared(null, e);
    }
  }

  /** A configuration of its own, which nothing that is done to it carries into the pool. */
  static HikariConfig copy(HikariDataSource pool) {
    HikariConfig copy = new HikariConfig();
    pool.copyStateTo(copy);
    for (String name : List.of("dataSourceProperties", "healthCheckProperties")) {
      InternalField<Properties> field = HIKARI.field(HikariConfig.class, name, Properties.class);
      field.set(copy, (Properties) field.get(copy).clone());
    }
    return copy;
  }
}
