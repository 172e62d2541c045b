/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.ClassUtils;

/**
 * How Spring Boot configured pools: by properties that are bound to the pool's own bean, and by
 * those of the beans from which it was made. At a restore the latter are bound again, in place.
 */
final class BoundPools {

  private static final Logger LOG = LoggerFactory.getLogger(BoundPools.class);

  /** The bean for which Spring Boot's connection details have the last word. */
  private static final String BOOTS_OWN = "dataSource";

  private static final String DETAILS = ".JdbcConnectionDetails";
  private static final String BOOTS_DETAILS = ".PropertiesJdbcConnectionDetails";

  /** Beans that are followed from pools to what they are made from, at most. */
  private static final int MAX_ORIGINS = 1_000;

  private final ConfigurableEnvironment before;
  private final Map<NamedBean, ConnectionValues> detailsBefore;

  private BoundPools(
      ConfigurableEnvironment before, Map<NamedBean, ConnectionValues> detailsBefore) {
    this.before = before;
    this.detailsBefore = detailsBefore;
  }

  /** At a checkpoint. */
  static BoundPools note(
      ConfigurableEnvironment environment, Map<HikariDataSource, Set<NamedBean>> pools) {
    Map<NamedBean, ConnectionValues> details = new HashMap<>();
    origins(pools.values())
        .forEach(
            (name, bean) -> {
              if (isDetails(bean)) {
                details.put(name, ConnectionValues.of(bean));
              }
            });
    return new BoundPools(environment, details);
  }

  /** A bean from which pools are made, before and after a restore. */
  private record Origin(ConnectionValues before, ConnectionValues after) {}

  /** Gives one pool's configuration what changed. */
  interface Overlay {
    /**
     * Changes a configuration.
     *
     * @throws RuntimeException if what changed cannot be read, or is nothing for a pool
     */
    void on(HikariDataSource pool, Set<NamedBean> beans, HikariConfig configuration);
  }

  /** Where properties are as they were: what connection details say by themselves. */
  Overlay detailsAlone(Map<HikariDataSource, Set<NamedBean>> pools) {
    Map<NamedBean, Origin> origins = new LinkedHashMap<>();
    origins(pools.values())
        .forEach(
            (name, bean) -> {
              if (isDetails(bean)) {
                origins.put(name, details(name, bean));
              }
            });
    return (pool, beans, configuration) ->
        beans.forEach(bean -> overlayOrigins(pool, bean, origins, configuration));
  }

  /**
   * Binds the beans from which the pools were made once more.
   *
   * @param rehearsal whether the beans are left as they are, and nothing is logged
   */
  Overlay bindAgain(
      ConfigurableEnvironment fresh,
      Map<HikariDataSource, Set<NamedBean>> pools,
      boolean rehearsal) {
    Map<NamedBean, Origin> origins = new LinkedHashMap<>();
    origins(pools.values())
        .forEach(
            (name, bean) -> {
              Origin origin =
                  isDetails(bean) ? details(name, bean) : bound(name, bean, fresh, rehearsal);
              if (origin != null) {
                origins.put(name, origin);
              }
            });
    return (pool, beans, configuration) ->
        beans.forEach(bean -> overlay(fresh, pool, bean, origins, configuration));
  }

  private Origin details(NamedBean name, Object bean) {
    ConnectionValues now = ConnectionValues.of(bean);
    return new Origin(detailsBefore.getOrDefault(name, now), now);
  }

  private @Nullable Origin bound(
      NamedBean name, Object bean, ConfigurableEnvironment fresh, boolean rehearsal) {
    PropertiesBean properties = PropertiesBean.of(name.context(), name.name(), bean);
    if (properties == null || bean instanceof HikariConfig) {
      return null;
    }
    ConnectionValues old = ConnectionValues.of(bean);
    try {
      if (properties.isValueObject()) {
        return new Origin(old, ConnectionValues.of(properties.bindAnew(fresh)));
      }
      PropertiesBean.Changes changes = properties.changes(bean.getClass(), before, fresh);
      if (!changes.isEmpty() && !rehearsal) {
        changes.applyTo(bean, fresh, properties.defaults());
      }
      return new Origin(old, ConnectionValues.of(bean));
    } catch (RuntimeException e) {
      if (rehearsal) {
        return null; // the restore will say it
      }
      LOG.warn(
          "The properties {} cannot be bound to the bean {} after the restore ({}). The data sources"
              + " that are made from it keep their settings from before; fix them, and restore again",
          properties.prefix(),
          name.name(),
          NestedExceptionUtils.getMostSpecificCause(e).getMessage());
      return null;
    }
  }

