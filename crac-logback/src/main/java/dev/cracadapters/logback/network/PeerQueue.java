/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import java.io.Serial;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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
  private final transient ReentrantLock lock = new ReentrantLock();
  private final transient Condition room = lock.newCondition();
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
  boolean closeAgain() {
    lock.lock();
    try {
      if (state != State.OPEN) {
        return state == State.CLOSING;
      }
      drainKeptTo(before);
      state = State.CLOSING;
      ended = false;
      room.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** How many events that came before the checkpoint are to be sent. */
  int unsent() {
    lock.lock();
    try {
      return before.size() + own.size() - (own.contains(end) ? 1 : 0);
    } finally {
      lock.unlock();
    }
  }

  /** How many events there are in all. */
  int count() {
    lock.lock();
    try {
      return unsent() + kept.count();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread that connects or sends. */
  Ended end() {
    lock.lock();
    try {
      ended = true;
      return new Ended();
    } finally {
      lock.unlock();
    }
  }

  /** Takes over what is in the appender's own queue, and so makes room there. */
  void absorb() {
    lock.lock();
    try {
      List<E> earlier = new ArrayList<>();
      own.drainTo(earlier);
      for (int i = earlier.size() - 1; i >= 0; i--) {
        if (earlier.get(i) != end) {
          before.addFirst(earlier.get(i));
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lets events be taken.
   *
   * @param last whether the connection is to be closed when there is no more
   * @return whether the thread that took events has been told to end, so that there must be another
   */
  boolean open(boolean last) {
    lock.lock();
    try {
      if (state == State.CLOSING) {
        absorb();
        state = last ? State.LAST : State.OPEN;
        kept.hasRoom();
        limit = count() + Math.max(1, own.remainingCapacity());
      }
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /** Takes all out, the oldest first. */
  List<E> takeAll() {
    lock.lock();
    try {
      absorb();
      List<E> all = new ArrayList<>(before);
      before.clear();
      drainKeptTo(all);
      return all;
    } finally {
      lock.unlock();
    }
  }

  /** Says how many events were dropped, and counts anew. */
  void reportDropped() {
    lock.lock();
    try {
      kept.reportDropped();
    } finally {
      lock.unlock();
    }
  }

  private void drainKeptTo(Collection<E> target) {
    for (E event = kept.pollFirst(); event != null; event = kept.pollFirst()) {
      target.add(event);
    }
  }

  @Override
  public boolean offer(E event, long timeout, TimeUnit unit) throws InterruptedException {
    lock.lock();
    try {
      long nanos = unit.toNanos(timeout);
      while (state == State.OPEN && count() >= limit) {
        if (nanos <= 0) {
          return false;
        }
        nanos = room.awaitNanos(nanos);
      }
      if (state == State.CLOSING) {
        keep(event);
        return true;
      }
      if (state != State.DONE) {
        kept.add(event);
        return true;
      }
    } finally {
      lock.unlock();
    }
    return own.offer(event, timeout, unit);
  }

  private void keep(E event) {
    prepare.accept(event);
    kept.keep(event, false);
  }

  @Override
  public E takeFirst() throws InterruptedException {
    lock.lock();
    try {
      E next = next();
      if (next != null) {
        room.signal();
        return next;
      }
      if (state == State.CLOSING || state == State.LAST) {
        throw end();
      }
      if (state == State.OPEN) {
        state = State.DONE;
        putBack.run();
        room.signalAll();
      }
    } finally {
      lock.unlock();
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
  public boolean offerFirst(E event) {
    lock.lock();
    try {
      if (state == State.DONE) {
        return own.offerFirst(event);
      }
      absorb();
      before.addFirst(event);
      return true;
    } finally {
      lock.unlock();
    }
  }
}
