/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/** What it takes to make this JVM's garbage collector give free memory back to the kernel. */
public enum Collector {
  /** Gives back at the first collection, from a thread of its own, a moment later. */
  G1("UseG1GC", 2, "it does not get smaller than -Xms: start the JVM with a smaller one"),

  /** Shrinks by nothing, a tenth, four tenths and the whole (ShrinkHeapInSteps). */
  SERIAL(
      "UseSerialGC",
      4,
      "the serial collector goes no lower than where it began, a 64th of the machine's memory"
          + " unless -Xms says something else: start the JVM with -Xms16m"),

  /** Leaves its sizes alone at System.gc() unless it is told otherwise. */
  PARALLEL(
      "UseParallelGC",
      2,
      "the parallel collector gives memory back only where the JVM was started with"
          + " -XX:+UseAdaptiveSizePolicyWithSystemGC, and a small -Xms such as -Xms16m"),

  /** Gives back what has been free for ZUncommitDelay seconds. */
  Z(
      "UseZGC",
      2,
      "ZGC gives memory back when it has been free for ZUncommitDelay, 300 seconds unless the JVM"
          + " was started with another one: start it with -XX:ZUncommitDelay=1"),

  /** Gives back all at an explicit collection, a moment later. */
  SHENANDOAH("UseShenandoahGC", 2, "it does not get smaller than -Xms: start the JVM with less"),

  /** One that gives nothing back, or that nobody knows here. */
  OTHER("", 1, "this JVM's collector is not known to give memory back");

  private static final Duration ASYNCHRONOUS_DELAY = Duration.ofMillis(250);
  private static final long NEGLIGIBLE_BYTES = 8 << 20;
  private static final long LARGE_REGION_BYTES = 32 << 20;
  private static final Duration LONGEST_UNCOMMIT_DELAY = Duration.ofSeconds(2);

  private final String flag;
  private final int collections;
  private final String advice;

  Collector(String flag, int collections, String advice) {
    this.flag = flag;
    this.collections = collections;
    this.advice = advice;
  }

  public static Collector of(JvmFlags flags) {
    for (Collector collector : values()) {
      if (flags.isOn(collector.flag)) {
        return collector;
      }
    }
    return OTHER;
  }

  /** How many collections in a row it needs to give back all that it will. */
  int collections() {
    return collections;
  }

  /** After how long without a change nothing more is to be expected. */
  Duration steady(JvmFlags flags) {
    if (this != Z) {
      // At once, or from a thread of its own; G1's begins 100 ms after the collection.
      return this == G1 || this == SHENANDOAH ? ASYNCHRONOUS_DELAY : Duration.ZERO;
    }
    Duration delay =
        Duration.ofSeconds(Long.parseLong(flags.value("ZUncommitDelay").orElse("300")));
    // One or two seconds were set for checkpoints. The default, five minutes, is too long to wait.
    return delay.compareTo(LONGEST_UNCOMMIT_DELAY) > 0 || !flags.isOn("ZUncommit")
        ? ASYNCHRONOUS_DELAY
        : delay.multipliedBy(2).plusMillis(700); // JDK 25 gives back in cycles, from the second on
  }

  /**
   * Whether there is nothing more to wait for. ZGC's own numbers show that; G1 stops counting a
   * page before the kernel has it back, which the writable part of its heap shows.
   */
  boolean hasGivenAllBack(MemoryUsage heap, OptionalLong writable) {
    return switch (this) {
      case Z -> heap.getCommitted() - heap.getUsed() < NEGLIGIBLE_BYTES;
      case G1 -> writable.isPresent() && writable.getAsLong() <= heap.getCommitted();
      default -> false;
    };
  }

  /** Whether it is told by {@link #hasGivenAllBack}, so that a pause says nothing. */
  boolean tells(OptionalLong writable) {
    return this == G1 && writable.isPresent();
  }

  /** The same for a heap of this size: where -Xms is lower than that, it is not the reason. */
  String advice(MemoryUsage heap, Function<String, Optional<String>> flags) {
    return isLate(heap, flags)
        ? "it was not given back in time: take the checkpoint when the machine is less busy"
        : advice;
  }

  /** Whether a heap of this size could be smaller: it is larger than it has to be. */
  boolean isLate(MemoryUsage heap, Function<String, Optional<String>> flags) {
    boolean hasMinimum = this == G1 || this == SHENANDOAH;
    long minimum = flags.apply("MinHeapSize").map(Long::parseLong).orElse(Long.MAX_VALUE / 2);
    return hasMinimum && heap.getCommitted() > minimum + LARGE_REGION_BYTES;
  }

  /** Why it keeps free memory all the same, and the remedy. */
  public String advice() {
    return advice;
  }
}
