/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.pool;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.ConcurrentBag;
import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import com.zaxxer.hikari.util.SuspendResumeLock;
import com.zaxxer.hikari.util.UtilityElf;
import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.InternalMethod;
import dev.cracadapters.core.support.LibraryInternals;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
 * All that crac-hikari reaches in HikariCP without a public method. The constructor throws an
 * {@code IllegalStateException} that names what is missing.
 */
public final class PoolAccess {

  private static final LibraryInternals HIKARI =
      LibraryInternals.of("HikariCP", HikariPool.class, "crac-hikari");

  private static final AtomicIntegerFieldUpdater<HikariPool> STATE =
      AtomicIntegerFieldUpdater.newUpdater(HikariPool.class, "poolState");

  private final InternalField<SuspendResumeLock> lock =
      ofPool("suspendResumeLock", SuspendResumeLock.class);
  private final InternalField<ThreadPoolExecutor> adder =
      ofPool("addConnectionExecutor", ThreadPoolExecutor.class);
  private final InternalField<ThreadPoolExecutor> closer =
      ofPool("closeConnectionExecutor", ThreadPoolExecutor.class);
  private final InternalField<ScheduledExecutorService> housekeeper =
      ofPool("houseKeepingExecutorService", ScheduledExecutorService.class);
  private final InternalField<ConcurrentBag<?>> bag = ofPool("connectionBag", ConcurrentBag.class);
  private final InternalMethod createEntry = HIKARI.method(HikariPool.class, "createPoolEntry");
  private final InternalField<Object> leakTasks = ofPool("leakTaskFactory", Object.class);
  private final InternalMethod leakThreshold =
      HIKARI.method(leakTasks.type(), "updateLeakDetectionThreshold", long.class);
  private final InternalMethod connectAnew =
      HIKARI.method(HikariPool.class, "initializeDataSource");
  private final InternalField<AtomicReference<Throwable>> failure =
      ofPool("lastConnectionFailure", AtomicReference.class);
  private final InternalField<Executor> timeoutExecutor =
      ofPool("netTimeoutExecutor", Executor.class);
  private final InternalField<String> catalog = ofPool("catalog", String.class);
  private final InternalField<Long> connectionTimeout = ofPool("connectionTimeout", long.class);
  private final InternalField<Long> validationTimeout = ofPool("validationTimeout", long.class);
  private final InternalField<Boolean> validChecked = ofPool("isValidChecked", boolean.class);
  private final InternalField<Integer> isolation = ofPool("transactionIsolation", int.class);
  private final InternalField<Integer> defaultIsolation =
      ofPool("defaultTransactionIsolation", int.class);

  /** What the pool has learned of its driver, -1 as long as it has not. */
  private final List<InternalField<Integer>> learned =
      List.of(
          ofPool("networkTimeout", int.class),
          ofPool("isNetworkTimeoutSupported", int.class),
          ofPool("isQueryTimeoutSupported", int.class));

  /** Since HikariCP 7. */
  private final @Nullable InternalField<Object> credentials =
      HIKARI.hasField(HikariPool.class, "credentialsProvider")
          ? ofPool("credentialsProvider", Object.class)
          : null;

  private final InternalField<Boolean> sealed =
      HIKARI.field(HikariConfig.class, "sealed", boolean.class);
  private final InternalField<Properties> properties =
      HIKARI.field(HikariConfig.class, "dataSourceProperties", Properties.class);
  private final InternalField<String> driver =
      HIKARI.field(HikariConfig.class, "driverClassName", String.class);

  private final InternalField<Boolean> bagClosed =
      HIKARI.field(ConcurrentBag.class, "closed", boolean.class);
  private final List<InternalField<Object>> bagState = stateOfBag();

  private final Class<?> entryType = HIKARI.type(HikariPool.class.getPackageName() + ".PoolEntry");
  private final InternalField<Connection> connection =
      HIKARI.field(entryType, "connection", Connection.class);
  private final InternalField<List<?>> statements =
      HIKARI.field(entryType, "openStatements", List.class);
  private final List<InternalField<ScheduledFuture<?>>> scheduled =
      List.of(
          HIKARI.field(entryType, "endOfLife", ScheduledFuture.class),
          HIKARI.field(entryType, "keepalive", ScheduledFuture.class));
  private final InternalMethod isEvicted = HIKARI.method(entryType, "isMarkedEvicted");
  private final InternalMethod markEvicted = HIKARI.method(entryType, "markEvicted");
  private final InternalMethod evict = HIKARI.method(entryType, "evict", String.class);

  private static <T> InternalField<T> ofPool(String name, Class<? super T> type) {
    return HIKARI.field(HikariPool.class, name, type);
  }

  /**
   * Puts another lock in the place of the pool's. The field is final, and not static: HotSpot reads
   * such a field again at each call, and the Java rules allow a write by reflection to a final
   * instance field of an ordinary class that is open to us.
   *
   * @throws IllegalStateException if this JVM does not allow it
   */
  public void lock(HikariPool pool, SuspendResumeLock value) {
    lock.set(pool, value);
  }

  public SuspendResumeLock lock(HikariPool pool) {
    return lock.get(pool);
  }

  public ThreadPoolExecutor adder(HikariPool pool) {
    return adder.get(pool);
  }

  /** Puts another executor in the place of the one that adds connections, as {@link #lock}. */
  public void adder(HikariPool pool, ThreadPoolExecutor value) {
    adder.set(pool, value);
  }

