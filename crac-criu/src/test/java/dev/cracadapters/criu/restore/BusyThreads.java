/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import dev.cracadapters.core.CheckpointCoordinator;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** Threads that are always in the middle of something that the dump and the walk need as well. */
public final class BusyThreads {

  /** A thread that does not look for so many milliseconds stood still. */
  private static final long GAP = 300;

  private static volatile String firstSeen = "";

  private BusyThreads() {}

  /** Starts them. */
  public static String start(String none) throws Exception {
    SecureRandom shared = SecureRandom.getInstance("DRBG");
    byte[] bytes = new byte[64];
    PrintStream print = new PrintStream(OutputStream.nullOutputStream());
    URL[] here = {BusyThreads.class.getProtectionDomain().getCodeSource().getLocation()};
    repeat(
        "random",
        () -> {
          synchronized (shared) {
            shared.nextBytes(bytes);
          }
          return shared.nextLong();
        });
    repeat("print", () -> print.printf("%s%n", bytes.length));
    repeat(
        "allocate",
        () -> {
          List<byte[]> all = new ArrayList<>();
          for (int i = 0; i < 100; i++) {
            all.add(new byte[1 << 12]);
          }
          return all;
        });
    repeat(
        "initialize",
        () -> {
          // Each time another class of this name, with an initializer that runs once.
          try (URLClassLoader loader = new URLClassLoader(here, null)) {
            return Class.forName(Initialized.class.getName(), true, loader);
          }
        });
    repeat("look", BusyThreads::look);
    return "started";
  }

  private static long last;

  /** Notes what a thread sees first when it had stood still. */
  private static Object look() {
    long now = System.currentTimeMillis();
    String seen = System.getProperty("seen") + ' ' + System.getenv("SEEN");
    if (now - last > GAP) {
      firstSeen = seen;
    }
    last = now;
    return seen;
  }

  private static void repeat(String name, Callable<Object> turn) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (turn.call() != null) {
                  continue;
                }
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
  }

  /** What the thread that looks saw first. */
  public static String seen(String none) {
    return "seen=" + firstSeen;
  }

  /** How the threads were held at the last checkpoint. */
  public static String hold(String none) {
    return "held=" + CheckpointCoordinator.global().lastReport().orElseThrow().hold();
  }

  /** Has an initializer. */
  static final class Initialized {
    static final long NUMBER = Long.getLong("none", System.nanoTime());

    private Initialized() {}
  }
}
