/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty.drain;

import dev.cracadapters.core.listen.Rebind;
import dev.cracadapters.core.support.Unfinished;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.NegotiatingServerConnection;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a connector that no longer accepts, until none is left.
 *
 * <p>Nothing is attached to a connection while no checkpoint runs. What a connection is doing is
 * read from Jetty's {@link HttpConnection}. Its message counters do not tell: they count a response
 * when it begins.
 *
 * <p>An idle connection is closed through its {@link org.eclipse.jetty.io.FillInterest}, just as
 * Jetty does when it has been idle for too long. That is atomic against a request that arrives in
 * the same moment: either the request is read, processed and answered, or the connection is closed
 * and none of it is processed.
 */
public final class ConnectorConnections {

  /**
   * How long a connection must have been idle. Long enough for a client that has just received a
   * response, or has just connected, to send its next request, which is then answered with {@code
   * Connection: close}; short enough not to be felt at a checkpoint.
   */
  private static final long QUIET_MILLIS = 250;

  private static final long NEVER_IDLE_MILLIS = Long.MAX_VALUE;

  /** How long a request whose headers have begun to arrive may stall. None of it is processed. */
  private static final long STALLED_MILLIS = 2000;

  /** How long the client may take to close its side after ours. */
  private static final long LINGER_MILLIS = 500;

  private static final String READING = "a request that has not arrived completely";

  private final ServerConnector connector;
  private @Nullable Http2Drain http2;

  /** The connections of a connector. */
  public ConnectorConnections(ServerConnector connector) {
    this.connector = connector;
  }

  /**
   * Begins the next drain: each has its own clock. First all responses that have not begun get
   * their {@code Connection: close}, so that nobody sees an idle connection close before that.
   */
  public void begin() {
    http2 = null;
    connector.getConnectedEndPoints().forEach(endPoint -> advance(endPoint, NEVER_IDLE_MILLIS));
  }

  /** Closes what has been idle for long enough. */
  public void advance() {
    connector.getConnectedEndPoints().forEach(endPoint -> advance(endPoint, QUIET_MILLIS));
  }

  /**
   * Closes every idle connection at once.
   *
   * @return what the remaining connections are doing, empty when nothing is lost by closing them
   */
  public List<Unfinished> closeIdle() {
    return connector.getConnectedEndPoints().stream()
        .map(endPoint -> advance(endPoint, 0))
        .filter(Objects::nonNull)
        .toList();
  }

  /** Does not wait any longer for clients to close their side. */
  public void closeFinished() {
    for (EndPoint endPoint : connector.getConnectedEndPoints()) {
      if (advance(endPoint, 0) == null) {
        endPoint.close();
      }
    }
  }

  /**
   * Moves one connection on.
   *
   * @param quietMillis how long it must have been idle to be closed
   * @return what it is doing, null when nothing is lost by closing it
   */
  private @Nullable Unfinished advance(EndPoint socket, long quietMillis) {
    if (!(socket instanceof AbstractEndPoint outer)) {
      return unfinished(socket.getClass().getSimpleName(), socket);
    }
    AbstractEndPoint endPoint = outer;
    Connection connection = outer.getConnection();
    while (connection instanceof SslConnection ssl) {
      endPoint = ssl.getSslEndPoint();
      connection = endPoint.getConnection();
    }
    if (connection instanceof HttpConnection http) {
      return advance(http, outer, endPoint, quietMillis);
    }
    // By name, because jetty-http2 need not be on the class path.
    if (connection != null
        && connection.getClass().getName().startsWith("org.eclipse.jetty.http2.")) {
      if (http2 == null) {
        http2 = new Http2Drain();
      }
      String streams = http2.advance(connection, outer, LINGER_MILLIS);
      return streams == null ? null : unfinished(streams, outer);
    }
    if (outer.isOutputShutdown()) {
      closeAfterLinger(outer);
      return null;
    }
    if (isBeforeFirstRequest(connection)) {
      boolean closed = closeIfIdle(outer, endPoint, quietMillis);
      return closed || quietMillis > 0 ? null : unfinished(READING, outer);
    }
    // A WebSocket, a tunnel, or a protocol this class does not know: the application's to end.
    return unfinished(
        connection == null ? "a connection" : "a " + connection.getClass().getSimpleName(), outer);
  }

  private static @Nullable Unfinished advance(
      HttpConnection http, AbstractEndPoint outer, AbstractEndPoint endPoint, long quietMillis) {
    Request request = http.getHttpChannel().getRequest();
    if (request != null) {
      if (!http.getGenerator().isCommitted()) {
        http.getGenerator().setPersistent(false);
      }
      // Without the query, which may hold secrets. Jetty does not say which thread handles it.
      return new Unfinished(
          request.getMethod() + " " + request.getHttpURI().getPath() + from(outer),
          null,
          Duration.ofNanos(System.nanoTime() - request.getBeginNanoTime()));
    }
    if (outer.isOutputShutdown() || endPoint.isOutputShutdown()) {
      closeAfterLinger(outer);
      return null;
    }
    boolean begun = !http.getParser().isIdle() || !http.isRequestBufferEmpty();
    boolean closed = closeIfIdle(outer, endPoint, begun ? STALLED_MILLIS : quietMillis);
    return closed || !begun && quietMillis > 0 ? null : unfinished(READING, outer);
  }

  private static Unfinished unfinished(String activity, EndPoint socket) {
    return new Unfinished(
        activity + from(socket),
        null,
        Duration.ofMillis(System.currentTimeMillis() - socket.getCreatedTimeStamp()));
  }

  private static String from(EndPoint socket) {
    return socket.getRemoteSocketAddress() instanceof InetSocketAddress client
        ? " from " + Rebind.describe(client)
        : "";
  }

  private static boolean closeIfIdle(
      AbstractEndPoint outer, AbstractEndPoint endPoint, long threshold) {
    // The socket's own idle time is that of the last byte, TLS handshake included. It comes last:
    // a request that has arrived since the other questions would have set it back.
    return !hasUnread(outer)
        && outer.getIdleFor() >= threshold
        && endPoint.getFillInterest().onFail(new TimeoutException("closed for a checkpoint"));
  }

  private static void closeAfterLinger(AbstractEndPoint outer) {
    if (outer.getIdleFor() >= LINGER_MILLIS) {
      outer.close();
    }
  }

  /** Bytes that have come but were not read yet; closing over them would send a reset. */
  private static boolean hasUnread(EndPoint outer) {
    try {
      return outer.getTransport() instanceof SocketChannel channel
          && channel.socket().getInputStream().available() > 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** ALPN, PROXY protocol or detection: what follows has not been chosen yet. */
  private static boolean isBeforeFirstRequest(@Nullable Connection connection) {
    return connection instanceof NegotiatingServerConnection
        || connection != null
            && connection.getClass().getName().startsWith("org.eclipse.jetty.server.");
  }
}
