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
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
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
    lock = field(poolClass, "suspendResumeLock", SuspendResumeLock.class);
    adder = field(poolClass, "addConnectionExecutor", ThreadPoolExecutor.class);
    closer = field(poolClass, "closeConnectionExecutor", ThreadPoolExecutor.class);
    housekeeper = field(poolClass, "houseKeepingExecutorService", ScheduledExecutorService.class);
    bag = field(poolClass, "connectionBag", ConcurrentBag.class);
    createEntry = method(poolClass, "createPoolEntry");
    leakTasks = field(poolClass, "leakTaskFactory", Object.class);
    leakThreshold = method(leakTasks.getType(), "updateLeakDetectionThreshold", long.class);
    Class<?> base = poolClass.getSuperclass();
    connectAnew = method(base, "initializeDataSource");
    failure = field(base, "lastConnectionFailure", AtomicReference.class);
    timeoutExecutor = field(base, "netTimeoutExecutor", Executor.class);
    catalog = field(base, "catalog", String.class);
    connectionTimeout = field(base, "connectionTimeout", long.class);
    validationTimeout = field(base, "validationTimeout", long.class);
    networkTimeout = field(base, "networkTimeout", int.class);
    networkTimeoutSupported = field(base, "isNetworkTimeoutSupported", int.class);
    queryTimeoutSupported = field(base, "isQueryTimeoutSupported", int.class);
    validChecked = field(base, "isValidChecked", boolean.class);
    isolation = field(base, "transactionIsolation", int.class);
    defaultIsolation = field(base, "defaultTransactionIsolation", int.class);
    credentials = has(base, "credentialsProvider") ? field(base, "credentialsProvider") : null;
    sealed = field(HikariConfig.class, "sealed", boolean.class);
    properties = field(HikariConfig.class, "dataSourceProperties", Properties.class);
    driver = field(HikariConfig.class, "driverClassName", String.class);
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
    return (SuspendResumeLock) get(lock, pool);
  }

  ThreadPoolExecutor adder(HikariPool pool) {
    return (ThreadPoolExecutor) get(adder, pool);
  }

  ThreadPoolExecutor closer(HikariPool pool) {
    return (ThreadPoolExecutor) get(closer, pool);
  }

  ScheduledExecutorService housekeeper(HikariPool pool) {
    return (ScheduledExecutorService) get(housekeeper, pool);
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
    Object entry = call(createEntry, pool);
    if (entry == null) {
      Throwable reason = (Throwable) failures(pool).get();
      return reason == null ? new IllegalStateException("no connection") : reason;
    }
    add(pool, (IConcurrentBagEntry) entry);
    return null;
  }

  @SuppressWarnings("unchecked")
  private void add(HikariPool pool, IConcurrentBagEntry entry) {
    ((ConcurrentBag<IConcurrentBagEntry>) get(bag, pool)).add(entry);
  }

  private AtomicReference<?> failures(HikariPool pool) {
    return (AtomicReference<?>) get(failure, pool);
  }

  /** Lets setters work that a started pool's configuration refuses, or has them refused again. */
  void seal(HikariConfig config, boolean value) {
    set(sealed, config, value);
  }

  boolean isSealed(HikariConfig config) {
    return (boolean) get(sealed, config);
  }

  /** The setter only adds, and to properties that others may have, too. */
  void properties(HikariConfig config, Properties value) {
    set(properties, config, value);
  }

  /** The setter takes no null in HikariCP 5. */
  void driver(HikariConfig config, @Nullable String value) {
    set(driver, config, value);
  }

  /** Has the pool take from its configuration what it keeps a copy of. */
  void reread(HikariPool pool) {
    HikariConfig config = pool.config;
    set(catalog, pool, config.getCatalog());
    set(connectionTimeout, pool, config.getConnectionTimeout());
    set(validationTimeout, pool, config.getValidationTimeout());
    call(leakThreshold, get(leakTasks, pool), config.getLeakDetectionThreshold());
    set(isolation, pool, UtilityElf.getTransactionIsolation(config.getTransactionIsolation()));
    // With this the driver's default is asked for at the next connection.
    set(validChecked, pool, false);
    if (credentials != null) {
      set(credentials, pool, config.getCredentialsProvider());
    }
  }

  /**
   * Has the pool make its source of connections anew, and forget what it learned of the driver and
   * the database before.
   *
   * @throws RuntimeException HikariCP's, if there is no such source; the pool then has the old one
   */
  void connectAnew(HikariPool pool) {
    Object before = get(timeoutExecutor, pool);
    call(connectAnew, pool);
    set(networkTimeout, pool, -1);
    set(networkTimeoutSupported, pool, -1);
    set(queryTimeoutSupported, pool, -1);
    set(defaultIsolation, pool, 0);
    set(validChecked, pool, false);
    failures(pool).set(null);
    if (before != get(timeoutExecutor, pool) && before instanceof ExecutorService executor) {
      executor.shutdown();
    }
  }

  /** Puts another executor in the place of the one that adds connections, as {@link #lock}. */
  void adder(HikariPool pool, ThreadPoolExecutor value) {
    set(adder, pool, value);
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

  private static Object get(Field field, Object target) {
    try {
      return field.get(target);
    } catch (IllegalAccessException e) {
      throw closed(field, e);
    }
  }

  private static void set(Field field, Object target, @Nullable Object value) {
    try {
      field.set(target, value);
    } catch (IllegalAccessException e) {
      throw closed(field, e);
    }
  }

  private static @Nullable Object call(Method method, Object target, Object... arguments) {
    try {
      return method.invoke(target, arguments);
    } catch (IllegalAccessException e) {
      throw closed(method, e);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private static IllegalStateException closed(Object member, IllegalAccessException reason) {
    return new IllegalStateException(
        "HikariCP " + version() + ": " + member + " is closed", reason);
  }

  private static boolean has(Class<?> owner, String name) {
    return Arrays.stream(owner.getDeclaredFields()).anyMatch(field -> field.getName().equals(name));
  }

  private static Field field(Class<?> owner, String name) {
    return field(owner, name, Object.class);
  }

  private static Field field(Class<?> owner, String name, Class<?> type) {
    String what = owner.getSimpleName() + '.' + name;
    Field field;
    try {
      field = owner.getDeclaredField(name);
    } catch (NoSuchFieldException e) {
      throw missing(what, e);
    }
    if (!type.isAssignableFrom(field.getType())) {
      throw new IllegalStateException(
          "HikariCP %s is not supported: %s is a %s, not a %s"
              .formatted(version(), what, field.getType().getName(), type.getName()));
    }
    return opened(field, what, owner);
  }

  private static Method method(Class<?> owner, String name, Class<?>... parameters) {
    String what = owner.getSimpleName() + '.' + name + "()";
    try {
      return opened(owner.getDeclaredMethod(name, parameters), what, owner);
    } catch (NoSuchMethodException e) {
      throw missing(what, e);
    }
  }

  private static IllegalStateException missing(String what, ReflectiveOperationException reason) {
    return new IllegalStateException(
        "HikariCP " + version() + " is not supported: there is no " + what, reason);
  }

  private static <T extends AccessibleObject> T opened(T member, String what, Class<?> owner) {
    try {
      member.setAccessible(true);
    } catch (InaccessibleObjectException e) {
      // HikariCP as a module on the module path.
      throw new IllegalStateException(
          "HikariCP %s does not open %s: start the JVM with --add-opens=%s/%s=%s"
              .formatted(
                  version(),
                  what,
                  owner.getModule().getName(),
                  owner.getPackageName(),
                  moduleName()),
          e);
    }
    return member;
  }

  private static String moduleName() {
    String name = PoolAccess.class.getModule().getName();
    return name == null ? "ALL-UNNAMED" : name;
  }
}
