/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import dev.cracadapters.criu.memory.Collector;
import dev.cracadapters.criu.memory.JvmFlags;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Which JDK is it, and how much memory does its collector give back before a dump? */
final class JvmFindings {

  /** A heap that was no larger at its start may become small again. */
  private static final long SMALL_HEAP_BYTES = 32 << 20;

  /** A checkpoint waits for no longer delay. */
  private static final long LONGEST_UNCOMMIT_DELAY_SECONDS = 2;

  private static final String DISABLED = "DisableExplicitGC";

  private JvmFindings() {}

  static List<Finding> all() {
    List<Finding> findings = new ArrayList<>();
    findings.add(jdk());
    try (JvmFlags flags = new JvmFlags()) {
      findings.add(collector(Collector.of(flags), flags::value));
    }
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
            "JDK", name + " is no HotSpot JVM, which this was never run with", "Use an OpenJDK")
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

  static Finding collector(Collector collector, Function<String, Optional<String>> flags) {
    boolean beganSmall = number(flags, "InitialHeapSize") <= SMALL_HEAP_BYTES;
    boolean givesBack =
        switch (collector) {
          case G1 -> true;
          case SHENANDOAH -> !isOn(flags, DISABLED);
          case SERIAL -> beganSmall;
          case PARALLEL -> beganSmall && isOn(flags, "UseAdaptiveSizePolicyWithSystemGC");
          case Z ->
              isOn(flags, "ZUncommit")
                  && number(flags, "ZUncommitDelay") <= LONGEST_UNCOMMIT_DELAY_SECONDS;
          case OTHER -> false;
        };
    String name = collector == Collector.Z ? "ZGC" : collector.name();
    return givesBack
        ? Finding.ok(
            "collector",
            name
                + " gives free memory back before a dump: the image holds little more than what is"
                + " in use")
        : Finding.warning(
            "collector",
            name + " keeps free memory, and an image holds all that the heap has grown to",
            "Where the image's size counts: "
                + (collector == Collector.SHENANDOAH
                    ? "start the JVM without -XX:+" + DISABLED
                    : collector.advice()));
  }

  private static long number(Function<String, Optional<String>> flags, String name) {
    return flags.apply(name).map(Long::parseLong).orElse(Long.MAX_VALUE);
  }

  private static boolean isOn(Function<String, Optional<String>> flags, String name) {
    return flags.apply(name).filter("true"::equals).isPresent();
  }
}
