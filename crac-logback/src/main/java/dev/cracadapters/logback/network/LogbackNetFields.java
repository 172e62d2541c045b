/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.net.AbstractSocketAppender;
import ch.qos.logback.core.net.SMTPAppenderBase;
import ch.qos.logback.core.net.SocketConnector;
import ch.qos.logback.core.net.SyslogAppenderBase;
import ch.qos.logback.core.net.SyslogOutputStream;
import ch.qos.logback.core.spi.FilterAttachableImpl;
import dev.cracadapters.logback.appender.LogbackFields;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.Future;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * The parts of Logback's network appenders that are not public and that a connection cannot be
 * closed without, found when a resource is built as {@link LogbackFields} are.
 *
 * <p>Why they are needed: stopping a {@code SocketAppender} throws its queue away, stopping a
 * {@code SyslogAppender} of Logback 1.5.18 leaves its socket open, and an appender that is stopped
 * takes no events.
 */
final class LogbackNetFields {

  private final Field filters =
      LogbackFields.field(AppenderBase.class, "fai", FilterAttachableImpl.class);
  private final Field deque =
      LogbackFields.field(AbstractSocketAppender.class, "deque", BlockingDeque.class);
  private final Field connector =
      LogbackFields.field(AbstractSocketAppender.class, "connector", SocketConnector.class);
  private final Field task =
      LogbackFields.field(AbstractSocketAppender.class, "task", Future.class);
  private final Field socket =
      LogbackFields.field(AbstractSocketAppender.class, "socket", Socket.class);
  private final Field address =
      LogbackFields.field(AbstractSocketAppender.class, "address", InetAddress.class);
  private final Method createConnector =
      method(
          AbstractSocketAppender.class,
          "createConnector",
          InetAddress.class,
          int.class,
          int.class,
          long.class);
  private final Method dispatch =
      method(AbstractSocketAppender.class, "connectSocketAndDispatchEvents");
  private final Method postProcess =
      method(AbstractSocketAppender.class, "postProcessEvent", Object.class);
  private final Method socketFactory = method(AbstractSocketAppender.class, "getSocketFactory");
  private final Field syslog =
      LogbackFields.field(SyslogAppenderBase.class, "sos", SyslogOutputStream.class);
  private final Field datagrams =
      LogbackFields.field(SyslogOutputStream.class, "ds", DatagramSocket.class);
  private final @Nullable Field sending = sending();

  /**
   * Looks for all parts.
   *
   * @throws IllegalStateException if this Logback lacks one, or is a module that is not opened
   */
  LogbackNetFields() {}

  private static @Nullable Field sending() {
    try {
      return LogbackFields.field(SMTPAppenderBase.class, "asynchronousSendingFuture", Future.class);
    } catch (NoClassDefFoundError e) {
      // Without Jakarta Mail there is no appender that sends mails.
      return null;
    }
  }

  /** An appender's filters. */
  @SuppressWarnings("unchecked")
  <E> FilterAttachableImpl<E> filters(AppenderBase<E> appender) {
    return (FilterAttachableImpl<E>) LogbackFields.present(filters, appender);
  }

  /** Sets an appender's filters; the caller holds its monitor. */
  <E> void setFilters(AppenderBase<E> appender, FilterAttachableImpl<E> value) {
    LogbackFields.set(filters, appender, value);
  }

  /** What a {@code SocketAppender} is to send, null before it was first started. */
  @SuppressWarnings("unchecked")
  <E> @Nullable BlockingDeque<E> deque(AbstractSocketAppender<E> appender) {
    return (BlockingDeque<E>) LogbackFields.get(deque, appender);
  }

  /** Sets the queue, which the thread that sends reads before each event. */
  <E> void setDeque(AbstractSocketAppender<E> appender, BlockingDeque<E> value) {
    LogbackFields.set(deque, appender, value);
  }

  /** The socket that a {@code SocketAppender} is connected with, if it is. */
  @Nullable Socket socket(AbstractSocketAppender<?> appender) {
    return (Socket) LogbackFields.get(socket, appender);
  }

  /** What connects a {@code SocketAppender}. */
  SocketConnector connector(AbstractSocketAppender<?> appender) {
    return (SocketConnector) LogbackFields.present(connector, appender);
  }

  /** What a {@code SocketAppender} makes its sockets with. */
  SocketFactory socketFactory(AbstractSocketAppender<?> appender) {
    return (SocketFactory) invoke(socketFactory, appender);
  }

  /** Gives a {@code SocketAppender} an address to connect to from now on. */
  void connectTo(AbstractSocketAppender<?> appender, InetAddress value) {
    LogbackFields.set(address, appender, value);
    LogbackFields.set(
        connector,
        appender,
        invoke(
            createConnector,
            appender,
            value,
            appender.getPort(),
            0,
            appender.getReconnectionDelay().getMilliseconds()));
  }

  /** What connects and sends in the background. */
  Future<?> task(AbstractSocketAppender<?> appender) {
    return (Future<?>) LogbackFields.present(task, appender);
  }

  /** Sets what the appender cancels when it is stopped. */
  void setTask(AbstractSocketAppender<?> appender, Future<?> value) {
    LogbackFields.set(task, appender, value);
  }

  /** Connects and sends, on this thread, until it is interrupted. */
  void dispatch(AbstractSocketAppender<?> appender) {
    invoke(dispatch, appender);
  }

  /** Has the appender add to an event what its configuration asks for. */
  void postProcess(AbstractSocketAppender<?> appender, Object event) {
    invoke(postProcess, appender, event);
  }

  /** What a {@code SyslogAppender} writes to, null where it could not be started. */
  @Nullable SyslogOutputStream syslog(SyslogAppenderBase<?> appender) {
    return (SyslogOutputStream) LogbackFields.get(syslog, appender);
  }

  /** Sets it; the caller holds the appender's monitor. */
  void setSyslog(SyslogAppenderBase<?> appender, SyslogOutputStream value) {
    LogbackFields.set(syslog, appender, value);
  }

  /** Closes it with its socket, which Logback's own method leaves open up to 1.5.18 at least. */
  void closeSyslog(SyslogOutputStream stream) throws IOException {
    DatagramSocket open = (DatagramSocket) LogbackFields.get(datagrams, stream);
    if (open != null) {
      open.close();
    }
    stream.close();
  }

  /** The last mail that was given to a thread to be sent, if any. */
  @Nullable Future<?> sending(SMTPAppenderBase<?> appender) {
    return sending == null ? null : (Future<?>) LogbackFields.get(sending, appender);
  }

  static Method method(Class<?> owner, String name, Class<?>... parameters) {
    try {
      Method method = owner.getDeclaredMethod(name, parameters);
      method.setAccessible(true);
      return method;
    } catch (NoSuchMethodException e) {
      throw LogbackFields.unusable(owner, name, "is not there", e);
    } catch (InaccessibleObjectException e) {
      throw LogbackFields.unusable(owner, name, "is closed to reflection", e);
    }
  }

  static @Nullable Object invoke(Method method, Object owner, @Nullable Object... arguments) {
    try {
      return method.invoke(owner, arguments);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException thrown) {
        throw thrown;
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
