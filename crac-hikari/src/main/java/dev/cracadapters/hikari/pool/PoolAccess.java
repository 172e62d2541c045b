/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.pool;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.ConcurrentBag;
import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import com.zaxxer.hikari.util.SuspendResumeLock;
import com.zaxxer.hikari.util.UtilityElf;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * All that crac-hikari reaches in HikariCP without a public method. What is missing is reported
 * when a resource is created, not in the middle of a checkpoint.
 */
public final class PoolAccess {

  private static final AtomicIntegerFieldUpdater<HikariPool> STATE =
      AtomicIntegerFieldUpdater.newUpdater(HikariPool.class, "poolState");

  private final Field lock;
  private final Field adder;
  private final Field closer;
  private final Field housekeeper;
  private final Field bag;
  private final List<Field> bagState;
  private final Field bagClosed;
  private final Field connection;
  private final Field statements;
  private final List<Field> scheduled;
  private final Method isEvicted;
  private final Method markEvicted;
  private final Method evict;
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
    bagClosed = Members.field(ConcurrentBag.class, "closed", boolean.class);
    bagState = state(ConcurrentBag.class);
    Class<?> entryClass = entryClass();
    connection = Members.field(entryClass, "connection", Connection.class);
    scheduled =
        List.of(
            Members.field(entryClass, "endOfLife", ScheduledFuture.class),
            Members.field(entryClass, "keepalive", ScheduledFuture.class));
    statements = Members.field(entryClass, "openStatements", List.class);
    isEvicted = Members.method(entryClass, "isMarkedEvicted");
    markEvicted = Members.method(entryClass, "markEvicted");
    evict = Members.method(entryClass, "evict", String.class);
  }

  public static PoolAccess create() {
    return to(HikariPool.class);
  }

  /** The access to a pool class, which only a test wants to be another than HikariCP's. */
  public static PoolAccess to(Class<?> poolClass) {
    return new PoolAccess(poolClass);
  }

  /**
   * Puts another lock in the place of the pool's. The field is final, and not static: HotSpot reads
   * such a field again at each call, and the Java rules allow a write by reflection to a final
   * instance field of an ordinary class that is open to us.
   */
  public void lock(HikariPool pool, SuspendResumeLock value) throws IllegalAccessException {
    lock.set(pool, value);
  }

  public SuspendResumeLock lock(HikariPool pool) {
    return (SuspendResumeLock) Members.get(lock, pool);
  }

  public ThreadPoolExecutor adder(HikariPool pool) {
    return (ThreadPoolExecutor) Members.get(adder, pool);
  }

  public ThreadPoolExecutor closer(HikariPool pool) {
    return (ThreadPoolExecutor) Members.get(closer, pool);
  }

  public ScheduledExecutorService housekeeper(HikariPool pool) {
    return (ScheduledExecutorService) Members.get(housekeeper, pool);
  }

  /** The driver's connections that the pool has, those that are borrowed too. */
  public List<Connection> connections(HikariPool pool) {
    List<Connection> connections = new ArrayList<>();
    for (Object entry : bag(pool).values()) {
      Object open = Members.get(connection, entry);
      if (open != null) { // taken out of the pool meanwhile
        connections.add((Connection) open);
      }
    }
    return connections;
  }

  public ConcurrentBag<?> bag(HikariPool pool) {
    return (ConcurrentBag<?>) Members.get(bag, pool);
  }

  /** Puts another bag in the place of the pool's, as it is done with the lock. */
  public void bag(HikariPool pool, ConcurrentBag<?> value) throws IllegalAccessException {
    // Who sees the bag sees what it shares.
    VarHandle.releaseFence();
    bag.set(pool, value);
  }

  /** Has a bag work on another one's lists, queues and counts. */
  public void shareBag(ConcurrentBag<?> from, ConcurrentBag<?> to) throws IllegalAccessException {
    for (Field field : bagState) {
      field.set(to, field.get(from));
    }
  }

  public boolean isClosed(ConcurrentBag<?> of) {
    return (boolean) Members.get(bagClosed, of);
  }

  /** The statements that a borrower has open. He changes the list meanwhile. */
  public List<?> statements(IConcurrentBagEntry entry) {
    return (List<?>) Members.get(statements, entry);
  }

  public boolean isEvicted(IConcurrentBagEntry entry) {
    return Boolean.TRUE.equals(Members.call(isEvicted, entry));
  }

  /** Has a connection closed by whoever gets it next, or gives it back (since HikariCP 6). */
  public void markEvicted(IConcurrentBagEntry entry) {
    Members.call(markEvicted, entry);
  }

  /** Takes a connection that the caller has borrowed out of the pool and closes it. */
  public void evict(IConcurrentBagEntry entry) {
    Members.call(evict, entry, "(connection was evicted)");
  }

  /** The connection itself; null if the pool has closed it. */
  public @Nullable Connection connection(IConcurrentBagEntry entry) {
    return (Connection) Members.get(connection, entry);
  }

  /** Stops what the pool has scheduled for a connection: its end, and that it is kept alive. */
  public void unschedule(IConcurrentBagEntry entry) {
    for (Field field : scheduled) {
      if (Members.get(field, entry) instanceof ScheduledFuture<?> future) {
        future.cancel(false);
      }
    }
  }

  public boolean changeState(HikariPool pool, int from, int to) {
    return STATE.compareAndSet(pool, from, to);
  }

  /**
   * Opens a connection and adds it, as HikariCP does it when it starts a pool.
   *
   * @return why it could not be opened, or null
   */
  public @Nullable Throwable add(HikariPool pool) {
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
  public void seal(HikariConfig config, boolean value) {
    Members.set(sealed, config, value);
  }

  public boolean isSealed(HikariConfig config) {
    return (boolean) Members.get(sealed, config);
  }

  /** The setter only adds, and to properties that others may have, too. */
  public void properties(HikariConfig config, Properties value) {
    Members.set(properties, config, value);
  }

  /** The setter takes no null in HikariCP 5. */
  public void driver(HikariConfig config, @Nullable String value) {
    Members.set(driver, config, value);
  }

  /** Has the pool take from its configuration what it keeps a copy of. */
  public void reread(HikariPool pool) {
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
  public void connectAnew(HikariPool pool) {
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
  public void adder(HikariPool pool, ThreadPoolExecutor value) {
    Members.set(adder, pool, value);
  }

  /** HikariCP's version, as far as its jar tells it. */
  public static String version() {
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

  private static Class<?> entryClass() {
    String name = HikariPool.class.getPackageName() + ".PoolEntry";
    try {
      return Class.forName(name, false, HikariPool.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(
          "HikariCP " + version() + " is not supported: there is no " + name, e);
    }
  }

  /** A bag's fields. They can be shared by two bags if none changes but one that we know. */
  private static List<Field> state(Class<?> bagClass) {
    List<Field> state = new ArrayList<>();
    for (Field field : bagClass.getDeclaredFields()) {
      if (!Modifier.isStatic(field.getModifiers())) {
        if (!Modifier.isFinal(field.getModifiers()) && !field.getName().equals("closed")) {
          throw new IllegalStateException(
              "HikariCP %s is not supported: %s.%s is not final"
                  .formatted(version(), bagClass.getSimpleName(), field.getName()));
        }
        state.add(Members.field(bagClass, field.getName(), field.getType()));
      }
    }
    return List.copyOf(state);
  }
}
