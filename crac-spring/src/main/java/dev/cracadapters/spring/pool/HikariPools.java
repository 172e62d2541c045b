/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.spring.adapter.ExistingBeans;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.springframework.aop.TargetSource;
import org.springframework.aop.framework.Advised;
import org.springframework.aop.target.AbstractBeanFactoryBasedTargetSource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.util.ClassUtils;

/** Looks for HikariCP pools in data sources. Needs HikariCP, but not crac-hikari. */
public final class HikariPools {

  private static final boolean SPRING_JDBC =
      ClassUtils.isPresent(
          "org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource",
          HikariPools.class.getClassLoader());

  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<HikariDataSource> found = new ArrayList<>();

  private HikariPools() {}

  /** The pools of a context's data sources, as far as these exist. */
  public static List<HikariDataSource> in(ConfigurableApplicationContext context) {
    return ExistingBeans.ofType(context, DataSource.class).values().stream()
        .flatMap(bean -> of(bean).stream())
        .toList();
  }

  /**
   * The pools that a bean is, wraps or routes to at this moment; empty when it is no data source of
   * HikariCP's. No bean is made for it.
   */
  static List<HikariDataSource> of(Object bean) {
    HikariPools pools = new HikariPools();
    pools.look(bean);
    return List.copyOf(pools.found);
  }

  private void look(Object object) {
    if (!(object instanceof DataSource dataSource) || !seen.add(object)) {
      return;
    }
    if (object instanceof Advised proxy) {
      lookBehind(proxy.getTargetSource());
    } else if (dataSource instanceof HikariDataSource pool) {
      found.add(pool);
    } else {
      DataSourceFields.of(dataSource).forEach(this::look);
      // A routing data source unwraps to the target of the calling thread's moment.
      if (!SPRING_JDBC || !SpringJdbc.look(dataSource, this)) {
        unwrap(dataSource);
      }
    }
  }

  private void lookBehind(TargetSource source) {
    if (source instanceof AbstractBeanFactoryBasedTargetSource) {
      return; // it would make the bean, which is known by itself once it is made
    }
    try {
      Object target = source.getTarget();
      if (target != null) {
        look(target);
        if (!source.isStatic()) {
          source.releaseTarget(target);
        }
      }
    } catch (Exception e) {
      return; // there is none at the moment
    }
  }

  private void unwrap(DataSource dataSource) {
    for (Class<? extends DataSource> type : List.of(HikariDataSource.class, DataSource.class)) {
      try {
        if (dataSource.isWrapperFor(type)) {
          look(dataSource.unwrap(type));
        }
      } catch (SQLException | RuntimeException e) {
        continue; // it cannot be asked, so it is no wrapper
      }
    }
  }

  /** Its classes are loaded only where spring-jdbc is there. */
  private static final class SpringJdbc {

    private SpringJdbc() {}

    /** Looks behind spring-jdbc's own classes; true where nothing else may be asked. */
    static boolean look(DataSource dataSource, HikariPools pools) {
      if (dataSource instanceof AbstractRoutingDataSource routing) {
        for (Object target : targets(routing)) {
          pools.look(target);
        }
        DataSource otherwise = routing.getResolvedDefaultDataSource();
        if (otherwise != null) {
          pools.look(otherwise);
        }
        return true;
      }
      if (dataSource instanceof DelegatingDataSource delegating) {
        DataSource target = delegating.getTargetDataSource();
        if (target != null) {
          pools.look(target);
        }
        return true;
      }
      return false;
    }

    private static Collection<?> targets(AbstractRoutingDataSource routing) {
      try {
        return List.copyOf(routing.getResolvedDataSources().values());
      } catch (IllegalStateException e) {
        return List.of(); // not resolved yet
      }
    }
  }
}
