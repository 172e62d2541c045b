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
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.appender.Appenders;
import dev.cracadapters.logback.appender.ClosedAppenders;
import dev.cracadapters.logback.appender.EachTried;
import dev.cracadapters.logback.appender.LogbackMembers;
import dev.cracadapters.logback.event.LoggerGate;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The connections of a context's appenders that are closed at the moment. */
public final class ClosedConnections extends ClosedAppenders<AppenderBase<?>> {

  /** How often it is tried to open what could not be opened after the restore. */
  private static final long RETRY_SECONDS = 1;

  /** Is not there in Logback 1.5.30 and later. */
  private static final Optional<Class<?>> SERVER_APPENDER =
      LogbackMembers.LIBRARY.findType(
          "ch.qos.logback.core.net.server.AbstractServerSocketAppender");

  private final NetworkMembers netFields;

  /** The monitor guards it, and lets one thread at a time open or close. */
  private final Map<Appender<?>, Connection> connections = new IdentityHashMap<>();

  public ClosedConnections(
      LogbackSettings settings, LoggerGate gate, LogbackMembers fields, NetworkMembers netFields) {
    super(settings, gate, fields);
    this.netFields = netFields;
  }

  @Override
  public void close(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {
    begin();
    closeFurther(context, deadline);
  }

  @Override
  public void open(Deadline deadline) throws IOException {
    end();
    synchronized (this) {
      try {
        new EachTried<>(List.copyOf(connections.keySet()), IOException.class)
            .run(appender -> open(appender, deadline));
      } finally {
        connections.forEach(this::tryLater);
      }
    }
  }

  private void open(Appender<?> appender, Deadline deadline) throws IOException {
    try {
      connections.get(appender).open(deadline);
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

  private synchronized void retry(Appender<?> appender, Connection connection) {
    if (isClosing() || connections.get(appender) != connection) {
      return;
    }
    try {
      open(appender, Deadline.after(settings.drainTimeout()));
      appender.addInfo("Open again");
    } catch (IOException e) {
      appender.addWarn("Still not open", e);
      tryLater(appender, connection);
    }
  }

  @Override
  protected List<AppenderBase<?>> appenders(Appenders found) {
    return found.connecting();
  }

  @Override
  protected void close(AppenderBase<?> appender, Deadline deadline)
      throws RefusedException, InterruptedException {
    if (appender.isStarted()
        && SERVER_APPENDER.filter(type -> type.isInstance(appender)).isPresent()) {
      throw new RefusedException(
          name(appender),
          "it listens on a port, and crac-logback does not close server appenders, which Logback 1.5.30 removed",
          "Remove it from the configuration, and send events with a SocketAppender instead");
    }
    Connection connection = connections.computeIfAbsent(appender, absent -> connection(appender));
    if (connection != null) {
      connection.close(deadline);
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

  static String name(Appender<?> appender) {
    return "%s [%s]".formatted(appender.getClass().getSimpleName(), appender.getName());
  }

  static IOException unreachable(Appender<?> appender, String what, IOException cause) {
    return new IOException(
        "%s cannot %s after the restore (%s). Its events are kept, and it is tried again"
            .formatted(name(appender), what, cause),
        cause);
  }

  static RefusedException tooSlow(Appender<?> appender, String what) {
    return new RefusedException(
        name(appender),
        what + " at the end of drain-timeout",
        "See that the peer is there and reads, or raise crac.logback.drain-timeout (with Spring:"
            + " spring.crac.logback.drain-timeout)");
  }
}
