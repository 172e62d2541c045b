/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.Registration;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;

/** Registers every pool that is a data source bean, or behind one. */
final class HikariAdapter implements LibraryAdapter {

  /** Drains a pool in another way and only warns when it cannot. */
  private static final String BOOTS_OWN =
      "org.springframework.boot.jdbc.HikariCheckpointRestoreLifecycle";

  private final HikariSettings settings;
  private final RegisteredObjects pools = new RegisteredObjects();

  HikariAdapter(CracProperties.Hikari properties) {
    settings =
        new HikariSettings(
            properties.getDrainTimeout(),
            HikariSettings.OnTimeout.valueOf(properties.getOnTimeout().name()),
            HikariSettings.Warm.valueOf(properties.getWarm().name()),
            properties.getWarmTimeout(),
            properties.isTrackBorrowers());
  }

  @Override
  public Class<?> beanType() {
    return DataSource.class;
  }

  @Override
  public List<Registration> join(Object bean) {
    return HikariPools.of(bean).stream().flatMap(pool -> register(pool).stream()).toList();
  }

  private List<Registration> register(HikariDataSource pool) {
    return pools.register(pool, () -> HikariResource.of(pool, settings));
  }

  @Override
  public boolean replaces(Lifecycle bean, ConfigurableApplicationContext context) {
    return bean.getClass().getName().equals(BOOTS_OWN);
  }
}
