/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.ConcurrentBag;
import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import com.zaxxer.hikari.util.SuspendResumeLock;
import com.zaxxer.hikari.util.UtilityElf;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Properties;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * All that crac-hikari reaches in HikariCP without a public method. What is missing is reported
 * when a resource is created, not in the middle of a checkpoint.
 */
final class PoolAccess {

  private static final AtomicIntegerFieldUpdater<HikariPool> STATE =
      AtomicIntegerFieldUpdater.newUpdater(HikariPool.class, "poolState");

  private final Field lock;
  private final Field adder;
  private final Field closer;
  private final Field housekeeper;
  private final Field bag;
  private final Method createEntry;
  private final Field leakTasks;
  private final Method leakThreshold;
  private final Method connectAnew;
  private final Field failure;
  private final Field timeoutExecutor;
  private final Field catalog;
  private final Field connectionTimeout;
  private final Field validationTimeout;
  private final Field networkTimeout;
  private final Field networkTimeoutSupported;
  private final Field queryTimeoutSupported;
  private final Field validChecked;
  private final Field isolation;
  private final Field defaultIsolation;

  /** Since HikariCP 7. */
  private final @Nullable Field credentials;

  private final Field sealed;
  private final Field properties;
  private final Field driver;

  private PoolAccess(Class<?> poolClass) {
    lock = Members.field(poolClass, "suspendResumeLock", SuspendResumeLock.class);
    adder = Members.field(poolClass, "addConnectionExecutor", ThreadPoolExecutor.class);
    closer = Members.field(poolClass, "closeConnectionExecutor", ThreadPoolExecutor.class);
    housekeeper =
        Members.field(poolClass, "houseKeepingExecutorService", ScheduledExecutorService.class);
    bag = Members.field(poolClass, "connectionBag", ConcurrentBag.class);
    createEntry = Members.method(poolClass, "createPoolEntry");
    leakTasks = Members.field(poolClass, "leakTaskFactory", Object.class);
    leakThreshold = Members.method(leakTasks.getType(), "updateLeakDetectionThreshold", long.class);
    Class<?> base = poolClass.getSuperclass();
    connectAnew = Members.method(base, "initializeDataSource");
    failure = Members.field(base, "lastConnectionFailure", AtomicReference.class);
    timeoutExecutor = Members.field(base, "netTimeoutExecutor", Executor.class);
    catalog = Members.field(base, "catalog", String.class);
    connectionTimeout = Members.field(base, "connectionTimeout", long.class);
    validationTimeout = Members.field(base, "validationTimeout", long.class);
    networkTimeout = Members.field(base, "networkTimeout", int.class);
    networkTimeoutSupported = Members.field(base, "isNetworkTimeoutSupported", int.class);
    queryTimeoutSupported = Members.field(base, "isQueryTimeoutSupported", int.class);
    validChecked = Members.field(base, "isValidChecked", boolean.class);
    isolation = Members.field(base, "transactionIsolation", int.class);
    defaultIsolation = Members.field(base, "defaultTransactionIsolation", int.class);
    credentials =
        Members.has(base, "credentialsProvider")
            ? Members.field(base, "credentialsProvider")
            : null;
    sealed = Members.field(HikariConfig.class, "sealed", boolean.class);
    properties = Members.field(HikariConfig.class, "dataSourceProperties", Properties.class);
    driver = Members.field(HikariConfig.class, "driverClassName", String.class);
  }

  static PoolAccess create() {
    return to(HikariPool.class);
  }

  /** The access to a pool class, which only a test wants to be another than HikariCP's. */
  static PoolAccess to(Class<?> poolClass) {
    return new PoolAccess(poolClass);
  }

  /**
   * Puts another lock in the place of the pool's. The field is final, and not static: HotSpot reads
   * such a field again at each call, and the Java rules allow a write by reflection to a final
   * instance field of an ordinary class that is open to us.
   */
  void lock(HikariPool pool, SuspendResumeLock value) throws IllegalAccessException {
    lock.set(pool, value);
  }

  SuspendResumeLock lock(HikariPool pool) {
    return (SuspendResumeLock) Members.get(lock, pool);
  }

