/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who has a connection, and since when, by the connection. It is on the way of each caller, so that
 * it takes care not to share a line of the processor's cache with what others write: with a {@code
 * ConcurrentHashMap}, whose nodes the collector puts next to the connections, 8 threads lost up to
 * a tenth of their throughput.
 */
final class LoanNotes {

  /** In references, of 4 or 8 bytes each: two cache lines, as processors fetch pairs of them. */
  private static final int PADDING = 32;

  private static final int SMALLEST = 64;

  /** A power of two of places, and the padding. Found by the hash, or at the next free place. */
  private volatile @Nullable Note[] table = new Note[SMALLEST + 2 * PADDING];

  /** Of a connection; null if nobody has noted anything. */
  @Nullable Note of(IConcurrentBagEntry entry) {
    @Nullable Note[] places = table;
    int last = places.length - 2 * PADDING - 1;
    int place = System.identityHashCode(entry) & last;
    while (true) {
      Note note = places[PADDING + place];
      if (note == null || note.entry == entry) {
        return note;
      }
      place = (place + 1) & last;
    }
  }

  /** The same, made if it is not there. */
  synchronized Note added(IConcurrentBagEntry entry) {
    Note there = of(entry);
    if (there != null) {
      return there;
    }
    Note note = new Note(entry);
    List<Note> all = all();
    all.add(note);
    put(all);
    return note;
  }

  synchronized void remove(IConcurrentBagEntry entry) {
    List<Note> all = all();
    if (all.removeIf(note -> note.entry == entry)) {
      put(all);
    }
  }

  int size() {
    return all().size();
  }

  private List<Note> all() {
    return Stream.of(table).filter(Objects::nonNull).collect(Collectors.toList());
  }

  /** A new table: a thread that is at the old one finds there what it looks for, or nothing. */
  private void put(List<Note> all) {
    int length = SMALLEST;
    while (length < 4 * all.size()) {
      length *= 2;
    }
    @Nullable Note[] places = new Note[length + 2 * PADDING];
    for (Note note : all) {
      int place = System.identityHashCode(note.entry) & (length - 1);
      while (places[PADDING + place] != null) {
        place = (place + 1) & (length - 1);
      }
      places[PADDING + place] = note;
    }
    table = places;
  }

  /** What keeps a neighbour in memory away. */
  @SuppressWarnings("unused")
  private static class Before {
    private long b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15, b16;
  }

  private static class Noted extends Before {
    final IConcurrentBagEntry entry;
    @Nullable Thread borrower;
    long since;

    Noted(IConcurrentBagEntry entry) {
      this.entry = entry;
    }
  }

  /** The last borrower of a connection. Read while the connection is borrowed only. */
  @SuppressWarnings("unused")
  static final class Note extends Noted {
    private long a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16;

    private Note(IConcurrentBagEntry entry) {
      super(entry);
    }

    /** Mostly both are there already; then nothing is written. */
    void write(Thread now, long moment) {
      if (borrower != now) {
        borrower = now;
      }
      if (since != moment) {
        since = moment;
      }
    }
  }
}
