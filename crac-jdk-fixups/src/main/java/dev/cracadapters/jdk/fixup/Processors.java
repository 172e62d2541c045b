/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.fixup;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.concurrent.ForkJoinPool;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pools that the JDK makes as large as the number of processors was when the JVM started: the
 * common {@code ForkJoinPool}, and the one whose threads carry virtual threads. Where a restore has
 * another number they get the size that the JDK would give them there. One whose size a system
 * property or the application has set keeps it. JDK 17 cannot change a pool's size.
 */
public final class Processors implements Fixup {

  static final String COMMON_SIZE = "java.util.concurrent.ForkJoinPool.common.parallelism";
  static final String CARRIERS_SIZE = "jdk.virtualThreadScheduler.parallelism";

  private static final Logger LOG = LoggerFactory.getLogger(Processors.class);
  private static final int VIRTUAL_THREADS = 21;

  private final IntSupplier count;
  private int before;

  /** With the number that the JVM tells. */
  public Processors() {
    this(Runtime.getRuntime()::availableProcessors);
  }

  Processors(IntSupplier count) {
    this.count = count;
    this.before = count.getAsInt();
  }

  @Override
  public void beforeCheckpoint() {
    before = count.getAsInt();
  }

  @Override
  public void afterRestore() {
    int now = count.getAsInt();
    int then = before;
    before = now;
    if (now == then) {
      return;
    }
    Method resize = resize();
    if (resize == null) {
      LOG.warn(
          "{} processors here, {} at the checkpoint: the common ForkJoinPool keeps its parallelism"
              + " of {}, which JDK {} cannot change",
          now,
          then,
          ForkJoinPool.getCommonPoolParallelism(),
          Runtime.version().feature());
      return;
    }
    // As many as leave one for the thread that asks.
    resize(resize, ForkJoinPool.commonPool(), COMMON_SIZE, then - 1, now - 1);
    if (carriers() instanceof ForkJoinPool pool) {
      resize(resize, pool, CARRIERS_SIZE, then, now);
    }
  }

  /** In JDK 19 and newer. */
  private static @Nullable Method resize() {
    try {
      return ForkJoinPool.class.getMethod("setParallelism", int.class);
    } catch (NoSuchMethodException e) {
      return null;
    }
  }

  /** Null where no virtual thread was started yet: their first one looks at the number itself. */
  private static @Nullable Object carriers() {
    if (Runtime.version().feature() < VIRTUAL_THREADS) {
      return null;
    }
    try {
      return Memory.valueIfInitialized(
          Memory.JDK.type("java.lang.VirtualThread"), "DEFAULT_SCHEDULER");
    } catch (IllegalStateException e) {
      LOG.warn("Virtual threads keep the carrier threads of the checkpoint: {}", e.getMessage());
      return null;
    }
  }

  private static void resize(Method resize, ForkJoinPool pool, String property, int then, int now) {
    if (System.getProperty(property) != null || pool.getParallelism() != Math.max(1, then)) {
      return;
    }
    try {
      resize.invoke(pool, Math.max(1, now));
    } catch (IllegalAccessException | InvocationTargetException e) {
      LOG.warn("{} keeps its parallelism of {}", pool, pool.getParallelism(), e);
    }
  }
}
