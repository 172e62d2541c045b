/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.jdk.JdkResource;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * A process to be cloned whose threads draw random numbers all the while, virtual threads among
 * them where the JDK has some. Of each thread it keeps the first numbers after the last time it
 * stood still, which in a clone is the time between the dump and the restore.
 *
 * <p>Commands, one a line: {@code checkpoint}; {@code write}, which answers with the numbers, one
 * "thread milliseconds number" a line, where the time was taken just before the number was; {@code
 * exit}.
 */
public final class DrawingService {

  /** A thread that did not draw for so many milliseconds stood still. */
  static final long GAP = 300;

  /** How many numbers are kept of a thread. */
  private static final int KEPT = 2000;

  private final List<Drawer> drawers = new ArrayList<>();

  private DrawingService() {}

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    DrawingService service = new DrawingService();
    CheckpointCoordinator.global().register(JdkResource.of());
    service.start();
    say("ready");
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      switch (line) {
        case "checkpoint" -> new Thread(DrawingService::checkpoint, "checkpoint").start();
        case "write" -> service.write();
        default -> Runtime.getRuntime().halt(0);
      }
    }
  }

  private void start() throws Exception {
    add("local", () -> ThreadLocalRandom.current().nextLong());
    add("math", () -> Double.doubleToLongBits(Math.random()));
    add("splittable", () -> new SplittableRandom().nextLong());
    add("random", () -> new Random().nextLong());
    List<Drawer> platform = List.copyOf(drawers);
    for (Drawer drawer : platform) {
      Thread thread = new Thread(drawer, drawer.name);
      thread.setDaemon(true);
      thread.start();
    }
    if (Runtime.version().feature() >= 21) {
      add("virtual-local", () -> ThreadLocalRandom.current().nextLong());
      add("virtual-math", () -> Double.doubleToLongBits(Math.random()));
      for (Drawer drawer : drawers.subList(platform.size(), drawers.size())) {
        Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, drawer);
      }
    }
    for (Drawer drawer : drawers) {
      while (drawer.size < KEPT) {
        Thread.onSpinWait();
      }
    }
  }

  private void add(String name, LongSupplier source) {
    drawers.add(new Drawer(name, source));
  }

  private static void checkpoint() {
    try {
      CheckpointReport report = CheckpointCoordinator.global().checkpoint();
      say("restored " + report.hold());
    } catch (Exception e) {
      say("refused " + List.of(e.getSuppressed()));
    }
  }

  private void write() {
    StringBuilder lines = new StringBuilder();
    for (Drawer drawer : drawers) {
      while (drawer.size < KEPT) {
        Thread.onSpinWait();
      }
      for (int i = 0; i < KEPT; i++) {
        lines.append("%s %d %x%n".formatted(drawer.name, drawer.times[i], drawer.numbers[i]));
      }
    }
    say(lines + "written");
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static final class Drawer implements Runnable {

    final String name;
    final LongSupplier source;
    final long[] times = new long[KEPT];
    final long[] numbers = new long[KEPT];
    volatile int size;

    Drawer(String name, LongSupplier source) {
      this.name = name;
      this.source = source;
    }

    @Override
    public void run() {
      long last = 0;
      while (true) {
        long time = System.currentTimeMillis();
        if (time - last > GAP) {
          size = 0;
        }
        last = time;
        long number = source.getAsLong();
        int place = size;
        if (place < KEPT) {
          times[place] = time;
          numbers[place] = number;
          size = place + 1;
        }
      }
    }
  }
}
