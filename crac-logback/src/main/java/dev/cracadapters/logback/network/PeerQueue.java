/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import dev.cracadapters.core.Deadline;
import java.io.Serial;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for the queue of a {@code SocketAppender} during a checkpoint, where the appender's
 * thread takes the events that it sends, and threads that log put them.
 *
 * <p>The thread first gets what was in the appender's own queue, and then an exception, by which it
 * closes its connection and ends: an event that it is sending is sent whole. What is put in
 * meanwhile is kept. After the restore a new thread takes that, and when it has taken all, puts the
 * appender's own queue back and is never seen again.
 */
final class PeerQueue<E> extends LinkedBlockingDeque<E> {

  @Serial private static final long serialVersionUID = 1L;

  /** Ends the thread that connects and sends. */
  static final class Ended extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    Ended() {
      super("The connection is closed for a checkpoint", null, false, false);
    }
  }

  private enum State {
    /** What was in the appender's own queue is sent, and what comes is kept. */
    CLOSING,
    /** What was kept is sent. */
    OPEN,
    /** What was kept is sent, and then the connection closed: the appender was stopped. */
    LAST,
    /** The appender has its own queue again. */
    DONE
  }

  private final transient BlockingDeque<E> own;
  private final transient E end;

  /** What is to be sent before what is kept here. */
  private final transient Deque<E> before = new ArrayDeque<>();

  /** What comes while the connection is closed, and until all that was kept is sent. */
  private final transient EventsToSend<E> kept;

  private final transient Consumer<E> prepare;
  private final transient Runnable putBack;
  private transient State state = State.CLOSING;
  private transient boolean ended;

  /** How many may be queued once it is open: what was kept takes no room from what comes. */
  private transient int limit;

  /**
   * Takes nothing out of the appender's own queue yet.
   *
   * @param own the appender's own queue
   * @param end put at the end of that queue: the thread that takes it from there is to end
   * @param kept takes the events that come meanwhile
   * @param prepare has the appender add to an event what its configuration asks for
   * @param putBack gives the appender its own queue back
   */
  PeerQueue(
      BlockingDeque<E> own, E end, EventsToSend<E> kept, Consumer<E> prepare, Runnable putBack) {
    this.own = own;
    this.end = end;
    this.kept = kept;
    this.prepare = prepare;
    this.putBack = putBack;
  }

  /** Wakes the thread that waits for an event in the appender's own queue, if it does. */
  void wake() {
    // There is no room only where there are events, and then no thread waits.
    own.offerLast(end);
  }

  /**
   * Closes again what is still open after a restore, and has not sent all that was kept.
   *
   * @return whether it is closed; if not, the appender has its own queue again
   */
  synchronized boolean closeAgain() {
    if (state != State.OPEN) {
      return state == State.CLOSING;
    }
    drainKeptTo(before);
    state = State.CLOSING;
    ended = false;
    notifyAll();
    return true;
  }

  /** How many events that came before the checkpoint are to be sent. */
  synchronized int unsent() {
    return before.size() + own.size() - (own.contains(end) ? 1 : 0);
  }

  /** How many events there are in all. */
  synchronized int count() {
    return unsent() + kept.count();
  }

  /** Ends the thread that connects or sends. */
  synchronized Ended end() {
    ended = true;
    return new Ended();
  }

  /** Takes over what is in the appender's own queue, and so makes room there. */
  synchronized void absorb() {
    List<E> earlier = new ArrayList<>();
    own.drainTo(earlier);
    for (int i = earlier.size() - 1; i >= 0; i--) {
      if (earlier.get(i) != end) {
        before.addFirst(earlier.get(i));
      }
    }
  }

  /**
   * Lets events be taken.
   *
   * @param last whether the connection is to be closed when there is no more
   * @return whether the thread that took events has been told to end, so that there must be another
   */
  synchronized boolean open(boolean last) {
    if (state == State.CLOSING) {
      absorb();
      state = last ? State.LAST : State.OPEN;
      kept.hasRoom();
      limit = count() + Math.max(1, own.remainingCapacity());
    }
    return ended;
  }

  /** Takes all out, the oldest first. */
  synchronized List<E> takeAll() {
    absorb();
    List<E> all = new ArrayList<>(before);
    before.clear();
    drainKeptTo(all);
    return all;
  }

  /** Says how many events were dropped, and counts anew. */
  synchronized void reportDropped() {
    kept.reportDropped();
  }

  private void drainKeptTo(Collection<E> target) {
    for (E event = kept.pollFirst(); event != null; event = kept.pollFirst()) {
      target.add(event);
    }
  }

  @Override
  public boolean offer(E event, long timeout, TimeUnit unit) throws InterruptedException {
    Deadline deadline = Deadline.after(Duration.of(timeout, unit.toChronoUnit()));
    synchronized (this) {
      while (state == State.OPEN && count() >= limit) {
        if (deadline.hasPassed()) {
          return false;
        }
        TimeUnit.NANOSECONDS.timedWait(this, deadline.remainingNanos());
      }
      if (state == State.CLOSING) {
        keep(event);
        return true;
      }
      if (state != State.DONE) {
        kept.addLast(event);
        return true;
      }
    }
    return own.offer(event, timeout, unit);
  }

  private void keep(E event) {
    prepare.accept(event);
    kept.keep(event, false);
  }

  @Override
  public E takeFirst() throws InterruptedException {
    synchronized (this) {
      E next = next();
      if (next != null) {
        notify();
        return next;
      }
      if (state == State.CLOSING || state == State.LAST) {
        throw end();
      }
      if (state == State.OPEN) {
        state = State.DONE;
        putBack.run();
        notifyAll();
      }
    }
    return own.takeFirst();
  }

  private @Nullable E next() {
    if (state == State.CLOSING) {
      E earlier = own.pollFirst();
      if (earlier != null && earlier != end) {
        return earlier;
      }
    }
    E next = before.pollFirst();
    return next == null && state != State.CLOSING ? kept.pollFirst() : next;
  }

  /** An event that could not be sent since the connection broke. */
  @Override
  public synchronized boolean offerFirst(E event) {
    if (state == State.DONE) {
      return own.offerFirst(event);
    }
    absorb();
    before.addFirst(event);
    return true;
  }
}
