/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import dev.cracadapters.core.Deadline;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import javax.management.JMException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the process small before a dump: garbage is collected and the freed memory given back to
 * the kernel, so that it is neither written nor read. The flags that this needs are put back when
 * it is closed: after the restore, and after a failure.
 */
final class HeapTrim implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HeapTrim.class);
  private static final Duration LONGEST_UNCOMMIT = Duration.ofSeconds(6);
  private static final long WORTH_A_WORD = 32 << 20;

  private final JvmFlags flags = new JvmFlags();
  private long millis;

  /** Trims. It may take seconds with a heap of gigabytes, for its collections are full ones. */
  void run() {
    long start = System.nanoTime();
    long before = ResidentMemory.bytes();
    Collector collector = Collector.of(flags);
    // Min before max: the JVM refuses a minimum above the maximum at any time.
    flags.change("MinHeapFreeRatio", "0");
    flags.change("MaxHeapFreeRatio", "0");
    for (int i = 0; i < collector.collections(); i++) {
      System.gc();
    }
    trimNativeHeap();
    awaitUncommit(collector, collector.steady(flags));
    millis = (System.nanoTime() - start) / 1_000_000;
    LOG.info(
        "Trimmed in {} ms: {} MB of memory, {} MB before",
        millis,
        ResidentMemory.bytes() >> 20,
        before >> 20);
    sayWhatIsKept(collector);
  }

  /** What {@link #run} took, 0 where it was not called. */
  long millis() {
    return millis;
  }

  private static void sayWhatIsKept(Collector collector) {
    long free = heap().getCommitted() - heap().getUsed();
    if (free > WORTH_A_WORD) {
      LOG.info(
          "The heap keeps {} MB that are free, and the image holds them: {}",
          free >> 20,
          collector.advice());
    }
  }

  private static MemoryUsage heap() {
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
  }

  /** Some collectors give memory back from a thread of their own, in steps. */
  private static void awaitUncommit(Collector collector, Duration steady) {
    long[] last = {Long.MAX_VALUE, System.nanoTime()};
    try {
      Deadline.after(LONGEST_UNCOMMIT)
          .await(
              () -> {
                long bytes = ResidentMemory.bytes();
                if (bytes < last[0]) {
                  last[0] = bytes;
                  last[1] = System.nanoTime();
                }
                return collector.hasGivenAllBack(heap())
                    || System.nanoTime() - last[1] > steady.toNanos();
              });
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the dump that follows ends by it
    }
  }

  /** The C library's free lists; the command is in JDK 17.0.9 and newer. */
  private static void trimNativeHeap() {
    try {
      ManagementFactory.getPlatformMBeanServer()
          .invoke(
              new ObjectName("com.sun.management:type=DiagnosticCommand"),
              "systemTrimNativeHeap",
              null,
              null);
    } catch (JMException | RuntimeException e) {
      LOG.debug("This JVM cannot trim its native heap", e);
    }
  }

  @Override
  public void close() {
    flags.close();
  }
}
