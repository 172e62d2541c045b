/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.ConcurrentBag;
import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import com.zaxxer.hikari.util.SuspendResumeLock;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.VarHandle;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
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
  private final List<Field> bagState;
  private final Field bagClosed;
  private final Field connection;
  private final Field statements;
  private final List<Field> scheduled;
  private final Method isEvicted;
  private final Method markEvicted;
  private final Method evict;

  private PoolAccess(Class<?> poolClass) {
    lock = field(poolClass, "suspendResumeLock", SuspendResumeLock.class);
    adder = field(poolClass, "addConnectionExecutor", ThreadPoolExecutor.class);
    closer = field(poolClass, "closeConnectionExecutor", ThreadPoolExecutor.class);
    housekeeper = field(poolClass, "houseKeepingExecutorService", ScheduledExecutorService.class);
    bag = field(poolClass, "connectionBag", ConcurrentBag.class);
    bagClosed = field(ConcurrentBag.class, "closed", boolean.class);
    bagState = state(ConcurrentBag.class);
    Class<?> entryClass = entryClass();
    connection = field(entryClass, "connection", Connection.class);
    scheduled =
        List.of(
            field(entryClass, "endOfLife", ScheduledFuture.class),
            field(entryClass, "keepalive", ScheduledFuture.class));
    statements = field(entryClass, "openStatements", List.class);
    isEvicted = method(entryClass, "isMarkedEvicted", boolean.class);
    markEvicted = method(entryClass, "markEvicted", void.class);
    evict = method(entryClass, "evict", void.class, String.class);
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

  ConcurrentBag<?> bag(HikariPool pool) {
    return (ConcurrentBag<?>) get(bag, pool);
  }

  /** Puts another bag in the place of the pool's, as it is done with the lock. */
  void bag(HikariPool pool, ConcurrentBag<?> value) throws IllegalAccessException {
    // Who sees the bag sees what it shares.
    VarHandle.releaseFence();
    bag.set(pool, value);
  }

  /** Has a bag work on another one's lists, queues and counts. */
  void shareBag(ConcurrentBag<?> from, ConcurrentBag<?> to) throws IllegalAccessException {
    for (Field field : bagState) {
      field.set(to, field.get(from));
    }
  }

  boolean isClosed(ConcurrentBag<?> of) {
    return (boolean) get(bagClosed, of);
  }

  /** The statements that a borrower has open. He changes the list meanwhile. */
  List<?> statements(IConcurrentBagEntry entry) {
    return (List<?>) get(statements, entry);
  }

  boolean isEvicted(IConcurrentBagEntry entry) {
    return Boolean.TRUE.equals(call(isEvicted, entry));
  }

  /** Has a connection closed by whoever gets it next, or gives it back (since HikariCP 6). */
  void markEvicted(IConcurrentBagEntry entry) {
    call(markEvicted, entry);
  }

  /** Takes a connection that the caller has borrowed out of the pool and closes it. */
  void evict(IConcurrentBagEntry entry) {
    call(evict, entry, "(connection was evicted)");
  }

  /** The connection itself; null if the pool has closed it. */
  @Nullable Connection connection(IConcurrentBagEntry entry) {
    return (Connection) get(connection, entry);
  }

  /** Stops what the pool has scheduled for a connection: its end, and that it is kept alive. */
  void unschedule(IConcurrentBagEntry entry) {
    for (Field field : scheduled) {
      if (get(field, entry) instanceof ScheduledFuture<?> future) {
        future.cancel(false);
      }
    }
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

  private static @Nullable Object get(Field field, Object owner) {
    try {
      return field.get(owner);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("HikariCP " + version() + ": " + field + " is closed", e);
    }
  }

  private static @Nullable Object call(Method method, Object on, Object... arguments) {
    try {
      return method.invoke(on, arguments);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("HikariCP " + version() + ": " + method + " failed", e);
    }
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
        state.add(open(field, bagClass));
      }
    }
    return List.copyOf(state);
  }

  private static Method method(Class<?> owner, String name, Class<?> type, Class<?>... parameters) {
    String what = owner.getSimpleName() + '.' + name;
    Method method;
    try {
      method = owner.getDeclaredMethod(name, parameters);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(
          "HikariCP " + version() + " is not supported: there is no " + what, e);
    }
    if (method.getReturnType() != type) {
      throw new IllegalStateException(
          "HikariCP %s is not supported: %s gives a %s, not a %s"
              .formatted(version(), what, method.getReturnType().getName(), type.getName()));
    }
    return open(method, owner);
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
    return open(field, owner);
  }

  private static <T extends AccessibleObject & Member> T open(T member, Class<?> owner) {
    try {
      member.setAccessible(true);
    } catch (InaccessibleObjectException e) {
      // HikariCP as a module on the module path.
      throw new IllegalStateException(
          "HikariCP %s does not open %s.%s: start the JVM with --add-opens=%s/%s=%s"
              .formatted(
                  version(),
                  owner.getSimpleName(),
                  member.getName(),
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
