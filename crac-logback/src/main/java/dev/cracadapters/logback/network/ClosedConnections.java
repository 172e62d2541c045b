/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.net.AbstractSocketAppender;
import ch.qos.logback.core.net.SMTPAppenderBase;
import ch.qos.logback.core.net.SyslogAppenderBase;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.appender.Appenders;
import dev.cracadapters.logback.appender.ChildWatch;
import dev.cracadapters.logback.appender.LogbackFields;
import dev.cracadapters.logback.appender.OpenPart;
import dev.cracadapters.logback.event.EventBound;
import dev.cracadapters.logback.event.LoggerGate;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a context's appenders that are closed at the moment, and what watches for
 * further ones.
 */
public final class ClosedConnections implements OpenPart {

  /** How often it is tried to open what could not be opened after the restore. */
  private static final long RETRY_SECONDS = 1;

  /** Is not there in Logback 1.5.30 and later. */
  private static final String SERVER_APPENDER =
      "ch.qos.logback.core.net.server.AbstractServerSocketAppender";

  private final LogbackNetFields netFields;
  private final LogbackSettings settings;
  private final EventBound bound;

  /** Guards what follows, and lets one thread at a time open or close. */
  private final ReentrantLock listing = new ReentrantLock();

  private final Map<Appender<?>, Connection> connections = new IdentityHashMap<>();
  private final ChildWatch children;
  private boolean closing;

  /**
   * Prepares.
   *
   * @param gate where threads wait from before the first close on until all is open again
   */
  public ClosedConnections(
      LogbackSettings settings, LoggerGate gate, LogbackFields fields, LogbackNetFields netFields) {
    this.netFields = netFields;
    this.settings = settings;
    this.bound = EventBound.of(settings, gate);
    this.children =
        new ChildWatch(fields, found -> closeAll(found, Deadline.after(settings.drainTimeout())));
  }

  @Override
  public void close(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {
    begin();
    closeFurther(context, deadline);
  }

  @Override
  public void closeFurther(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {
    children.watch(Appenders.of(context).sifting());
    closeAll(Appenders.of(context), deadline);
  }

  @Override
  public void open(Deadline deadline) throws IOException {
    end();
    children.end();
    Failures<IOException> failures = new Failures<>();
    listing.lock();
    try {
      for (Map.Entry<Appender<?>, Connection> entry : List.copyOf(connections.entrySet())) {
        try {
          open(entry.getKey(), entry.getValue(), deadline);
        } catch (IOException e) {
          failures.note(e);
          tryLater(entry.getKey(), entry.getValue());
        }
      }
    } finally {
      listing.unlock();
    }
    failures.throwIfAny();
  }

  private void open(Appender<?> appender, Connection connection, Deadline deadline)
      throws IOException {
    try {
      connection.open(deadline);
      connections.remove(appender);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted; %s is opened later".formatted(name(appender)), e);
    } catch (RuntimeException e) {
      throw new IOException("%s: %s. It is tried again".formatted(name(appender), e), e);
    }
  }

  /** What could not be opened may have no event to do it, so it is not left to those. */
  private void tryLater(Appender<?> appender, Connection connection) {
    try {
      appender
          .getContext()
          .getScheduledExecutorService()
          .schedule(() -> retry(appender, connection), RETRY_SECONDS, TimeUnit.SECONDS);
    } catch (RejectedExecutionException e) {
      appender.addError("It cannot be opened later, since the context is being stopped", e);
    }
  }

  private void retry(Appender<?> appender, Connection connection) {
    listing.lock();
    try {
      if (!closing && connections.get(appender) == connection) {
        open(appender, connection, Deadline.after(settings.drainTimeout()));
        appender.addInfo("Open again");
      }
    } catch (IOException e) {
      appender.addWarn("Still not open", e);
      tryLater(appender, connection);
    } finally {
      listing.unlock();
    }
  }

  private void begin() {
    listing.lock();
    try {
      closing = true;
      children.begin();
    } finally {
      listing.unlock();
    }
  }

  private void end() {
    listing.lock();
    try {
      closing = false;
    } finally {
      listing.unlock();
    }
  }

  private void closeAll(Appenders found, Deadline deadline)
      throws RefusedException, InterruptedException {
    Failures<RefusedException> refusals = new Failures<>();
    for (AppenderBase<?> appender : found.connecting()) {
      try {
        close(appender, deadline);
      } catch (RefusedException e) {
        refusals.note(e);
      }
    }
    refusals.throwIfAny();
  }

  private void close(AppenderBase<?> appender, Deadline deadline)
      throws RefusedException, InterruptedException {
    listing.lock();
    try {
      Connection known = connections.get(appender);
      if (closing && appender.isStarted() && isServer(appender)) {
        throw new RefusedException(
            name(appender),
            "it listens on a port, and crac-logback does not close server appenders, which Logback 1.5.30 removed",
            "Remove it from the configuration, and send events with a SocketAppender instead");
      }
      Connection connection = known == null ? connection(appender) : known;
      if (closing && connection != null) {
        connections.put(appender, connection);
        connection.close(deadline);
      }
    } finally {
      listing.unlock();
    }
  }

  private <E> @Nullable Connection connection(AppenderBase<E> appender) {
    if (appender instanceof AbstractSocketAppender<E> peer) {
      return new PeerConnection<>(peer, netFields, bound);
    }
    if (appender instanceof SyslogAppenderBase<E> syslog) {
      return new SyslogConnection<>(syslog, netFields, bound);
    }
    if (appender instanceof SMTPAppenderBase<E> mail) {
      return new MailConnection<>(mail, netFields, bound);
    }
    return null;
  }

  private static boolean isServer(Appender<?> appender) {
    for (Class<?> type = appender.getClass(); type != null; type = type.getSuperclass()) {
      if (type.getName().equals(SERVER_APPENDER)) {
        return true;
      }
    }
    return false;
  }

  static String name(Appender<?> appender) {
    return "%s [%s]".formatted(appender.getClass().getSimpleName(), appender.getName());
  }

  static RefusedException tooSlow(Appender<?> appender, String what) {
    return new RefusedException(
        name(appender),
        what + " at the end of drain-timeout",
        "See that the peer is there and reads, or raise crac.logback.drain-timeout (with Spring:"
            + " spring.crac.logback.drain-timeout)");
  }
}
