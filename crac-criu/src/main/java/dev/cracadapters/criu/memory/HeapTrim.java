/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.process.DiagnosticCommand;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the process small before a dump: the compilers catch up, garbage is collected, and what is
 * free is given back to the kernel, so that it is neither written nor read. The flags that this
 * needs are put back when it is closed: after the restore, and after a failure.
 */
public final class HeapTrim implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HeapTrim.class);
  private static final Duration LONGEST_UNCOMMIT = Duration.ofSeconds(6);
  private static final Duration LONGEST_COMPILATION = Duration.ofSeconds(2);
  private static final int MOST_TURNS = 3;

  /** Of the heap, which is free after the trim: more than G1 takes before it begins to mark. */
  private static final String ROOM_PERCENT = "75";

  private static final long WORTH_LOGGING_BYTES = 32 << 20;

  private static final String NOT_COLLECTED =
      "no collection took place, for which -XX:+DisableExplicitGC is the reason with Shenandoah:"
          + " start the JVM without it";

  private final JvmFlags flags = new JvmFlags();
  private boolean collected;

  /** Trims, and returns the milliseconds, which are seconds with a heap of gigabytes. */
  public long run() {
    long start = System.nanoTime();
    long before = ResidentMemory.bytes();
    Collector collector = Collector.of(flags);
    try {
      CompilerThreads.awaitQuiet(LONGEST_COMPILATION);
      // Min before max: the JVM refuses a minimum above the maximum at any time.
      flags.change("MinHeapFreeRatio", "0");
      flags.change("MaxHeapFreeRatio", "0");
      long collectedBefore = collections();
      int turn = 0;
      do {
        for (int i = 0; i < collector.collections(); i++) {
          collect();
        }
        collected = collections() > collectedBefore; // later there may be others than these
        trimNativeHeap();
        awaitUncommit(collector, collector.steady(flags));
      } while (++turn < MOST_TURNS && collected && canGiveBackMore(collector));
      logWhatIsKept(collector);
      if (collected && collector == Collector.G1 && !flags.isOn("AlwaysPreTouch")) {
        giveRoom();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the dump that follows ends by it
    }
    long millis = (System.nanoTime() - start) / 1_000_000;
    LOG.info(
        "Trimmed in {} ms: {} MB of memory, {} MB before",
        millis,
        ResidentMemory.bytes() >> 20,
        before >> 20);
    return millis;
  }

  /**
   * Has the heap grow by memory that nobody has touched, of which nothing comes into the image: in
   * a heap without room a restored process would collect garbage all the time, and G1 would mark
   * from the first moment on, since so much of it is taken.
   */
  private void giveRoom() {
    flags.change("MaxHeapFreeRatio", "100");
    flags.change("MinHeapFreeRatio", ROOM_PERCENT);
    collect();
  }

  /** By the diagnostic command, which {@code -XX:+DisableExplicitGC} does not concern. */
  private static void collect() {
    try {
      DiagnosticCommand.run("gcRun");
    } catch (IOException e) {
      LOG.debug("This JVM has no diagnostic command for a collection", e);
      System.gc();
    }
  }

  private static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
        .sum();
  }

  /**
   * A heap without room to spare grows at the next allocation, and on a busy machine it then takes
   * up again what was about to be given back, as it was.
   */
  private boolean canGiveBackMore(Collector collector) {
    return kept() > WORTH_LOGGING_BYTES && collector.isLate(heap(), flags::value);
  }

  private void logWhatIsKept(Collector collector) {
    long kept = kept();
    if (kept > WORTH_LOGGING_BYTES) {
      LOG.info(
          "The heap keeps about {} MB that are free, and the image holds them: {}",
          kept >> 20,
          collected ? collector.advice(heap(), flags::value) : NOT_COLLECTED);
    }
  }

  /** What of the heap is free and resident, in bytes. */
  private static long kept() {
    MemoryUsage heap = heap();
    long others = ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage().getUsed();
    // Memory that was committed and never touched is in no image.
    return Math.min(
        heap.getCommitted() - heap.getUsed(), ResidentMemory.bytes() - heap.getUsed() - others);
  }

  private static MemoryUsage heap() {
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
  }

  /** Some collectors give memory back from a thread of their own, in steps. */
  private static void awaitUncommit(Collector collector, Duration steady)
      throws InterruptedException {
    Optional<HeapMapping> mapping =
        collector == Collector.G1 ? HeapMapping.find() : Optional.empty();
    long[] last = {Long.MAX_VALUE, System.nanoTime()};
    Deadline.after(LONGEST_UNCOMMIT)
        .await(
            () -> {
              long bytes = ResidentMemory.bytes();
              if (bytes < last[0]) {
                last[0] = bytes;
                last[1] = System.nanoTime();
              }
              OptionalLong writable =
                  mapping.isPresent() ? mapping.get().writable() : OptionalLong.empty();
              return collector.hasGivenAllBack(heap(), writable)
                  || !collector.tells(writable) && System.nanoTime() - last[1] > steady.toNanos();
            });
  }

  /** The C library's free lists; the command is in JDK 17.0.9 and newer. */
  private static void trimNativeHeap() {
    try {
      DiagnosticCommand.run("systemTrimNativeHeap");
    } catch (IOException e) {
      LOG.debug("This JVM cannot trim its native heap", e);
    }
  }

  @Override
  public void close() {
    flags.close();
  }
}