  ThreadPoolExecutor adder(HikariPool pool) {
    return (ThreadPoolExecutor) Members.get(adder, pool);
  }

  ThreadPoolExecutor closer(HikariPool pool) {
    return (ThreadPoolExecutor) Members.get(closer, pool);
  }

  ScheduledExecutorService housekeeper(HikariPool pool) {
    return (ScheduledExecutorService) Members.get(housekeeper, pool);
  }

  boolean changeState(HikariPool pool, int from, int to) {
    return STATE.compareAndSet(pool, from, to);
  }

  /**
   * Opens a connection and adds it, as HikariCP does it when it starts a pool.
   *
   * @return why it could not be opened, or null
   */
  @Nullable Throwable add(HikariPool pool) {
    Object entry = Members.call(createEntry, pool);
    if (entry == null) {
      Throwable reason = (Throwable) failures(pool).get();
      return reason == null ? new IllegalStateException("no connection") : reason;
    }
    add(pool, (IConcurrentBagEntry) entry);
    return null;
  }

  @SuppressWarnings("unchecked")
  private void add(HikariPool pool, IConcurrentBagEntry entry) {
    ((ConcurrentBag<IConcurrentBagEntry>) Members.get(bag, pool)).add(entry);
  }

  private AtomicReference<?> failures(HikariPool pool) {
    return (AtomicReference<?>) Members.get(failure, pool);
  }

  /** Lets setters work that a started pool's configuration refuses, or has them refused again. */
  void seal(HikariConfig config, boolean value) {
    Members.set(sealed, config, value);
  }

  boolean isSealed(HikariConfig config) {
    return (boolean) Members.get(sealed, config);
  }

  /** The setter only adds, and to properties that others may have, too. */
  void properties(HikariConfig config, Properties value) {
    Members.set(properties, config, value);
  }

  /** The setter takes no null in HikariCP 5. */
  void driver(HikariConfig config, @Nullable String value) {
    Members.set(driver, config, value);
  }

  /** Has the pool take from its configuration what it keeps a copy of. */
  void reread(HikariPool pool) {
    HikariConfig config = pool.config;
    Members.set(catalog, pool, config.getCatalog());
    Members.set(connectionTimeout, pool, config.getConnectionTimeout());
    Members.set(validationTimeout, pool, config.getValidationTimeout());
    Members.call(leakThreshold, Members.get(leakTasks, pool), config.getLeakDetectionThreshold());
    Members.set(
        isolation, pool, UtilityElf.getTransactionIsolation(config.getTransactionIsolation()));
    // With this the driver's default is asked for at the next connection.
    Members.set(validChecked, pool, false);
    if (credentials != null) {
      Members.set(credentials, pool, config.getCredentialsProvider());
    }
  }

  /**
   * Has the pool make its source of connections anew, and forget what it learned of the driver and
   * the database before.
   *
   * @throws RuntimeException HikariCP's, if there is no such source; the pool then has the old one
   */
  void connectAnew(HikariPool pool) {
    Object before = Members.get(timeoutExecutor, pool);
    Members.call(connectAnew, pool);
    Members.set(networkTimeout, pool, -1);
    Members.set(networkTimeoutSupported, pool, -1);
    Members.set(queryTimeoutSupported, pool, -1);
    Members.set(defaultIsolation, pool, 0);
    Members.set(validChecked, pool, false);
    failures(pool).set(null);
    if (before != Members.get(timeoutExecutor, pool)
        && before instanceof ExecutorService executor) {
      executor.shutdown();
    }
  }

  /** Puts another executor in the place of the one that adds connections, as {@link #lock}. */
  void adder(HikariPool pool, ThreadPoolExecutor value) {
    Members.set(adder, pool, value);
  }

  /** HikariCP's version, as far as its jar tells it. */
  static String version() {
    Properties properties = new Properties();
    try (InputStream in =
        HikariPool.class.getResourceAsStream(
            "/META-INF/maven/com.zaxxer/HikariCP/pom.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      // The version only makes a message clearer.
    }
    return properties.getProperty("version", "(unknown version)");
  }
}
