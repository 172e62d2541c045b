/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.util.ClassUtils;

/** Looks for HikariCP pools in data sources. Needs HikariCP, but not crac-hikari. */
final class HikariPools {

  private static final boolean SPRING_JDBC =
      ClassUtils.isPresent(
          "org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource",
          HikariPools.class.getClassLoader());

  private HikariPools() {}

  /** The pools of a context's data sources, as far as these exist. */
  static List<HikariDataSource> in(ConfigurableApplicationContext context) {
    ConfigurableListableBeanFactory beans = context.getBeanFactory();
    return Stream.of(beans.getBeanNamesForType(DataSource.class, false, false))
        .filter(beans::containsSingleton)
        .flatMap(name -> of(beans.getBean(name)).stream())
        .toList();
  }

  /**
   * The pools that a bean is, wraps or routes to; empty when it is no data source of HikariCP's.
   */
  static List<HikariDataSource> of(Object bean) {
    if (!(bean instanceof DataSource dataSource)) {
      return List.of();
    }
    if (SPRING_JDBC && bean instanceof AbstractRoutingDataSource routing) {
      // It unwraps to the target of the calling thread's moment, and there may be none.
      return routing.getResolvedDataSources().values().stream()
          .flatMap(target -> of(target).stream())
          .toList();
    }
    try {
      return dataSource.isWrapperFor(HikariDataSource.class)
          ? List.of(dataSource.unwrap(HikariDataSource.class))
          : List.of();
    } catch (SQLException | RuntimeException e) {
      return List.of(); // one that cannot tell is none
    }
  }
}
