/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import ch.qos.logback.core.net.SyslogAppenderBase;
import ch.qos.logback.core.net.SyslogOutputStream;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.event.EventBound;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** The socket that a {@code SyslogAppender} sends its datagrams with. */
final class SyslogConnection<E> implements Connection {

  private final SyslogAppenderBase<E> appender;
  private final NetworkMembers fields;
  private final KeptAtFilter<E> kept;

  /** Read and written under the appender's monitor. */
  private @Nullable SyslogOutputStream closed;

  SyslogConnection(SyslogAppenderBase<E> appender, NetworkMembers fields, EventBound bound) {
    this.appender = appender;
    this.fields = fields;
    this.kept = new KeptAtFilter<>(appender, fields, bound);
  }

  @Override
  public void close(Deadline deadline) throws RefusedException, InterruptedException {
    try {
      if (!AppenderMonitor.tryRun(appender, deadline, this::close)) {
        throw ClosedConnections.tooSlow(appender, "is still sending to " + peer());
      }
    } catch (UncheckedIOException e) {
      throw new RefusedException(
          ClosedConnections.name(appender),
          "failed while its socket was closed (" + e.getMessage() + ")",
          "See the cause",
          e);
    }
  }

  private void close() {
    SyslogOutputStream stream = fields.syslog.find(appender);
    if (!appender.isStarted() || stream == null) {
      return;
    }
    kept.install();
    closed = stream;
    try {
      fields.closeSyslog(stream);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void open(Deadline deadline) throws IOException, InterruptedException {
    // A name may take long to be resolved, and threads that log need not wait for it.
    SyslogOutputStream fresh = isToOpen() ? create() : null;
    if (!AppenderMonitor.run(appender, deadline, () -> open(fresh))) {
      throw new IOException(
          "%s is busy; it sends what was kept later".formatted(ClosedConnections.name(appender)));
    }
  }

  private boolean isToOpen() {
    SyslogOutputStream stream = fields.syslog.find(appender);
    return closed != null && stream == closed && appender.isStarted();
  }

  private SyslogOutputStream create() throws IOException {
    try {
      return appender.createOutputStream();
    } catch (IOException e) {
      throw ClosedConnections.unreachable(appender, "send to " + peer(), e);
    }
  }

  private void open(@Nullable SyslogOutputStream fresh) {
    if (fresh != null && isToOpen()) {
      fields.syslog.set(appender, fresh);
    } else if (fresh != null) {
      closeUnused(fresh);
    }
    closed = null;
    boolean wasStopped = !appender.isStarted();
    kept.deliver();
    SyslogOutputStream last = fields.syslog.find(appender);
    if (wasStopped && last != null) {
      closeUnused(last);
    }
  }

  private void closeUnused(SyslogOutputStream fresh) {
    try {
      fields.closeSyslog(fresh);
    } catch (IOException e) {
      appender.addWarn("A socket that is not needed cannot be closed", e);
    }
  }

  private String peer() {
    return appender.getSyslogHost() + ":" + appender.getPort();
  }
}