  public ThreadPoolExecutor closer(HikariPool pool) {
    return closer.get(pool);
  }

  public ScheduledExecutorService housekeeper(HikariPool pool) {
    return housekeeper.get(pool);
  }

  /** The driver's connections that the pool has, those that are borrowed too. */
  public List<Connection> connections(HikariPool pool) {
    return bag(pool).values().stream()
        .map(connection::find)
        .filter(Objects::nonNull) // else taken out of the pool meanwhile
        .toList();
  }

  public ConcurrentBag<?> bag(HikariPool pool) {
    return bag.get(pool);
  }

  /** Puts another bag in the place of the pool's, as it is done with the lock. */
  public void bag(HikariPool pool, ConcurrentBag<?> value) {
    // Whoever sees the bag sees what it shares.
    VarHandle.releaseFence();
    bag.set(pool, value);
  }

  /** Has a bag work on another one's lists, queues and counts. */
  public void shareBag(ConcurrentBag<?> from, ConcurrentBag<?> to) {
    bagState.forEach(field -> field.set(to, field.find(from)));
  }

  public boolean isClosed(ConcurrentBag<?> of) {
    return bagClosed.get(of);
  }

  /** The statements that a borrower has open, which changes the list meanwhile. */
  public List<?> statements(IConcurrentBagEntry entry) {
    return statements.get(entry);
  }

  public boolean isEvicted(IConcurrentBagEntry entry) {
    return Boolean.TRUE.equals(isEvicted.call(entry));
  }

  /** Has a connection closed by whoever gets it next, or gives it back (since HikariCP 6). */
  public void markEvicted(IConcurrentBagEntry entry) {
    markEvicted.call(entry);
  }

  /** Takes a connection that the caller has borrowed out of the pool and closes it. */
  public void evict(IConcurrentBagEntry entry) {
    evict.call(entry, "(connection was evicted)");
  }

  /** The connection itself; null if the pool has closed it. */
  public @Nullable Connection connection(IConcurrentBagEntry entry) {
    return connection.find(entry);
  }

  /** Stops what the pool has scheduled for a connection: its end, and that it is kept alive. */
  public void unschedule(IConcurrentBagEntry entry) {
    scheduled.stream()
        .map(field -> field.find(entry))
        .filter(Objects::nonNull)
        .forEach(future -> future.cancel(false));
  }

  public boolean changeState(HikariPool pool, int from, int to) {
    return STATE.compareAndSet(pool, from, to);
  }

  /** Opens and adds a connection, as at a pool's start; why it could not be opened, or null. */
  @SuppressWarnings("unchecked")
  public @Nullable Throwable add(HikariPool pool) {
    Object entry = createEntry.call(pool);
    if (entry == null) {
      Throwable reason = failure.get(pool).get();
      return reason == null ? new IllegalStateException("no connection") : reason;
    }
    ((ConcurrentBag<IConcurrentBagEntry>) bag(pool)).add((IConcurrentBagEntry) entry);
    return null;
  }

  /** Has setters work meanwhile that a started pool's configuration refuses. */
  public void unsealed(HikariConfig config, Runnable change) {
    boolean before = sealed.get(config);
    sealed.set(config, false);
    try {
      change.run();
    } finally {
      sealed.set(config, before);
    }
  }

  /** The setter only adds, and to properties that others may have, too. */
  public void properties(HikariConfig config, Properties value) {
    properties.set(config, value);
  }

  /** The setter takes no null in HikariCP 5. */
  public void driver(HikariConfig config, @Nullable String value) {
    driver.set(config, value);
  }

  /** Has the pool take from its configuration what it keeps a copy of. */
  public void reread(HikariPool pool) {
    HikariConfig config = pool.config;
    catalog.set(pool, config.getCatalog());
    connectionTimeout.set(pool, config.getConnectionTimeout());
    validationTimeout.set(pool, config.getValidationTimeout());
    leakThreshold.call(leakTasks.get(pool), config.getLeakDetectionThreshold());
    isolation.set(pool, UtilityElf.getTransactionIsolation(config.getTransactionIsolation()));
    // With this the driver's default is asked for at the next connection.
    validChecked.set(pool, false);
    if (credentials != null) {
      credentials.set(pool, config.getCredentialsProvider());
    }
  }

  /**
   * Has the pool make its source of connections anew, and forget what it learned of the driver and
   * the database before.
   *
   * @throws RuntimeException HikariCP's, if there is no such source; the pool then has the old one
   */
  public void connectAnew(HikariPool pool) {
    Executor before = timeoutExecutor.find(pool);
    connectAnew.call(pool);
    learned.forEach(field -> field.set(pool, -1));
    defaultIsolation.set(pool, 0);
    validChecked.set(pool, false);
    failure.get(pool).set(null);
    if (before != timeoutExecutor.find(pool) && before instanceof ExecutorService executor) {
      executor.shutdown();
    }
  }

  /** A bag's fields. They can be shared by two bags if none changes but one that we know. */
  private static List<InternalField<Object>> stateOfBag() {
    List<InternalField<Object>> state = new ArrayList<>();
    for (Field field : HIKARI.declaredFields(ConcurrentBag.class)) {
      if (!Modifier.isStatic(field.getModifiers())) {
        if (!Modifier.isFinal(field.getModifiers()) && !field.getName().equals("closed")) {
          throw HIKARI.missing("final field ConcurrentBag." + field.getName(), null);
        }
        state.add(HIKARI.field(ConcurrentBag.class, field.getName()));
      }
    }
    return List.copyOf(state);
  }
}
