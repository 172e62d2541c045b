/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.event;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Events in memory, in their order, with what they take of it. Not thread-safe.
 *
 * @param <T> an event, or what an encoder made of one
 */
public class KeptEvents<T> implements Iterable<T> {

  protected final EventBound bound;
  private final ToIntFunction<? super T> size;
  private final Deque<T> events = new ArrayDeque<>();
  private long bytes;

  /** {@code size} is how many bytes an event takes. */
  public KeptEvents(EventBound bound, ToIntFunction<? super T> size) {
    this.bound = bound;
    this.size = size;
  }

  public boolean isEmpty() {
    return events.isEmpty();
  }

  public int count() {
    return events.size();
  }

  /** Tells whether there is no room for a further one. A single event has room, however long. */
  public boolean isFull() {
    return events.size() >= bound.events() || bytes >= bound.bytes();
  }

  /** Tells whether there are more than the bound allows. */
  public boolean isOverfull() {
    return exceeds(bound.events(), bound.bytes());
  }

  private boolean exceeds(int mostEvents, long mostBytes) {
    return events.size() > mostEvents || bytes > mostBytes && events.size() > 1;
  }

  /**
   * Adds an event, and makes room for it. What is beyond the bound already stays.
   *
   * @return how many of the oldest were dropped
   */
  public int addDroppingOldest(T event) {
    int mostEvents = Math.max(bound.events(), events.size());
    long mostBytes = Math.max(bound.bytes(), bytes);
    addLast(event);
    int dropped = 0;
    for (; exceeds(mostEvents, mostBytes); dropped++) {
      pollFirst();
    }
    return dropped;
  }

  public void addLast(T event) {
    events.addLast(event);
    bytes += size.applyAsInt(event);
  }

  public void addFirst(T event) {
    events.addFirst(event);
    bytes += size.applyAsInt(event);
  }

  public @Nullable T pollFirst() {
    return removed(events.pollFirst());
  }

  public @Nullable T pollLast() {
    return removed(events.pollLast());
  }

  public @Nullable T peekLast() {
    return events.peekLast();
  }

  private @Nullable T removed(@Nullable T event) {
    if (event != null) {
      bytes -= size.applyAsInt(event);
    }
    return event;
  }

  public void clear() {
    events.clear();
    bytes = 0;
  }

  @Override
  public Iterator<T> iterator() {
    return events.iterator();
  }
}
