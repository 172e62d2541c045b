/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.fixup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.PlatformManagedObject;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Where a restore has another number of processors")
class ProcessorsTest {

  private final int real = Runtime.getRuntime().availableProcessors();
  private final AtomicInteger number = new AtomicInteger(real);
  private final Processors processors = new Processors(number::get);

  @AfterEach
  void putBack() {
    System.clearProperty(Processors.COMMON_SIZE);
    restoredWith(real);
  }

  private void restoredWith(int other) {
    processors.beforeCheckpoint();
    number.set(other);
    processors.afterRestore();
  }

  private static void assumeJdk(int first) {
    assumeTrue(Runtime.version().feature() >= first, "JDK " + first);
  }

  private static int common() {
    return ForkJoinPool.getCommonPoolParallelism();
  }

  @Test
  @DisplayName("the common pool gets the size that it would have there, on JDK 19 and newer")
  void commonPool() {
    assumeJdk(19);
    restoredWith(7);
    assertThat(common()).isEqualTo(6);
    restoredWith(1);
    assertThat(common()).isEqualTo(1);
    restoredWith(4);
    assertThat(common()).isEqualTo(3);
    processors.afterRestore();
    assertThat(common()).isEqualTo(3);
  }

  @Test
  @DisplayName("a pool whose size was set keeps it")
  void wasSet() throws Exception {
    int before = common();
    System.setProperty(Processors.COMMON_SIZE, Integer.toString(before));
    restoredWith(9);
    assertThat(common()).isEqualTo(before);
    restoredWith(real);
    System.clearProperty(Processors.COMMON_SIZE);
    assumeJdk(19);
    ForkJoinPool.class.getMethod("setParallelism", int.class).invoke(ForkJoinPool.commonPool(), 5);
    restoredWith(9);
    assertThat(common()).isEqualTo(5);
    ForkJoinPool.class.getMethod("setParallelism", int.class).invoke(ForkJoinPool.commonPool(), 8);
  }

  @Test
  @DisplayName("virtual threads get as many carriers")
  void carriers() throws Exception {
    assumeJdk(24); // the first that tells
    Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, (Runnable) () -> {});
    restoredWith(real + 3);
    assertThat(carriersByTheJdk()).isEqualTo(real + 3);
    restoredWith(real);
    assertThat(carriersByTheJdk()).isEqualTo(real);
  }

  private static int carriersByTheJdk() throws Exception {
    Class<? extends PlatformManagedObject> type =
        Class.forName("jdk.management.VirtualThreadSchedulerMXBean")
            .asSubclass(PlatformManagedObject.class);
    return (int) type.getMethod("getParallelism").invoke(ManagementFactory.getPlatformMXBean(type));
  }
}
