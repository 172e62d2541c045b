/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import static dev.cracadapters.logback.appender.LogbackMembers.LIBRARY;

import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.net.AbstractSocketAppender;
import ch.qos.logback.core.net.SMTPAppenderBase;
import ch.qos.logback.core.net.SocketConnector;
import ch.qos.logback.core.net.SyslogAppenderBase;
import ch.qos.logback.core.net.SyslogOutputStream;
import ch.qos.logback.core.spi.FilterAttachableImpl;
import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.InternalMethod;
import dev.cracadapters.logback.appender.LogbackMembers;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The members of Logback's network appenders that are not public and that a connection cannot be
 * closed without, looked up at the start as {@link LogbackMembers} are.
 *
 * <p>Why they are needed: stopping a {@code SocketAppender} throws its queue away, stopping a
 * {@code SyslogAppender} of Logback 1.5.18 leaves its socket open, and an appender that is stopped
 * takes no events.
 */
public final class NetworkMembers {

  /** An appender's filters; set under its monitor. */
  final InternalField<FilterAttachableImpl<?>> filters =
      LIBRARY.field(AppenderBase.class, "fai", FilterAttachableImpl.class);

  /** What a {@code SocketAppender} is to send; its thread reads the field before each event. */
  final InternalField<BlockingDeque<?>> deque =
      LIBRARY.field(AbstractSocketAppender.class, "deque", BlockingDeque.class);

  final InternalField<SocketConnector> connector =
      LIBRARY.field(AbstractSocketAppender.class, "connector", SocketConnector.class);

  /** What connects and sends in the background, and is cancelled when the appender is stopped. */
  final InternalField<Future<?>> task =
      LIBRARY.field(AbstractSocketAppender.class, "task", Future.class);

  /** The socket that a {@code SocketAppender} is connected with, null if it is not. */
  final InternalField<Socket> socket =
      LIBRARY.field(AbstractSocketAppender.class, "socket", Socket.class);

  private final InternalField<InetAddress> address =
      LIBRARY.field(AbstractSocketAppender.class, "address", InetAddress.class);
  private final InternalMethod createConnector =
      LIBRARY.method(
          AbstractSocketAppender.class,
          "createConnector",
          InetAddress.class,
          int.class,
          int.class,
          long.class);

  /** Connects and sends, on this thread, until it is interrupted. */
  final InternalMethod dispatch =
      LIBRARY.method(AbstractSocketAppender.class, "connectSocketAndDispatchEvents");

  /** Has the appender add to an event what its configuration asks for. */
  final InternalMethod postProcess =
      LIBRARY.method(AbstractSocketAppender.class, "postProcessEvent", Object.class);

  final InternalMethod socketFactory =
      LIBRARY.method(AbstractSocketAppender.class, "getSocketFactory");

  /** What a {@code SyslogAppender} writes to, null if it was not started; set under its monitor. */
  final InternalField<SyslogOutputStream> syslog =
      LIBRARY.field(SyslogAppenderBase.class, "sos", SyslogOutputStream.class);

  private final InternalField<DatagramSocket> datagrams =
      LIBRARY.field(SyslogOutputStream.class, "ds", DatagramSocket.class);
  private final @Nullable InternalField<Future<?>> sending = sending();

  private static @Nullable InternalField<Future<?>> sending() {
    try {
      return LIBRARY.field(SMTPAppenderBase.class, "asynchronousSendingFuture", Future.class);
    } catch (NoClassDefFoundError e) {
      // Without Jakarta Mail there is no appender that sends mails.
      return null;
    }
  }

  /** What a {@code SocketAppender} is to send, null before it was first started. */
  @SuppressWarnings("unchecked")
  <E> @Nullable BlockingDeque<E> deque(AbstractSocketAppender<E> appender) {
    return (BlockingDeque<E>) deque.find(appender);
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

  /** Closes the socket, too, which Logback's own method leaves open up to 1.5.18 at least. */
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
