/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import ch.qos.logback.core.net.AbstractSocketAppender;
import ch.qos.logback.core.util.CloseUtil;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.ThreadStacks;
import dev.cracadapters.logback.event.EventBound;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Objects;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * The connection of a {@code SocketAppender}, which a thread of its own makes, again and again, and
 * sends the appender's queue through. The appender is not stopped, for that throws the queue away.
 */
final class PeerConnection<E> implements Connection {

  private final AbstractSocketAppender<E> appender;
  private final NetworkMembers fields;
  private final EventBound bound;
  private @Nullable PeerQueue<E> queue;
  private boolean closed;

  PeerConnection(AbstractSocketAppender<E> appender, NetworkMembers fields, EventBound bound) {
    this.appender = appender;
    this.fields = fields;
    this.bound = bound;
  }

  @Override
  public void close(Deadline deadline) throws RefusedException, InterruptedException {
    bound.begin();
    if (queue == null) {
      BlockingDeque<E> own = fields.deque(appender);
      if (!appender.isStarted() || own == null) {
        return;
      }
      queue = standIn(own);
    }
    if (!deadline.await(this::isClosed)) {
      throw ClosedConnections.tooSlow(
          appender,
          fields.socket.find(appender) == null
              ? "is still trying to connect to " + peer()
              : "still has events to send to %s, of which %d are queued"
                  .formatted(peer(), queue.unsent()));
    }
    closed = true;
    // Also lets the threads go on that waited for room there.
    queue.absorb();
  }

  private PeerQueue<E> standIn(BlockingDeque<E> current) {
    PeerQueue<E> standIn =
        current instanceof PeerQueue<E> still && still.closeAgain() ? still : standInForOwn();
    // No new connection from now on; one that is just being made is used to send what there is.
    fields.connector.get(appender).setSocketFactory(new NoSockets(standIn::end));
    return standIn;
  }

  private PeerQueue<E> standInForOwn() {
    BlockingDeque<E> own = Objects.requireNonNull(fields.deque(appender));
    PeerQueue<E> standIn =
        new PeerQueue<>(
            own,
            end(),
            new EventsToSend<>(appender, bound),
            event -> fields.postProcess.call(appender, event),
            () -> fields.deque.set(appender, own));
    fields.deque.set(appender, standIn);
    standIn.wake();
    return standIn;
  }

  /**
   * No event: the thread that tries to send it gets a ClassCastException, which Logback does not
   * catch before it has closed the connection.
   */
  @SuppressWarnings("unchecked")
  private static <E> E end() {
    return (E) new Object();
  }

  /**
   * Tells whether the appender's thread has closed its connection and will not make another. It
   * sets the socket to null after closing it. Without one it may be making one, which cannot be
   * reached before it is there; or asleep until it tries again, in which case it may as well sleep
   * on. (After a failed handshake it sleeps with the socket open.)
   */
  private boolean isClosed() {
    if (fields.socket.find(appender) != null) {
      if (ThreadStacks.anySleepingDirectlyIn(
          AbstractSocketAppender.class, "connectSocketAndDispatchEvents")) {
        fields.task.get(appender).cancel(true);
      }
      return false;
    }
    return !ThreadStacks.anyAwakeIn(
            AbstractSocketAppender.class, "socketConnectionCouldBeEstablished")
        && fields.socket.find(appender) == null;
  }

  @Override
  public void open(Deadline deadline) throws IOException, InterruptedException {
    PeerQueue<E> standIn = queue;
    if (standIn == null) {
      return;
    }
    if (!appender.isStarted()) {
      sendLast(standIn, deadline);
    } else if (fields.deque(appender) != standIn) {
      passOn(standIn, deadline);
    } else if (closed) {
      InetAddress address = resolve();
      standIn.open(false);
      connect(address);
    } else {
      // It was about to be closed. If it goes on by itself, it is not disturbed.
      fields
          .connector
          .get(appender)
          .setSocketFactory((SocketFactory) fields.socketFactory.call(appender));
      if (standIn.open(false)) {
        connect(resolve());
      }
    }
    queue = null;
    closed = false;
    standIn.reportDropped();
  }

  private InetAddress resolve() throws IOException {
    try {
      return InetAddress.getByName(appender.getRemoteHost());
    } catch (IOException e) {
      throw ClosedConnections.unreachable(appender, "connect to " + peer(), e);
    }
  }

  private void connect(InetAddress address) {
    Future<?> former = fields.task.get(appender);
    if (closed) {
      // It may be asleep until its next try, holds nothing, and touches nothing when it wakes.
      former.cancel(true);
    }
    fields.connectTo(appender, address);
    fields.task.set(
        appender,
        appender
            .getContext()
            .getExecutorService()
            .submit(
                () -> {
                  awaitEnd(former);
                  fields.dispatch.call(appender);
                }));
  }

  /** Two must not run at once, since the appender knows one socket only. */
  private static void awaitEnd(Future<?> former) {
    try {
      former.get();
    } catch (ExecutionException | CancellationException e) {
      // By the exception that was to end it.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The appender was stopped meanwhile. What it took before is sent all the same. */
  private void sendLast(PeerQueue<E> standIn, Deadline deadline) throws InterruptedException {
    if (standIn.count() == 0) {
      return;
    }
    try {
      InetAddress address = resolve();
      standIn.open(true);
      fields.deque.set(appender, standIn);
      connect(address);
    } catch (IOException e) {
      appender.addError("The last events cannot be sent", e);
    }
    if (!deadline.await(() -> standIn.count() == 0 && fields.socket.find(appender) == null)) {
      fields.task.get(appender).cancel(true);
      Socket open = fields.socket.find(appender);
      if (open != null) {
        CloseUtil.closeQuietly(open);
      }
      appender.addError(
          "%d events of the stopped appender [%s] are lost, since they could not be sent to %s"
              .formatted(standIn.count(), appender.getName(), peer()));
    }
  }

  /**
   * The appender was stopped and started meanwhile, and has a queue and a connection of its own.
   */
  private void passOn(PeerQueue<E> standIn, Deadline deadline) throws InterruptedException {
    BlockingDeque<E> current = fields.deque(appender);
    int lost = 0;
    for (E event : standIn.takeAll()) {
      if (current == null
          || !current.offer(event, deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
        lost++;
      }
    }
    if (lost > 0) {
      appender.addError(
          "%d events of appender [%s] are lost, since they could not be sent to %s"
              .formatted(lost, appender.getName(), peer()));
    }
  }

  private String peer() {
    return appender.getRemoteHost() + ":" + appender.getPort();
  }
}
