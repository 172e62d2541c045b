/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
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
    return trim;
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
