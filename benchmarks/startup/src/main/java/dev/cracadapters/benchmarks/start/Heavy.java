/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** A service that holds more: so many megabytes of noise, which nothing compresses. */
final class Heavy {

  private static final int PIECE = 250_000; // less than half a region of any collector
  private static final List<byte[]> LIVE = new ArrayList<>();

  private Heavy() {}

  /** Megabytes to hold, the service's main class, and its arguments. */
  public static void main(String[] arguments) throws Exception {
    Random noise = new Random(17);
    long pieces = (Long.parseLong(arguments[0]) << 20) / PIECE;
    for (long i = 0; i < pieces; i++) {
      byte[] piece = new byte[PIECE];
      noise.nextBytes(piece);
      LIVE.add(piece);
    }
    Method main = Class.forName(arguments[1]).getMethod("main", String[].class);
    main.invoke(null, (Object) Arrays.copyOfRange(arguments, 2, arguments.length));
  }
}
