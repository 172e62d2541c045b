/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.core.AppenderBase;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The listening socket of a {@code ServerSocketAppender}, and its clients.
 *
 * <p>The appender counts as started while it is closed, for else it would take no events. After the
 * restore it has no client, and Logback throws away what nobody is there for. So events are kept
 * until as many clients as before are there again, but not for long, on a thread that ends then.
 */
final class ServerConnection<E> implements Connection {

  private static final long LOOK_NANOS = 20_000_000;
  private static final long SEND_NANOS = 1_000_000;

  private final AppenderBase<E> appender;
  private final LogbackServerFields fields;
  private final Duration sending;
  private final Duration returning;
  private final KeptAtFilter<E> kept;

  /** What listened, where it was closed. */
  private volatile @Nullable Object closed;

  /** Sends what was kept. Written under the appender's monitor: who reads itself there may send. */
  private volatile @Nullable Thread feeding;

  /** How many there were, until they are back or no longer awaited. */
  private volatile int clients;

  /**
   * Prepares, and leaves the appender as it is.
   *
   * @param sending how long it may take until what was kept is sent
   * @param returning how long former clients are waited for
   */
  ServerConnection(
      AppenderBase<E> appender,
      LogbackNetFields netFields,
      LogbackServerFields fields,
      EventBound bound,
      Duration sending,
      Duration returning) {
    this.appender = appender;
    this.fields = fields;
    this.sending = sending;
    this.returning = returning;
    this.kept = new KeptAtFilter<>(appender, netFields, bound, this::prepare);
  }

  private void prepare(E event) {
    fields.postProcess(appender, event);
    KeptAtFilter.prepare(event, false);
  }

  @Override
  public void close(Deadline deadline) throws RefusedException, InterruptedException {
    AtomicReference<@Nullable Object> open = new AtomicReference<>();
    if (!AppenderMonitor.tryRun(appender, deadline, () -> open.set(keep()))) {
      throw ClosedConnections.tooSlow(appender, "is busy");
    }
    Object runner = open.get();
    if (runner == null) {
      return;
    }
    if (runner != closed) {
      if (!deadline.await(() -> isSent(runner))) {
        throw ClosedConnections.tooSlow(
            appender, "still has events to send to clients of port " + fields.port(appender));
      }
      // Who has not come back since the last checkpoint may come after this one.
      clients = Math.max(clients, fields.clients(runner).size());
      closed = runner;
      fields.stop(runner);
    }
    // Also where it was closed before: a client may have been on its way in.
    if (!deadline.await(() -> fields.end(appender, runner))) {
      throw ClosedConnections.tooSlow(
          appender, "is still closing the connections of port " + fields.port(appender));
    }
  }

  private @Nullable Object keep() {
    feeding = null;
    if (!appender.isStarted()) {
      return null;
    }
    kept.install();
    return fields.runner(appender);
  }

  private boolean isSent(Object runner) {
    for (Object client : fields.clients(runner)) {
      var queue = fields.queue(client);
      if (queue != null && !queue.isEmpty()) {
        return false;
      }
    }
    return !fields.isSending();
  }

  @Override
  public void open(Deadline deadline) throws IOException, InterruptedException {
    AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    if (!AppenderMonitor.run(appender, deadline, () -> failure.set(tryOpen()))) {
      throw new IOException(
          "%s is busy; it listens again later".formatted(ClosedConnections.name(appender)));
    }
    IOException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
  }

  @Override
  public boolean isOver() {
    return closed == null && feeding == null;
  }

  private @Nullable IOException tryOpen() {
    try {
      if (appender.isStarted() && closed != null && fields.runner(appender) == closed) {
        listen();
      }
    } catch (IOException e) {
      return new IOException(
          "%s cannot listen at port %d after the restore (%s). Its events are kept, and it is tried again"
              .formatted(ClosedConnections.name(appender), fields.port(appender), e),
          e);
    }
    closed = null;
    if (feeding == null) {
      Thread thread = new Thread(this::feed, "crac-logback " + appender.getName());
      thread.setDaemon(true);
      feeding = thread;
      if (clients > 0 || !step(thread, false)) {
        thread.start();
      }
    }
    return null;
  }

  /** Under the appender's monitor: nobody sees it stopped. */
  private void listen() throws IOException {
    String address = fields.address(appender);
    // Tells the cause, which Logback's start does not, and takes no connection.
    try (Socket probe = new Socket()) {
      probe.setReuseAddress(true);
      probe.bind(
          new InetSocketAddress(
              address == null ? null : InetAddress.getByName(address), fields.port(appender)));
    }
    appender.stop();
    appender.start();
    if (!appender.isStarted()) {
      fields.setStarted(appender);
      throw new IOException("the cause is in Logback's status list");
    }
  }

  private void feed() {
    Thread self = Thread.currentThread();
    Deadline back = Deadline.after(returning);
    while (feeding == self && isAwaited() && !back.hasPassed()) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
    Deadline sent = Deadline.after(sending);
    while (!step(self, sent.hasPassed())) {
      LockSupport.parkNanos(SEND_NANOS);
    }
  }

  private boolean isAwaited() {
    Object runner = fields.runner(appender);
    return appender.isStarted() && runner != null && fields.clients(runner).size() < clients;
  }

  /**
   * Sends what the queues of the clients have room for: Logback throws away what they have not.
   *
   * @return whether that was the last
   */
  private boolean step(Thread thread, boolean last) {
    synchronized (appender) {
      Object runner = fields.runner(appender);
      if (feeding != thread) {
        return true;
      }
      boolean nobody = !appender.isStarted() || runner == null || fields.clients(runner).isEmpty();
      int room = runner == null ? 0 : fields.room(runner);
      if (!nobody && !last && kept.size() > room) {
        kept.deliver(room);
        return false;
      }
      if (nobody) {
        // Nor does Logback tell of them where there was no client before.
        tellOf(clients == 0 ? 0 : kept.size(), "are lost, since it has no client");
        kept.discard();
      } else {
        tellOf(kept.size() - room, "are lost to a client that does not take them");
      }
      kept.deliverAndLift();
      clients = 0;
      feeding = null;
      return true;
    }
  }

  private void tellOf(int events, String fate) {
    if (events > 0) {
      appender.addWarn(
          "%d events of the checkpoint by appender [%s] %s"
              .formatted(events, appender.getName(), fate));
    }
  }
}
