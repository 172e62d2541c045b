/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import dev.cracadapters.criu.process.DiagnosticCommand;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Data in the native heap of a service of which each byte is known, for its command "call". */
public final class NativeData {

  /** From an arena, as it is less than what gets a mapping of its own. */
  private static final long PIECE = 60_000;

  /** Addresses; 0 where it was freed. */
  private static final List<Long> PIECES = new ArrayList<>();

  private NativeData() {}

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
          case "drop" -> drop(number);
          case "zeros" -> notZero(number);
          case "grow" -> grow();
          case "trim" -> DiagnosticCommand.run("systemTrimNativeHeap").isEmpty() ? 0 : 1;
          default -> throw new IllegalArgumentException(question);
        };
  }

  private static int fill(int megabytes) {
    while (PIECES.size() * PIECE < (long) megabytes << 20) {
      long piece = CLibrary.call("malloc", PIECE);
      CLibrary.call("memset", piece, value(PIECES.size()), PIECE);
      PIECES.add(piece);
    }
    return PIECES.size();
  }

  /** How many pieces are not as they were made. */
  private static int changed() {
    long expected = CLibrary.call("malloc", PIECE);
    int changed = 0;
    for (int i = 0; i < PIECES.size(); i++) {
      CLibrary.call("memset", expected, value(i), PIECE);
      changed += PIECES.get(i) == 0 || equal(PIECES.get(i), expected) ? 0 : 1;
    }
    CLibrary.call("free", expected);
    return changed;
  }

  /** Frees all but each so-many-th piece, the last first: the arena's end is given back then. */
  private static int drop(int kept) {
    for (int i = PIECES.size() - 1; i >= 0; i--) {
      if (PIECES.get(i) != 0 && (kept == 0 || i % kept != 0)) {
        CLibrary.call("free", PIECES.get(i));
        PIECES.set(i, 0L);
      }
    }
    return PIECES.size();
  }

  /** Has so much memory made that must be zeros, writes to it and frees it. How much was not? */
  private static int notZero(int megabytes) {
    List<Long> made = new ArrayList<>();
    long zeros = CLibrary.call("malloc", PIECE);
    CLibrary.call("memset", zeros, 0L, PIECE);
    int notZero = 0;
    for (long bytes = 0; bytes < (long) megabytes << 20; bytes += PIECE) {
      long piece = CLibrary.call("calloc", 1L, PIECE);
      notZero += equal(piece, zeros) ? 0 : 1;
      CLibrary.call("memset", piece, 7L, PIECE);
      made.add(piece);
    }
    made.add(zeros);
    for (int i = made.size() - 1; i >= 0; i--) {
      CLibrary.call("free", made.get(i));
    }
    return notZero;
  }

  /** Makes what is left twice as long. How many are not as they were made? */
  private static int grow() {
    for (int i = 0; i < PIECES.size(); i++) {
      if (PIECES.get(i) != 0) {
        PIECES.set(i, CLibrary.call("realloc", PIECES.get(i), 2 * PIECE));
        CLibrary.call("memset", PIECES.get(i) + PIECE, value(i), PIECE);
      }
    }
    return changed();
  }

  private static boolean equal(long piece, long other) {
    return (int) CLibrary.call("memcmp", piece, other, PIECE) == 0;
  }

  private static long value(int number) {
    return number % 255 + 1L;
  }
}
