/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

/**
 * The phases of a walk, from the first stopped to the last. After a restore they are taken in the
 * other direction.
 *
 * <p>The numbers are Spring's: {@code SmartLifecycle} beans and the phases interleave. Spring Boot
 * stops its web server at {@code Integer.MAX_VALUE - 1024} (graceful shutdown) and {@code - 2048};
 * executors and schedulers stop at {@code Integer.MAX_VALUE / 2}; a bean that names no phase is at
 * {@code Integer.MAX_VALUE} when it is a {@code SmartLifecycle} and at 0 when it is a plain {@code
 * Lifecycle}. A data source is not a lifecycle bean, so that every lifecycle bean may use it:
 * {@link #CLIENTS} is therefore below all of them.
 */
public final class Phase {

  /** Listeners. Nothing new comes in; what is in flight finishes against a whole application. */
  public static final int TRAFFIC = Integer.MAX_VALUE - 512;

  /** Schedulers and consumers. Nothing new starts inside. */
  public static final int WORK = Integer.MAX_VALUE / 2;

  /** Pools and outgoing connections. What was in flight has given its connections back. */
  public static final int CLIENTS = Integer.MIN_VALUE + 3072;

  /** Log files. All of the above could still log. */
  public static final int LOGGING = Integer.MIN_VALUE + 2048;

  /**
   * Random generators, key stores, caches. First up again: nobody takes a random number or a key
   * from before.
   */
  public static final int JDK = Integer.MIN_VALUE + 1024;

  private Phase() {}

  /** {@return the name of the constant that a phase equals, or its number, for reports} */
  public static String nameOf(int phase) {
    return switch (phase) {
      case TRAFFIC -> "TRAFFIC";
      case WORK -> "WORK";
      case CLIENTS -> "CLIENTS";
      case LOGGING -> "LOGGING";
      case JDK -> "JDK";
      default -> Integer.toString(phase);
    };
  }
}
