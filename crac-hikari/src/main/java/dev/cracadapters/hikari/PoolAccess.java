/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.ConcurrentBag;
import com.zaxxer.hikari.util.SuspendResumeLock;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

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
  private final Field connection;

  private PoolAccess(Class<?> poolClass) {
    lock = field(poolClass, "suspendResumeLock", SuspendResumeLock.class);
    adder = field(poolClass, "addConnectionExecutor", ThreadPoolExecutor.class);
    closer = field(poolClass, "closeConnectionExecutor", ThreadPoolExecutor.class);
    housekeeper = field(poolClass, "houseKeepingExecutorService", ScheduledExecutorService.class);
    bag = field(poolClass, "connectionBag", ConcurrentBag.class);
    connection = field(entryClass(), "connection", Connection.class);
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

  /** The driver's connections that the pool has, those that are borrowed too. */
  List<Connection> connections(HikariPool pool) {
    List<Connection> connections = new ArrayList<>();
    for (Object entry : ((ConcurrentBag<?>) get(bag, pool)).values()) {
      Object open = get(connection, entry);
      if (open != null) { // taken out of the pool meanwhile
        connections.add((Connection) open);
      }
    }
    return connections;
  }

  boolean changeState(HikariPool pool, int from, int to) {
    return STATE.compareAndSet(pool, from, to);
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

  private static Object get(Field field, Object owner) {
    try {
      return field.get(owner);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("HikariCP " + version() + ": " + field + " is closed", e);
    }
  }

  private static Class<?> entryClass() {
    try {
      return Class.forName(
          "com.zaxxer.hikari.pool.PoolEntry", false, HikariPool.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(
          "HikariCP " + version() + " is not supported: there is no PoolEntry", e);
    }
  }

  private static Field field(Class<?> owner, String name, Class<?> type) {
    String what = owner.getSimpleName() + '.' + name;
    Field field;
    try {
      field = owner.getDeclaredField(name);
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException(
          "HikariCP " + version() + " is not supported: there is no " + what, e);
    }
    if (!type.isAssignableFrom(field.getType())) {
      throw new IllegalStateException(
          "HikariCP %s is not supported: %s is a %s, not a %s"
              .formatted(version(), what, field.getType().getName(), type.getName()));
    }
    try {
      field.setAccessible(true);
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
    return field;
  }

  private static String moduleName() {
    String name = PoolAccess.class.getModule().getName();
    return name == null ? "ALL-UNNAMED" : name;
  }
}