  private void overlay(
      ConfigurableEnvironment fresh,
      HikariDataSource pool,
      NamedBean bean,
      Map<NamedBean, Origin> origins,
      HikariConfig configuration) {
    overlayOrigins(pool, bean, origins, configuration);
    PropertiesBean own = PropertiesBean.of(bean.context(), bean.name(), pool);
    if (own != null && isThePool(bean, own)) {
      PropertiesBean.Changes changes = own.changes(HikariConfig.class, before, fresh);
      if (!changes.isEmpty()) {
        changes.applyTo(configuration, fresh, defaults(bean, origins));
        configuration.setPoolName(pool.getPoolName()); // a pool keeps its name
        if (followsMaximum(pool) && !own.isSet("minimumIdle", fresh)) {
          configuration.setMinimumIdle(configuration.getMaximumPoolSize());
        }
      }
    }
  }

  private static void overlayOrigins(
      HikariDataSource pool,
      NamedBean bean,
      Map<NamedBean, Origin> origins,
      HikariConfig configuration) {
    // As far as the pool has it from there: what its own bean is bound to stands above.
    for (Map.Entry<NamedBean, Object> entry : origins(Set.of(Set.of(bean))).entrySet()) {
      Origin origin = origins.get(entry.getKey());
      if (origin == null) {
        continue;
      }
      if (isDetails(entry.getValue()) && bean.name().equals(BOOTS_OWN)) {
        origin.after().apply(configuration);
      } else if (origin.before().isOf(pool)) {
        origin.before().overlay(origin.after(), configuration);
      }
    }
  }

  /** The properties of a wrapper or a router are its own, not the pool's. */
  private static boolean isThePool(NamedBean bean, PropertiesBean bound) {
    Object object = singleton(bean);
    Class<?> made = bound.target().getType().resolve(Object.class);
    return object == null
        || object instanceof HikariConfig
        || HikariConfig.class.isAssignableFrom(made); // and wrapped since, such as by Boot
  }

  /** Where no number of idle connections is set, HikariCP takes the maximum. */
  private static boolean followsMaximum(HikariDataSource pool) {
    return pool.getMinimumIdle() == pool.getMaximumPoolSize() && pool.getMaximumPoolSize() > 0;
  }

  /** What the pool has where its own bean is bound to nothing. */
  private static HikariConfig defaults(NamedBean bean, Map<NamedBean, Origin> origins) {
    HikariConfig defaults = new HikariConfig();
    defaults.setPoolName("defaults");
    defaults.setJdbcUrl("jdbc:");
    defaults.validate(); // only then the defaults are there
    defaults.setJdbcUrl(null);
    for (NamedBean name : origins(Set.of(Set.of(bean))).keySet()) {
      Origin origin = origins.get(name);
      if (origin != null) {
        origin.after().apply(defaults);
      }
    }
    return defaults;
  }

  /** The beans from which pools are made, and those from which these are made, as they exist. */
  private static Map<NamedBean, Object> origins(Collection<Set<NamedBean>> pools) {
    Set<NamedBean> names = new LinkedHashSet<>();
    pools.forEach(beans -> beans.forEach(bean -> addDependencies(bean, names)));
    Map<NamedBean, Object> beans = new LinkedHashMap<>();
    for (NamedBean name : names) {
      Object bean = singleton(name);
      if (bean != null && (isDetails(bean) || isBound(name, bean))) {
        beans.put(name, bean);
      }
    }
    return beans;
  }

  private static void addDependencies(NamedBean bean, Set<NamedBean> names) {
    ConfigurableListableBeanFactory factory = bean.context().getBeanFactory();
    for (String dependency : factory.getDependenciesForBean(bean.name())) {
      NamedBean name = new NamedBean(bean.context(), dependency);
      if (names.size() < MAX_ORIGINS && names.add(name)) {
        addDependencies(name, names);
      }
    }
  }

  private static @Nullable Object singleton(NamedBean name) {
    for (ConfigurableApplicationContext context = name.context();
        context != null;
        context =
            context.getParent() instanceof ConfigurableApplicationContext parent ? parent : null) {
      if (context.getBeanFactory().containsSingleton(name.name())) {
        return context.getBeanFactory().getSingleton(name.name());
      }
    }
    return null;
  }

  private static boolean isBound(NamedBean name, Object bean) {
    return PropertiesBean.of(name.context(), name.name(), bean) != null;
  }

  /** Connection details that do not just pass on bound properties. */
  private static boolean isDetails(Object bean) {
    return !bean.getClass().getName().endsWith(BOOTS_DETAILS)
        && ClassUtils.getAllInterfacesAsSet(bean).stream()
            .anyMatch(type -> type.getName().endsWith(DETAILS));
  }
}
