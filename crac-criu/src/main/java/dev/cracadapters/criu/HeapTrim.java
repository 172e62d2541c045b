/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.cracadapters.core.Deadline;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.management.JMException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the heap small before a dump: garbage is collected and the freed memory given back to the
 * kernel, so that it is neither written nor read. The flags that this needs are put back after the
 * restore.
 */
final class HeapTrim {

  private static final Logger LOG = LoggerFactory.getLogger(HeapTrim.class);
  private static final int COLLECTIONS = 3;
  private static final Duration LONGEST_UNCOMMIT = Duration.ofSeconds(2);
  private static final long STEADY_NANOS = 60_000_000;

  // Min before max: the JVM refuses a minimum above the maximum at any time.
  private static final String[] DOWN = {"MinHeapFreeRatio", "MaxHeapFreeRatio"};
  private static final String[] UP = {"MaxHeapFreeRatio", "MinHeapFreeRatio"};

  private final Map<String, String> before = new LinkedHashMap<>();

  private HeapTrim() {}

  static HeapTrim none() {
    return new HeapTrim();
  }

  static HeapTrim now() {
    HeapTrim trim = new HeapTrim();
    HotSpotDiagnosticMXBean jvm =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    if (jvm == null) {
      return trim;
    }
    for (String flag : DOWN) {
      try {
        if (jvm.getVMOption(flag).isWriteable()) {
          String value = jvm.getVMOption(flag).getValue();
          jvm.setVMOption(flag, "0");
          trim.before.put(flag, value);
        }
      } catch (IllegalArgumentException e) {
        LOG.debug("This JVM has no {}", flag, e);
      }
    }
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc(); // each one lets the collector give back a part of what is free
    }
    trimNativeHeap();
    awaitUncommit();
    return trim;
  }

  /** G1 gives memory back from a thread of its own, in steps, after the collection has returned. */
  private static void awaitUncommit() {
    long[] last = {Long.MAX_VALUE, System.nanoTime()};
    try {
      Deadline.after(LONGEST_UNCOMMIT)
          .await(
              () -> {
                long pages = residentPages();
                if (pages < last[0]) {
                  last[0] = pages;
                  last[1] = System.nanoTime();
                }
                return System.nanoTime() - last[1] > STEADY_NANOS;
              });
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the dump that follows ends by it
    }
  }

  private static long residentPages() {
    try {
      return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]);
    } catch (IOException e) {
      return 0;
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

  void putBack() {
    HotSpotDiagnosticMXBean jvm =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    for (String flag : UP) {
      String value = before.get(flag);
      if (value != null) {
        jvm.setVMOption(flag, value);
      }
    }
    before.clear();
  }
}
