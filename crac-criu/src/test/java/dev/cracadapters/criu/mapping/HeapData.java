/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.cracadapters.criu.process.DiagnosticCommand;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Data in the heap of a service of which each byte is known, for its command "call". */
public final class HeapData {

  private static final int PIECE = 200_000; // less than half a region of any collector
  private static final int MOST_HELD = 300;
  private static final List<byte[]> PIECES = new ArrayList<>();

  private HeapData() {}

  /**
   * Does what a word says, which a number follows, and returns both with the result, so that each
   * answer is another line.
   */
  public static String ask(String question) throws IOException {
    String[] words = question.split(" ");
    int number = words.length > 2 ? Integer.parseInt(words[2]) : 0;
    return question
        + "="
        + switch (words[1]) {
          case "fill" -> fill(number);
          case "changed" -> changed();
          case "drop" -> drop();
          case "churn" -> churn(number);
          case "ratio" -> ratio(number);
          case "trim" -> DiagnosticCommand.run("systemTrimNativeHeap").isEmpty() ? 0 : 1;
          default -> throw new IllegalArgumentException(question);
        };
  }

  private static int fill(int megabytes) {
    while ((long) PIECES.size() * PIECE < (long) megabytes << 20) {
      PIECES.add(expected(PIECES.size()));
    }
    return PIECES.size();
  }

  /** How many pieces are not as they were made. */
  private static int changed() {
    int changed = 0;
    for (int i = 0; i < PIECES.size(); i++) {
      changed += PIECES.get(i) == null || Arrays.equals(PIECES.get(i), expected(i)) ? 0 : 1;
    }
    return changed;
  }

  /** Forgets every other piece, and has the collector give memory back. */
  private static int drop() {
    for (int i = 0; i < PIECES.size(); i += 2) {
      PIECES.set(i, null);
    }
    System.gc();
    System.gc();
    return PIECES.size();
  }

  /** Takes so much memory and lets it go. How many of the new arrays were not all zeros? */
  private static int churn(int megabytes) {
    byte[] zeros = new byte[PIECE];
    int notZero = 0;
    List<byte[]> made = new ArrayList<>();
    for (long bytes = 0; bytes < (long) megabytes << 20; bytes += PIECE) {
      byte[] piece = new byte[PIECE];
      notZero += Arrays.equals(piece, zeros) ? 0 : 1;
      Arrays.fill(piece, (byte) 1);
      made.add(piece);
      if (made.size() > MOST_HELD) {
        made.clear();
      }
    }
    return notZero;
  }

  /** Has the collector keep so little free memory, in percent. */
  private static int ratio(int percent) {
    HotSpotDiagnosticMXBean flags =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    flags.setVMOption("MinHeapFreeRatio", Integer.toString(percent));
    flags.setVMOption("MaxHeapFreeRatio", Integer.toString(percent));
    return percent;
  }

  private static byte[] expected(int number) {
    byte[] piece = new byte[PIECE];
    new Random(number).nextBytes(piece);
    return piece;
  }
}
