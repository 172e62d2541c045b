/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import ch.qos.logback.core.net.SMTPAppenderBase;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.ThreadStacks;
import dev.cracadapters.logback.event.EventBound;
import java.io.IOException;
import java.util.concurrent.Future;

/** The connections of an {@code SMTPAppender}, each of which lives as long as one mail is sent. */
final class MailConnection<E> implements Connection {

  private final SMTPAppenderBase<E> appender;
  private final NetworkMembers fields;
  private final KeptAtFilter<E> kept;

  MailConnection(SMTPAppenderBase<E> appender, NetworkMembers fields, EventBound bound) {
    this.appender = appender;
    this.fields = fields;
    this.kept = new KeptAtFilter<>(appender, fields, bound);
  }

  @Override
  public void close(Deadline deadline) throws RefusedException, InterruptedException {
    // A mail that is not sent in the background is sent under the monitor.
    if (!AppenderMonitor.tryRun(appender, deadline, this::keep) || !deadline.await(this::isSent)) {
      throw ClosedConnections.tooSlow(
          appender,
          "is still sending a mail through %s:%d"
              .formatted(appender.getSmtpHost(), appender.getSmtpPort()));
    }
  }

  private void keep() {
    // Also where it is stopped: its last mail may be on its way.
    if (appender.isStarted()) {
      kept.install();
    }
  }

  /** The appender knows its last mail only. The others have begun before it, on other threads. */
  private boolean isSent() {
    Future<?> last = fields.sending(appender);
    return (last == null || last.isDone())
        && !ThreadStacks.anyIn(SMTPAppenderBase.class, "sendBuffer");
  }

  @Override
  public void open(Deadline deadline) throws IOException, InterruptedException {
    if (!AppenderMonitor.run(appender, deadline, kept::deliver)) {
      throw new IOException(
          "%s still sends what was kept, and goes on with it"
              .formatted(ClosedConnections.name(appender)));
    }
  }
}
