/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.net.AbstractSocketAppender;
import ch.qos.logback.core.net.SMTPAppenderBase;
import ch.qos.logback.core.net.SocketConnector;
import ch.qos.logback.core.net.SyslogAppenderBase;
import ch.qos.logback.core.net.SyslogOutputStream;
import ch.qos.logback.core.spi.FilterAttachableImpl;
import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.InternalMethod;
import dev.cracadapters.logback.appender.LogbackFields;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.Future;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * The members of Logback's network appenders that are not public and that a connection cannot be
 * closed without, looked up at the start as {@link LogbackFields} are.
 *
 * <p>Why they are needed: stopping a {@code SocketAppender} throws its queue away, stopping a
 * {@code SyslogAppender} of Logback 1.5.18 leaves its socket open, and an appender that is stopped
 * takes no events.
 */
public final class LogbackNetFields {

  private final InternalField<FilterAttachableImpl<?>> filters =
      LogbackFields.LIBRARY.field(AppenderBase.class, "fai", FilterAttachableImpl.class);
  private final InternalField<BlockingDeque<?>> deque =
      LogbackFields.LIBRARY.field(AbstractSocketAppender.class, "deque", BlockingDeque.class);
  private final InternalField<SocketConnector> connector =
      LogbackFields.LIBRARY.field(AbstractSocketAppender.class, "connector", SocketConnector.class);
  private final InternalField<Future<?>> task =
      LogbackFields.LIBRARY.field(AbstractSocketAppender.class, "task", Future.class);
  private final InternalField<Socket> socket =
      LogbackFields.LIBRARY.field(AbstractSocketAppender.class, "socket", Socket.class);
  private final InternalField<InetAddress> address =
      LogbackFields.LIBRARY.field(AbstractSocketAppender.class, "address", InetAddress.class);
  private final InternalMethod createConnector =
      LogbackFields.LIBRARY.method(
          AbstractSocketAppender.class,
          "createConnector",
          InetAddress.class,
          int.class,
          int.class,
          long.class);
  private final InternalMethod dispatch =
      LogbackFields.LIBRARY.method(AbstractSocketAppender.class, "connectSocketAndDispatchEvents");
  private final InternalMethod postProcess =
      LogbackFields.LIBRARY.method(AbstractSocketAppender.class, "postProcessEvent", Object.class);
  private final InternalMethod socketFactory =
      LogbackFields.LIBRARY.method(AbstractSocketAppender.class, "getSocketFactory");
  private final InternalField<SyslogOutputStream> syslog =
      LogbackFields.LIBRARY.field(SyslogAppenderBase.class, "sos", SyslogOutputStream.class);
  private final InternalField<DatagramSocket> datagrams =
      LogbackFields.LIBRARY.field(SyslogOutputStream.class, "ds", DatagramSocket.class);
  private final @Nullable InternalField<Future<?>> sending = sending();

  private static @Nullable InternalField<Future<?>> sending() {
    try {
      return LogbackFields.LIBRARY.field(
          SMTPAppenderBase.class, "asynchronousSendingFuture", Future.class);
    } catch (NoClassDefFoundError e) {
      // Without Jakarta Mail there is no appender that sends mails.
      return null;
    }
  }

  /** An appender's filters. */
  @SuppressWarnings("unchecked")
  <E> FilterAttachableImpl<E> filters(AppenderBase<E> appender) {
    return (FilterAttachableImpl<E>) filters.get(appender);
  }

  /** Sets an appender's filters; the caller holds its monitor. */
  <E> void setFilters(AppenderBase<E> appender, FilterAttachableImpl<E> value) {
    filters.set(appender, value);
  }

  /** What a {@code SocketAppender} is to send, null before it was first started. */
  @SuppressWarnings("unchecked")
  <E> @Nullable BlockingDeque<E> deque(AbstractSocketAppender<E> appender) {
    return (BlockingDeque<E>) deque.find(appender);
  }

  /** Sets the queue, which the thread that sends reads before each event. */
  <E> void setDeque(AbstractSocketAppender<E> appender, BlockingDeque<E> value) {
    deque.set(appender, value);
  }

  /** The socket that a {@code SocketAppender} is connected with, if it is. */
  @Nullable Socket socket(AbstractSocketAppender<?> appender) {
    return socket.find(appender);
  }

  /** What connects a {@code SocketAppender}. */
  SocketConnector connector(AbstractSocketAppender<?> appender) {
    return connector.get(appender);
  }

  /** What a {@code SocketAppender} makes its sockets with. */
  SocketFactory socketFactory(AbstractSocketAppender<?> appender) {
    return (SocketFactory) socketFactory.call(appender);
  }

  /** Gives a {@code SocketAppender} an address to connect to from now on. */
  void connectTo(AbstractSocketAppender<?> appender, InetAddress value) {
    address.set(appender, value);
    connector.set(
        appender,
        (SocketConnector)
            createConnector.call(
                appender,
                value,
                appender.getPort(),
                0,
                appender.getReconnectionDelay().getMilliseconds()));
  }

  /** What connects and sends in the background. */
  Future<?> task(AbstractSocketAppender<?> appender) {
    return task.get(appender);
  }

  /** Sets what the appender cancels when it is stopped. */
  void setTask(AbstractSocketAppender<?> appender, Future<?> value) {
    task.set(appender, value);
  }

  /** Connects and sends, on this thread, until it is interrupted. */
  void dispatch(AbstractSocketAppender<?> appender) {
    dispatch.call(appender);
  }

  /** Has the appender add to an event what its configuration asks for. */
  void postProcess(AbstractSocketAppender<?> appender, Object event) {
    postProcess.call(appender, event);
  }

  /** What a {@code SyslogAppender} writes to, null where it could not be started. */
  @Nullable SyslogOutputStream syslog(SyslogAppenderBase<?> appender) {
    return syslog.find(appender);
  }

  /** Sets it; the caller holds the appender's monitor. */
  void setSyslog(SyslogAppenderBase<?> appender, SyslogOutputStream value) {
    syslog.set(appender, value);
  }

  /** Closes it with its socket, which Logback's own method leaves open up to 1.5.18 at least. */
  void closeSyslog(SyslogOutputStream stream) throws IOException {
    DatagramSocket open = datagrams.find(stream);
    if (open != null) {
      open.close();
    }
    stream.close();
  }

  /** The last mail that was given to a thread to be sent, if any. */
  @Nullable Future<?> sending(SMTPAppenderBase<?> appender) {
    return sending == null ? null : sending.find(appender);
  }
}
