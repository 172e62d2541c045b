/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * The process that is measured: it holds so many megabytes of noise, which nothing compresses, has
 * made so much garbage, and does what its standard input says.
 */
final class Ballast {

  private static final int PIECE = 250_000; // less than half a region of any collector

  private static final List<byte[]> LIVE = new ArrayList<>();

  private Ballast() {}

  /** Megabytes to hold, megabytes of garbage to have made. */
  public static void main(String[] arguments) throws Exception {
    Random noise = new Random(17);
    fill(LIVE, megabytes(arguments[0]), noise);
    fill(new ArrayList<>(), megabytes(arguments[1]), noise);
    System.out.println("ready");
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      switch (line) {
        case "checkpoint" -> {
          Thread thread = new Thread(Ballast::checkpoint, "checkpoint");
          thread.setDaemon(true);
          thread.start();
        }
        case "exit" -> System.exit(0);
        default -> System.out.println("unknown " + line);
      }
    }
  }

  private static long megabytes(String number) {
    return Long.parseLong(number) << 20;
  }

  private static void fill(List<byte[]> list, long bytes, Random noise) {
    for (long i = 0; i < bytes / PIECE; i++) {
      byte[] piece = new byte[PIECE];
      noise.nextBytes(piece);
      list.add(piece);
    }
  }

  private static void checkpoint() {
    try {
      CheckpointReport report = CheckpointCoordinator.global().checkpoint();
      int sum = 0;
      for (byte[] piece : LIVE) {
        sum += piece[PIECE / 2];
      }
      System.out.println("answer " + sum + " walk=" + report.downMillis() + parts(report));
    } catch (Exception e) {
      System.out.println("refused " + e + Arrays.toString(e.getSuppressed()));
    }
  }

  private static String parts(CheckpointReport report) {
    return report.image() == null
        ? ""
        : report.image().parts().stream()
            .map(part -> " " + part.name() + "=" + part.millis())
            .collect(Collectors.joining());
  }
}
