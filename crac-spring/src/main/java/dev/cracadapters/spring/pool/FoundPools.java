/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.spring.adapter.ExistingBeans;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The pools that an application has at the moment of asking: a router may have got new targets, and
 * a bean of a scope may have been made again.
 */
final class FoundPools {

  private final Set<ConfigurableApplicationContext> contexts;
  private final List<Made> made = new ArrayList<>();

  /** A bean that only the application holds. */
  private record Made(NamedBean name, WeakReference<Object> bean) {}

  FoundPools(Set<ConfigurableApplicationContext> contexts) {
    this.contexts = contexts;
  }

  /** Looks at a bean later, if it is still there. */
  void remember(NamedBean name, Object bean) {
    synchronized (made) {
      made.removeIf(each -> each.bean().get() == null);
      made.add(new Made(name, new WeakReference<>(bean)));
    }
  }

  /** All that are not closed, with the beans that lead to them; by identity. */
  Map<HikariDataSource, Set<NamedBean>> pools() {
    Map<HikariDataSource, Set<NamedBean>> pools = new IdentityHashMap<>();
    for (ConfigurableApplicationContext context : contexts) {
      ExistingBeans.ofType(context, DataSource.class)
          .forEach((name, bean) -> add(pools, NamedBean.of(context, name), bean));
    }
    List<Made> others;
    synchronized (made) {
      others = List.copyOf(made);
    }
    for (Made other : others) {
      Object bean = other.bean().get();
      if (bean != null) {
        add(pools, other.name(), bean);
      }
    }
    return pools;
  }

  private static void add(
      Map<HikariDataSource, Set<NamedBean>> pools, NamedBean name, Object bean) {
    for (HikariDataSource pool : HikariPools.of(bean)) {
      if (!pool.isClosed()) {
        pools.computeIfAbsent(pool, absent -> new LinkedHashSet<>()).add(name);
      }
    }
  }
}
