/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which JDK is it, and how much memory does its collector give back before a dump? */
final class JvmFindings {

  private static final String BACK =
      "gives free memory back before a dump: the image holds little more than what is in use";

  /** What the collectors' beans are called, and what was measured of each. */
  private static final Map<String, Finding> COLLECTORS = new LinkedHashMap<>();

  static {
    String subject = "collector";
    String mend = "Take G1 (-XX:+UseG1GC) where the image's size counts, or a small -Xms and -Xmx";
    COLLECTORS.put("G1", Finding.ok(subject, "G1 " + BACK));
    COLLECTORS.put(
        "Copy",
        Finding.warning(
            subject,
            "Serial gives no memory back: the image holds the heap as large as it has grown",
            mend));
    COLLECTORS.put("PS ", Finding.ok(subject, "Parallel (what it gives back was not measured)"));
    COLLECTORS.put("ZGC", Finding.ok(subject, "ZGC (what it gives back was not measured)"));
    COLLECTORS.put(
        "Shenandoah", Finding.ok(subject, "Shenandoah (what it gives back was not measured)"));
    COLLECTORS.put(
        "Epsilon",
        Finding.warning(subject, "Epsilon collects nothing: the image holds all garbage", mend));
  }

  private JvmFindings() {}

  static List<Finding> all() {
    List<Finding> findings = new ArrayList<>();
    findings.add(jdk());
    findings.add(
        collector(
            ManagementFactory.getGarbageCollectorMXBeans().stream()
                .map(GarbageCollectorMXBean::getName)
                .toList()));
    return findings;
  }

  private static Finding jdk() {
    String name =
        "%s %s of %s, %s"
            .formatted(
                System.getProperty("java.vm.name"),
                System.getProperty("java.vm.version"),
                System.getProperty("java.vendor"),
                System.getProperty("java.home"));
    if (hasOwnCrac()) {
      return Finding.ok(
          "JDK", name + "; it has CRaC of its own, which crac.engine=auto takes before CRIU");
    }
    return ManagementFactory.getPlatformMXBeans(com.sun.management.HotSpotDiagnosticMXBean.class)
            .isEmpty()
        ? Finding.warning(
            "JDK", name + " is no HotSpot JVM, which this was never run with", "Take an OpenJDK")
        : Finding.ok("JDK", name + "; a restore needs the very same build at the same place");
  }

  private static boolean hasOwnCrac() {
    return ModuleLayer.boot().findModule("jdk.crac").isPresent()
        || ModuleLayer.boot()
            .findModule("java.base")
            .orElseThrow()
            .getPackages()
            .contains("jdk.internal.crac");
  }

  static Finding collector(List<String> beans) {
    for (Map.Entry<String, Finding> one : COLLECTORS.entrySet()) {
      if (beans.stream().anyMatch(bean -> bean.startsWith(one.getKey()))) {
        return one.getValue();
      }
    }
    return Finding.warning(
        "collector", "unknown: " + String.join(", ", beans), "Take G1 (-XX:+UseG1GC)");
  }
}
