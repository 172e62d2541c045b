/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import java.util.concurrent.locks.LockSupport;

/** A thread of an application, which prints all the time. */
public final class Heartbeat {

  private static final long PAUSE_NANOS = 2_000_000;

  private Heartbeat() {}

  /**
   * Starts it.
   *
   * @param line what it prints
   * @return the same
   */
  public static String start(String line) {
    Thread thread =
        new Thread(
            () -> {
              while (true) {
                System.out.println(line);
                LockSupport.parkNanos(PAUSE_NANOS);
              }
            },
            "heartbeat");
    thread.setDaemon(true);
    thread.start();
    return line;
  }
}
