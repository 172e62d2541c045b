/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.settings;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.UtilityElf;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.util.Collections;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a configuration of the restore's time into a pool that has no connections. Log lines name
 * what is changed, never its value. Nothing in here keeps a configuration: the password of before
 * is not to be found afterwards.
 */
public final class SettingsAtRestore {

  private static final Logger LOGGER = LoggerFactory.getLogger(SettingsAtRestore.class);

  /** What the source of a pool's connections is made of. */
  private static final Set<String> SOURCE =
      Set.of(
          "connectionTimeout", // also the time that a data source is given for a login
          "credentialsProvider",
          "dataSource",
          "dataSourceClassName",
          "dataSourceJNDI",
          ConfiguredValues.PROPERTIES,
          ConfiguredValues.DRIVER,
          "jdbcUrl",
          "password",
          "username");

  private static final String TEST_QUERY = "connectionTestQuery";

  /** What else a running pool can change; anything else it has in final fields, or long used. */
  private static final Set<String> AT_ANY_TIME =
      Set.of(
          "catalog",
          "connectionInitSql",
          TEST_QUERY,
          "idleTimeout",
          "initializationFailTimeout",
          "keepaliveTime",
          "leakDetectionThreshold",
          "maxLifetime",
          ConfiguredValues.MAXIMUM,
          ConfiguredValues.IDLE,
          "transactionIsolation",
          "validationTimeout");

  private final HikariDataSource dataSource;
  private final Supplier<HikariConfig> supplier;
  private final PoolAccess access;

  public SettingsAtRestore(
      HikariDataSource dataSource, Supplier<HikariConfig> supplier, PoolAccess access) {
    this.dataSource = dataSource;
    this.supplier = supplier;
    this.access = access;
  }

  /** Changes what differs in a drained pool, or before it is started, if null. Fails never. */
  public void use(@Nullable HikariPool pool) {
    String name = Objects.requireNonNullElse(dataSource.getPoolName(), "HikariDataSource");
    ConfiguredValues present = null;
    HikariConfig given = null;
    boolean began = false;
    try {
      present = ConfiguredValues.of(dataSource); // a subclass may do anything in its getters
      given = supplier.get();
      if (given == null) {
        throw new IllegalStateException("The supplier gave no configuration");
      }
      ConfiguredValues wanted = ConfiguredValues.of(checked(given));
      // The supplier may have worked on the data source itself.
      setBack(present);
      SortedSet<String> changed = wanted.differingFrom(present);
      SortedSet<String> kept = pool == null ? new TreeSet<>() : kept(changed, wanted, present);
      changed.removeAll(kept);
      began = true;
      change(pool, wanted, changed);
      logOutcome(name, changed, kept);
    } catch (RuntimeException | Error e) {
      try {
        if (present != null) {
          setBack(present);
        }
        if (pool != null && began) {
          access.reread(pool);
        }
      } finally {
        LOGGER.error(
            "{}: the settings at the restore cannot be used, the old ones stay: {}",
            name,
            Secrets.describe(e, dataSource, given == null ? dataSource : given));
      }
    }
  }

  /** A copy as HikariCP would start with it. */
  private HikariConfig checked(HikariConfig given) {
    HikariConfig checked = new HikariConfig();
    given.copyStateTo(checked);
    boolean named = checked.getPoolName() != null;
    if (!named) {
      // HikariCP would make one up, and count.
      checked.setPoolName(Objects.requireNonNullElse(dataSource.getPoolName(), "unnamed"));
    }
    validate(checked);
    UtilityElf.getTransactionIsolation(checked.getTransactionIsolation());
    if (!named) {
      checked.setPoolName(null);
    }
    return checked;
  }

  /** HikariCP logs the configuration on its debugging level, and masks too little of it. */
  private void validate(HikariConfig config) {
    Properties properties = config.getDataSourceProperties();
    String url = config.getJdbcUrl();
    boolean hasUrl = url != null && !url.isBlank();
    access.properties(config, new Properties());
    config.setJdbcUrl(hasUrl ? "(at the restore)" : null);
    config.validate();
    access.properties(config, properties);
    config.setJdbcUrl(hasUrl ? url.trim() : null);
  }

  private static SortedSet<String> kept(
      Set<String> changed, ConfiguredValues wanted, ConfiguredValues present) {
    SortedSet<String> kept = new TreeSet<>(changed);
    kept.removeAll(SOURCE);
    kept.removeAll(AT_ANY_TIME);
    if (wanted.has(TEST_QUERY) != present.has(TEST_QUERY) && changed.contains(TEST_QUERY)) {
      // Whether there is one is final.
      kept.add(TEST_QUERY);
    }
    return kept;
  }

  private void change(@Nullable HikariPool pool, ConfiguredValues values, Set<String> names) {
    set(values, names);
    if (pool != null && !names.isEmpty()) {
      access.reread(pool);
      if (names.contains(ConfiguredValues.MAXIMUM)) {
        makeRoom(pool);
      }
      if (!Collections.disjoint(names, SOURCE)) {
        // Last, as it either works or leaves the pool the source that it has.
        access.connectAnew(pool);
      }
    }
  }

  private void setBack(ConfiguredValues present) {
    set(present, present.differingFrom(ConfiguredValues.of(dataSource)));
  }

  private void set(ConfiguredValues values, Set<String> names) {
    access.unsealed(dataSource, () -> values.set(dataSource, names, access));
  }

  /**
   * What asks for a connection waits in a queue that has as many places as the pool had at most at
   * its start; what finds no place is forgotten.
   */
  private void makeRoom(HikariPool pool) {
    ThreadPoolExecutor before = access.adder(pool);
    int most = pool.config.getMaximumPoolSize();
    if (before.getQueue().remainingCapacity() + before.getQueue().size() >= most) {
      return;
    }
    ThreadPoolExecutor after =
        new ThreadPoolExecutor(
            1,
            1,
            before.getKeepAliveTime(TimeUnit.NANOSECONDS),
            TimeUnit.NANOSECONDS,
            new LinkedBlockingQueue<>(most),
            before.getThreadFactory(),
            before.getRejectedExecutionHandler());
    after.allowCoreThreadTimeOut(true);
    access.adder(pool, after);
    before.shutdown();
  }

  private static void logOutcome(String name, Set<String> changed, Set<String> kept) {
    if (!changed.isEmpty()) {
      LOGGER.info("{}: uses the settings at the restore for {}", name, String.join(", ", changed));
    }
    if (!kept.isEmpty()) {
      LOGGER.warn(
          "{}: a running pool cannot change its {}: what was set at its start stays",
          name,
          String.join(", ", kept));
    }
  }
}
